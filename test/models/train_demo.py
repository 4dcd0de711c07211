#!/usr/bin/python3
"""Train the demo model on MNIST and write digits.onnx with 200 labelled samples.

Needs Debian's python3-torch, python3-onnx and python3-numpy:

    /usr/bin/python3 test/models/train_demo.py

The data are 10,000 digits, images [10000,1,28,28] uint8 in ../shared/data/mnist beside the
repository (--data to name another folder): rows 0 to 7999 train, rows 8000 to 9999 test. The network's
input is x = pixel / 255.
"""

import argparse
import math
import pathlib
import time

import numpy as np
import onnx
import torch
from torch import nn
from torch.nn import functional as F

HERE = pathlib.Path(__file__).resolve().parent
TRAIN_ROWS = slice(0, 8000)
TEST_ROWS = slice(8000, 10000)
SAMPLE_COUNT = 200
CALIBRATION_COUNT = 100
SEED = 7


class ConvNorm(nn.Sequential):
    """A convolution without bias, batch norm and an optional ReLU."""

    def __init__(self, inputs, outputs, kernel, stride=1, groups=1, relu=True):
        layers = [
            nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
            nn.BatchNorm2d(outputs),
        ]
        super().__init__(*layers, *([nn.ReLU()] if relu else []))


class Separable(nn.Module):
    """Depthwise 3x3, then pointwise; with `residual` the block's input is added before the last ReLU."""

    def __init__(self, inputs, outputs, stride=1, residual=False):
        super().__init__()
        self.depthwise = ConvNorm(inputs, inputs, 3, stride, groups=inputs)
        self.pointwise = ConvNorm(inputs, outputs, 1, relu=not residual)
        self.residual = residual

    def forward(self, x):
        y = self.pointwise(self.depthwise(x))
        return F.relu(x + y) if self.residual else y


class Digits(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            ConvNorm(1, 16, 5),  # 28x28
            Separable(16, 32, stride=2),  # 14x14
            Separable(32, 32, residual=True),
            Separable(32, 64, stride=2),  # 7x7
            Separable(64, 128),
        )
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classify = nn.Linear(128, 10)

    def forward(self, x):
        return self.classify(torch.flatten(self.pool(self.features(x)), 1))


def augment(images, generator):
    """Each image turned by up to 15 degrees, scaled by up to 15 %, sheared and shifted by up to 2 pixels."""
    count = images.shape[0]

    def uniform(limit):
        return (torch.rand(count, generator=generator) * 2 - 1) * limit

    angle, shear = uniform(math.radians(15)), uniform(0.15)
    scale = 1 + uniform(0.15)
    cos, sin = torch.cos(angle) * scale, torch.sin(angle) * scale
    shift = 2 * 2 / 28  # 2 pixels in grid_sample's units, where the image is 2 wide
    rows = [cos, -sin + shear, uniform(shift), sin, cos, uniform(shift)]
    grid = F.affine_grid(torch.stack(rows, 1).view(count, 2, 3), images.shape, align_corners=False)
    return F.grid_sample(images, grid, align_corners=False)


def accuracy(model, images, labels):
    model.eval()
    with torch.no_grad():
        correct = [
            (model(x).argmax(1) == y).sum().item()
            for x, y in zip(images.split(500), labels.split(500))
        ]
    return sum(correct) / len(labels)


def train(model, images, labels, epochs, batch=64):
    generator = torch.Generator().manual_seed(SEED)
    optimizer = torch.optim.AdamW(model.parameters(), weight_decay=1e-2)
    steps = epochs * (len(images) // batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 6e-3, total_steps=steps)
    for epoch in range(epochs):
        model.train()
        start, total = time.time(), 0.0
        order = torch.randperm(len(images), generator=generator)
        for rows in order[: len(images) // batch * batch].split(batch):
            scores = model(augment(images[rows], generator))
            loss = F.cross_entropy(scores, labels[rows], label_smoothing=0.05)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item()
        loss, seconds = total * batch / len(images), time.time() - start
        print(f"epoch {epoch + 1}/{epochs}: loss {loss:.4f}, {seconds:.1f} s", flush=True)


def export(model, path):
    """Write ONNX opset 13. PRESERVE of a model in eval mode: EVAL would fold batch norm into the convolutions."""
    torch.onnx.export(
        model.eval(),
        torch.zeros(1, 1, 28, 28),
        str(path),
        training=torch.onnx.TrainingMode.PRESERVE,
        do_constant_folding=False,
        opset_version=13,
        input_names=["input"],
        output_names=["output"],
    )
    proto = onnx.load(path)
    onnx.checker.check_model(proto)
    norms = [node for node in proto.graph.node if node.op_type == "BatchNormalization"]
    expected = sum(isinstance(module, nn.BatchNorm2d) for module in model.modules())
    if len(norms) != expected or any(len(node.output) != 1 for node in norms):
        raise SystemExit(f"{path}: expected {expected} inference BatchNormalization nodes, got {len(norms)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=pathlib.Path, default=HERE.parents[2] / "shared/data/mnist")
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--out", type=pathlib.Path, default=HERE, help="folder to write to")
    options = parser.parse_args()

    torch.manual_seed(SEED)
    torch.use_deterministic_algorithms(True)
    torch.set_num_threads(1)  # sums over threads would depend on the machine

    pixels = np.load(options.data / "images_u8.npy")
    digits = np.load(options.data / "labels.npy")
    images = torch.from_numpy(pixels.astype(np.float32) / 255)
    labels = torch.from_numpy(digits.astype(np.int64))

    model = Digits()
    print(f"{sum(p.numel() for p in model.parameters())} parameters")
    train(model, images[TRAIN_ROWS], labels[TRAIN_ROWS], options.epochs)
    test_accuracy = accuracy(model, images[TEST_ROWS], labels[TEST_ROWS])
    print(f"test accuracy over {len(digits[TEST_ROWS])} digits: {100 * test_accuracy:.2f} %")

    export(model, options.out / "digits.onnx")
    np.save(options.out / "digits_calibration.npy", pixels[:CALIBRATION_COUNT])
    np.save(options.out / "digits_samples.npy", pixels[TEST_ROWS][:SAMPLE_COUNT])
    np.save(options.out / "digits_labels.npy", digits[TEST_ROWS][:SAMPLE_COUNT].astype(np.uint8))
    first = accuracy(model, images[TEST_ROWS][:SAMPLE_COUNT], labels[TEST_ROWS][:SAMPLE_COUNT])
    print(f"accuracy over the {SAMPLE_COUNT} samples kept: {100 * first:.2f} %")
    print(f"wrote digits.onnx, {(options.out / 'digits.onnx').stat().st_size} bytes")


if __name__ == "__main__":
    main()
