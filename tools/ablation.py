#!/usr/bin/env python3
"""Measures what each method of quantization contributes: the tables of docs/Quantization.md.

Runs build/bin/tinyc-run on the networks of ../shared/models with one method changed at a time. Accuracy is that of the test
parts, which calibration never sees; the signal-to-noise ratio compares the outputs with the float network's on the same
samples. Usage: tools/ablation.py [MODEL...]
"""
import json
import os
import subprocess
import sys
import tempfile

import numpy

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SHARED = os.path.join(ROOT, "..", "shared")

# Name: model, data, labels, samples to calibrate with and to skip, transform.
MODELS = {
    "kws_dscnn": ("kws01/features_int8.npy", "kws01/labels.npy", 200,
                  ["--scale=0.5847029089927673", "--offset=-48.53034144639969"]),
    "ic_resnet8": ("cifar10/test_u8.npy", "cifar10/test_labels.npy", 0, []),
    "vww_mobilenet": ("vww_coco/images_96_u8.npy", "vww_coco/labels.npy", 64, ["--scale=0.00392156862745098"]),
    "mcunet_vww": ("vww_coco/images_80_u8.npy", "vww_coco/labels.npy", 64,
                   ["--scale=0.00784313725490196", "--offset=-1"]),
}

PLAIN = ["--equalize=false", "--rounding=nearest", "--weight-scales=max"]
METHODS = [
    ("8 bits: to nearest, min-max", ["--calibration=min-max"] + PLAIN),
    ("moving average", ["--calibration=moving-average"] + PLAIN),
    ("percentile 99.999", PLAIN),
    ("mse", ["--calibration=mse"] + PLAIN),
    ("entropy", ["--calibration=entropy"] + PLAIN),
    ("auto", ["--calibration=auto"] + PLAIN),
    ("percentile, symmetric activations", ["--symmetric-activations"] + PLAIN),
    ("percentile, equalize", ["--rounding=nearest", "--weight-scales=max"]),
    ("percentile, empirical bias correction", ["--correct-bias=empirical"] + PLAIN),
    ("percentile, GPTQ", ["--equalize=false", "--rounding=gptq"]),
    ("percentile, AdaRound", ["--equalize=false", "--rounding=adaround"]),
    ("default for int8", []),
    ("4 bits: to nearest, scales max", ["--weights=int4"] + PLAIN),
    ("scales mse", ["--weights=int4", "--equalize=false", "--rounding=nearest", "--weight-scales=mse"]),
    ("scales weighted", ["--weights=int4", "--equalize=false", "--rounding=nearest"]),
    ("scales weighted, empirical bias correction",
     ["--weights=int4", "--equalize=false", "--rounding=nearest", "--correct-bias=empirical"]),
    ("GPTQ on scales max", ["--weights=int4", "--equalize=false", "--rounding=gptq", "--weight-scales=max"]),
    ("GPTQ, scales searched", ["--weights=int4", "--equalize=false"]),
    ("GPTQ, scales searched, AdaRound", ["--weights=int4", "--equalize=false", "--rounding=adaround"]),
    ("default for int4", ["--weights=int4"]),
]


def run(name, flags, output):
    """Accuracy and outputs of a network compiled with the flags, by the reference interpreter."""
    data, labels, skip, transform = MODELS[name]
    command = [os.path.join(ROOT, "build/bin/tinyc-run"), os.path.join(SHARED, "models", name + ".onnx"),
               "--target=host", "--interpret", "--json", "--skip=%d" % skip, "--output=" + output,
               "--input=" + os.path.join(SHARED, "data", data), "--labels=" + os.path.join(SHARED, "data", labels)]
    if "--quantize=none" not in flags:
        source = "cifar10/train_u8.npy" if name == "ic_resnet8" else data
        command.append("--calibrate=" + os.path.join(SHARED, "data", source))
        if skip:
            command.append("--calibrate-limit=%d" % skip)
    result = subprocess.run(command + transform + flags, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    return json.loads(result.stdout)["accuracy"], numpy.load(output).astype(numpy.float64)


def main(names):
    with tempfile.TemporaryDirectory() as folder:
        output = os.path.join(folder, "output.npy")
        floats = {name: run(name, ["--quantize=none"], output) for name in names}
        print("| | " + " | ".join(names) + " |")
        print("|---" * (len(names) + 1) + "|")
        print("| float | " + " | ".join("%.2f %%" % (100 * floats[name][0]) for name in names) + " |")
        for title, flags in METHODS:
            cells = []
            for name in names:
                accuracy, values = run(name, flags, output)
                exact = floats[name][1]
                noise = ((values - exact) ** 2).sum()
                ratio = 10 * numpy.log10((exact ** 2).sum() / noise)
                cells.append("%.2f %%, %.1f dB" % (100 * accuracy, ratio))
            print("| %s | " % title + " | ".join(cells) + " |", flush=True)


main(sys.argv[1:] or list(MODELS))
