#!/usr/bin/env python3
"""compare_random.py FIRST LAST: compiles the random networks of these seeds (random_networks.py) and compares.

Each with the schedule its seed chooses: the float program on the host with the interpreter (90 dB), the int8 program on the host with
the interpreter (every bit), and for every fourth seed the int8 program on a core in QEMU (every bit). Prints a line for each network
that is refused or differs, and then exits with 1. `tinyc-run` is looked for on PATH.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

from random_networks import write

SCHEDULES = [["--optimize=ram"], ["--optimize=balanced"], ["--optimize=speed"], ["--optimize=ram", "--stream-input"],
             ["--optimize=ram", "--max-recompute=1.6"], ["--optimize=size"]]
CORES = ["cortex-m7", "cortex-m4", "cortex-m0plus", "cortex-m55"]
LEAST_DECIBELS = 90


def run(folder, *flags):
    """The text of a run on the network's samples. Raises RuntimeError with the first error."""
    command = ["tinyc-run", str(folder / "model.onnx"), f"--input={folder}/samples.npy", *flags]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        errors = [line for line in done.stderr.splitlines() if "warning:" not in line and "remark:" not in line]
        raise RuntimeError(f"{' '.join(flags)}: {errors[0] if errors else f'exit {done.returncode}'}")
    return done.stdout


def compare(seed, folder):
    """What is wrong with the network of a seed, or None."""
    write(seed, folder)
    schedule, calibrate = SCHEDULES[seed % len(SCHEDULES)], f"--calibrate={folder}/samples.npy"
    result = json.loads(run(folder, "--target=host", "--quantize=none", "--validate", "--reference=float", "--json", *schedule))
    for program in result["programs"][1:]:
        for output in program.get("outputs", []):
            if output["sqnr_db"] is not None and output["sqnr_db"] < LEAST_DECIBELS:
                return f"float program: {output['sqnr_db']:.1f} dB"
    host, interpreted, core = (folder / name for name in ("host.npy", "interpreted.npy", "core.npy"))
    run(folder, "--target=host", calibrate, f"--output={host}", *schedule)
    run(folder, "--target=host", calibrate, f"--output={interpreted}", "--interpret")
    if not np.array_equal(np.load(host), np.load(interpreted)):
        return "int8 program on the host differs from the interpreter"
    if seed % 4 == 0:
        target = CORES[seed // 4 % len(CORES)]
        run(folder, f"--target={target}", calibrate, "--limit=2", f"--output={core}", *schedule)
        if not np.array_equal(np.load(core), np.load(interpreted)[:2]):
            return f"int8 program on {target} differs from the interpreter"
    return None


def main(first, last):
    failed = False
    for seed in range(first, last + 1):
        with tempfile.TemporaryDirectory() as name:
            try:
                problem = compare(seed, pathlib.Path(name))
            except RuntimeError as error:
                problem = str(error)
        if problem:
            print(f"network {seed}, {' '.join(SCHEDULES[seed % len(SCHEDULES)])}: {problem}", flush=True)
            failed = True
    return failed


if __name__ == "__main__":
    if len(sys.argv) != 3 or not all(argument.isdigit() for argument in sys.argv[1:]):
        sys.exit(__doc__)
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2])))
