"""check_weights.py INT8 INT4 INT2: the report.json of one network with weights of 8, 4 and 2 bits. Layer by layer the bytes beyond bias
and multipliers are the half and the quarter, rounded up."""
import json, sys

reports = [json.load(open(path))['layers'] for path in sys.argv[1:]]
weighted = 0
for layers in zip(*reports):
    if 'weight_bits' not in layers[0]:
        continue
    weighted += 1
    assert [layer['weight_bits'] for layer in layers] == [8, 4, 2], layers
    channels = layers[0]['shape'][-1]
    wide, *narrow = (layer['weight_bytes'] for layer in layers)
    # Bias of 4 bytes for each channel, and as many multipliers, or a single one.
    rest = [8 * channels, 4 * channels + 4]
    assert any([-(-(wide - r) * bits // 8) + r for bits in (4, 2)] == narrow for r in rest), (wide, narrow, rest)
assert weighted == 10, weighted
