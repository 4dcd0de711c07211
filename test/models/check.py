"""check.py REPORT.json CONDITION...: fails unless every condition holds of the JSON object's fields.

A condition is a Python expression over the top-level fields, for example "0.91 <= accuracy <= 0.92" or
"sram['activations'] <= 16500". Says which one failed and what the values were.
"""
import json
import sys

path, *conditions = sys.argv[1:]
with open(path) as file:
    fields = json.load(file)
failed = [c for c in conditions if not eval(c, {}, dict(fields))]
for condition in failed:
    print(f"{path}: does not hold: {condition}")
if failed:
    print(json.dumps({k: v for k, v in fields.items() if k != "layers"}, indent=1))
sys.exit(1 if failed else 0)
