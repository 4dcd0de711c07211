"""make_seeds.py DIRECTORY: small models for the fuzz target of the ONNX importer to start from.

The node cases of libonnx-testdata, their data as initializers too (what a program must know at compile time), without
those larger than 8 KiB; and the models of 4 bits and with functions of this repository's tests.
"""
import pathlib
import subprocess
import sys

import onnx

DATA = pathlib.Path("/usr/lib/python3/dist-packages/onnx/backend/test/data/node")
MOST_BYTES = 8192


def main(directory):
    directory = pathlib.Path(directory)
    tests = pathlib.Path(__file__).resolve().parent.parent / "compiler" / "onnx" / "Inputs"
    subprocess.run([sys.executable, str(tests / "int4.py"), str(directory / "int4.onnx")], check=True)
    for case in sorted(DATA.glob("*")):
        bytes_ = (case / "model.onnx").read_bytes()
        if len(bytes_) > MOST_BYTES:
            continue
        (directory / case.name).write_bytes(bytes_)
        model = onnx.load_model_from_string(bytes_)
        inputs = list(model.graph.input)
        for index, value in reversed(list(enumerate(inputs))):
            path = case / "test_data_set_0" / f"input_{index}.pb"
            if index == 0 or not path.exists():
                continue
            tensor = onnx.TensorProto()
            try:
                tensor.ParseFromString(path.read_bytes())
            except Exception:  # a sequence or an optional
                continue
            tensor.name = value.name
            model.graph.initializer.append(tensor)
            del model.graph.input[index]
        bytes_ = model.SerializeToString()
        if len(bytes_) <= MOST_BYTES:
            (directory / (case.name + "_constants")).write_bytes(bytes_)


main(sys.argv[1])
