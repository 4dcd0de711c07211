#!/usr/bin/env python3
"""Measures accuracy on the test parts with the default methods: the first table of docs/Quantization.md.

For each network of ../shared: float; int8; all weights int4; mixed precision with at most 0.55 of the bytes of int8 weights. Each cell has
the difference to float and whether it is within the loss that the project allows. Calibration and search see the calibration
parts alone. Ends with status 1 if a cell is not within it.
Usage: tools/quantization_table.py [--build=DIR] [--steps=N] [--columns=int8,int4,mixed] [MODEL...]
"""
import argparse
import json
import os
import subprocess
import sys

from networks import NETWORKS, ROOT

# Percent of accuracy that each column may lose.
ALLOWED = {"kws_dscnn": {"int8": 0.4, "int4": 2.5, "mixed": 1.0}, "ic_resnet8": {"int8": 0.3, "int4": 2.5, "mixed": 1.0},
           "vww_mobilenet": {"int8": 0.5, "int4": 3.0, "mixed": 1.5}, "mcunet_vww": {"int8": 0.5, "int4": 3.0, "mixed": 1.0}}


def measure(build, network, flags):
    """Accuracy in percent, by the reference interpreter."""
    command = [os.path.join(build, "bin", "tinyc-run"), network.path, "--target=host", "--interpret", "--json"]
    result = subprocess.run(command + network.test + network.transform + flags, stdout=subprocess.PIPE,
                            stderr=subprocess.DEVNULL, check=True)
    return 100 * json.loads(result.stdout)["accuracy"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", default=list(NETWORKS))
    parser.add_argument("--build", default=os.path.join(ROOT, "build"))
    parser.add_argument("--steps", type=int, default=40, help="measurements of the search for mixed precision")
    parser.add_argument("--columns", default="int8,int4,mixed")
    options = parser.parse_args()
    flags = {"int8": [], "int4": ["--weights=int4"],
             "mixed": ["--quantize=mixed", "--budget=weights:0.55x", "--search-steps=%d" % options.steps]}
    columns = options.columns.split(",")
    print("| model | float | " + " | ".join(columns) + " |")
    print("|---" * (2 + len(columns)) + "|")
    missed = False
    for name in options.models:
        network = NETWORKS[name]
        real = measure(options.build, network, ["--quantize=none"])
        cells = []
        for column in columns:
            accuracy = measure(options.build, network, network.calibrate + flags[column])
            within = accuracy >= real - ALLOWED[name][column] - 1e-9
            missed |= not within
            cells.append("%.2f %% (%+.2f, %s %.1f)" % (accuracy, accuracy - real, "within" if within else "NOT within",
                                                       ALLOWED[name][column]))
        print("| %s | %.2f %% | " % (name, real) + " | ".join(cells) + " |", flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
