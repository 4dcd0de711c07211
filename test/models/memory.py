#!/usr/bin/env python3
"""memory.py [MODEL...] [--columns=ram,ram-1.3,stream,...] [--check] [--samples=N] [--emulated=N] [--json=FILE]

Compiles models for Cortex-M7 (int8) under several schedules and prints the SRAM each needs, as a table: the arena, which holds
inputs, outputs, activations and scratch, and where the input is streamed the program's state, in bytes. With --check it fails unless every figure keeps the limit in the table below,
the linker map of the package has the same bytes of RAM and no others, and all schedules compute the bits of the reference
interpreter, which knows no schedule: on the host, and in QEMU a package that checks its kernels (tinyc --check).

tinyc and tinyc-run are taken from PATH. The models come from ../shared beside the repository, MobileNetV2 from mobilenet_v2.py.
"""
import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import time

shared = pathlib.Path(__file__).resolve().parents[3] / "shared"
RAM, AGAIN, STREAM = ["--optimize=ram"], "--max-recompute=", "--stream-input"
COLUMNS = {
    "speed": ["--optimize=speed"],
    "balanced": [],
    "ram": RAM,
    "ram-1.3": RAM + [AGAIN + "1.3"],
    "stream": RAM + [STREAM],
    "stream-1.3": RAM + [STREAM, AGAIN + "1.3"],
    "stream-1.7": RAM + [STREAM, AGAIN + "1.7"],
}
HALF = ["--scale=0.00784313725490196", "--offset=-1"]  # pixels 0 .. 255 to -1 .. 1


def get_shared(data, limit, *flags):
    """Files and flags of a network of ../shared, by its name; `limit` samples calibrate."""
    def find(name, work):
        samples = shared / "data" / data
        return shared / "models" / f"{name}.onnx", samples, [f"--calibrate-limit={limit}", *flags]
    return find


def get_mobilenet(width, size):
    def find(name, work):
        import mobilenet_v2  # alone needs python3-onnx
        model, samples = mobilenet_v2.write(work, width, size)
        return model, samples, HALF
    return find


# Files, and the limits in bytes that the schedules are held to.
MODELS = {
    "kws_dscnn": (get_shared("kws01/features_int8.npy", 200, "--scale=0.5847029089927673", "--offset=-48.53034144639969"),
                  {"ram": 4800, "stream": 4400}),
    "ic_resnet8": (get_shared("cifar10/train_u8.npy", 500), {"ram": 12000, "ram-1.3": 11000, "stream": 10500}),
    "vww_mobilenet": (get_shared("vww_coco/images_96_u8.npy", 64, "--scale=0.00392156862745098"),
                      {"ram": 30000, "ram-1.3": 30000, "stream": 12000}),
    "ad_autoencoder": (get_shared("ad01/normal_id_01_00000000_windows_f32.npy", 64), {"ram": 800}),
    "mcunet_vww": (get_shared("vww_coco/images_80_u8.npy", 64, *HALF), {"ram": 23000, "ram-1.3": 22000, "stream": 15500}),
    "mobilenet_v2_0.30_80": (get_mobilenet(0.30, 80), {"ram": 23000, "ram-1.3": 22000, "stream": 12500}),
    "mobilenet_v2_0.35_144": (get_mobilenet(0.35, 144), {"ram": 67000, "ram-1.3": 66000, "stream": 25000,
                                                         "stream-1.3": 15000, "stream-1.7": 8500}),
}


class Failure(Exception):
    pass


