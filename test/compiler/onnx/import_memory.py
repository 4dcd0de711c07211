#!/usr/bin/env python3
"""import_memory.py: peak memory of an import, against the size of the file.

Models of 64 MiB, their weights in initializers, in Constant nodes, as fields that protobuf packs, in another file, and as four tensors; less
what a model of 1 MiB of the same form needs. Beside the file's own pages there may be at no time more than two copies.
"""
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

MOST_RATIO = 3.0


def make(path, form, megabytes):
    rng = np.random.default_rng(0)
    nodes, initializers, value = [], [], "x"
    rows = 512
    columns = megabytes << 7 if form == "four-tensors" else 512
    for index in range(4 if form == "four-tensors" else megabytes):
        array = rng.standard_normal((rows, columns), dtype=np.float32) * 0.05
        if form == "fields":
            weight = TensorProto(name=f"w{index}", data_type=TensorProto.FLOAT, dims=array.shape)
            weight.float_data.extend(array.ravel())
        else:
            weight = numpy_helper.from_array(array, f"w{index}")
        if form == "constants":
            nodes.append(helper.make_node("Constant", [], [f"w{index}"], value=weight))
        else:
            initializers.append(weight)
        nodes.append(helper.make_node("MatMul", [value if columns == rows else "x", f"w{index}"], [f"y{index}"]))
        value = f"y{index}"
    graph = helper.make_graph(nodes, "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, rows])],
                              [helper.make_tensor_value_info(value, TensorProto.FLOAT, None)], initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    onnx.save(model, str(path), save_as_external_data=form == "external", location=path.name + ".data")


def measure(path):
    """Kilobytes that tinyc's import had in memory at most."""
    code = ("import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True);"
            "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)")
    command = [sys.executable, "-c", code, "tinyc", str(path), "--emit=import", "-o", "/dev/null"]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main():
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        for form in ("initializers", "constants", "fields", "external", "four-tensors"):
            small, large = pathlib.Path(folder, "small.onnx"), pathlib.Path(folder, "large.onnx")
            make(small, form, 1)
            make(large, form, 64)
            size = lambda path: sum(file.stat().st_size for file in path.parent.glob(path.name + "*"))
            ratio = (measure(large) - measure(small)) * 1024 / (size(large) - size(small))
            print(f"{form}: {ratio:.2f} bytes for each of the file")
            failed |= not ratio <= MOST_RATIO
            for file in pathlib.Path(folder).iterdir():
                file.unlink()
    return failed


if __name__ == "__main__":
    sys.exit(main())
