#!/usr/bin/env python3
"""compare_precision.py [MODEL...] [--build=DIR] [--steps=N] [--json=FILE] [-- TINYC-OPTIONS...]

The accuracy of the models of ../shared on the test parts of their data, in float, with int8 weights, with int4
weights, and with the precision that --quantize=mixed finds: at 0.55 of the bytes of int8 weights, at the bytes of int4 and at the
cycles of int4. Calibration and search see the calibration part only. Prints a table in Markdown: accuracy, bytes of weights against
int8, estimated cycles against int8.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

from networks import NETWORKS, ROOT


def run(*command):
    result = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if result.returncode:
        sys.exit(f'compare_precision.py: error: {" ".join(map(str, command))}\n{result.stderr}')
    return result.stdout


class Model:
    def __init__(self, name, options, work):
        self.network, self.options, self.work = NETWORKS[name], options, work
        self.bin = pathlib.Path(options.build) / "bin"

    def accuracy(self, *flags):
        """Of the test part, by the reference interpreter."""
        text = run(self.bin / "tinyc-run", self.network.path, "--interpret", "--json", *self.network.test,
                   *self.network.transform, *flags)
        return json.loads(text)["accuracy"]

    def compile(self, *flags):
        """report.json of the package."""
        package = self.work / "package"
        run(self.bin / "tinyc", self.network.path, "--quiet", *self.network.transform, *self.network.calibrate, *flags,
            *self.options.options, "-o", package)
        return json.loads((package / "report.json").read_text())

    def uniform(self, weights):
        """(accuracy, bytes of weights as a share of int8's, estimated cycles)."""
        report = self.compile(f"--weights={weights}")
        accuracy = self.accuracy(*self.network.calibrate, *self.options.options, f"--weights={weights}")
        return accuracy, int(weights.removeprefix("int")) / 8, report["estimated_cycles"]

    def search(self, *budgets):
        """The same of the precision that a search finds. Searches of one network share their measurements."""
        precision, front = self.work / "precision.json", self.work / "front.json"
        report = self.compile("--quantize=mixed", f"--search-steps={self.options.steps}",
                              *(f"--budget={budget}" for budget in budgets), f"--save-precision={precision}", f"--pareto={front}",
                              f"--search-record={self.work / 'record.json'}")
        points = json.loads(front.read_text())["points"]
        weights = [point["costs"]["weights"] for point in points if point["chosen"]][0]
        whole = max(point["costs"]["weights"] for point in points)  # all int8
        accuracy = self.accuracy(*self.network.calibrate, *self.options.options, f"--precision={precision}")
        return accuracy, weights / whole, report["estimated_cycles"]


def measure(name, options):
    """Rows (precision, accuracy, share of the bytes of int8 weights, cycles); float without the latter."""
    with tempfile.TemporaryDirectory() as work:
        model = Model(name, options, pathlib.Path(work))
        rows = [("float", model.accuracy("--quantize=none"), None, None)]
        rows += [(weights, *model.uniform(weights)) for weights in ("int8", "int4")]
        int4 = rows[-1]
        rows.append(("mixed, weights:0.55x", *model.search("weights:0.55x")))
        rows.append(("mixed at int4's bytes", *model.search("weights:0.5x")))
        rows.append(("mixed at int4's cycles", *model.search(f"latency:{int4[3]}", "weights:1x")))
        return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", default=list(NETWORKS))
    parser.add_argument("--build", default=os.path.join(ROOT, "build"))
    parser.add_argument("--steps", type=int, default=200, help="measurements of the evolution")
    parser.add_argument("--json", help="write all figures to this file")
    arguments = sys.argv[1:]
    split = arguments.index("--") if "--" in arguments else len(arguments)
    options = parser.parse_args(arguments[:split])
    options.options = arguments[split + 1:]
    table = []
    print("| model | precision | accuracy | against float | weights | cycles |\n| --- | --- | --- | --- | --- | --- |")
    for name in options.models:
        rows = measure(name, options)
        real, int8 = rows[0][1], rows[1]
        for precision, accuracy, weights, cycles in rows:
            table.append({"model": name, "precision": precision, "accuracy": accuracy, "weights": weights, "cycles": cycles})
            share = [f"{weights:.3f}x", f"{cycles / int8[3]:.3f}x"] if cycles else ["", ""]
            print(f"| {name} | {precision} | {100 * accuracy:.2f} % | {100 * (accuracy - real):+.2f} % | {share[0]} | {share[1]} |",
                  flush=True)
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(table, indent=1) + "\n")


if __name__ == '__main__':
    main()
