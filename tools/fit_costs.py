#!/usr/bin/env python3
"""fit_costs.py [--csv=FILE] [--out=FILE] [--check]

Fits the cost model (targets/CostModel.h) to the measurements of tools/bench_kernels.py: for each core and variant the
cycles per unit of work (targets/cortex-m/KernelWork.h) that give the least squares of the relative errors, none negative.
Only the rows of group "random" are fitted; the table printed shows the errors of these and of the networks' layers.
Needs numpy and a C++ compiler. --check prints the table for the present Costs.inc and writes nothing; it fails if a kernel
has no measurements or no costs.
"""
import argparse, collections, csv, ctypes, pathlib, re, subprocess, sys, tempfile
import numpy

repository = pathlib.Path(__file__).resolve().parent.parent
folder = repository / 'targets' / 'cortex-m'


class WorkCounter:
    """countWork() of the compiler."""

    def __init__(self, compiler):
        with tempfile.TemporaryDirectory() as scratch:
            library = pathlib.Path(scratch) / 'work.so'
            subprocess.run([compiler, '-std=c++20', '-O2', '-shared', '-fPIC', f'-I{repository}', f'-I{repository}/runtime/include',
                            '-fno-strict-aliasing', *sorted(folder.glob('*KernelWork.cpp')), '-o', library], check=True)
            self.function = ctypes.CDLL(str(library)).tinyc_count_work
        units = int(re.search(r'maxUnits = (\d+)', (folder / 'KernelWork.h').read_text())[1])
        self.names, self.counts = (ctypes.c_char_p * units)(), (ctypes.c_double * units)()

    def count(self, symbol, params, begin, end):
        words = (ctypes.c_int32 * len(params))(*params)
        variant = ctypes.c_char_p()
        units = self.function(symbol.encode(), words, begin, end, ctypes.byref(variant), self.names, self.counts)
        return (variant.value or b'').decode(), [n.decode() for n in self.names[:units]], list(self.counts[:units])


def fit_nonnegative(matrix, wanted):
    """Least squares with no negative coefficient (Lawson and Hanson, Solving Least Squares Problems, chapter 23)."""
    units = matrix.shape[1]
    scale = numpy.linalg.norm(matrix, axis=0)
    scale[scale == 0] = 1
    matrix = matrix / scale
    active, x = numpy.zeros(units, bool), numpy.zeros(units)
    for _ in range(10 * units):
        gradient = matrix.T @ (wanted - matrix @ x)
        gradient[active] = -1
        best = int(numpy.argmax(gradient))
        if gradient[best] <= 1e-9:
            break
        active[best] = True
        while True:
            trial = numpy.zeros(units)
            trial[active] = numpy.linalg.lstsq(matrix[:, active], wanted, rcond=1e-10)[0]
            if trial[active].min(initial=1) > 0:
                break
            negative = active & (trial <= 0)
            step = (x[negative] / (x[negative] - trial[negative])).min()
            x = x + step * (trial - x)
            active &= x > 1e-12
        x = trial
    return x / scale


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--csv', default=folder / 'costs.csv')
    parser.add_argument('--out', default=folder / 'Costs.inc')
    parser.add_argument('--compiler', default='c++')
    parser.add_argument('--check', action='store_true')
    parser.add_argument('--worst', type=int, default=0, help='also print so many of the worst calls of each variant')
    options = parser.parse_args()
    counter, groups, names, measured = WorkCounter(options.compiler), collections.defaultdict(list), {}, set()
    with open(options.csv, newline='') as file:
        reader = csv.DictReader(file)
        cores = [field[:-len('_cycles')] for field in reader.fieldnames if field.endswith('_cycles')]
        for row in reader:
            params = [int(word) for word in row['params'].split()]
            variant, units, counts = counter.count(row['symbol'], params, int(row['row_begin']), int(row['row_end']))
            if not variant:
                sys.exit(f'fit_costs.py: error: no work is counted for {row["symbol"]}: see targets/cortex-m/KernelWork.cpp')
            measured.add(row['symbol'])
            names[variant] = units
            for core in cores:
                if row[core + '_cycles']:
                    groups[core, variant].append((row['group'], counts, float(row[core + '_cycles']), row))
    present = {}
    if options.check:
        for core, variant, values in re.findall(r'TINYC_COSTS\("cortex-(\w+)", "(\w+)", (.*)\)', pathlib.Path(options.out).read_text()):
            present[core, variant] = numpy.array([float(value) for value in values.split(',')])
        rows = re.sub(r'TINYC_S4_\w+\([^()]*\)', '', (repository / 'runtime' / 'kernels.def').read_text())  # reckoned by those they call
        kernels = set(re.findall(r'[(,]\s*(tinyc_\w+)\s*,\s*tinyc_\w+_params\s*,', rows))
        for symbol in sorted(kernels - measured):
            if symbol.endswith('_x86_64'):  # the host's, reckoned as generic ones
                continue
            sys.exit(f'fit_costs.py: error: {symbol} is not measured: run tools/bench_kernels.py, then tools/fit_costs.py')
        for core, variant in sorted(groups.keys() - present.keys()):
            sys.exit(f'fit_costs.py: error: Costs.inc has no {variant} on cortex-{core}: run tools/fit_costs.py')
    lines, summary = [], collections.defaultdict(list)
    for (core, variant), rows in sorted(groups.items(), key=lambda item: ('cortex-' + item[0][0], item[0][1])):
        fitted = [row for row in rows if row[0] == 'random'] or rows
        cycles = numpy.array([row[2] for row in fitted])
        matrix = numpy.array([row[1] for row in fitted]) / cycles[:, None]
        costs = present[core, variant] if options.check else numpy.round(fit_nonnegative(matrix, numpy.ones(len(cycles))), 3)
        errors = {kind: [(abs(float(numpy.dot(row[1], costs)) / row[2] - 1), row) for row in rows if (row[0] == 'random') == (kind == 'random')]
                  for kind in ('random', 'networks')}
        text = f'{core:7} {variant:42}'
        for kind, values in errors.items():
            summary[core, kind] += [value for value, _ in values]
            if values:
                sizes = [value for value, _ in values]
                text += f' {kind} {len(sizes):4} calls, mean {100 * sum(sizes) / len(sizes):5.1f} %, most {100 * max(sizes):5.1f} %'
        print(text)
        if options.worst:
            print('    ' + ', '.join(f'{n}: {c:g}' for n, c in zip(names[variant], costs)))
        for error, row in sorted(errors['random'] + errors['networks'], key=lambda item: -item[0])[:options.worst]:
            print(f'    {row[0]} {row[3]["params"]} rows {row[3]["row_begin"]}..{row[3]["row_end"]}: {row[2]:.0f} measured, '
                  f'{float(numpy.dot(row[1], costs)):.0f} estimated; ' + ', '.join(f'{c:g}' for c in row[1]))
        lines.append((core, variant, costs))
    for (core, kind), values in sorted(summary.items()):
        if values:
            print(f'{core:7} all, {kind}: {len(values)} calls, mean error {100 * sum(values) / len(values):.1f} %')
    if options.check:
        return
    with open(options.out, 'w') as file:
        file.write('// Cycles per unit of KernelWork, by core and variant. Made by tools/fit_costs.py from costs.csv: do not edit.\n')
        for core, variant, costs in lines:
            file.write(f'TINYC_COSTS("cortex-{core}", "{variant}", {", ".join(f"{value:g}" for value in costs)})\n')


if __name__ == '__main__':
    main()
