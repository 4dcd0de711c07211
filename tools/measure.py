#!/usr/bin/env python3
"""measure.py MODEL.onnx... [--rig=DIR] [--tinyc=PATH] [--core=m7|m4] [--layers] [--object] [--json=FILE] [-- TINYC-OPTIONS...]

Compiles models with tinyc, builds each package with arm-none-eabi-gcc -O2 into a firmware of the measuring rig (QEMU with
a cycle model of Cortex-M7 and Cortex-M4, ../shared/rig beside the repository) and prints, for one inference: cycles on
both cores, cycles per multiply-accumulate, flash and SRAM. --layers prints the same for each layer, with the estimate of
the cost model (report.json) for the core that it was compiled for and its error. --object compiles each model a second time,
with --emit=obj, and prints cycles and flash of tinyc's own object code beside those of the C package. Does nothing, successfully, where there
is no rig. The inputs are pseudo-random bytes: no kernel's time depends on their values.
"""
import argparse, json, pathlib, re, subprocess, sys, tempfile

repository = pathlib.Path(__file__).resolve().parent.parent
MAIN = r'''
#include "rig.h"
#include "model.h"
static _Alignas(MODEL_ARENA_ALIGNMENT) uint8_t arena[MODEL_ARENA_BYTES];
int main(void) {
  model_context model;
  uint32_t x = 1, i;
  if (model_init(&model, arena, sizeof arena) != 0)
    return 1;
  for (i = 0; i < model_input_bytes(0); i++)
    ((uint8_t *)model_input(&model, 0))[i] = (uint8_t)((x = x * 1103515245u + 12345u) >> 16);
  rig_stack_paint();
  rig_begin(0);
  model_invoke(&model);
  rig_end(0);
  rig_printf("STACK %u CRC %x\n", rig_stack_used(), rig_crc(model_output(&model, 0), model_output_bytes(0)));
  return 0;
}
'''
# Layers FIRST and up are regions 1 and up of the rig (tinyc/profile.h).
HOOKS = r'''
#include "rig.h"
#include "tinyc/profile.h"
void tinyc_profile_begin(int32_t layer) {
  if (layer >= FIRST && layer < FIRST + REGIONS)
    rig_begin(1 + layer - FIRST);
}
void tinyc_profile_end(int32_t layer) {
  if (layer >= FIRST && layer < FIRST + REGIONS)
    rig_end(1 + layer - FIRST);
}
'''
REGIONS = 31  # that the rig has beside region 0


def run(*command):
    return subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True).stdout


def flash(elf):
    sizes = [line.split() for line in run('arm-none-eabi-size', '-A', elf).splitlines()]
    return sum(int(s[1]) for s in sizes if len(s) == 3 and s[0] in ('.text', '.data', '.ARM.exidx', '.ARM.extab'))


def build(package, elf, rig, core, sources, *flags):
    cpu = {'m7': ['-mcpu=cortex-m7', '-mfpu=fpv5-d16'], 'm4': ['-mcpu=cortex-m4', '-mfpu=fpv4-sp-d16']}[core]
    firmware = rig / 'firmware'
    include = [f'-I{package}', f'-I{package}/runtime/include'] if package else []
    run('arm-none-eabi-gcc', *cpu, '-mfloat-abi=hard', '-mthumb', '-std=gnu11', '-O2', '-ffunction-sections',
        '-fdata-sections', f'-I{firmware}', *include, *flags, *sources, firmware / 'startup.c', '-T', firmware / 'mps2.ld',
        '-nostartfiles', '-Wl,--gc-sections', '-o', elf)


def execute(rig, elf, core, work):
    text = run(rig / 'run.sh', elf, work / 'out.json', core)
    return text, {r['id']: r for r in json.loads((work / 'out.json').read_text())['regions']}


