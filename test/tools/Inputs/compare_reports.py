"""compare_reports.py OLD.json NEW.json CONDITION...: fails unless every condition holds of the reports `old` and `new`."""
import json
import sys

old, new = (json.load(open(path)) for path in sys.argv[1:3])
failed = [condition for condition in sys.argv[3:] if not eval(condition, {}, {"old": old, "new": new})]
for condition in failed:
    print(f"{sys.argv[2]}: does not hold: {condition}")
sys.exit(1 if failed else 0)
