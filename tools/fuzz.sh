#!/usr/bin/env bash
# Fuzzes the ONNX importer, and MLIR's text with all passes, with libFuzzer under ASan and UBSan.
set -euo pipefail
cd "$(dirname "$0")/.."

usage() {
  cat <<'TEXT'
usage: tools/fuzz.sh [--target=onnx-import|pipeline] [--runs=N] [--build=DIRECTORY]

Builds the fuzz targets in build-fuzz/ (the first time takes some minutes), makes seeds of the models of libonnx-testdata and of
the tests, and runs N executions (default 2,000,000) of each target, or of one, on one core. Ends with an error at the first crash,
leak, hang (20 s) or undefined behaviour, and leaves the input as crash-*, leak-* or timeout-* in DIRECTORY/fuzz-*.work, which
also holds the corpus that later runs begin with.
TEXT
}

runs=2000000 build=build-fuzz targets="onnx-import pipeline"
for argument in "$@"; do
  case $argument in
    --target=onnx-import | --target=pipeline) targets=${argument#*=} ;;
    --runs=*) runs=${argument#*=} ;;
    --build=*) build=${argument#*=} ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 1 ;;
  esac
done

mkdir -p "$build"
cmake -S . -B "$build" -G Ninja -DCMAKE_C_COMPILER=clang-22 -DCMAKE_CXX_COMPILER=clang++-22 -DCMAKE_BUILD_TYPE=Release \
  -DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache \
  -DCMAKE_PREFIX_PATH=/usr/lib/llvm-22 -DLLVM_USE_LINKER=lld -DTINYC_FUZZ=ON >"$build/configure.log" 2>&1 ||
  { cat "$build/configure.log" >&2; exit 1; }
for target in $targets; do
  cmake --build "$build" --target "fuzz-$target"
  seeds=make_seeds.py
  [ "$target" = pipeline ] && seeds=make_mlir_seeds.py
  test/fuzz/run.sh "$build/bin/fuzz-$target" "$seeds" "$runs" "$(realpath "$build")/fuzz-$target.work"
done
