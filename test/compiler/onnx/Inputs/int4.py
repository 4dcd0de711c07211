"""int4.py FILE.onnx: weights of 4 bits in raw_data and in int32_data, and blocked scales (operator set 21)."""
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

UINT4, INT4 = 21, 22


def packed(name, values, data_type, raw):
    """Two elements a byte, the lower half first."""
    nibbles = [int(value) & 15 for value in np.ravel(values)]
    nibbles += [0] * (len(nibbles) % 2)
    pairs = [low | high << 4 for low, high in zip(nibbles[::2], nibbles[1::2])]
    tensor = TensorProto(name=name, data_type=data_type, dims=np.shape(values))
    if raw:
        tensor.raw_data = bytes(pairs)
    else:
        tensor.int32_data.extend(pairs)
    return tensor


def real(name, values):
    return numpy_helper.from_array(np.array(values, np.float32), name)


nodes = [
    helper.make_node("QuantizeLinear", ["x", "half", "zero"], ["q"]),
    helper.make_node("DequantizeLinear", ["q", "half", "zero"], ["d"]),
    helper.make_node("DequantizeLinear", ["w", "ws"], ["wd"], axis=1),
    helper.make_node("MatMul", ["d", "wd"], ["mw"]),
    helper.make_node("QuantizeLinear", ["mw", "half", "zero"], ["qw"]),
    helper.make_node("DequantizeLinear", ["u", "ws", "uz"], ["ud"], axis=1),
    helper.make_node("MatMul", ["d", "ud"], ["mu"]),
    helper.make_node("QuantizeLinear", ["mu", "half", "zero"], ["qu"]),
    helper.make_node("DequantizeLinear", ["b", "bs"], ["bd"], axis=0, block_size=2),
    helper.make_node("MatMul", ["x", "bd"], ["mb"]),
]
outputs = [helper.make_tensor_value_info(name, TensorProto.INT8, [1, 2]) for name in ("qw", "qu")]
outputs.append(helper.make_tensor_value_info("mb", TensorProto.FLOAT, [1, 2]))
initializers = [
    real("half", 0.5),
    numpy_helper.from_array(np.int8(0), "zero"),
    packed("w", [[-8, 7], [3, -1], [0, 5]], INT4, raw=True),
    packed("u", [[0, 15], [8, 1], [15, 7]], UINT4, raw=False),
    packed("uz", [8, 1], UINT4, raw=True),
    packed("b", [[1, 2], [3, 4], [5, -6]], INT4, raw=False),
    real("ws", [0.125, 0.25]),
    real("bs", [[1.0, 10.0], [100.0, 1000.0]]),
]
graph = helper.make_graph(nodes, "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3])], outputs,
                          initializers)
onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10), sys.argv[1])
