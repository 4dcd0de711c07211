#!/usr/bin/env python3
"""random_networks.py SEED DIRECTORY: writes a small random network of the blocks that real ones are made of.

DIRECTORY/model.onnx (opset 17) and DIRECTORY/samples.npy (float32, four random inputs). Blocks: convolutions of any window, stride,
dilation and group, inverted residuals with squeeze and excitation, residual and dense connections, channel shuffles, poolings with
padding, activations of every kind; then a classifier, a map of scores, or both. The same seed gives the same bytes.
Needs Debian's python3-onnx and python3-numpy.
"""
import pathlib
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


class Network:
    def __init__(self, seed):
        self.random = np.random.default_rng(seed)
        self.nodes, self.constants, self.count = [], [], 0

    def pick(self, *choices):
        return choices[self.random.integers(len(choices))]

    def chance(self, probability):
        return self.random.random() < probability

    def constant(self, array):
        self.count += 1
        name = f"c{self.count}"
        self.constants.append(numpy_helper.from_array(array, name))
        return name

    def node(self, op, inputs, **attributes):
        self.count += 1
        name = f"{op}{self.count}"
        self.nodes.append(helper.make_node(op, inputs, [name], name=name, **attributes))
        return name

    def convolution(self, x, channels, kernel=(1, 1), strides=(1, 1), group=1, activation=None):
        """x: (name, channels, height, width). The result has the same form."""
        name, inputs, height, width = x
        dilations = (1, 1)
        if kernel != (1, 1) and strides == (1, 1) and self.chance(0.15):
            dilations = (2, self.pick(1, 2))
        reach = [(k - 1) * d + 1 for k, d in zip(kernel, dilations)]
        if reach[0] > height or reach[1] > width or self.chance(0.85):
            pads = [(r - 1) // 2 for r in reach] + [r // 2 for r in reach]
        else:
            pads = [0, 0, 0, 0]
        size = [(s + pads[i] + pads[i + 2] - reach[i]) // strides[i] + 1 for i, s in enumerate((height, width))]
        fan = inputs // group * kernel[0] * kernel[1]
        weights = self.random.normal(0, (1.5 / fan) ** 0.5, (channels, inputs // group, *kernel)).astype(np.float32)
        operands = [name, self.constant(weights)]
        if self.chance(0.8):
            operands.append(self.constant(self.random.normal(0, 0.2, channels).astype(np.float32)))
        result = self.node("Conv", operands, kernel_shape=kernel, strides=strides, dilations=dilations, pads=pads,
                           group=group)
        if self.chance(0.3):
            vectors = [self.random.uniform(0.5, 1.5, channels), self.random.normal(0, 0.2, channels),
                       self.random.normal(0, 0.2, channels), self.random.uniform(0.5, 1.5, channels)]
            result = self.node("BatchNormalization", [result] + [self.constant(v.astype(np.float32)) for v in vectors])
        result = self.activate(result, activation or self.pick("", "Relu", "Relu", "relu6", "silu", "HardSwish", "LeakyRelu"))
        return (result, channels, *size)

    def activate(self, name, kind):
        if kind == "silu":
            return self.node("Mul", [name, self.node("Sigmoid", [name])])
        if kind == "relu6":
            return self.node("Clip", [name, self.constant(np.float32(0)), self.constant(np.float32(6))])
        return self.node(kind, [name]) if kind else name

    def window(self, x):
        side = [k for k in (1, 3, 5) if k <= min(x[2], x[3])]
        return (self.pick(*side), self.pick(*side))

    def squeeze(self, x):
        """Squeeze and excitation."""
        pooled = (self.node("GlobalAveragePool", [x[0]]), x[1], 1, 1)
        gate = self.convolution(pooled, max(1, x[1] // 4), activation=self.pick("Relu", "silu"))
        gate = self.convolution(gate, x[1], activation=self.pick("Sigmoid", "HardSigmoid"))
        operands = [x[0], gate[0]]
        return (self.node("Mul", operands[:: self.pick(1, -1)]), *x[1:])

    def inverted_residual(self, x):
        hidden = x[1] * self.pick(1, 2, 4)
        stride = self.pick(1, 1, 2) if min(x[2:]) > 3 else 1
        y = self.convolution(x, hidden) if hidden != x[1] or self.chance(0.3) else x
        y = self.convolution(y, y[1], self.window(y), (stride, stride), group=y[1])
        if self.chance(0.4):
            y = self.squeeze(y)
        y = self.convolution(y, x[1] if self.chance(0.6) else self.pick(4, 7, 12, 16), activation="")
        if y[1:] == x[1:]:
            y = (self.node("Add", [x[0], y[0]]), *y[1:])
        return y

    def dense(self, x):
        parts = [x, self.convolution(x, self.pick(2, 5, 8), (3, 3) if min(x[2:]) >= 3 else (1, 1), activation="Relu")]
        if parts[1][2:] != x[2:]:
            return parts[1]
        if self.chance(0.4):
            parts.append(self.convolution(x, self.pick(3, 4)))
        return (self.node("Concat", [p[0] for p in parts], axis=1), sum(p[1] for p in parts), *x[2:])

    def pool(self, x):
        if min(x[2:]) < 3:
            return x
        kernel, stride = self.pick((2, 2), (3, 3), (3, 2)), self.pick(1, 2)
        pads = [0, 0, 0, 0] if self.chance(0.5) else [(kernel[0] - 1) // 2, (kernel[1] - 1) // 2] * 2
        kind = self.pick("MaxPool", "AveragePool")
        attributes = {"count_include_pad": self.pick(0, 1)} if kind == "AveragePool" else {}
        size = [(s + 2 * p - k) // stride + 1 for s, p, k in zip(x[2:], pads, kernel)]
        name = self.node(kind, [x[0]], kernel_shape=kernel, strides=(stride, stride), pads=pads, **attributes)
        return (name, x[1], *size)

    def shuffle(self, x):
        groups = next((g for g in (4, 3, 2) if x[1] % g == 0), None)
        if not groups:
            return x
        y = self.convolution(x, x[1], group=groups)
        shapes = [self.constant(np.array(s)) for s in ([1, groups, x[1] // groups, *x[2:]], [1, *x[1:]])]
        y = self.node("Transpose", [self.node("Reshape", [y[0], shapes[0]])], perm=[0, 2, 1, 3, 4])
        return (self.node("Reshape", [y, shapes[1]]), *x[1:])

    def plain(self, x):
        stride = self.pick(1, 1, 2) if min(x[2:]) > 3 else 1
        return self.convolution(x, self.pick(3, 4, 8, 12, 16, 20), self.window(x), (stride, stride))

    def scores(self, x):
        """The name and shape of an output."""
        if self.chance(0.3):
            name, *shape = self.convolution(x, self.pick(1, 2, 6), activation=self.pick("", "Sigmoid"))
            return name, (1, *shape)
        if self.chance(0.6):
            x = (self.node("GlobalAveragePool", [x[0]]), x[1], 1, 1)
        flat, size, classes = self.node("Flatten", [x[0]]), x[1] * x[2] * x[3], self.pick(1, 2, 10)
        weights = self.random.normal(0, size**-0.5, (classes, size)).astype(np.float32)
        bias = self.random.normal(0, 0.2, classes).astype(np.float32)
        y = self.node("Gemm", [flat, self.constant(weights), self.constant(bias)], transB=1)
        return (self.node("Softmax", [y]) if self.chance(0.3) else y), (1, classes)

    def build(self):
        shape = (self.pick(1, 2, 3, 4, 8), self.pick(7, 12, 16, 24), self.pick(5, 12, 16, 24))
        x = self.convolution(("input", *shape), self.pick(4, 6, 8, 16), (3, 3), self.pick((1, 1), (2, 2)))
        blocks = [self.inverted_residual, self.inverted_residual, self.dense, self.pool, self.shuffle, self.plain]
        outputs = []
        for _ in range(self.random.integers(2, 8)):
            x = self.pick(*blocks)(x)
            if self.chance(0.05):
                outputs.append(self.scores(x))
        outputs.append(self.scores(x))
        graph = helper.make_graph(self.nodes, "random", [helper.make_tensor_value_info("input", TensorProto.FLOAT, (1, *shape))],
                                  [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in outputs],
                                  self.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        onnx.checker.check_model(model)
        return model, self.random.normal(0, 1, (4, *shape)).astype(np.float32)


def write(seed, directory):
    """The files of a seed's network in a directory, which is made."""
    directory.mkdir(parents=True, exist_ok=True)
    network, samples = Network(seed).build()
    onnx.save(network, str(directory / "model.onnx"))
    np.save(directory / "samples.npy", samples)


if __name__ == "__main__":
    if len(sys.argv) != 3 or not sys.argv[1].isdigit():
        sys.exit(__doc__)
    write(int(sys.argv[1]), pathlib.Path(sys.argv[2]))
