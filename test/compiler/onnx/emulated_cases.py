#!/usr/bin/env python3
"""emulated_cases.py [--all] [--target=cortex-m7] [--table=FILE] [CASE...]: ONNX's node cases as C packages in QEMU.

Each case of Debian's libonnx-testdata is compiled for the core, its inputs at run time where the operator lets them be (else the first
one, the others constants), and run in QEMU by tinyc-run; the first output has to be ONNX's own within its tolerance (relative 1e-3,
absolute 1e-7) and that of the host's program in every bit. Cases that the importer refuses, whose inputs are no finite numbers, or
whose programs do not fit the emulated board are counted apart. --table writes a line for each case: name, status, reason.
"""
import argparse
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import onnx
from onnx import numpy_helper

DATA = pathlib.Path("/usr/lib/python3/dist-packages/onnx/backend/test/data/node")
RELATIVE, ABSOLUTE = 1e-3, 1e-7


# Quantized inputs of these are real numbers for tinyc-run: (q - zero point) * scale. Of an input: the inputs that are its scale (None: 1)
# and its zero point.
QUANTIZED = {"ConvInteger": {0: (None, 2)}, "MatMulInteger": {0: (None, 2), 1: (None, 3)}}


class Skipped(Exception):
    pass


def read(case, kind, count):
    """The tensors of a case; a sequence, an optional or a missing one ends it."""
    tensors = []
    for index in range(count):
        path = case / "test_data_set_0" / f"{kind}_{index}.pb"
        tensor = onnx.TensorProto()
        try:
            tensor.ParseFromString(path.read_bytes())
            tensors.append((tensor, numpy_helper.to_array(tensor)))
        except Exception as error:
            raise Skipped(f"{kind} {index} is no tensor") from error
    return tensors


def specialize(model, inputs, running):
    """The model with all inputs but those of the numbers `running` as constants."""
    result = onnx.ModelProto()
    result.CopyFrom(model)
    del result.graph.input[:]
    for index, (tensor, _) in enumerate(inputs):
        info = model.graph.input[index]
        if index in running:
            result.graph.input.append(info)
        else:
            constant = result.graph.initializer.add()
            constant.CopyFrom(tensor)
            constant.name = info.name
    return result


def execute(folder, names, *flags):
    command = ["tinyc-run", str(folder / "model.onnx"), "--quantize=none", *flags, f"--output={folder}/out.npy"]
    command += [f"--input={name}={folder}/{index}.npy" for index, name in names]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    if done.returncode:
        errors = [line for line in done.stderr.splitlines() if "error:" in line] or [done.stderr.strip() or f"exit {done.returncode}"]
        raise Skipped(errors[0].split("error: ")[-1])
    return np.load(folder / "out.npy").reshape(-1)


def run(case, target):
    """What is wrong with a case, or None. Raises Skipped."""
    model = onnx.load_model(str(case / "model.onnx"))
    graph = model.graph
    for value in [*graph.input, *graph.output]:
        if not value.type.HasField("tensor_type"):
            raise Skipped("sequences and optionals")
    inputs = read(case, "input", len(graph.input))
    expected = read(case, "output", 1)[0][1].reshape(-1)
    numeric = [index for index, (_, array) in enumerate(inputs) if array.dtype.kind in "fiub" and array.size]
    if any(not np.isfinite(inputs[index][1].astype(float)).all() for index in numeric):
        raise Skipped("inputs that are no finite numbers")
    reason = None
    for running in (numeric, numeric[:1]):
        if not running:
            raise Skipped("no input at run time")
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            (folder / "model.onnx").write_bytes(specialize(model, inputs, running).SerializeToString())
            names = [(index, graph.input[index].name) for index in running]
            for index, _ in names:
                array = inputs[index][1]
                if index in QUANTIZED.get(graph.node[0].op_type, {}) and array.dtype.kind in "iu":
                    scale, zero = QUANTIZED[graph.node[0].op_type][index]
                    array = array.astype(np.float32) - (inputs[zero][1].astype(np.float32) if zero < len(inputs) else 0)
                    array = array * (inputs[scale][1] if scale is not None else 1)
                np.save(folder / f"{index}.npy", (array.astype(np.float32) if array.dtype.kind == "f" else array).reshape(array.shape or (1,)))
            try:
                host = execute(folder, names, "--target=host")
            except Skipped as refused:
                reason = refused
                continue
            core = execute(folder, names, f"--target={target}")
        if not np.array_equal(core.view(np.uint32), host.view(np.uint32)):
            return f"{target} differs from the host"
        wanted = expected.astype(np.float64)
        near = np.abs(core - wanted) <= ABSOLUTE + RELATIVE * np.abs(wanted)
        if not (near | (np.isnan(core) & np.isnan(wanted)) | (core == wanted)).all():
            return f"differs from ONNX's output by {np.nanmax(np.abs(core - wanted))}"
        return None
    raise reason


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--target", default="cortex-m7")
    parser.add_argument("--table")
    parser.add_argument("cases", nargs="*")
    arguments = parser.parse_args()
    cases = sorted(DATA.iterdir()) if arguments.all else [DATA / name for name in arguments.cases]
    lines, counts = [], {"passed": 0, "skipped": 0, "failed": 0}
    for case in cases:
        try:
            problem = run(case, arguments.target)
            status, reason = ("failed", problem) if problem else ("passed", "")
        except Skipped as skipped:
            status, reason = "skipped", str(skipped)
        counts[status] += 1
        lines.append(f"{case.name}\t{status}\t{reason}\n")
        if status == "failed" or (status == "skipped" and not arguments.all):
            print(f"{case.name}: {status}: {reason}")
    if arguments.table:
        pathlib.Path(arguments.table).write_text("".join(lines))
    print(f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped")
    sys.exit(counts["failed"] > 0)


if __name__ == "__main__":
    main()
