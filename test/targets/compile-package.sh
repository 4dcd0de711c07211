#!/usr/bin/env bash
# compile-package.sh COMPILER TARGET PACKAGE OUTPUT [MAIN.c]: compiles all C files of a package and a main program with
# every warning an error, and links them, or the package's model.o, to OUTPUT, warnings of the linker being errors too.
set -euo pipefail
compiler=$1 target=$2 package=$3 output=$4
triple= flags=()
case $target in
cortex-m0plus) triple=thumbv6m-none-eabi flags=(-mcpu=$target -mfloat-abi=soft) ;;
cortex-m3) triple=thumbv7m-none-eabi flags=(-mcpu=$target -mfloat-abi=soft) ;;
cortex-m4) triple=thumbv7em-none-eabihf flags=(-mcpu=$target -mfpu=fpv4-sp-d16 -mfloat-abi=hard) ;;
cortex-m7) triple=thumbv7em-none-eabihf flags=(-mcpu=$target -mfpu=fpv5-d16 -mfloat-abi=hard) ;;
cortex-m33) triple=thumbv8m.main-none-eabihf flags=(-mcpu=$target -mfpu=fpv5-sp-d16 -mfloat-abi=hard) ;;
cortex-m55) triple=thumbv8.1m.main-none-eabihf flags=(-mcpu=$target -mfloat-abi=hard) ;;
host) ;;
*) echo "unknown target $target" && exit 1 ;;
esac
command=("$compiler")
link=("$compiler")
if [ "$target" != host ]; then
  flags+=(-mthumb)
  link=(arm-none-eabi-gcc "${flags[@]}" --specs=nosys.specs)
  case $compiler in
  *clang*) # as GCC does, and not Clang, by default
    command+=("--target=$triple" -isystem /usr/lib/arm-none-eabi/include -fshort-enums)
    link+=(-Wl,--no-warn-execstack) ;;
  esac
fi
command+=("${flags[@]}" -std=c11 -O1 -Wall -Wextra -Wconversion -Werror -pedantic -Wshadow -Wcast-align -Wcast-qual
          -Wmissing-prototypes -Wdouble-promotion -Wundef -Wno-overlength-strings -ffp-contract=off
          -I"$package" -I"$package/runtime/include")

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat > "$work/main.c" <<'MAIN'
#include "model.h"

#include <string.h>

static _Alignas(MODEL_ARENA_ALIGNMENT) uint8_t arena[MODEL_ARENA_BYTES];

int main(void) {
  model_context model;
  if (model_init(&model, arena, sizeof arena - 1) == 0 || model_init(&model, arena, sizeof arena) != 0)
    return 1;
  if (model_input(&model, MODEL_INPUT_COUNT) != NULL || model_output_bytes(MODEL_OUTPUT_COUNT) != 0)
    return 2;
  for (int i = 0; i < MODEL_INPUT_COUNT; ++i)
    memset(model_input(&model, i), 0, model_input_bytes(i));
  model_invoke(&model);
  return model_output(&model, 0) == NULL;
}
MAIN
[ $# -lt 5 ] || cp "$5" "$work/main.c"
objects=()
[ ! -e "$package/model.o" ] || objects+=("$package/model.o")
while read -r source; do
  object=$work/${#objects[@]}.o
  "${command[@]}" -c "$source" -o "$object"
  objects+=("$object")
done < <(find "$package" -name '*.c' | sort; echo "$work/main.c")
# newlib's stubs of system calls warn by design.
if ! "${link[@]}" "${objects[@]}" -o "$output" 2> "$work/log"; then
  cat "$work/log"
  exit 1
fi
if grep -v -e 'is not implemented and will always fail' -e ': in function `_' "$work/log"; then
  exit 1
fi
