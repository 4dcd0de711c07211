"""linker_map.py PACKAGE...: links each Cortex-M package with the emulator's firmware and compares what the linker's map says
with model.h and report.json: the arena is as large as they say, and the package has no other variables."""
import json
import pathlib
import re
import subprocess
import sys
import tempfile

emulator = pathlib.Path(__file__).parents[3] / "targets/cortex-m/emulator"
core = ["-mcpu=cortex-m7", "-mfloat-abi=hard", "-mthumb"]
flags = core + ["-std=c11", "-O2", "-ffunction-sections", "-fdata-sections", "-ffp-contract=off"]


def compile(source, package, work):
    object = work / (str(source).replace("/", "_") + ".o")
    includes = [f"-I{package}", f"-I{package}/runtime/include"]
    subprocess.run(["arm-none-eabi-gcc", *flags, *includes, "-c", source, "-o", object], check=True)
    return object


def variables(objects):
    """Bytes of .data and .bss of object files."""
    rows = subprocess.run(["arm-none-eabi-size", *objects], check=True, capture_output=True, text=True).stdout
    return sum(int(row.split()[1]) + int(row.split()[2]) for row in rows.splitlines()[1:])


def check(package):
    with tempfile.TemporaryDirectory() as directory:
        work = pathlib.Path(directory)
        sources = [package / "model.c", *sorted((package / "runtime").rglob("*.c"))]
        objects = [compile(source, package, work) for source in sources]
        assert variables(objects) == 0, f"{package}: the package has variables"
        firmware = [compile(emulator / name, package, work) for name in ("main.c", "startup.c")]
        link = ["-nostartfiles", f"-L{emulator}", "-T", "mps2-an500.ld", "-Wl,--gc-sections", f"-Wl,-Map={work}/map"]
        subprocess.run(["arm-none-eabi-gcc", *core, *link, *objects, *firmware, "-o", work / "elf"], check=True)
        map = (work / "map").read_text()
    # " .bss.arena     0x20010000     0x1424 main.c.o"
    sizes = [int(size, 16) for size in re.findall(r"^ \.bss\.arena\s+0x[0-9a-f]+\s+(0x[0-9a-f]+)\s", map, re.M)]
    header = int(re.search(r"_ARENA_BYTES (\d+)", (package / "model.h").read_text()).group(1))
    report = json.loads((package / "report.json").read_text())["sram"]["total"]
    assert sizes == [header] and header == report, f"{package}: linked {sizes}, model.h {header}, report {report}"
    print(f"{package.name}: {header}")


for argument in sys.argv[1:]:
    check(pathlib.Path(argument).resolve())