def measure(model, options, work):
    rig, package = pathlib.Path(options.rig).resolve(), work / 'package'
    run(options.tinyc, model, f'--target=cortex-{options.core}', '--quiet', '-o', package, *options.options)
    (work / 'main.c').write_text(MAIN)
    kernels = sorted((package / 'runtime' / 'kernels').rglob('*.c'))
    whole = work / 'whole.elf'
    build(package, whole, rig, options.core, [work / 'main.c', package / 'model.c', *kernels])
    build(None, work / 'empty.elf', rig, options.core, [rig / 'firmware' / 'empty.c'])
    text, regions = execute(rig, whole, options.core, work)
    about = json.loads((package / 'report.json').read_text())
    report = {'model': pathlib.Path(model).stem, 'macs': about['macs'], 'm7': regions[0]['m7'], 'm4': regions[0]['m4'],
              'estimated': about['estimated_cycles'], 'instructions': regions[0]['insns'],
              'flash': flash(whole) - flash(work / 'empty.elf'), 'arena': about['sram']['total'],
              'stack': int(re.search(r'STACK (\d+)', text)[1]), 'layers': []}
    if options.object:
        report['object'] = measure_object(model, options, work, flash(work / 'empty.elf'))
    layers = [layer for layer in about['layers'] if layer['kernel']]
    for first in range(0, len(layers) if options.layers else 0, REGIONS):
        (work / 'hooks.c').write_text(HOOKS)
        build(package, work / 'layers.elf', rig, options.core,
              [work / 'main.c', work / 'hooks.c', package / 'model.c', *kernels], '-DMODEL_PROFILE', f'-DFIRST={first}',
              f'-DREGIONS={REGIONS}')
        regions = execute(rig, work / 'layers.elf', options.core, work)[1]
        for number, layer in enumerate(layers[first:first + REGIONS], 1):
            report['layers'].append({'name': f"{layer['node']}: {layer['op']}", 'kernel': layer['kernel'],
                                     'macs': layer['macs'], 'estimated': layer['estimated_cycles'],
                                     'm7': regions[number]['m7'], 'm4': regions[number]['m4']})
    return report


def measure_object(model, options, work, empty):
    """Cycles and flash of the same program as tinyc's own object file."""
    rig, package = pathlib.Path(options.rig).resolve(), work / 'object'
    run(options.tinyc, model, f'--target=cortex-{options.core}', '--quiet', '--emit=obj', '-o', package, *options.options)
    elf = work / 'object.elf'
    build(package, elf, rig, options.core, [work / 'main.c', package / 'model.o'])
    regions = execute(rig, elf, options.core, work)[1]
    return {'m7': regions[0]['m7'], 'm4': regions[0]['m4'], 'flash': flash(elf) - empty}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('models', nargs='+')
    parser.add_argument('--rig', default=repository.parent / 'shared' / 'rig')
    parser.add_argument('--tinyc', default=repository / 'build' / 'bin' / 'tinyc')
    parser.add_argument('--core', choices=['m7', 'm4'], default='m7', help='built for and run on; both are counted')
    parser.add_argument('--layers', action='store_true')
    parser.add_argument('--object', action='store_true', help="measure tinyc's own object code as well")
    parser.add_argument('--json', help='write all figures to this file')
    arguments = sys.argv[1:]
    split = arguments.index('--') if '--' in arguments else len(arguments)
    options = parser.parse_args(arguments[:split])
    options.options = arguments[split + 1:]
    if not (pathlib.Path(options.rig) / 'run.sh').exists():
        print(f'measure.py: no rig at {options.rig}, nothing measured')
        return
    reports = []
    print(f'{"":46} {"M7 cycles":>11} {"/MAC":>6} {"M4 cycles":>11} {"/MAC":>6} {"estimated":>11} {"error":>7}')
    errors = []
    for model in options.models:
        with tempfile.TemporaryDirectory() as folder:
            report = measure(model, options, pathlib.Path(folder))
        reports.append(report)
        for row in [report] + report['layers']:
            macs = row['macs']
            ratios = [f'{row[core] / macs:6.3f}' if macs else '      ' for core in ('m7', 'm4')]
            error = row['estimated'] / row[options.core] - 1
            if row is not report:
                errors.append(abs(error))
            print(f'{row.get("model") or "  " + row["name"][-44:]:46} {row["m7"]:>11,} {ratios[0]} {row["m4"]:>11,} {ratios[1]} '
                  f'{row["estimated"]:>11,} {100 * error:+6.1f}% {row.get("kernel", "")}')
        if options.object:
            other, core = report['object'], options.core
            print(f'  as object file {other["m7"]:>31,} {"":6} {other["m4"]:>11,} {"":6} '
                  f'{100 * (other[core] / report[core] - 1):+.1f} % cycles, flash {other["flash"]:,} B')
        print(f'  flash {report["flash"]:,} B, arena {report["arena"]:,} B, stack {report["stack"]:,} B')
    if errors:
        print(f'mean error of the estimates of {len(errors)} layers: {100 * sum(errors) / len(errors):.1f} %')
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(reports, indent=1) + '\n')


if __name__ == '__main__':
    main()
