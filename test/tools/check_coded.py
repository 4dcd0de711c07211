"""check_coded.py PLAIN CODED SPARSE FEW: report.json of one network with weights int8; int8+coded; entropy:2.5 and 2:4 sparse; and
entropy:2.5 where decoding may take 10 % of the other cycles."""
import json, sys

plain, coded, sparse, few = (json.load(open(path)) for path in sys.argv[1:])
for report in (plain, coded, sparse, few):
    compression, layers = report['compression'], report['layers']
    assert compression['float32_bytes'] == 4 * report['parameters']
    assert compression['stored_bytes'] == report['flash']['weights']
    assert abs(compression['ratio'] - compression['float32_bytes'] / compression['stored_bytes']) < 1e-3
    decoding = sum(layer['estimated_cycles'] for layer in layers if layer['op'] == 'decode')
    assert abs(compression['decode_cycles'] - decoding) <= len(layers) # each rounded
    weighted = [layer for layer in layers if 'weights' in layer]
    assert len(weighted) == 10, len(weighted)
    # digits.onnx has 15,178 parameters, 330 of them biases; channels that end up constant are gone.
    assert 14000 < sum(layer['weights'] for layer in weighted) <= 14848
    for layer in weighted:
        assert abs(layer['bits_per_weight'] - 8 * layer['stored_bytes'] / layer['weights']) < 1e-3
        assert layer['coded'] == any(other['op'] == 'decode' and other['node'] == layer['node'] for other in layers)
    assert sum(layer['stored_bytes'] for layer in weighted) <= report['flash']['weights']
assert not any(layer['op'] == 'decode' for layer in plain['layers'])
assert plain['compression']['decode_cycles'] == 0 < coded['compression']['decode_cycles']
assert sparse['flash']['weights'] < coded['flash']['weights'] < plain['flash']['weights']
# 2 of 4 neighbours are zero where filters have neighbours: in all but the first layer (one channel) and depthwise ones.
assert sum(layer.get('sparsity', 0) >= 0.5 for layer in sparse['layers']) >= 5
assert 0 < few['compression']['decode_cycles'] <= 0.1 * few['estimated_cycles']
assert sparse['flash']['weights'] < few['flash']['weights'] < plain['flash']['weights']
