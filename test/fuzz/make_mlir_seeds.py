#!/usr/bin/env python3
"""make_mlir_seeds.py DIRECTORY: texts for the fuzz target of MLIR's text and the passes to start from.

Each function of this repository's .mlir tests becomes a file, with the types and maps that its file names before it; comments go.
"""
import hashlib
import pathlib
import re
import sys

MOST_BYTES = 6000


def chunks(text):
    """The texts between two `// -----`, and of those with several functions each one alone."""
    for part in re.split(r"^// -----.*$", text, flags=re.M):
        lines = [line.split("//")[0].rstrip() for line in part.splitlines()]
        lines = [line for line in lines if line]
        header = [line for line in lines if re.match(r"[!#]\w+\s*=", line)]
        bodies, current = [], None
        for line in lines:
            if line.startswith("func.func"):
                current = []
                bodies.append(current)
            if current is not None:
                current.append(line)
        for body in bodies:
            yield "\n".join(header + body) + "\n"


def main(directory):
    directory = pathlib.Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    root = pathlib.Path(__file__).resolve().parent.parent
    for path in sorted(root.rglob("*.mlir")):
        for text in chunks(path.read_text()):
            if len(text) <= MOST_BYTES:
                (directory / hashlib.sha1(text.encode()).hexdigest()).write_text(text)


if __name__ == "__main__":
    main(sys.argv[1])
