#!/usr/bin/env python3
"""torch_exports.py NAME DIRECTORY: exports a network from PyTorch as its users do.

Writes DIRECTORY/model.onnx, DIRECTORY/samples.npy (float32, 24 random inputs, one a row of the first dimension, which is the
batch of 1 of the model) and DIRECTORY/outputs.npy, PyTorch's own results. Weights and batch norms are as PyTorch initializes
them: activations of deep networks fade to 1e-13, which the quantizer has to bear.
`torch_exports.py --list` prints the names. Needs Debian's python3-torch, python3-torchvision and python3-numpy.
"""
import pathlib
import sys
import warnings

import numpy as np
import torch
import torchvision.models as zoo
from torch import nn
from torch.nn import functional as F

SAMPLES = 24


class UNet(nn.Module):
    """Two levels down and up, with skips that are concatenated (Ronneberger et al. 2015, fig. 1, but with padding)."""

    def __init__(self, upsample):
        super().__init__()
        self.down1, self.down2, self.bottom = self.double(3, 8), self.double(8, 16), self.double(16, 32)
        if upsample:
            self.up2 = nn.Sequential(nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False), nn.Conv2d(32, 16, 1))
            self.up1 = nn.Sequential(nn.Upsample(scale_factor=2, mode="nearest"), nn.Conv2d(16, 8, 1))
        else:
            self.up2, self.up1 = nn.ConvTranspose2d(32, 16, 2, 2), nn.ConvTranspose2d(16, 8, 2, 2)
        self.left2, self.left1, self.head = self.double(32, 16), self.double(16, 8), nn.Conv2d(8, 2, 1)

    @staticmethod
    def double(inputs, outputs):
        layers = []
        for channels in (inputs, outputs):
            layers += [nn.Conv2d(channels, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]
        return nn.Sequential(*layers)

    def forward(self, x):
        one = self.down1(x)
        two = self.down2(F.max_pool2d(one, 2))
        x = self.bottom(F.max_pool2d(two, 2))
        x = self.left2(torch.cat([self.up2(x), two], 1))
        return self.head(self.left1(torch.cat([self.up1(x), one], 1)))


class KeywordLstm(nn.Module):
    """Mel frames through two layers of LSTM; the last step is classified."""

    def __init__(self, kind=nn.LSTM, bidirectional=False):
        super().__init__()
        self.recurrent = kind(20, 32, num_layers=2, batch_first=True, bidirectional=bidirectional)
        self.classify = nn.Linear(64 if bidirectional else 32, 12)

    def forward(self, x):
        return self.classify(self.recurrent(x)[0][:, -1])


class Transformer(nn.Module):
    """Patches, learnt positions, two encoder layers with four heads, mean, classification."""

    def __init__(self):
        super().__init__()
        self.embed, self.positions = nn.Linear(48, 32), nn.Parameter(torch.randn(1, 16, 32) * 0.2)
        layer = nn.TransformerEncoderLayer(32, 4, 64, activation="gelu", batch_first=True, norm_first=True)
        self.encode, self.norm, self.classify = nn.TransformerEncoder(layer, 2), nn.LayerNorm(32), nn.Linear(32, 10)

    def forward(self, x):
        patches = F.pixel_unshuffle(x, 4).flatten(2).transpose(1, 2)
        x = self.encode(self.embed(patches) + self.positions)
        return self.classify(self.norm(x).mean(1))


class Tcn(nn.Module):
    """Causal dilated convolutions with residuals (Bai et al. 2018, fig. 1)."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv1d(16, 24, 1)
        self.blocks = nn.ModuleList([nn.Conv1d(24, 24, 3, dilation=2**i) for i in range(4)])
        self.classify = nn.Linear(24, 10)

    def forward(self, x):
        x = self.first(x)
        for index, block in enumerate(self.blocks):
            x = x + F.relu(block(F.pad(x, (2 * 2**index, 0))))
        return self.classify(x[:, :, -1])


class Autoencoder(nn.Module):
    """Strided convolutions, and transposed ones back to the image."""

    def __init__(self):
        super().__init__()
        self.encode = nn.Sequential(nn.Conv2d(1, 8, 3, 2, 1), nn.ReLU(), nn.Conv2d(8, 16, 3, 2, 1), nn.ReLU())
        self.decode = nn.Sequential(nn.ConvTranspose2d(16, 8, 3, 2, 1, output_padding=1), nn.ReLU(),
                                    nn.ConvTranspose2d(8, 1, 4, 2, 1), nn.Sigmoid())

    def forward(self, x):
        return self.decode(self.encode(x))


def image(size, channels=3):
    return (channels, size, size)


# Name: network and shape of its input without the batch.
NETWORKS = {
    "resnet18": (lambda: zoo.resnet18(num_classes=10), image(32)),
    "mobilenet_v2": (lambda: zoo.mobilenet_v2(width_mult=0.35, num_classes=10), image(64)),
    "mobilenet_v3_small": (lambda: zoo.mobilenet_v3_small(num_classes=10), image(64)),
    "shufflenet_v2": (lambda: zoo.shufflenet_v2_x0_5(num_classes=10), image(64)),
    "squeezenet": (lambda: zoo.squeezenet1_1(num_classes=10), image(64)),
    "mnasnet": (lambda: zoo.mnasnet0_5(num_classes=10), image(32)),
    "efficientnet_b0": (lambda: zoo.efficientnet_b0(num_classes=10), image(32)),
    "regnet": (lambda: zoo.regnet_x_400mf(num_classes=10), image(32)),
    "unet": (lambda: UNet(upsample=False), image(32)),
    "unet_upsample": (lambda: UNet(upsample=True), image(32)),
    "lstm": (lambda: KeywordLstm(), (25, 20)),
    "gru": (lambda: KeywordLstm(nn.GRU, bidirectional=True), (25, 20)),
    "transformer": (lambda: Transformer(), image(16)),
    "tcn": (lambda: Tcn(), (16, 64)),
    "autoencoder": (lambda: Autoencoder(), image(32, 1)),
}


def make_inputs(shape, count):
    """Smooth noise, as real images and spectra are."""
    noise = torch.randn(count, *shape)
    smooth = noise.clone()
    for axis in range(1, len(shape) + 1):
        if shape[axis - 1] > 4:
            smooth = smooth + torch.roll(smooth, 1, axis) + torch.roll(smooth, -1, axis)
    return smooth / smooth.std()


def export(name, directory):
    torch.manual_seed(1)
    make, shape = NETWORKS[name]
    network = make()
    with torch.no_grad():
        network.eval()
        inputs = make_inputs(shape, SAMPLES)
        outputs = torch.cat([network(inputs[i:i + 1]) for i in range(SAMPLES)])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(network, inputs[:1], str(directory / "model.onnx"), opset_version=13, input_names=["input"],
                          output_names=["output"])
    np.save(directory / "samples.npy", inputs.numpy())
    np.save(directory / "outputs.npy", outputs.numpy())


if __name__ == "__main__":
    if sys.argv[1:] == ["--list"]:
        print("\n".join(NETWORKS))
    elif len(sys.argv) == 3 and sys.argv[1] in NETWORKS:
        target = pathlib.Path(sys.argv[2])
        target.mkdir(parents=True, exist_ok=True)
        export(sys.argv[1], target)
    else:
        sys.exit(__doc__)
