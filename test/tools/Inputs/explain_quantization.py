"""explain_quantization.py make DIRECTORY | check REPORT.json | weights REPORT.json

`make` writes a Q/DQ model of two fully connected layers (qdq.onnx), a float model of one (float.onnx), and samples for
both. `check` computes what the report of qdq.onnx must say from the definitions, in numpy: scales are powers of two, so
that every product and sum is exact. `weights` does so for the weights of float.onnx.
"""
import json
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

X = np.array([[1.0, -2.25, 0.375], [4.5, 0.6875, 3.0], [-3.0, 6.0, 2.125], [0.25, 0.25, 70.0]])
W1 = np.array([[21, -30, 43], [-17, 61, 5]])  # scales 1/8 and 1/4
S1 = np.array([0.125, 0.25])
W2 = np.array([[64, -32], [10, 99], [-7, 1]])  # scale 1/64
REAL = np.array([[1.0, 0.5, -0.25], [0.0, -3.0, 1.0]])  # of float.onnx


def make(directory):
    def initializer(name, value, dtype):
        return numpy_helper.from_array(np.array(value, dtype), name)

    def tensor(name, size):
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, size])

    nodes = []
    for value, scale, zero in (("x", "sx", "zx"), ("h", "sh", "zh"), ("o", "so", "zo")):
        nodes.append(helper.make_node("QuantizeLinear", [value, scale, zero], ["q" + value], "quantize " + value))
        nodes.append(helper.make_node("DequantizeLinear", ["q" + value, scale, zero], ["d" + value]))
    nodes.insert(2, helper.make_node("DequantizeLinear", ["w1", "s1"], ["f1"], axis=0))
    nodes.insert(3, helper.make_node("Gemm", ["dx", "f1"], ["h"], "first", transB=1))
    nodes.insert(6, helper.make_node("DequantizeLinear", ["w2", "s2"], ["f2"]))
    nodes.insert(7, helper.make_node("Gemm", ["dh", "f2"], ["o"], "second", transB=1))
    initializers = [initializer(*each) for each in (
        ("sx", 0.5, np.float32), ("zx", 3, np.int8), ("w1", W1, np.int8), ("s1", S1, np.float32),
        ("sh", 0.25, np.float32), ("zh", -128, np.int8), ("w2", W2, np.int8), ("s2", 1 / 64, np.float32),
        ("so", 0.5, np.float32), ("zo", 0, np.int8))]
    graph = helper.make_graph(nodes, "g", [tensor("x", 3)], [tensor("do", 3)], initializers)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8),
              directory + "/qdq.onnx")
    graph = helper.make_graph([helper.make_node("Gemm", ["x", "w"], ["y"], "only", transB=1)], "g", [tensor("x", 3)],
                              [tensor("y", 2)], [initializer("w", REAL, np.float32)])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8),
              directory + "/float.onnx")
    np.save(directory + "/x.npy", X.astype(np.float32))


def quantize(x, scale, zero):
    return (np.clip(np.rint(x / scale) + zero, -128, 127) - zero) * scale


def first(x):
    """The model's ReLU is the range of its first Q, [0, 63.75]."""
    return np.clip(x @ (W1 * S1[:, None]).T, 0, 63.75)


def second(h):
    return np.clip(h @ (W2 / 64).T, -64, 63.5)


def first_quantized(h):
    """A requantization rounds ties up: floor(q + 1/2)."""
    return np.clip(np.floor(h / 0.25 + 0.5), 0, 255) * 0.25


def second_quantized(o):
    return np.clip(np.floor(o / 0.5 + 0.5), -128, 127) * 0.5


failures = []


def expect(name, got, wanted):
    if isinstance(wanted, str) or wanted is None or got is None:
        same = got == wanted
    else:
        same = bool(np.all(np.abs(np.asarray(got) - wanted) <= 1e-9 * np.maximum(1, np.abs(wanted))))
    if not same:
        failures.append(f"{name}: {got}, expected {wanted}")


def expect_errors(name, fields, reference, value):
    noise, signal = ((reference - value) ** 2).sum(), (reference ** 2).sum()
    expect(name + " sqnr_db", fields["sqnr_db"], 10 * np.log10(signal / noise) if noise else None)
    expect(name + " l2", fields["l2"], np.sqrt(noise / signal))
    expect(name + " cosine", fields["cosine"],
           (reference * value).sum() / np.sqrt(signal * (value ** 2).sum()))
    return noise


def agreement(reference, value):
    return (reference.argmax(1) == value.argmax(1)).mean()


def check(quantization):
    x = X
    h, o = first(x), second(first(x))
    qx = quantize(x, 0.5, 3)
    qh = first_quantized(first(qx))
    qo = second_quantized(second(qh))
    expect("samples", quantization["samples"], 4)
    expect_errors("outputs", quantization["outputs"], o, qo)
    expect("agreement", quantization["outputs"]["agreement"], agreement(o, qo))
    # Each layer alone: its operands, its weights and its result are quantized, what follows is float.
    alone = [second(first(qx)), second(qh), second_quantized(second(quantize(h, 0.25, -128)))]
    layers = [("input", "x", x, qx, 0.5, 3), ("fully_connected", "first", h, qh, 0.25, -128),
              ("fully_connected", "second", o, qo, 0.5, 0)]
    noises = [((o - each) ** 2).sum() for each in alone]
    for fields, (op, node, real, quantized, scale, zero), result, noise in zip(quantization["layers"], layers, alone,
                                                                              noises):
        expect("op", fields["op"], op)
        expect("node", fields["node"], node)
        expect("activations", fields["activations"], "int8")
        expect("weights", fields.get("weights"), None if op == "input" else "int8")
        expect(node + " weight_sqnr_db", fields.get("weight_sqnr_db", "absent"), "absent")
        expect(node + " scale", fields["scale"], scale)
        expect(node + " zero point", fields["zero_point"], zero)
        low, high = (-128 - zero) * scale, (127 - zero) * scale
        expect(node + " range", fields["range"], np.array([low, high]))
        expect(node + " observed", fields["observed"], np.array([real.min(), real.max()]))
        expect(node + " clipped", fields["clipped"],
               ((real < low - scale / 2) | (real > high + scale / 2)).mean())
        expect_errors(node + " output", fields["output"], real, quantized)
        expect_errors(node + " alone", fields["alone"], o, result)
        expect(node + " alone agreement", fields["alone"]["agreement"], agreement(o, result))
        expect(node + " share", fields["alone"]["noise_share"], noise / sum(noises))
    expect("layers", len(quantization["layers"]), 3)
    expect("raise_first", quantization["raise_first"], np.argsort(-np.array(noises)))
    # The samples are chosen so that there is something to see.
    assert 70.0 > 62.25 and len(set(noises)) == 3 and min(noises) > 0


def weights(quantization):
    """Symmetric per output channel: scale = greatest / 127."""
    scale = (np.abs(REAL).max(1, keepdims=True) / 127).astype(np.float32).astype(float)
    dequantized = (np.rint(REAL / scale) * scale).astype(np.float32)  # real values are float32
    noise = ((REAL - dequantized) ** 2).sum()
    expect("weight_sqnr_db", quantization["layers"][1]["weight_sqnr_db"], 10 * np.log10((REAL ** 2).sum() / noise))
    expect("weights", quantization["layers"][1]["weights"], "int8")


if sys.argv[1] == "make":
    make(sys.argv[2])
else:
    with open(sys.argv[2]) as file:
        {"check": check, "weights": weights}[sys.argv[1]](json.load(file)["quantization"])
for failure in failures:
    print(failure)
sys.exit(len(failures) > 0)
