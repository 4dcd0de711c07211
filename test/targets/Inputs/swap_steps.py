"""swap_steps.py MODEL.C: exchanges the first two steps of a stream that belong to different ops."""
import re
import sys

text = open(sys.argv[1]).read()
table = re.search(r"steps\[\] = \{([^}]*)\}", text)
steps = [int(step) for step in table.group(1).split(",")]
at = next(i for i in range(len(steps) - 1) if steps[i] != steps[i + 1])
steps[at], steps[at + 1] = steps[at + 1], steps[at]
text = text[: table.start(1)] + ", ".join(map(str, steps)) + text[table.end(1) :]
open(sys.argv[1], "w").write(text)