def run(*command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines()
        raise Failure("\n  ".join([" ".join(map(str, command)), *lines[:3]]))
    return done.stdout


def get_linked_bytes(package, work):
    """Bytes of RAM that a firmware of the package and its arena has, by the linker's map."""
    main, elf, linkermap = work / "main.c", work / "firmware.elf", work / "firmware.map"
    main.write_text('#include "model.h"\n'
                    "static _Alignas(MODEL_ARENA_ALIGNMENT) uint8_t arena[MODEL_ARENA_BYTES];\n"
                    "int main(void) { model_context model; return model_init(&model, arena, sizeof arena) ||"
                    " (model_invoke(&model), 0); }\n")
    sources = sorted(package.rglob("*.c"))
    run("arm-none-eabi-gcc", "-mcpu=cortex-m7", "-mfpu=fpv5-d16", "-mfloat-abi=hard", "-mthumb", "-std=c11", "-O2",
        "-ffunction-sections", "-fdata-sections", f"-I{package}", f"-I{package}/runtime/include", main, *sources,
        "-nostartfiles", "-Wl,--entry=main,--gc-sections,-Map," + str(linkermap), "-o", elf)
    text = linkermap.read_text()
    return sum(int(size, 16) for size in re.findall(r"^\.(?:data|bss)\s+0x[0-9a-f]+\s+(0x[0-9a-f]+)", text, re.M))


def get_bytes(report):
    """The arena, and the state of a program that stops for rows."""
    return report["sram"]["total"] + report["sram"].get("state", 0)


class Subject:
    """One model and what it computed."""

    def __init__(self, name, work, options):
        find, self.limits = MODELS[name]
        self.name, self.work, self.options = name, work, options
        self.model, self.samples, flags = find(name, work)
        self.flags = [f"--calibrate={self.samples}", *flags, "--keep-channels"]
        self.transform = [flag for flag in flags if flag.startswith(("--scale", "--offset"))]
        self.calibration = [flag for flag in self.flags if flag not in self.transform]
        self.expected = {}

    def evaluate(self, count, *program):
        """The outputs of `count` samples, as the bytes of the .npy file."""
        output = self.work / "output.npy"
        run("tinyc-run", *program, f"--input={self.samples}", f"--limit={count}", f"--output={output}", *self.transform)
        return output.read_bytes()

    def expect(self, count):
        """The outputs of the interpreter, which knows no schedule."""
        if count not in self.expected:
            self.expected[count] = self.evaluate(count, self.model, *self.calibration, "--interpret")
        return self.expected[count]

    def measure(self, column):
        """The report of the package under the schedule of `column`, with the seconds it took."""
        package, begin = self.work / column, time.monotonic()
        run("tinyc", self.model, *self.flags, *COLUMNS[column], "--quiet", "-o", package)
        report = json.loads((package / "report.json").read_text())
        report["seconds"] = time.monotonic() - begin
        return report

    def check(self, column, report):
        """What is wrong with a schedule."""
        flags, total, failures = COLUMNS[column], report["sram"]["total"], []
        limit, needed = self.limits.get(column), get_bytes(report)
        if limit and needed > limit:
            failures.append(f"needs {needed:,} B, the limit is {limit:,}")
        linked = get_linked_bytes(self.work / column, self.work)
        if not 0 <= linked - total < 16:  # aligned
            failures.append(f"the linker map has {linked:,} B of RAM, the report {total:,}")
        host = [self.model, *self.calibration, "--target=host", *flags]
        # A kernel that touches bytes which it must not makes a package with checks fail.
        checked = [self.model, *self.calibration, "--target=cortex-m7", "--check", *flags]
        for place, count, program in (("the host", self.options.samples, host), ("QEMU", self.options.emulated, checked)):
            if count and self.evaluate(count, *program) != self.expect(count):
                failures.append(f"other bits on {place} than the interpreter's")
        return failures


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", metavar="MODEL", help=", ".join(MODELS))
    parser.add_argument("--columns", help="of " + ", ".join(COLUMNS) + " (default: those with a limit)")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--samples", type=int, default=8, help="compared on the host")
    parser.add_argument("--emulated", type=int, default=2, help="compared in QEMU")
    parser.add_argument("--json", help="write the reports to this file")
    options = parser.parse_args()
    unknown = [name for name in options.models if name not in MODELS]
    columns = options.columns.split(",") if options.columns else None
    unknown += [column for column in columns or [] if column not in COLUMNS]
    if unknown:
        parser.error(f"unknown: {', '.join(unknown)}")
    print("| model | schedule | SRAM, B | limit, B | bound, B | MACs | compiled in, s |\n| --- | --- | --- | --- | --- | --- | --- |")
    wrong, reports = [], {}
    for name in options.models or MODELS:
        with tempfile.TemporaryDirectory() as folder:
            subject = Subject(name, pathlib.Path(folder), options)
            for column in columns or subject.limits:
                try:
                    report = subject.measure(column)
                    failures = subject.check(column, report) if options.check else []
                except Failure as failure:
                    wrong.append(f"{name}, {column}: {failure}")
                    continue
                reports.setdefault(name, {})[column] = report
                limit, bound = subject.limits.get(column), report["sram"].get("bound")
                print(f"| {name} | {column} | {get_bytes(report):,} | {f'{limit:,}' if limit else ''} "
                      f"| {f'{bound:,}' if bound else ''} | {report['macs']:,} | {report['seconds']:.1f} |", flush=True)
                wrong += [f"{name}, {column}: {failure}" for failure in failures]
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(reports, indent=1) + "\n")
    for failure in wrong:
        print(f"memory.py: {failure}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
