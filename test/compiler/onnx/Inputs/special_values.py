#!/usr/bin/env python3
"""special_values.py make DIRECTORY | check DIRECTORY NAME...: NaN, infinities, subnormals and zeros of both signs.

`make` writes a model for each group of operators, and its samples, places in the table of values that the model holds (tinyc-run
takes finite samples only); `check` compares the results NAME.<group>.npy with what IEEE 754
and the operator pages of ONNX say, in every bit but NaN's payload (EXACT), or within 4 units in the last place (the others).
Integers wrap around. Division by zero of integers is left open by the standard; here it gives 0, and the remainder 0.
"""
import pathlib
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

NAN, INF, TINY, LEAST, MOST = np.nan, np.inf, np.float32(1e-45), np.float32(1.1754944e-38), np.float32(3.4028235e38)
SPECIAL = np.array([0.0, -0.0, TINY, -TINY, LEAST, -LEAST, 0.5, -0.5, 1.5, -2.5, 1e10, -1e10, MOST, -MOST, INF, -INF, NAN], np.float32)
# Every pair.
X, Y = (each.reshape(-1) for each in np.meshgrid(SPECIAL, SPECIAL, indexing="ij"))


def silent(function):
    def run(*operands):
        with np.errstate(all="ignore"):
            return function(*operands)
    return run


# operator -> what it gives, by IEEE 754's operations; the results of these are the same in every bit.
EXACT = {
    "Add": lambda x, y: x + y,
    "Sub": lambda x, y: x - y,
    "Mul": lambda x, y: x * y,
    "Div": lambda x, y: x / y,
    "Equal": lambda x, y: x == y,
    "Less": lambda x, y: x < y,
    "LessOrEqual": lambda x, y: x <= y,
    "Greater": lambda x, y: x > y,
    "GreaterOrEqual": lambda x, y: x >= y,
    "Abs": lambda x, y: np.abs(x),
    "Neg": lambda x, y: -x,
    "Ceil": lambda x, y: np.ceil(x),
    "Floor": lambda x, y: np.floor(x),
    "Round": lambda x, y: np.rint(x),
    "Sqrt": lambda x, y: np.sqrt(x),
    "Reciprocal": lambda x, y: np.float32(1) / x,
    "IsNaN": lambda x, y: np.isnan(x),
    "IsInf": lambda x, y: np.isinf(x),
    "Max": lambda x, y: np.maximum(x, y),
    "Min": lambda x, y: np.minimum(x, y),
    "Relu": lambda x, y: np.where(x < 0, np.float32(0), x),
    "LeakyRelu": lambda x, y: np.where(x < 0, np.float32(0.01) * x, x),
    "ThresholdedRelu": lambda x, y: np.where(x > 1, x, np.float32(0)),
    "Mod": lambda x, y: np.fmod(x, y),
}
# Functions: their special values are those of C's Annex F, the others are near.
NEAR = {
    "Exp": lambda x, y: np.exp(x),
    "Log": lambda x, y: np.log(x),
    "Tanh": lambda x, y: np.tanh(x),
    "Sigmoid": lambda x, y: 1 / (1 + np.exp(-x)),
    "Softsign": lambda x, y: np.where(np.isinf(x), np.nan, x / (1 + abs(x))),
    "Atan": lambda x, y: np.arctan(x),
    "Asinh": lambda x, y: np.arcsinh(x),
    "Pow": lambda x, y: np.power(x, y),
}
UNARY = {"Abs", "Neg", "Ceil", "Floor", "Round", "Sqrt", "Reciprocal", "IsNaN", "IsInf", "Relu", "LeakyRelu", "ThresholdedRelu", "Exp",
         "Log", "Tanh", "Sigmoid", "Softsign", "Atan", "Asinh"}
# The sign of a zero is open where both operands are zeros of different signs.
OPEN_ZERO = {"Max", "Min"}

INTEGERS = np.array([-128, -127, -64, -3, -1, 0, 1, 2, 5, 64, 127], np.int8)
A, B = (each.reshape(-1) for each in np.meshgrid(INTEGERS, INTEGERS, indexing="ij"))


def truncate(a, b):
    """a / b towards 0; 0 for a division by 0."""
    safe = np.where(b == 0, 1, b).astype(np.int64)
    quotient = np.abs(a.astype(np.int64)) // np.abs(safe) * np.sign(a) * np.sign(safe)
    return np.where(b == 0, 0, quotient)


INTEGER = {
    "Add": lambda a, b: a.astype(np.int64) + b,
    "Sub": lambda a, b: a.astype(np.int64) - b,
    "Mul": lambda a, b: a.astype(np.int64) * b,
    "Div": truncate,
    "Mod": lambda a, b: np.where(b == 0, 0, a.astype(np.int64) - np.floor_divide(a.astype(np.int64), np.where(b == 0, 1, b)) * b),
    "Neg": lambda a, b: -a.astype(np.int64),
    "Abs": lambda a, b: np.abs(a.astype(np.int64)),
    "Max": lambda a, b: np.maximum(a, b),
    "Min": lambda a, b: np.minimum(a, b),
}

# Casts: towards 0, saturating (ONNX leaves floats out of range open; saturation is what operator set 19 says of float8), NaN is 0.
CASTS = {"INT8": (-128, 127), "UINT8": (0, 255), "INT32": (-2 ** 31, 2 ** 31 - 1)}
REAL = np.array([NAN, INF, -INF, 1e30, -1e30, 2147483648.0, -2147483904.0, 255.9, -0.9, 127.5, -128.9, 3.99, -3.99, 0.0, -0.0], np.float32)


