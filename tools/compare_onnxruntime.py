#!/usr/bin/python3
"""compare_onnxruntime.py --modules=DIRECTORY [--count=N] [--seed=S]: random quantized models in ONNX Runtime and in tinyc.

DIRECTORY/node_modules holds npm's onnxruntime-node (npm install onnxruntime-node); build/bin/tinyc-run and node are needed, too.
Prints for each kind of model how many outputs differ by how many steps of the output's scale. QLinear operators with signed and
unsigned activations, symmetric weights and asymmetric ones; Q/DQ around Conv with weights of 4 bits, and around BatchNormalization.
"""
import argparse
import collections
import json
import pathlib
import subprocess
import tempfile

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

UINT4, INT4 = 21, 22
RUN = """
const [modules, folder] = process.argv.slice(1), fs = require('fs');
const ort = require(modules + '/node_modules/onnxruntime-node');
(async () => {
  for (const model of JSON.parse(fs.readFileSync(folder + '/models.json'))) {
    try {
      const options = {graphOptimizationLevel: 'disabled', intraOpNumThreads: 1, logSeverityLevel: 4};
      const session = await ort.InferenceSession.create(`${folder}/${model.name}.onnx`, options);
      const data = fs.readFileSync(`${folder}/${model.name}.q`), size = model.shape.reduce((a, b) => a * b, 1), outputs = [];
      for (let i = 0; i < data.length; i += size) {
        const bytes = new Uint8Array(data.subarray(i, i + size));
        const input = model.type == 'uint8' ? bytes : new Int8Array(bytes.buffer);
        const {y} = await session.run({x: new ort.Tensor(model.type, input, model.shape)});
        outputs.push(Buffer.from(y.data.buffer, y.data.byteOffset, y.data.byteLength));
      }
      fs.writeFileSync(`${folder}/${model.name}.ort`, Buffer.concat(outputs));
    } catch (error) {
      console.log(`${model.name}: not run by ONNX Runtime: ${String(error).split('\\n')[0].slice(0, 120)}`);
    }
  }
})();
"""


