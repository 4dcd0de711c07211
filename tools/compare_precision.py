#!/usr/bin/env python3
"""compare_precision.py [MODEL...] [--shared=DIR] [--build=DIR] [--steps=N] [--json=FILE] [-- TINYC-OPTIONS...]

The accuracy of the models of ../shared on the test parts of their data, in float, with int8 weights, with int4 weights, and with the
precision that --quantize=mixed finds: at 0.55 of the bytes of int8 weights, at the bytes of int4 and at the cycles of int4. Calibration
and search see the calibration part only. Prints a table in Markdown: accuracy, weights against int8, estimated cycles against int8.
"""
import argparse, json, pathlib, subprocess, sys, tempfile

repository = pathlib.Path(__file__).resolve().parent.parent
# Data file, its transform, rows to calibrate with, and first row and number of rows to test on.
MODELS = {
    'kws_dscnn': ('kws01/features_int8.npy', 'kws01/labels.npy', ['--scale=0.5847029089927673', '--offset=-48.53034144639969'], None, 200, 200, 800),
    'ic_resnet8': ('cifar10/test_u8.npy', 'cifar10/test_labels.npy', [], 'cifar10/train_u8.npy', 0, 0, 846),
    'vww_mobilenet': ('vww_coco/images_96_u8.npy', 'vww_coco/labels.npy', ['--scale=0.00392156862745098'], None, 64, 64, 192),
    'mcunet_vww': ('vww_coco/images_80_u8.npy', 'vww_coco/labels.npy', ['--scale=0.00784313725490196', '--offset=-1'], None, 64, 64, 192),
}


def run(*command):
    result = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if result.returncode:
        sys.exit(f'compare_precision.py: error: {" ".join(map(str, command))}\n{result.stderr}')
    return result.stdout


class Model:
    def __init__(self, name, options, work):
        self.path = pathlib.Path(options.shared) / 'models' / f'{name}.onnx'
        data = pathlib.Path(options.shared) / 'data'
        inputs, labels, transform, calibration, limit, first, count = MODELS[name]
        self.test = [f'--input={data / inputs}', f'--labels={data / labels}', f'--skip={first}', f'--limit={count}']
        self.calibrate = [f'--calibrate={data / (calibration or inputs)}'] + ([f'--calibrate-limit={limit}'] if limit else [])
        self.transform, self.options, self.bin, self.work = transform, options, pathlib.Path(options.build) / 'bin', work

    def accuracy(self, *flags):
        text = run(self.bin / 'tinyc-run', self.path, '--interpret', '--json', *self.test, *self.transform, *flags, *self.options.options)
        return json.loads(text)['accuracy']

    def compile(self, *flags):
        """(bytes of weights, estimated cycles) of a package."""
        run(self.bin / 'tinyc', self.path, '--quiet', *self.transform, *self.calibrate, *flags, *self.options.options, '-o', self.work / 'package')
        report = json.loads((self.work / 'package' / 'report.json').read_text())
        return report['estimated_cycles']

    def search(self, *budgets):
        precision, front = self.work / 'precision.json', self.work / 'front.json'
        run(self.bin / 'tinyc', self.path, '--quiet', *self.transform, *self.calibrate, '--quantize=mixed', f'--search-steps={self.options.steps}',
            *(f'--budget={budget}' for budget in budgets), f'--save-precision={precision}', f'--pareto={front}',
            f'--search-record={self.work / "record.json"}', *self.options.options, '-o', self.work / 'package')
        points = json.loads(front.read_text())['points']
        whole = max(point['costs']['weights'] for point in points)  # all int8
        chosen = [point for point in points if point['chosen']][0]
        report = json.loads((self.work / 'package' / 'report.json').read_text())
        return self.accuracy(*self.calibrate, f'--precision={precision}'), chosen['costs']['weights'] / whole, report['estimated_cycles']


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('models', nargs='*', default=list(MODELS))
    parser.add_argument('--shared', default=repository.parent / 'shared')
    parser.add_argument('--build', default=repository / 'build')
    parser.add_argument('--steps', type=int, default=200, help='measurements of the search')
    parser.add_argument('--json', help='write all figures to this file')
    arguments = sys.argv[1:]
    split = arguments.index('--') if '--' in arguments else len(arguments)
    options = parser.parse_args(arguments[:split])
    options.options = arguments[split + 1:]
    table = []
    print('| model | precision | accuracy | against float | weights | cycles |\n| --- | --- | --- | --- | --- | --- |')
    for name in options.models:
        with tempfile.TemporaryDirectory() as work:
            model = Model(name, options, pathlib.Path(work))
            split_options, options.options = options.options, []
            real = model.accuracy('--quantize=none')
            options.options = split_options
            whole, half = model.compile('--weights=int8'), model.compile('--weights=int4')
            rows = [('float', real, None, None), ('int8', model.accuracy(*model.calibrate, '--weights=int8'), 1, whole),
                    ('int4', model.accuracy(*model.calibrate, '--weights=int4'), 0.5, half),
                    ('mixed, weights:0.55x', *model.search('weights:0.55x')), ('mixed, weights:0.5x', *model.search('weights:0.5x')),
                    (f'mixed, latency:{half / whole:.3f}x', *model.search(f'latency:{half}', 'weights:1x'))]
            for precision, accuracy, weights, cycles in rows:
                table.append({'model': name, 'precision': precision, 'accuracy': accuracy, 'weights': weights, 'cycles': cycles})
                share = [f'{weights:.3f}x', f'{cycles / whole:.3f}x'] if cycles else ['', '']
                print(f'| {name} | {precision} | {100 * accuracy:.2f} % | {100 * (accuracy - real):+.2f} % | {share[0]} | {share[1]} |', flush=True)
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(table, indent=1) + '\n')


if __name__ == '__main__':
    main()
