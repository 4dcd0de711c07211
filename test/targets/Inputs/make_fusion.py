"""Two images of different sizes and a vector -> a vector and a mask, with random weights. Usage:
make_fusion.py MODEL.onnx DIRECTORY      writes samples DIRECTORY/a.npy, b.npy and v.npy"""
import sys

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

random = numpy.random.default_rng(3)
initializers = []


def weights(name, *shape):
    initializers.append(numpy_helper.from_array(random.normal(0, 0.4, shape).astype(numpy.float32), name))
    return name


def value(name, *shape):
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


nodes = [helper.make_node("Conv", ["a", weights("wa", 3, 2, 3, 3)], ["ca"], name="ca", pads=[1] * 4, strides=[2, 2]),
         helper.make_node("Conv", ["b", weights("wb", 3, 1, 3, 3)], ["cb"], name="cb", pads=[1] * 4),
         helper.make_node("Add", ["ca", "cb"], ["sum"], name="sum"),
         helper.make_node("Conv", ["sum", weights("wm", 4, 3, 1, 1)], ["mask"], name="mask"),
         helper.make_node("GlobalAveragePool", ["sum"], ["mean"], name="mean"),
         helper.make_node("Flatten", ["mean"], ["flat"], name="flat"),
         helper.make_node("Add", ["flat", "v"], ["y"], name="y")]
graph = helper.make_graph(nodes, "fusion", [value("a", 1, 2, 16, 12), value("v", 1, 3), value("b", 1, 1, 8, 6)],
                          [value("y", 1, 3), value("mask", 1, 4, 8, 6)], initializers)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
model.ir_version = 8
onnx.save(model, sys.argv[1])
for name, shape in (("a", (2, 16, 12)), ("v", (3,)), ("b", (1, 8, 6))):
    numpy.save(f"{sys.argv[2]}/{name}.npy", random.uniform(-1, 1, (6,) + shape).astype(numpy.float32))