class Generator:
    def __init__(self, folder, seed):
        self.folder, self.random, self.models = folder, np.random.RandomState(seed), []

    def integers(self, dtype, *shape):
        return self.random.randint(0, 256, size=shape).astype(np.uint8).view(dtype)

    def zero(self, dtype):
        return dtype(self.random.randint(100, 156) - (128 if dtype == np.int8 else 0))

    def scale(self, low, high, *shape):
        return self.random.uniform(low, high, size=shape or None).astype(np.float32) if shape else np.float32(
            self.random.uniform(low, high))

    def emit(self, name, nodes, values, shape, dtype, opset=13):
        """`values`: initializers by name, with those of the input (xs, xz) and of the output (ys, yz)."""
        initializers = [value if isinstance(value, TensorProto) else numpy_helper.from_array(np.asarray(value), key)
                        for key, value in values.items()]
        kind = TensorProto.UINT8 if dtype == np.uint8 else TensorProto.INT8
        graph = helper.make_graph(nodes, "g", [helper.make_tensor_value_info("x", kind, shape)],
                                  [helper.make_tensor_value_info("y", kind, None)], initializers)
        imports = [helper.make_opsetid("", opset), helper.make_opsetid("com.microsoft", 1)]
        onnx.save(helper.make_model(graph, opset_imports=imports, ir_version=10 if opset > 20 else 8),
                  f"{self.folder}/{name}.onnx")
        stored = self.integers(dtype, 8, *shape[1:])
        stored.tofile(f"{self.folder}/{name}.q")
        np.save(f"{self.folder}/{name}.npy", (stored.astype(np.int32) - int(values["xz"])) * values["xs"])
        self.models.append({"name": name, "shape": shape, "type": np.dtype(dtype).name, "scale": float(values["ys"]),
                            "zero": int(values["yz"])})

    def ends(self, dtype, output_scale):
        return {"xs": self.scale(0.005, 0.05), "xz": self.zero(dtype), "ys": np.float32(output_scale),
                "yz": self.zero(dtype)}

    def products(self, number):
        for kind in ("symmetric", "shifted", "asymmetric"):
            dtype = (np.uint8, np.int8)[self.random.randint(2)]
            weight_type = np.int8 if kind == "symmetric" or dtype == np.int8 else np.uint8
            channels, outputs, kernel = (int(self.random.randint(1, high)) for high in (9, 9, 4))
            groups = channels if self.random.randint(3) == 0 else 1
            outputs = channels if groups > 1 else outputs
            weight = {"ws": self.scale(0.002, 0.02), "wz": weight_type(128 if weight_type == np.uint8 else 0)}
            if kind == "asymmetric":
                weight["wz"] = self.zero(weight_type)
            depth = channels // groups * kernel * kernel
            values = self.ends(dtype, weight["ws"] * 0.02 * 75 * 75 * np.sqrt(depth) / 40)
            values |= weight | {"b": self.random.randint(-5000, 5000, outputs).astype(np.int32)}
            if kind == "symmetric":
                values["ws"], values["wz"] = self.scale(0.002, 0.02, outputs), np.zeros(outputs, np.int8)
            names = ["x", "xs", "xz", "w", "ws", "wz", "ys", "yz", "b"]
            conv = helper.make_node("QLinearConv", names, ["y"], group=groups, pads=[kernel // 2] * 4,
                                    strides=[int(self.random.randint(1, 3))] * 2)
            self.emit(f"conv_{kind}_{number}", [conv],
                      values | {"w": self.integers(weight_type, outputs, channels // groups, kernel, kernel)},
                      [1, channels, 7, 8], dtype)
            inner = int(self.random.randint(4, 40))
            gemm = helper.make_node("QGemm", names[:6] + ["b", "ys", "yz"], ["y"], domain="com.microsoft", alpha=1.0,
                                    transB=0)
            self.emit(f"gemm_{kind}_{number}", [gemm], values | {"w": self.integers(weight_type, inner, outputs)},
                      [1, inner], dtype)

    def elementwise(self, number):
        dtype = (np.uint8, np.int8)[self.random.randint(2)]
        other = {"c": self.integers(dtype, 4, 1, 1), "cs": self.scale(0.005, 0.05), "cz": self.zero(dtype)}
        for op in ("Add", "Mul"):
            node = helper.make_node("QLinear" + op, ["x", "xs", "xz", "c", "cs", "cz", "ys", "yz"], ["y"],
                                    domain="com.microsoft")
            self.emit(f"{op.lower()}_{number}", [node], self.ends(dtype, 0.04) | other, [1, 4, 8, 8], dtype)
        for op, step, attributes in (("Sigmoid", 1 / 256, {}), ("LeakyRelu", 0.02, {"alpha": 0.1}),
                                     ("Softmax", 1 / 256, {"axis": -1, "opset": 13}),
                                     ("GlobalAveragePool", 0.01, {"channels_last": number % 2})):
            node = helper.make_node("QLinear" + op, ["x", "xs", "xz", "ys", "yz"], ["y"], domain="com.microsoft",
                                    **attributes)
            self.emit(f"{op.lower()}_{number}", [node], self.ends(dtype, step), [1, 4, 8, 8], dtype)

    def casts(self, number):
        def surround(inner):
            return [helper.make_node("DequantizeLinear", ["x", "xs", "xz"], ["d"]), *inner,
                    helper.make_node("QuantizeLinear", ["m", "ys", "yz"], ["y"])]

        channels = int(self.random.randint(1, 9))
        real = lambda: self.random.randn(channels).astype(np.float32)
        norm = helper.make_node("BatchNormalization", ["d", "g", "b", "mean", "variance"], ["m"])
        self.emit(f"batchnorm_{number}", surround([norm]),
                  self.ends(np.uint8, 0.05) | {"g": real(), "b": real(), "mean": real(), "variance": real() ** 2 + 0.1},
                  [[1, channels, 5, 6], [1, channels, 7], [1, channels]][number % 3], np.uint8)
        outputs = int(self.random.randint(1, 7))
        for kind, data_type in (("int4", INT4), ("uint4", UINT4)):
            def pack(name, shape):
                count = int(np.prod(shape))
                return TensorProto(name=name, data_type=data_type, dims=shape,
                                   raw_data=self.random.randint(0, 256, count // 2).astype(np.uint8).tobytes() +
                                   self.random.randint(0, 16, count % 2).astype(np.uint8).tobytes())

            zero = {} if kind == "int4" else {"wz": pack("wz", [outputs])}
            inner = [helper.make_node("DequantizeLinear", ["w", "ws", *zero], ["f"], axis=0),
                     helper.make_node("Conv", ["d", "f"], ["m"], pads=[1] * 4)]
            self.emit(f"{kind}_{number}", surround(inner), self.ends(np.uint8, 0.09 * np.sqrt(channels)) | zero |
                      {"w": pack("w", [outputs, channels, 3, 3]), "ws": self.scale(0.05, 0.3, outputs)},
                      [1, channels, 6, 6], np.uint8, opset=21)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--modules", required=True)
    parser.add_argument("--count", type=int, default=4, help="models of each kind")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--target", default="host")
    arguments = parser.parse_args()
    runner = pathlib.Path(__file__).resolve().parent.parent / "build" / "bin" / "tinyc-run"
    differences = collections.defaultdict(collections.Counter)
    with tempfile.TemporaryDirectory() as folder:
        generator = Generator(folder, arguments.seed)
        for number in range(arguments.count):
            generator.products(number)
            generator.elementwise(number)
            generator.casts(number)
        pathlib.Path(folder, "models.json").write_text(json.dumps(generator.models))
        subprocess.run(["node", "-e", RUN, str(pathlib.Path(arguments.modules).resolve()), folder], check=True)
        for model in generator.models:
            path = f"{folder}/{model['name']}"
            if not pathlib.Path(path + ".ort").exists():
                continue
            subprocess.run([runner, path + ".onnx", f"--target={arguments.target}", f"--input={path}.npy",
                            f"--output={path}.out.npy", "--json"], check=True, stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL)
            wanted = np.fromfile(path + ".ort", model["type"]).astype(int)
            got = np.rint(np.load(path + ".out.npy").ravel() / model["scale"]).astype(int) + model["zero"]
            differences[model["name"].rsplit("_", 1)[0]].update(np.abs(got - wanted).tolist())
    for kind, counts in sorted(differences.items()):
        print(f"{kind:20}", ", ".join(f"{count} differ by {steps}" for steps, count in sorted(counts.items())))


main()
