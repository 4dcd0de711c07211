"""external_data.py DIRECTORY: models whose tensors lie in other files. (FILE.onnx, for make_seeds.py: one that finds none.)"""
import pathlib
import struct
import sys

import onnx
from onnx import TensorProto, helper


def external(name, shape=(1, 2), data_type=TensorProto.FLOAT, **entries):
    tensor = TensorProto(name=name, data_type=data_type, dims=shape, data_location=TensorProto.EXTERNAL)
    for key, value in entries.items():
        tensor.external_data.add(key=key, value=str(value))
    return tensor


def save(path, tensors):
    """y = x + each tensor."""
    nodes, value = [], "x"
    for tensor in tensors:
        nodes.append(helper.make_node("Add", [value, tensor.name], ["after " + tensor.name]))
        value = nodes[-1].output[0]
    graph = helper.make_graph(nodes, "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 2])],
                              [helper.make_tensor_value_info(value, TensorProto.FLOAT, [1, 2])], tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    path.write_bytes(model.SerializeToString())


GOOD = [external("first", location="good.bin", offset=0, length=8),
        external("second", location="good.bin", offset=4096, checksum="0"),
        external("below", location="sub/more.bin"),
        external("linked", location="inner.bin", offset=4096, length=8)]
GOOD[3] = external("half", data_type=TensorProto.FLOAT16, location="./sub/half.bin")
directory = pathlib.Path(sys.argv[1])
if directory.suffix == ".onnx":
    save(directory, GOOD)
    sys.exit()
floats = lambda *values: struct.pack(f"<{len(values)}f", *values)
(directory / "good.bin").write_bytes(floats(1, 2) + bytes(4088) + floats(3, 4))
(directory / "sub" / "more.bin").write_bytes(floats(5, 6))
(directory / "sub" / "half.bin").write_bytes(struct.pack("<2e", 7, 8))
save(directory / "good.onnx", GOOD + [external("inner", location="inner.bin", length=8)])
save(directory / "bad.onnx", [
    external("absolute", location="/etc/hostname"), external("drive", location="C:\\data.bin"),
    external("up", location="sub/../../outside/good.bin"), external("link", location="link.bin"),
    external("folder", location="linked/good.bin"), external("missing", location="none.bin"),
    external("directory", location="sub"), external("nameless", offset=0),
    external("offset", location="good.bin", offset=5000, length=8),
    external("length", location="good.bin", length=2**64 - 1), external("number", location="good.bin", offset=-1),
    external("short", location="good.bin", length=4), external("huge", shape=[500000000], location="good.bin")])
