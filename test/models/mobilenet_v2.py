#!/usr/bin/env python3
"""mobilenet_v2.py --width=0.35 --size=144 [--classes=1000] [--samples=8] DIRECTORY

Writes DIRECTORY/model.onnx, a MobileNetV2 (Sandler et al. 2018, table 2) with random weights, and DIRECTORY/samples.npy, smooth
random images, uint8 [samples, 3, size, size], which --scale=0.00784313725490196 --offset=-1 maps to the model's input.

Channels are multiples of 8 as in the paper's code (make_divisible); the last convolution keeps 1280 channels below
width 1. The statistics of every batch norm are those of the samples, so activations stay near -3 .. 3 and ReLU6 clips some.
Needs Debian's python3-onnx and python3-numpy.
"""
import argparse
import pathlib

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

# Expansion, channels, repetitions, stride of the first.
BLOCKS = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]


def make_divisible(channels, divisor=8):
    """The multiple of `divisor` nearest to `channels`, but not below 90 % of it."""
    rounded = max(divisor, int(channels + divisor / 2) // divisor * divisor)
    return rounded + divisor if rounded < 0.9 * channels else rounded


class Builder:
    """Appends nodes, and computes every tensor for the samples beside it."""

    def __init__(self, samples, seed):
        self.random = np.random.default_rng(seed)
        self.nodes, self.constants, self.values = [], [], {"input": samples}

    def constant(self, name, array):
        self.constants.append(numpy_helper.from_array(array.astype(np.float32), name))
        return name

    def node(self, op, name, inputs, value, **attributes):
        self.nodes.append(helper.make_node(op, inputs, [name], name=name, **attributes))
        self.values[name] = value.astype(np.float32)
        return name

    def convolution(self, name, source, channels, kernel=1, stride=1, groups=1, clamp=True):
        """Convolution, batch norm and, with `clamp`, ReLU6."""
        x = self.values[source]
        count, depth = x.shape[:2]
        pad, part = kernel // 2, depth // groups
        weights = self.draw_weights(x, (channels, part, kernel, kernel))
        padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
        windows = np.lib.stride_tricks.sliding_window_view(padded, (kernel, kernel), (2, 3))[:, :, ::stride, ::stride]
        if groups == 1:
            y = np.einsum("nchwij,ocij->nohw", windows, weights, optimize=True)
        else:
            y = np.einsum("nchwij,cij->nchw", windows, weights[:, 0], optimize=True)
        name = self.node("Conv", name, [source, self.constant(name + ".weight", weights)], y, group=groups,
                         kernel_shape=[kernel, kernel], strides=[stride, stride], pads=[pad] * 4)
        mean, variance = y.mean((0, 2, 3)), y.var((0, 2, 3)) + 1e-3
        scale, shift = self.draw_batch_norm(channels, clamp)
        shape = (1, channels, 1, 1)
        y = (y - mean.reshape(shape)) * (scale / np.sqrt(variance + 1e-5)).reshape(shape) + shift.reshape(shape)
        parameters = [self.constant(f"{name}.{part}", value) for part, value in
                      (("scale", scale), ("shift", shift), ("mean", mean), ("variance", variance))]
        name = self.node("BatchNormalization", name + "/bn", [name, *parameters], y, epsilon=1e-5)
        return self.node("Clip", name + "/relu6", [name, "zero", "six"], y.clip(0, 6)) if clamp else name

    def draw_weights(self, x, shape):
        """Weights of a convolution that reads the values x; of depthwise ones shape[1] is 1."""
        return self.random.normal(0, (shape[1] * shape[2] * shape[3]) ** -0.5, shape)

    def draw_batch_norm(self, channels, clamp):
        """(scale, shift); with `clamp` ReLU6 follows."""
        return self.random.uniform(0.8, 1.2, channels), self.random.uniform(-0.5, 0.5, channels)

    def block(self, name, source, expansion, channels, stride):
        depth = self.values[source].shape[1]
        x = self.convolution(name + "/expand", source, depth * expansion) if expansion != 1 else source
        x = self.convolution(name + "/depthwise", x, depth * expansion, 3, stride, depth * expansion)
        x = self.convolution(name + "/project", x, channels, clamp=False)
        if stride == 1 and depth == channels:
            x = self.node("Add", name + "/add", [source, x], self.values[source] + self.values[x])
        return x


def make_samples(count, size):
    """Images with structure at several scales, as natural ones have."""
    random = np.random.default_rng(1)
    images = np.zeros((count, 3, size, size))
    for cells in (4, 8, 16, size):
        coarse = random.normal(0, 1, (count, 3, cells, cells))
        index = np.arange(size) * cells // size
        images += coarse[:, :, index][:, :, :, index]
    return (128 + 40 * images).clip(0, 255).astype(np.uint8)


def make_model(width, size, classes, samples):
    builder = Builder(samples / 127.5 - 1, seed=0)
    builder.constant("zero", np.float32(0))
    builder.constant("six", np.float32(6))
    x = builder.convolution("first", "input", make_divisible(32 * width), 3, 2)
    number = 0
    for expansion, channels, repetitions, stride in BLOCKS:
        for i in range(repetitions):
            number += 1
            x = builder.block(f"block{number}", x, expansion, make_divisible(channels * width), stride if i == 0 else 1)
    x = builder.convolution("last", x, max(1280, make_divisible(1280 * width)))
    x = builder.node("GlobalAveragePool", "pool", [x], builder.values[x].mean((2, 3), keepdims=True))
    flat = builder.values[x].reshape(len(samples), -1)
    x = builder.node("Flatten", "flatten", [x], flat)
    weights = builder.random.normal(0, flat.shape[1] ** -0.5, (classes, flat.shape[1]))
    bias = builder.random.uniform(-0.1, 0.1, classes)
    inputs = [x, builder.constant("classifier.weight", weights), builder.constant("classifier.bias", bias)]
    builder.node("Gemm", "output", inputs, flat @ weights.T + bias, transB=1)
    graph = helper.make_graph(
        builder.nodes, "mobilenet_v2",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 3, size, size])],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, [1, classes])], builder.constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=7)


def write(directory, width, size, classes=1000, samples=8):
    """Writes both files; returns their paths."""
    directory = pathlib.Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    images = make_samples(samples, size)
    onnx.save(make_model(width, size, classes, images), str(directory / "model.onnx"))
    np.save(directory / "samples.npy", images)
    return directory / "model.onnx", directory / "samples.npy"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory")
    parser.add_argument("--width", type=float, required=True)
    parser.add_argument("--size", type=int, required=True)
    parser.add_argument("--classes", type=int, default=1000)
    parser.add_argument("--samples", type=int, default=8)
    arguments = parser.parse_args()
    write(arguments.directory, arguments.width, arguments.size, arguments.classes, arguments.samples)
