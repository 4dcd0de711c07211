"""check_front.py FRONT.json FRONT.csv PRECISION.json: the fronts hold what no other point beats, and one point is the precision found."""
import csv, json, sys

front, table = json.load(open(sys.argv[1])), list(csv.DictReader(open(sys.argv[2])))
saved = json.load(open(sys.argv[3]))
points = front['points']
assert len(points) == len(table) > 2
for cost in ('latency', 'flash', 'sram', 'energy', 'weights'):
    on = [p for p in points if cost in p['front']]
    assert on
    for one in on:
        for other in points:
            assert not (other['costs'][cost] <= one['costs'][cost] and other['distortion'] < one['distortion']), (one, other)
chosen = [p for p in points if p['chosen']]
assert len(chosen) == 1
named = {}
for name, action in zip(front['steps'], chosen[0]['actions']):
    if name == 'channels':
        assert saved.get('prune', 'all') == action, (saved, action)
    elif not name.endswith(' result'):
        named.setdefault(name, {})['weights'] = action
    elif action != 'int8':
        named.setdefault(name.removesuffix(' result'), {})['activations'] = action
assert named == saved['layers'], (named, saved)
for point, row in zip(points, table):
    assert [row[step] for step in front['steps']] == point['actions'] and int(row['chosen']) == point['chosen']