def save(path, nodes, inputs, outputs, table=None):
    constants = []
    if table is not None:  # the values come from the table at run time: nothing is folded
        constants = [numpy_helper.from_array(table, "table")]
        names = [value.name for value in inputs]
        lookups = []
        for name in names:
            lookups += [helper.make_node("Cast", [name + "_at"], [name + "_place"], to=TensorProto.INT64),
                        helper.make_node("Gather", ["table", name + "_place"], [name])]
        nodes = lookups + nodes
        inputs = [vector(value.name + "_at", value.type.tensor_type.shape.dim[1].dim_value) for value in inputs]
    graph = helper.make_graph(nodes, "special", inputs, outputs, constants)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)]), path)


def vector(name, size, type_=TensorProto.FLOAT):
    return helper.make_tensor_value_info(name, type_, [1, size])


def make(folder):
    for group, operators in (("exact", EXACT), ("near", NEAR)):
        nodes, parts = [], []
        for name in operators:
            inputs = ["x"] if name in UNARY else ["x", "y"]
            attributes = {"fmod": 1} if name == "Mod" else {}
            nodes += [helper.make_node(name, inputs, [name], **attributes),
                      helper.make_node("Cast", [name], [name + "_f"], to=TensorProto.FLOAT)]
            parts.append(name + "_f")
        nodes.append(helper.make_node("Concat", parts, ["all"], axis=1))
        save(folder / f"{group}.onnx", nodes, [vector("x", len(X)), vector("y", len(Y))], [vector("all", len(X) * len(parts))], SPECIAL)
    nodes = [helper.make_node("Cast", [n], [n + "_i"], to=TensorProto.INT8) for n in ("a", "b")]
    parts = []
    for name in INTEGER:
        inputs = ["a_i"] if name in ("Neg", "Abs") else ["a_i", "b_i"]
        nodes += [helper.make_node(name, inputs, [name]), helper.make_node("Cast", [name], [name + "_f"], to=TensorProto.FLOAT)]
        parts.append(name + "_f")
    nodes.append(helper.make_node("Concat", parts, ["all"], axis=1))
    save(folder / "integer.onnx", nodes, [vector("a", len(A)), vector("b", len(B))], [vector("all", len(A) * len(parts))])
    nodes, parts = [], []
    for name in CASTS:
        nodes += [helper.make_node("Cast", ["r"], [name], to=getattr(TensorProto, name)),
                  helper.make_node("Cast", [name], [name + "_f"], to=TensorProto.FLOAT)]
        parts.append(name + "_f")
    nodes.append(helper.make_node("Concat", parts, ["all"], axis=1))
    save(folder / "casts.onnx", nodes, [vector("r", len(REAL))], [vector("all", len(REAL) * len(parts))], REAL)
    count = len(SPECIAL)
    for name, values in (("x_at", np.arange(len(X)) // count), ("y_at", np.arange(len(Y)) % count), ("a", A), ("b", B),
                         ("r_at", np.arange(len(REAL)))):
        np.save(folder / f"{name}.npy", values.astype(np.float32).reshape(1, -1))


def compare(what, actual, wanted, exact, open_zero=None):
    wanted = wanted.astype(np.float32)
    same = (actual == wanted) & (np.signbit(actual) == np.signbit(wanted)) | np.isnan(actual) & np.isnan(wanted)
    if not exact:
        distance = np.abs(actual.astype(np.float64) - wanted) <= 4 * np.spacing(np.abs(wanted)).astype(np.float64)
        same |= np.isfinite(wanted) & distance
    if open_zero is not None:
        same |= open_zero & (actual == 0)
    for index in np.flatnonzero(~same):
        print(f"{what}, element {index}: got {actual[index]}, expected {wanted[index]}")
    return same.all()


def check(folder, names):
    good = True
    for name in names:
        load = lambda group: np.load(folder / f"{name}.{group}.npy").reshape(-1)
        for group, operators in (("exact", EXACT), ("near", NEAR)):
            results = load(group).reshape(len(operators), -1)
            for (op, function), actual in zip(operators.items(), results):
                x, y = (X, Y) if group == "exact" else (X.astype(np.float64), Y.astype(np.float64))
                wanted = silent(function)(x, y)
                with np.errstate(all="ignore"):
                    wanted = wanted.astype(np.float32)
                good &= compare(f"{name}: {op}", actual, wanted, group == "exact", (X == 0) & (Y == 0) if op in OPEN_ZERO else None)
        for (op, function), actual in zip(INTEGER.items(), load("integer").reshape(len(INTEGER), -1)):
            good &= compare(f"{name}: {op} of int8", actual, function(A, B).astype(np.int8), True)
        for (to, (low, high)), actual in zip(CASTS.items(), load("casts").reshape(len(CASTS), -1)):
            wanted = np.where(np.isnan(REAL), 0, np.clip(np.trunc(REAL.astype(np.float64)), low, high)) + 0.0
            good &= compare(f"{name}: Cast to {to}", actual, wanted, True)
    print("as the standard says" if good else "different")
    sys.exit(not good)


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(pathlib.Path(sys.argv[2]))
    else:
        check(pathlib.Path(sys.argv[2]), sys.argv[3:])
