#!/usr/bin/env python3
"""random_recurrent.py FIRST LAST: random LSTM, GRU and RNN nodes against the standard's equations.

Each seed makes a model of one node (directions, bias, lengths, initial states, peepholes, clip, activations with alpha and beta,
linear_before_reset, input_forget, layout and outputs by chance) and computes its outputs from the equations of ONNX's operator
pages in double precision. The host's program has to give them within 1e-4, and the same bits as the interpreter; for every sixth
seed a core in QEMU has to give those bits, too. Prints each difference and then exits with 1.
"""
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

CORES = ["cortex-m7", "cortex-m0plus", "cortex-m4"]
GATES = {"LSTM": 4, "GRU": 3, "RNN": 1}
DEFAULTS = {"LSTM": ["Sigmoid", "Tanh", "Tanh"], "GRU": ["Sigmoid", "Tanh"], "RNN": ["Tanh"]}


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


# Of ONNX's pages: name, whether it has an alpha and a beta, and what it computes.
FUNCTIONS = {
    "Relu": (0, 0, lambda x, a, b: np.maximum(x, 0)),
    "Tanh": (0, 0, lambda x, a, b: np.tanh(x)),
    "Sigmoid": (0, 0, lambda x, a, b: sigmoid(x)),
    "Softsign": (0, 0, lambda x, a, b: x / (1 + abs(x))),
    "Softplus": (0, 0, lambda x, a, b: np.log1p(np.exp(x))),
    "Affine": (1, 1, lambda x, a, b: a * x + b),
    "LeakyRelu": (1, 0, lambda x, a, b: np.where(x >= 0, x, a * x)),
    "ThresholdedRelu": (1, 0, lambda x, a, b: np.where(x >= a, x, 0)),
    "ScaledTanh": (1, 1, lambda x, a, b: a * np.tanh(b * x)),
    "HardSigmoid": (1, 1, lambda x, a, b: np.clip(a * x + b, 0, 1)),
    "Elu": (1, 0, lambda x, a, b: np.where(x >= 0, x, a * (np.exp(x) - 1))),
}


