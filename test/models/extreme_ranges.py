"""Makes a network whose channels have extreme ranges out of one whose channels have not: extreme_ranges.py IN.onnx OUT.onnx.

Wherever a Conv is read by one other Conv alone, with nothing but Relu between, output channel c of the first is
multiplied by 2^k[c], k random from -6 to 6, and what reads that channel is divided by it. Powers of two are exact and go
through Relu: the float network computes the same numbers.
"""
import random
import sys

import onnx
from onnx import numpy_helper


def main(source, target):
    model = onnx.load(source)
    graph = model.graph
    values = {tensor.name: numpy_helper.to_array(tensor).copy() for tensor in graph.initializer}
    readers = {}
    for node in graph.node:
        for name in node.input:
            readers.setdefault(name, []).append(node)
    outputs = {output.name for output in graph.output}
    engine = random.Random(1)
    pairs = 0
    for node in graph.node:
        if node.op_type != "Conv":
            continue
        name = node.output[0]
        while len(readers.get(name, [])) == 1 and readers[name][0].op_type == "Relu":
            name = readers[name][0].output[0]
        if name in outputs or len(readers.get(name, [])) != 1 or readers[name][0].op_type != "Conv":
            continue
        reader = readers[name][0]
        if reader.input[0] != name:
            continue
        weight, read = node.input[1], reader.input[1]
        channels = values[weight].shape[0]
        groups = next((a.i for a in reader.attribute if a.name == "group"), 1)
        outputs_per_group = values[read].shape[0] // groups
        inputs_per_group = values[read].shape[1]
        for channel in range(channels):
            factor = 2.0 ** engine.randint(-6, 6)
            values[weight][channel] *= factor
            if len(node.input) > 2:
                values[node.input[2]][channel] *= factor
            group = channel // inputs_per_group
            rows = slice(group * outputs_per_group, (group + 1) * outputs_per_group)
            values[read][rows, channel % inputs_per_group] /= factor
        pairs += 1
    if pairs == 0:
        sys.exit("no pair of convolutions in " + source)
    for tensor in graph.initializer:
        tensor.CopyFrom(numpy_helper.from_array(values[tensor.name], tensor.name))
    onnx.save(model, target)


main(*sys.argv[1:])
