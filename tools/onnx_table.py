#!/usr/bin/env python3
"""Writes docs/ONNX.md from a run of ONNX's backend tests.

    TINYC_ONNX_TABLE=table.tsv build/bin/onnx-backend-test && tools/onnx_table.py table.tsv > docs/ONNX.md

A line of the table: folder, operator of the first node, operator set, case, status.
"""
import collections
import sys


def main():
    rows = [line.rstrip('\n').split('\t') for line in open(sys.argv[1])]
    folders = collections.Counter()
    passed = collections.Counter()
    operators = collections.defaultdict(list)
    for folder, operator, opset, case, status in rows:
        ok = status.startswith('passed')
        folders[folder] += 1
        passed[folder] += ok
        if folder == 'node':
            operators[operator].append((int(opset), case, status, ok))
    print('# ONNX operators\n')
    print('Made by tools/onnx_table.py from the cases of Debian\'s libonnx-testdata (ONNX 1.12, operator sets up to 17); do not '
          'edit.\nA case passes if the reference interpreter, before and after the graph passes, and the program on the host '
          'give ONNX\'s\noutputs within its tolerance (relative 1e-3, absolute 1e-7), with inputs at run time where the '
          'operator lets them be.\n`tinyc --supported-ops` prints the importer\'s own table, newer operators included.\n')
    print('| cases | all | passed |\n| --- | --- | --- |')
    for folder in sorted(folders):
        print(f'| {folder} | {folders[folder]} | {passed[folder]} ({100 * passed[folder] // folders[folder]} %) |')
    print('\n## Node cases\n\n| operator | operator sets | passed | not passed: reason (cases) |\n| --- | --- | --- | --- |')
    for operator in sorted(operators):
        cases = operators[operator]
        opsets = sorted({opset for opset, *_ in cases if opset > 0})
        reasons = collections.Counter(status for *_, status, ok in cases if not ok)
        text = '; '.join(f'{reason} ({count})' for reason, count in sorted(reasons.items()))
        print(f'| {operator} | {", ".join(map(str, opsets))} | {sum(ok for *_, ok in cases)} of {len(cases)} | '
              f'{text.replace("|", "/")} |')


main()