class Case:
    def __init__(self, seed):
        self.random = random = np.random.default_rng(seed)
        self.kind = ["LSTM", "GRU", "RNN"][seed % 3]
        self.direction = ["forward", "reverse", "bidirectional"][random.integers(3)]
        self.directions = 2 if self.direction == "bidirectional" else 1
        self.steps, self.batch, self.size, self.hidden = (int(random.integers(1, n)) for n in (9, 4, 8, 10))
        gates, d, h = GATES[self.kind], self.directions, self.hidden
        self.x = self.draw(self.steps, self.batch, self.size)
        self.w, self.r = self.draw(d, gates * h, self.size), self.draw(d, gates * h, h)
        self.b = self.maybe(d, 2 * gates * h)
        self.lengths = random.integers(1, self.steps + 1, self.batch).astype(np.int32) if self.chance() else None
        self.h0 = self.maybe(d, self.batch, h)
        self.c0 = self.maybe(d, self.batch, h) if self.kind == "LSTM" else None
        self.p = self.maybe(d, 3 * h) if self.kind == "LSTM" else None
        self.clip = float(np.float32(random.uniform(0.3, 2))) if self.chance(0.3) else None
        self.after = int(self.kind == "GRU" and self.chance())
        self.coupled = int(self.kind == "LSTM" and self.chance(0.3))
        self.layout = int(self.chance(0.3))
        self.functions, self.alphas, self.betas = DEFAULTS[self.kind] * d, [], []
        self.named = self.chance(0.5)
        if self.named:
            self.functions = [str(random.choice(list(FUNCTIONS))) for _ in self.functions]
            for name in self.functions:
                if FUNCTIONS[name][0]:
                    self.alphas.append(float(np.float32(random.uniform(0.1, 1))))
                if FUNCTIONS[name][1]:
                    self.betas.append(float(np.float32(random.uniform(0.1, 1))))

    def chance(self, probability=0.5):
        return self.random.random() < probability

    def draw(self, *shape):
        return self.random.uniform(-0.7, 0.7, shape).astype(np.float32)

    def maybe(self, *shape):
        return self.draw(*shape) if self.chance() else None

    def activations(self, direction):
        """f, g, h of a direction, with what is clipped first."""
        alphas, betas, result = list(self.alphas), list(self.betas), []
        for name in self.functions:
            has_alpha, has_beta, function = FUNCTIONS[name]
            a, b = alphas.pop(0) if has_alpha and self.named else 0, betas.pop(0) if has_beta and self.named else 0
            limit = self.clip if self.clip is not None else np.inf
            result.append(lambda x, f=function, a=a, b=b: f(np.clip(x, -limit, limit), a, b))
        count = len(DEFAULTS[self.kind])
        return result[direction * count:(direction + 1) * count]

    def run(self):
        """Y [T, D, N, H], Y_h and Y_c [D, N, H] by the equations, in double precision."""
        shape = (self.directions, self.batch, self.hidden)
        y, last, cell = np.zeros((self.steps, *shape)), np.zeros(shape), np.zeros(shape)
        for d in range(self.directions):
            for n in range(self.batch):
                length = self.steps if self.lengths is None else int(self.lengths[n])
                order = list(range(length))
                if self.direction == "reverse" or d == 1:
                    order.reverse()
                h = np.zeros(self.hidden) if self.h0 is None else self.h0[d, n].astype(np.float64)
                c = np.zeros(self.hidden) if self.c0 is None else self.c0[d, n].astype(np.float64)
                for t in order:
                    h, c = self.step(d, self.x[t, n].astype(np.float64), h, c)
                    y[t, d, n] = h
                last[d, n], cell[d, n] = h, c
        return y, last, cell

    def step(self, d, x, h, c):
        f, *others = self.activations(d)
        w, r = self.w[d].astype(np.float64), self.r[d].astype(np.float64)
        rows = len(w)
        bias = np.zeros(2 * rows) if self.b is None else self.b[d].astype(np.float64)
        split = lambda v: v.reshape(-1, self.hidden)
        wx, rh, wb, rb = split(w @ x), split(r @ h), split(bias[:rows]), split(bias[rows:])
        if self.kind == "RNN":
            return f((wx + rh + wb + rb)[0]), c
        if self.kind == "GRU":
            z, reset = f((wx + rh + wb + rb)[0]), f((wx + rh + wb + rb)[1])
            if self.after:
                new = others[0](wx[2] + wb[2] + reset * (rh[2] + rb[2]))
            else:
                new = others[0](wx[2] + wb[2] + rb[2] + r[2 * self.hidden:] @ (reset * h))
            return (1 - z) * new + z * h, c
        i, o, forget, new = wx + rh + wb + rb
        p = split(np.zeros(3 * self.hidden) if self.p is None else self.p[d].astype(np.float64))
        i = f(i + p[0] * c)
        forget = 1 - i if self.coupled else f(forget + p[2] * c)
        c = forget * c + i * others[0](new)
        return f(o + p[1] * c) * others[1](c), c

    def write(self, folder, outputs):
        swap = lambda array: array if array is None or not self.layout else np.ascontiguousarray(array.transpose(1, 0, 2))
        operands = {"W": self.w, "R": self.r, "B": self.b, "lengths": self.lengths, "h0": swap(self.h0),
                    "c0": swap(self.c0), "P": self.p}
        names = [name if operands[name] is not None else "" for name in operands]
        inputs = ["X", *(names if self.kind == "LSTM" else names[:5])]
        attributes = {"hidden_size": self.hidden, "direction": self.direction, "layout": self.layout}
        if self.named:
            attributes.update(activations=self.functions, activation_alpha=self.alphas, activation_beta=self.betas)
            attributes = {name: value for name, value in attributes.items() if value != []}
        if self.clip is not None:
            attributes["clip"] = self.clip
        if self.kind == "GRU":
            attributes["linear_before_reset"] = self.after
        if self.kind == "LSTM":
            attributes["input_forget"] = self.coupled
        produced = ["Y", "Y_h", "Y_c"][:3 if self.kind == "LSTM" else 2]
        node = helper.make_node(self.kind, inputs, [name if name in outputs else "" for name in produced], **attributes)
        x = swap(self.x)
        graph = helper.make_graph(
            [node], "recurrent", [helper.make_tensor_value_info("X", TensorProto.FLOAT, list(x.shape))],
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs],
            [numpy_helper.from_array(array, name) for name, array in operands.items() if array is not None and name in inputs])
        onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14)]), folder / "model.onnx")
        np.save(folder / "x.npy", x)

    def expected(self):
        y, last, cell = self.run()
        if not self.layout:
            return {"Y": y, "Y_h": last, "Y_c": cell}
        return {"Y": y.transpose(2, 0, 1, 3), "Y_h": last.transpose(1, 0, 2), "Y_c": cell.transpose(1, 0, 2)}


def execute(folder, *flags):
    command = ["tinyc-run", str(folder / "model.onnx"), f"--input={folder}/x.npy", "--quantize=none", *flags,
               f"--output={folder}/out.npy"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError((done.stderr.splitlines() or [f"exit {done.returncode}"])[0])
    return np.load(folder / "out.npy")


def compare(seed, folder):
    """What is wrong with the case of a seed, or None."""
    case = Case(seed)
    expected = case.expected()
    names = ["Y", "Y_h", "Y_c"] if case.kind == "LSTM" else ["Y", "Y_h"]
    # tinyc-run writes the first output; the others take their turn.
    first = names[int(case.random.integers(len(names)))]
    outputs = [first] + [name for name in names if name != first and case.chance()]
    case.write(folder, outputs)
    host = execute(folder, "--target=host")
    wanted = expected[first].reshape(-1)
    error = np.abs(host.reshape(-1) - wanted).max() / max(1, np.abs(wanted).max())
    if not error <= 1e-4:
        return f"{case.kind} {first}: differs from the equations by {error}"
    if not np.array_equal(execute(folder, "--interpret").view(np.uint32), host.view(np.uint32)):
        return f"{case.kind} {first}: the interpreter differs from the host"
    if seed % 6 == 0:
        core = CORES[seed // 6 % len(CORES)]
        if not np.array_equal(execute(folder, f"--target={core}").view(np.uint32), host.view(np.uint32)):
            return f"{case.kind} {first}: {core} differs from the host"
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
            print(f"seed {seed}: {problem}")
            failed = True
    print(f"compared {last - first + 1} cases")
    sys.exit(failed)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
