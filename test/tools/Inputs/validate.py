"""validate.py VALIDATION.json LABELS.npy OUTPUT NAME=OUTPUTS.npy...: the figures of tinyc-run --validate for one output of a
model, from the programs' outputs; the first is the reference."""
import json
import sys

import numpy as np

path, labels, output, *programs = sys.argv[1:]
with open(path) as file:
    fields = json.load(file)
names = [program.split("=")[0] for program in programs]
values = [np.load(program.split("=")[1]).astype(float) for program in programs]
samples, reference = len(values[0]), values[0]
labels = np.load(labels)[:samples]
failures = []


def expect(name, got, wanted):
    if got is None or not np.allclose(got, wanted, rtol=1e-12, atol=0):
        failures.append(f"{name}: {got}, expected {wanted}")


expect("samples", fields["samples"], samples)
if [program["name"] for program in fields["programs"]] != names:
    failures.append(f"names: {fields['programs']}")
for program, value in zip(fields["programs"], values):
    expect("accuracy", program["accuracy"], (value.argmax(1) == labels).mean())
    if value is reference:
        continue
    (figures,) = [each for each in program["outputs"] if each["name"] == output]
    error = value - reference
    expect("rmse", figures["rmse"], np.sqrt((error ** 2).mean()))
    expect("mae", figures["mae"], np.abs(error).mean())
    expect("l2r", figures["l2r"], np.linalg.norm(error) / np.linalg.norm(reference))
    expect("cosine", figures["cosine"],
           (value * reference).sum() / np.linalg.norm(value) / np.linalg.norm(reference))
    expect("max_error", figures["max_error"], np.abs(error).max())
    expect("sqnr_db", figures["sqnr_db"], 20 * np.log10(np.linalg.norm(reference) / np.linalg.norm(error)))
for mine, row in zip(values, fields["agreement"]):
    for other, got in zip(values, row):
        expect("agreement", got, (mine.argmax(1) == other.argmax(1)).mean())
for failure in failures:
    print(failure)
sys.exit(len(failures) > 0)
