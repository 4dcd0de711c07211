#!/usr/bin/env python3
"""kernel_table.py [--csv=FILE] [--doc=FILE] [--check]

Writes the table of cycles per multiply-accumulate of the layers of well-known networks into docs/Kernels.md, between the lines
`<!-- kernel_table.py -->` and `<!-- end -->`: each kernel and shape measured by tools/bench_kernels.py (targets/cortex-m/costs.csv),
whole layers on Cortex-M7 and M4, with the shares of the units of work (targets/cortex-m/KernelWork.h) that take most of the cycles
on the M7 by the fitted costs (Costs.inc). --check writes nothing and fails if the table is not that of the CSV.
"""
import argparse, csv, pathlib, re, sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from fit_costs import WorkCounter, folder, repository

BEGIN, END = '<!-- kernel_table.py -->\n', '<!-- end -->\n'


def describe(symbol, words):
    """Shape of a layer, as 3x3 s2 16->32, 32x32: kernel, stride, channels, output pixels."""
    if 'fully_connected' in symbol:
        return f'{words[1]}->{words[2]}'
    h, w, c, _, oh, ow, f, _, kh, kw, sh = words[:11]
    return f'{kh}x{kw}' + (f' s{sh}' if sh > 1 else '') + (f' {c}' if 'depthwise' in symbol else f' {c}->{f}') + f', {oh}x{ow}'


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--csv', default=folder / 'costs.csv')
    parser.add_argument('--doc', default=repository / 'docs' / 'Kernels.md')
    parser.add_argument('--compiler', default='c++')
    parser.add_argument('--check', action='store_true')
    options = parser.parse_args()
    costs = {variant: [float(value) for value in values.split(',')] for variant, values in
             re.findall(r'TINYC_COSTS\("cortex-m7", "(\w+)", (.*)\)', (folder / 'Costs.inc').read_text())}
    counter, lines, seen = WorkCounter(options.compiler), [], set()
    with open(options.csv, newline='') as file:
        for row in csv.DictReader(file):
            words = [int(word) for word in row['params'].split()]
            begin, end, macs = int(row['row_begin']), int(row['row_end']), int(row['macs'])
            is_dense = 'fully_connected' in row['symbol']
            # Whole layers: bands of rows have a ring of the output, or, where kernels are row-local, fewer rows.
            if row['group'] == 'random' or not row['m7_cycles'] or begin or end != (words[0] if is_dense else words[4]) or (not is_dense and words[0] != words[3]):
                continue
            kernel = row['symbol'].removeprefix('tinyc_').removesuffix('_armv7e_m')
            shape = describe(row['symbol'], words)
            if (row['group'], kernel, shape) in seen:
                continue
            seen.add((row['group'], kernel, shape))
            variant, names, counts = counter.count(row['symbol'], words, begin, end)
            parts = {}
            for name, count, cost in zip(names, counts, costs[variant]):
                parts[name] = parts.get(name, 0) + count * cost
            total = sum(parts.values())
            shares = [f'{name} {100 * part / total:.0f} %' for name, part in sorted(parts.items(), key=lambda item: -item[1])[:3]
                      if part >= 0.08 * total]
            lines.append((row['group'], kernel, shape, int(row['m7_cycles']) / macs, int(row['m4_cycles']) / macs, ', '.join(shares)))
    networks = []
    for line in lines:
        if line[0] not in networks:
            networks.append(line[0])
    # Row-local kernels in bands look like layers of fewer rows: of each kernel and channels the most rows are the layer.
    table = '| network | kernel | layer | M7 | M4 | where the M7\'s cycles go |\n| --- | --- | --- | --- | --- | --- |\n'
    best = {}
    for line in lines:
        channels, _, pixels = line[2].partition(', ')
        rows = int(pixels.split('x')[0]) if pixels else 1
        key = (line[0], line[1], channels, pixels.partition('x')[2])
        if key not in best or rows > best[key][0]:
            best[key] = (rows, line)
    for network in networks:
        for rows, line in best.values():
            if line[0] == network:
                table += f'| {line[0]} | {line[1]} | {line[2]} | {line[3]:.2f} | {line[4]:.2f} | {line[5]} |\n'
    text = pathlib.Path(options.doc).read_text()
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    new = head + BEGIN + table + END + tail
    if options.check:
        if new != text:
            sys.exit(f'kernel_table.py: error: the table in {options.doc} is not that of {options.csv}: run tools/kernel_table.py')
        print(f'{table.count(chr(10)) - 2} layers')
    elif BEGIN not in text:
        sys.exit(f'kernel_table.py: error: {options.doc} has no line {BEGIN.strip()}')
    else:
        pathlib.Path(options.doc).write_text(new)


if __name__ == '__main__':
    main()
