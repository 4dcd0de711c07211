#!/usr/bin/env python3
"""extreme_mobilenet.py v1|v2 DIRECTORY

Writes DIRECTORY/model.onnx, a small MobileNet of version 1 (Howard et al. 2017) or 2 (Sandler et al. 2018) with what makes those
trained on ImageNet hard to quantize per tensor (Nagel et al. 2019, figure 2): behind each batch norm with ReLU6 the channels
have ranges from 2^-7 to 2 times the usual, one in twelve is dead, and some reach 6; the weights that read weak channels
are as much greater, so that every channel counts. The classifier at its end is fitted, by ridge regression, to ten classes
of synthetic images: calibrate.npy (64), test.npy and labels.npy (200, others) hold uint8 images that
--scale=0.00784313725490196 --offset=-1 maps to the input. Needs Debian's python3-onnx and python3-numpy.
"""
import pathlib
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper

from mobilenet_v2 import Builder

SIZE, CLASSES, TRAINED, TESTED = 32, 10, 400, 200


class ExtremeBuilder(Builder):
    def draw_weights(self, x, shape):
        weights = super().draw_weights(x, shape)
        if shape[1] == 1:
            return weights
        ranges = np.abs(x.astype(np.float64)).max((0, 2, 3))
        return weights / np.where(ranges > 1e-6, ranges, 1.0)[None, :, None, None]

    def draw_batch_norm(self, channels, clamp):
        if not clamp: # the residual stream of trained networks is even
            return super().draw_batch_norm(channels, clamp)
        scale = 2.0 ** self.random.uniform(-7, 1, channels)
        shift = scale * self.random.uniform(-0.5, 1.5, channels)
        dead = self.random.uniform(0, 1, channels) < 1 / 12
        return np.where(dead, 1e-8, scale), np.where(dead, -0.1, shift)


def make_images(random, count):
    """Images of ten classes, each a pattern of its own under noise, and their classes."""
    patterns = np.random.default_rng(7).normal(0, 1, (CLASSES, 3, 8, 8)).repeat(4, 2).repeat(4, 3)
    classes = random.integers(0, CLASSES, count)
    noise = random.normal(0, 1, (count, 3, SIZE // 2, SIZE // 2)).repeat(2, 2).repeat(2, 3)
    images = 128 + 48 * patterns[classes] + 24 * noise
    return images.clip(0, 255).astype(np.uint8), classes.astype(np.uint8)


def add_layers(builder, version):
    """The layers up to the last activation, whose name it returns."""
    # Of version 2 twice as many as its first block's results: no addition reads what a ReLU6 clamps.
    x = builder.convolution("first", "input", 16 if version == "v1" else 32, 3, 2)
    if version == "v1":
        for number, (channels, stride) in enumerate([(24, 1), (32, 2), (32, 1), (64, 2), (64, 1), (64, 1), (96, 1)]):
            depth = builder.values[x].shape[1]
            x = builder.convolution(f"depthwise{number}", x, depth, 3, stride, depth)
            x = builder.convolution(f"pointwise{number}", x, channels)
        return x
    for number, (channels, stride) in enumerate([(16, 1), (24, 2), (24, 1), (32, 2), (32, 1), (32, 1), (48, 1)]):
        x = builder.block(f"block{number}", x, 1 if number == 0 else 4, channels, stride)
    return builder.convolution("last", x, 128)


def main(version, directory):
    directory = pathlib.Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    images, classes = make_images(np.random.default_rng(1), TRAINED + TESTED)
    builder = ExtremeBuilder(images / 127.5 - 1, seed=3)
    builder.constant("zero", np.float32(0))
    builder.constant("six", np.float32(6))
    x = add_layers(builder, version)
    x = builder.node("GlobalAveragePool", "pool", [x], builder.values[x].mean((2, 3), keepdims=True))
    features = builder.values[x].reshape(len(images), -1).astype(np.float64)
    x = builder.node("Flatten", "flatten", [x], features)
    # A trained classifier would have learned features of one size: the ridge is relative to each.
    known, wanted = features[:TRAINED], np.eye(CLASSES)[classes[:TRAINED]]
    mean, spread = known.mean(0), known.std(0)
    spread = np.where(spread > 1e-6, spread, 1.0)
    scaled = (known - mean) / spread
    weights = np.linalg.solve(scaled.T @ scaled + 3.0 * TRAINED * np.eye(scaled.shape[1]), scaled.T @ wanted).T * 10 / spread
    inputs = [x, builder.constant("weight", weights), builder.constant("bias", 10 * wanted.mean(0) - weights @ mean)]
    builder.node("Gemm", "output", inputs, features @ weights.T, transB=1)
    graph = helper.make_graph(
        builder.nodes, "extreme_mobilenet_" + version,
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 3, SIZE, SIZE])],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, [1, CLASSES])], builder.constants)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=7),
              str(directory / "model.onnx"))
    np.save(directory / "calibrate.npy", images[:64])
    np.save(directory / "test.npy", images[TRAINED:])
    np.save(directory / "labels.npy", classes[TRAINED:])


main(*sys.argv[1:])
