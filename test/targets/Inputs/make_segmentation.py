"""A small segmentation network with random weights: image [1, 2, 13, 10] -> mask [1, 3, 7, 5]. Usage:
make_segmentation.py MODEL.onnx SAMPLES.npy"""
import sys

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

random = numpy.random.default_rng(5)
initializers = []


def weights(name, *shape):
    values = random.normal(0, (2 / numpy.prod(shape[1:] or [1])) ** 0.5, shape).astype(numpy.float32)
    initializers.append(numpy_helper.from_array(values, name))
    return name


def conv(name, x, inputs, outputs, kernel, **attributes):
    constants = [weights(name + "_w", outputs, inputs, kernel, kernel), weights(name + "_b", outputs)]
    return helper.make_node("Conv", [x, *constants], [name], name=name, pads=[kernel // 2] * 4, **attributes)


nodes = [conv("first", "image", 2, 6, 3, strides=[2, 2]), helper.make_node("Relu", ["first"], ["relu"], name="relu"),
         conv("second", "relu", 6, 6, 3), helper.make_node("Add", ["relu", "second"], ["sum"], name="sum"),
         conv("mask", "sum", 6, 3, 1)]
graph = helper.make_graph(nodes, "segmentation",
                          [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 2, 13, 10])],
                          [helper.make_tensor_value_info("mask", TensorProto.FLOAT, [1, 3, 7, 5])], initializers)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
model.ir_version = 8
onnx.save(model, sys.argv[1])
numpy.save(sys.argv[2], random.uniform(-1, 1, (8, 2, 13, 10)).astype(numpy.float32))
