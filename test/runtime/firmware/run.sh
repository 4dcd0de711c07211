#!/bin/sh
# run.sh CORE PROGRAM OUT [CC]: builds isa_kernels or checksum with the kernels of a Cortex-M, runs it in QEMU.
# SHAPES in the environment: how many random shapes isa_kernels tries (2000). The packed kernels take a part of them: 20000
# give each 2000 and more.
# GUARD in the environment: path of tinyc_guard.so, which finds reads outside the buffers (guard_plugin.c).
# CORE is cortex-m0plus, -m3, -m4, -m7, -m33, -m55 or host; OUT a scratch folder; CC gcc (arm-none-eabi) or clang (22).
set -eu
core=$1 program=$2 out=$3 compiler=${4:-gcc}
here=$(cd "$(dirname "$0")" && pwd)
repository=$(cd "$here/../../.." && pwd)
emulator=$repository/targets/cortex-m/emulator
flags="-DSHAPES=${SHAPES:-2000} -std=c11 -O2 -ffp-contract=off -Wall -Wextra -Werror -I$repository/runtime/include"
kernels=$(ls "$repository"/runtime/kernels/generic/*.c)
[ -z "${GUARD:-}" ] || flags="$flags -DROOMS"
mkdir -p "$out"
cache=$(command -v ccache || true)

if [ "$core" = host ]; then
  # The host's own flags are those of the host library: vectorized code has to give the same bits.
  clang-22 $flags -O3 "$here/$program.c" $kernels -o "$out/$program-host"
  exec "$out/$program-host"
fi
case $core in
cortex-m0plus) machine=mps2-an385 arm="-mcpu=$core -mfloat-abi=soft" target=thumbv6m-none-eabi ;;
cortex-m3) machine=mps2-an385 arm="-mcpu=$core -mfloat-abi=soft" target=thumbv7m-none-eabi ;;
cortex-m4) machine=mps2-an386 arm="-mcpu=$core -mfloat-abi=hard -mfpu=fpv4-sp-d16" target=thumbv7em-none-eabihf ;;
cortex-m7) machine=mps2-an500 arm="-mcpu=$core -mfloat-abi=hard -mfpu=fpv5-d16" target=thumbv7em-none-eabihf ;;
cortex-m33) machine=mps2-an505 arm="-mcpu=$core -mfloat-abi=hard -mfpu=fpv5-sp-d16" target=thumbv8m.main-none-eabihf ;;
cortex-m55) machine=mps3-an547 arm="-mcpu=$core -mfloat-abi=hard" target=thumbv8.1m.main-none-eabihf ;;
*) echo "run.sh: unknown core $core" >&2; exit 1 ;;
esac
case $core in
cortex-m4 | cortex-m7 | cortex-m33 | cortex-m55) kernels="$kernels $(ls "$repository"/runtime/kernels/armv7e-m/*.c)" ;;
esac
case $core in
cortex-m55) kernels="$kernels $(ls "$repository"/runtime/kernels/armv8.1-m/*.c)" ;;
esac

objects=
work=$out/$program-$core-$compiler
rm -rf "$work"
mkdir -p "$work"
for source in $kernels; do
  object=$work/$(basename "$(dirname "$source")")-$(basename "$source" .c).o
  if [ "$compiler" = clang ]; then
    $cache clang-22 --target=$target -isystem /usr/lib/arm-none-eabi/include -fshort-enums $arm $flags \
      -ffunction-sections -fno-vectorize -fno-slp-vectorize -c "$source" -o "$object"
    # Unwind indexes reach 1 GiB; the constants they are linked into may be farther from the code.
    arm-none-eabi-objcopy --remove-section='.ARM.exidx*' --remove-section='.rel.ARM.exidx*' "$object"
  else
    $cache arm-none-eabi-gcc $arm -mthumb $flags -ffunction-sections -c "$source" -o "$object"
  fi
  objects="$objects $object"
done
arm-none-eabi-gcc $arm -mthumb $flags -I"$emulator" "$here/$program.c" "$emulator/startup.c" $objects -nostartfiles \
  -L"$emulator" -T $machine.ld -Wl,--gc-sections,--no-warn-execstack -o "$work/firmware.elf"
set -- -M $machine -nographic -monitor none -serial null -chardev stdio,id=console \
  -semihosting-config enable=on,target=native,chardev=console -kernel "$work/firmware.elf"
[ -n "${GUARD:-}" ] || exec timeout 900 qemu-system-arm "$@" </dev/null

# Sizes of test/runtime/firmware/rooms.h.
symbol() { arm-none-eabi-nm "$work/firmware.elf" | sed -n "s/^\([0-9a-f]*\) [a-zA-Z] $1\$/0x\1/p"; }
status=0
timeout 900 qemu-system-arm "$@" \
  -plugin "$GUARD,out=$work/guard.txt,switch=$(symbol roomSwitch),rooms=$(symbol rooms):262144:1024:6" </dev/null || status=$?
cat "$work/guard.txt"
grep -q "^guard: [1-9][0-9]* accesses watched" "$work/guard.txt"
if grep -q "^guard: pc" "$work/guard.txt"; then
  arm-none-eabi-addr2line -f -e "$work/firmware.elf" $(sed -n 's/^guard: pc \(0x[0-9a-f]*\).*/\1/p' "$work/guard.txt")
  exit 1
fi
exit $status
