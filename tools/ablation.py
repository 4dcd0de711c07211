#!/usr/bin/env python3
"""Measures what each method of quantization contributes: the tables of docs/Quantization.md.

Runs tinyc-run on the networks of ../shared/models with one method changed at a time. Accuracy is that of the test parts, which
calibration never sees; the signal-to-noise ratio compares the outputs with the float network's on the same samples.
Usage: tools/ablation.py [--build=DIR] [--rows=TEXT] [MODEL...]
"""
import argparse
import json
import os
import subprocess
import tempfile

import numpy

from networks import NETWORKS, ROOT

DATA_FREE = ["--quantize=int8"]  # without samples
PLAIN = ["--equalize=false", "--rounding=nearest", "--weight-scales=max", "--correct-bias=none"]
METHODS = [
    ("8 bits: to nearest, min-max", ["--calibration=min-max"] + PLAIN),
    ("moving average", ["--calibration=moving-average"] + PLAIN),
    ("percentile 99.999", PLAIN),
    ("mse", ["--calibration=mse"] + PLAIN),
    ("entropy", ["--calibration=entropy"] + PLAIN),
    ("auto", ["--calibration=auto"] + PLAIN),
    ("percentile, symmetric activations", ["--symmetric-activations"] + PLAIN),
    ("percentile, equalize", ["--rounding=nearest", "--weight-scales=max", "--correct-bias=none"]),
    ("percentile, empirical bias correction", PLAIN[:3] + ["--correct-bias=empirical"]),
    ("percentile, GPTQ", ["--equalize=false", "--rounding=gptq"]),
    ("percentile, AdaRound", ["--equalize=false", "--rounding=adaround"]),
    ("default for int8", []),
    ("without data", DATA_FREE),
    ("without data, not equalized", DATA_FREE + ["--equalize=false"]),
    ("4 bits: to nearest, scales max", ["--weights=int4"] + PLAIN),
    ("scales mse", ["--weights=int4", "--equalize=false", "--rounding=nearest", "--weight-scales=mse", "--correct-bias=none"]),
    ("scales weighted", ["--weights=int4", "--equalize=false", "--rounding=nearest", "--correct-bias=none"]),
    ("scales weighted, empirical bias correction",
     ["--weights=int4", "--equalize=false", "--rounding=nearest", "--correct-bias=empirical"]),
    ("GPTQ on scales max", ["--weights=int4", "--equalize=false", "--rounding=gptq", "--weight-scales=max"]),
    ("GPTQ, scales searched", ["--weights=int4", "--equalize=false"]),
    ("GPTQ, scales searched, AdaRound", ["--weights=int4", "--equalize=false", "--rounding=adaround"]),
    ("default for int4", ["--weights=int4"]),
]


def run(build, network, flags, output):
    """Accuracy and outputs of a network compiled with the flags, by the reference interpreter."""
    command = [os.path.join(build, "bin", "tinyc-run"), network.path, "--target=host", "--interpret", "--json",
               "--output=" + output] + network.test + network.transform + flags
    if "--quantize=none" not in flags and DATA_FREE[0] not in flags:
        command += network.calibrate
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    return json.loads(result.stdout)["accuracy"], numpy.load(output).astype(numpy.float64)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", default=list(NETWORKS))
    parser.add_argument("--build", default=os.path.join(ROOT, "build"))
    parser.add_argument("--rows", default="", help="measure the rows whose titles hold this text")
    options = parser.parse_args()
    names = options.models
    with tempfile.TemporaryDirectory() as folder:
        output = os.path.join(folder, "output.npy")
        floats = {name: run(options.build, NETWORKS[name], ["--quantize=none"], output) for name in names}
        print("| | " + " | ".join(names) + " |")
        print("|---" * (len(names) + 1) + "|")
        print("| float | " + " | ".join("%.2f %%" % (100 * floats[name][0]) for name in names) + " |")
        for title, flags in (method for method in METHODS if options.rows in method[0]):
            cells = []
            for name in names:
                accuracy, values = run(options.build, NETWORKS[name], flags, output)
                exact = floats[name][1]
                noise = ((values - exact) ** 2).sum()
                ratio = 10 * numpy.log10((exact ** 2).sum() / noise)
                cells.append("%.2f %%, %.1f dB" % (100 * accuracy, ratio))
            print("| %s | " % title + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
