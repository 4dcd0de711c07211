#!/usr/bin/env python3
"""compression_table.py [--tinyc=BUILD/bin] [--model=NAME ...] [--weights=TYPE ...] [--core=cortex-m7]

Measures what coded weights give: for each network of ../shared/models and each setting the accuracy of the program on the test part
(on the host, which has the bits of the core), bytes of weights in flash and how often that goes into the float32 ones, SRAM, and
the share of the cycles that decoding takes. Prints the rows of the table of docs/DeepCompression.md.
"""
import argparse, json, pathlib, subprocess, sys, tempfile

repository = pathlib.Path(__file__).resolve().parent.parent
shared = repository.parent / 'shared'
data = shared / 'data'
scales = {'kws': ['--scale=0.5847029089927673', '--offset=-48.53034144639969'], 'vww': ['--scale=0.00784313725490196', '--offset=-1'],
          'mnist': ['--scale=0.00392156862745098']}
# Calibration, test part, setting. Calibration samples are none of the test part.
NETWORKS = {
    'ic_resnet8': ([f'--calibrate={data}/cifar10/train_u8.npy'],
                   [f'--input={data}/cifar10/test_u8.npy', f'--labels={data}/cifar10/test_labels.npy'], ['entropy:3.3']),
    'kws_dscnn': ([f'--calibrate={data}/kws01/features_int8.npy', '--calibrate-limit=200', *scales['kws']],
                  [f'--input={data}/kws01/features_int8.npy', f'--labels={data}/kws01/labels.npy', '--skip=200'], ['entropy:3.0']),
    'mcunet_vww': ([f'--calibrate={data}/vww_coco/images_80_u8.npy', '--calibrate-limit=64', *scales['vww']],
                   [f'--input={data}/vww_coco/images_80_u8.npy', f'--labels={data}/vww_coco/labels.npy', '--skip=64'],
                   ['entropy:3.2']),
    'ad_autoencoder': ([f'--calibrate={data}/ad01/normal_id_01_00000000_windows_f32.npy', '--calibrate-limit=64'],
                       [f'--input={data}/ad01/normal_id_01_00000000_windows_f32.npy', '--expect=input', '--skip=64'], ['entropy:2.1']),
    'mnist_fc300': ([f'--calibrate={data}/mnist/images_u8.npy', '--calibrate-limit=500', *scales['mnist']],
                    [f'--input={data}/mnist/images_u8.npy', f'--labels={data}/mnist/labels.npy', '--skip=8000'], ['entropy:1.5']),
}


def run(command):
    result = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if result.returncode:
        sys.exit(f'compression_table.py: error: {" ".join(map(str, command))}\n{result.stderr}')
    return result.stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--tinyc', default=repository / 'build' / 'bin', type=pathlib.Path)
    parser.add_argument('--model', action='append', choices=list(NETWORKS))
    parser.add_argument('--weights', action='append', help='in place of the setting of the table')
    parser.add_argument('--core', default='cortex-m7')
    parser.add_argument('--more', default='', help='more flags of tinyc, separated by spaces')
    options = parser.parse_args()
    print('| network | float | weights | accuracy | weights in flash, B | ratio | SRAM, B | decoding | flash, B |')
    print('|---|---|---|---|---|---|---|---|---|')
    for name in options.model or NETWORKS:
        calibrate, test, settings = NETWORKS[name]
        model = shared / 'models' / f'{name}.onnx'
        transform = [flag for flag in calibrate if flag.startswith(('--scale', '--offset'))]
        exact = json.loads(run([options.tinyc / 'tinyc-run', model, '--target=host', '--quantize=none', *transform, *test, '--json']))
        for weights in options.weights or settings:
            flags = [*calibrate, f'--weights={weights}', *options.more.split()]
            program = json.loads(run([options.tinyc / 'tinyc-run', model, '--target=host', *flags, *test, '--json']))
            with tempfile.TemporaryDirectory() as folder:
                run([options.tinyc / 'tinyc', model, f'--target={options.core}', *flags, '-o', pathlib.Path(folder) / 'p', '--quiet'])
                report = json.loads((pathlib.Path(folder) / 'p' / 'report.json').read_text())
            compression = report['compression']
            def show(result):
                return f'{100 * result["accuracy"]:.2f} %' if 'accuracy' in result else f'error {result["mse"]:.4f}'
            share = 100 * compression['decode_cycles'] / max(report['estimated_cycles'], 1)
            print(f'| {name} | {show(exact)} | `{weights}` | {show(program)} | {compression["stored_bytes"]:,} | {compression["ratio"]:.2f}x | '
                  f'{report["sram"]["total"]:,} | {compression["decode_cycles"]:,} cycles, {share:.1f} % | {report["flash"]["total"]:,} |', flush=True)


if __name__ == '__main__':
    main()
