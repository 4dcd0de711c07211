#!/usr/bin/env python3
"""measure_code.py [--out=FILE] [--check]

Measures the flash that the code of each kernel takes on each core: the kernel alone, with what it calls, the C library and
libgcc apart (they are shared by all of a firmware), at -O2 by arm-none-eabi-gcc and by clang as tinyc's own object output is
made. Writes one row per kernel and core, both figures, into targets/cortex-m/CodeBytes.inc, from which `--optimize=size`
chooses. --check writes nothing; it fails if a kernel of runtime/kernels.def has no row.
"""
import argparse, pathlib, re, subprocess, sys, tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from bench_kernels import CORES, read_kernels, repository

folder = repository / 'targets' / 'cortex-m'


def read_isas():
    """The ISAs of each core, by targets/cortex-m/Cores.cpp: {'m7': {'armv7e_m', 'generic'}, ...}."""
    text = (folder / 'Cores.cpp').read_text()
    lists = {name: set(re.findall(r'"(\w+)"', values)) for name, values in re.findall(r'(\w+)\[\] = \{("\w+"(?:, "\w+")*)\};', text)}
    return {core: lists[name] for core, name in re.findall(r'\{"cortex-(\w+)", (\w+),', text)}


def link(objects, flags, symbol, elf):
    """Bytes of the code and constants that the kernel needs."""
    subprocess.run(['arm-none-eabi-gcc', *flags, '-nostdlib', objects, f'-Wl,-e,{symbol},--gc-sections',
                    '-Wl,--unresolved-symbols=ignore-all,--no-warn-execstack', '-o', elf], check=True)
    sizes = subprocess.run(['arm-none-eabi-size', '-A', elf], check=True, capture_output=True, text=True).stdout
    rows = [line.split() for line in sizes.splitlines()]
    return sum(int(row[1]) for row in rows if len(row) == 3 and row[0] in ('.text', '.rodata', '.data'))


def measure(core, kernels, work, clang):
    """{symbol: [bytes by gcc, by clang]} of the kernels, which all run on the core."""
    flags = [*CORES[core][1], '-mthumb']
    triple = {'m0plus': 'thumbv6m', 'm3': 'thumbv7m', 'm4': 'thumbv7em', 'm7': 'thumbv7em', 'm33': 'thumbv8m.main',
              'm55': 'thumbv8.1m.main'}[core] + ('-none-eabihf' if '-mfloat-abi=hard' in flags else '-none-eabi')
    common = ['-O2', '-ffp-contract=off', '-ffunction-sections', '-fdata-sections', f'-I{repository}/runtime/include']
    compilers = [['arm-none-eabi-gcc', *flags, '-std=gnu11', *common],
                 [clang, f'--target={triple}', *flags, '-std=c11', '-fno-vectorize', '-fno-slp-vectorize', '-fno-math-errno',
                  '-fno-unwind-tables', '-isystem', '/usr/lib/arm-none-eabi/include', *common]]
    result = {kernel[5]: [] for kernel in kernels}
    for number, compiler in enumerate(compilers):
        objects = {}
        for source in sorted({kernel[4].strip('"') for kernel in kernels}):
            objects[source] = work / (source.replace('/', '-') + f'-{core}-{number}.o')
            subprocess.run([*compiler, '-c', repository / 'runtime' / source, '-o', objects[source]], check=True)
        for kernel in kernels:
            size = link(objects[kernel[4].strip('"')], flags, kernel[5], work / 'kernel.elf')
            if not size:
                sys.exit(f'measure_code.py: error: no code of {kernel[5]} on cortex-{core}')
            result[kernel[5]].append(size)
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--out', default=folder / 'CodeBytes.inc')
    parser.add_argument('--clang', default='clang-22')
    parser.add_argument('--check', action='store_true')
    options = parser.parse_args()
    isas = read_isas()
    wanted = {core: [k for k in read_kernels() if k[3] in isas[core]] for core in CORES}
    if options.check:
        present = set(re.findall(r'TINYC_CODE_BYTES\("cortex-(\w+)", "(\w+)", \d+, \d+\)', pathlib.Path(options.out).read_text()))
        for core, kernels in wanted.items():
            for kernel in kernels:
                if (core, kernel[5]) not in present:
                    sys.exit(f'measure_code.py: error: {kernel[5]} is not measured on cortex-{core}: run tools/measure_code.py')
        print(f'{len(present)} rows')
        return
    lines = []
    with tempfile.TemporaryDirectory() as work:
        for core, kernels in wanted.items():
            for symbol, sizes in measure(core, kernels, pathlib.Path(work), options.clang).items():
                lines.append((f'cortex-{core}', symbol, *sizes))
    with open(options.out, 'w') as file:
        file.write('// Bytes of code by core and kernel: by gcc, by LLVM. Made by tools/measure_code.py: do not edit.\n')
        for core, symbol, gcc, llvm in sorted(lines):
            file.write(f'TINYC_CODE_BYTES("{core}", "{symbol}", {gcc}, {llvm})\n')


if __name__ == '__main__':
    main()
