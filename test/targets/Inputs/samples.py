"""Samples of a package as bytes. Usage:

samples.py encode PACKAGE SAMPLES.npy SCALE COUNT > bytes    as input 0 of the package; SAMPLES * SCALE are real values
samples.py compare PACKAGE EXPECTED.npy < bytes              bytes of output 0 against real values in ONNX's order
"""
import json
import sys

import numpy


def main():
    mode, package, file = sys.argv[1:4]
    report = json.load(open(package + "/report.json"))
    port = report["inputs" if mode == "encode" else "outputs"][0]
    values = numpy.load(file)
    if mode == "encode":
        values = values[: int(sys.argv[5])].astype(numpy.float64) * float(sys.argv[4])
    values = values.reshape([len(values)] + onnx_shape(port)[1:])
    values = values.transpose(port.get("permutation", range(values.ndim)))  # dimension 0 counts the samples
    if mode == "encode":
        if port["type"] == "int8":
            values = numpy.clip(numpy.rint(values / port["scale"]) + port["zero_point"], -128, 127).astype(numpy.int8)
        else:
            values = values.astype(numpy.float32)
        sys.stdout.buffer.write(values.tobytes())
        return
    data = numpy.frombuffer(sys.stdin.buffer.read(), numpy.int8 if port["type"] == "int8" else numpy.float32)
    if port["type"] == "int8":
        data = ((data.astype(numpy.int64) - port["zero_point"]) * port["scale"]).astype(numpy.float32)
    assert data.size == values.size and data.size > 0, (data.size, values.size)
    assert numpy.array_equal(data.reshape(values.shape), values.astype(numpy.float32)), "outputs differ"


def onnx_shape(port):
    shape = list(port["shape"])
    for axis, onnx_axis in enumerate(port.get("permutation", [])):
        shape[onnx_axis] = port["shape"][axis]
    return shape


main()
