#!/usr/bin/env python3
"""Measures what each method of quantization contributes: the tables of docs/Quantization.md.

Runs tinyc-run on the networks of ../shared/models with one method changed at a time. Accuracy is that of the test parts, which
calibration never sees; the signal-to-noise ratio compares the outputs with the float network's on the same samples.
--held-out is for choosing between methods: it calibrates on either half of the calibration part, compares with the float network on
the other, and prints the mean Kullback-Leibler divergence of the outputs, which are probabilities, and the ratio.
Usage: tools/ablation.py [--build=DIR] [--rows=TEXT] [--held-out] [MODEL...] [-- FLAG...]
FLAGs are measured in place of the table's rows.
"""
import argparse
import json
import os
import subprocess
import sys
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


def run(build, network, flags, data, output):
    """What tinyc-run says of a network compiled with the flags, and its outputs, by the reference interpreter."""
    command = [os.path.join(build, "bin", "tinyc-run"), network.path, "--target=host", "--interpret", "--json",
               "--output=" + output] + network.transform + flags + data
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    return json.loads(result.stdout), numpy.load(output).astype(numpy.float64)


def get_ratio(exact, values):
    """Signal to noise, in dB."""
    return 10 * numpy.log10((exact ** 2).sum() / ((values - exact) ** 2).sum())


def get_divergence(exact, values):
    """Mean Kullback-Leibler divergence of probabilities, or of logits that become those."""
    def to_probabilities(scores):
        scores = scores.reshape(len(scores), -1)
        if numpy.abs(scores.sum(1) - 1).max() > 0.1:
            scores = numpy.exp(scores - scores.max(1, keepdims=True))
        scores = numpy.maximum(scores, 1e-3)  # a step of the results is 1/256
        return scores / scores.sum(1, keepdims=True)
    one, other = to_probabilities(exact), to_probabilities(values)
    return (one * numpy.log(one / other)).sum(1).mean()


class TestPart:
    """Accuracy and signal to noise on the test part."""

    def __init__(self, build, network, output):
        self.build, self.network, self.output = build, network, output
        self.figures, self.exact = run(build, network, ["--quantize=none"], network.test, output)

    def measure(self, flags):
        data = self.network.test + ([] if DATA_FREE[0] in flags else self.network.calibrate)
        figures, values = run(self.build, self.network, flags, data, self.output)
        return "%.2f %%, %.1f dB" % (100 * figures["accuracy"], get_ratio(self.exact, values))


class HeldOutPart:
    """Divergence and signal to noise on the halves of the calibration part, calibrated on the other."""

    def __init__(self, build, network, output):
        self.build, self.network, self.output = build, network, output
        self.halves = [network.halve(half) for half in (0, 1)]
        self.exact = [run(build, network, ["--quantize=none"], data, output)[1] for _, data in self.halves]

    def measure(self, flags):
        exact, values = self.exact, []
        for calibrate, data in self.halves:
            calibrate = [] if DATA_FREE[0] in flags else calibrate
            values.append(run(self.build, self.network, flags + calibrate, data, self.output)[1])
        exact, values = numpy.concatenate(exact), numpy.concatenate(values)
        return "%.5f, %.1f dB" % (get_divergence(exact, values), get_ratio(exact, values))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", default=list(NETWORKS))
    parser.add_argument("--build", default=os.path.join(ROOT, "build"))
    parser.add_argument("--rows", default="", help="measure the rows whose titles hold this text")
    parser.add_argument("--held-out", action="store_true", help="measure on the calibration part")
    arguments = sys.argv[1:]
    split = arguments.index("--") if "--" in arguments else len(arguments)
    options = parser.parse_args(arguments[:split])
    methods = [method for method in METHODS if options.rows in method[0]]
    if split < len(arguments):
        methods = [(" ".join(arguments[split + 1:]), arguments[split + 1:])]
    with tempfile.TemporaryDirectory() as folder:
        part = HeldOutPart if options.held_out else TestPart
        parts = [part(options.build, NETWORKS[name], os.path.join(folder, name + ".npy")) for name in options.models]
        print("| | " + " | ".join(options.models) + " |")
        print("|---" * (len(parts) + 1) + "|")
        if not options.held_out:
            print("| float | " + " | ".join("%.2f %%" % (100 * part.figures["accuracy"]) for part in parts) + " |")
        for title, flags in methods:
            print("| %s | " % title + " | ".join(part.measure(flags) for part in parts) + " |", flush=True)


if __name__ == "__main__":
    main()
