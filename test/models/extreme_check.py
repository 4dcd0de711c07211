"""extreme_check.py DIRECTORY EXPRESSION: the expression holds of the accuracies in DIRECTORY/float.json (`real`), int8.json, int4.json,
lost.json, as far as there are these files."""
import json
import pathlib
import sys

names = {}
for path in sorted(pathlib.Path(sys.argv[1]).glob("*.json")):
    names["real" if path.stem == "float" else path.stem] = json.loads(path.read_text())["accuracy"]
print(names)
sys.exit(0 if eval(sys.argv[2], {}, names) else "does not hold: " + sys.argv[2])
