#!/usr/bin/env bash
# Fuzzes the ONNX importer with libFuzzer under ASan and UBSan.
set -euo pipefail
cd "$(dirname "$0")/.."

usage() {
  cat <<'TEXT'
usage: tools/fuzz.sh [--runs=N] [--build=DIRECTORY] [--corpus=DIRECTORY]

Builds the fuzz target in build-fuzz/ (the first time takes some minutes), makes seeds of the models of libonnx-testdata
and of the tests, and runs N executions (default 20,000) on one core. Ends with an error at the first crash, leak, hang (20 s)
or undefined behaviour, and leaves the input as crash-*, leak-* or timeout-* in the build directory.
TEXT
}

runs=20000 build=build-fuzz corpus=
for argument in "$@"; do
  case $argument in
    --runs=*) runs=${argument#*=} ;;
    --build=*) build=${argument#*=} ;;
    --corpus=*) corpus=${argument#*=} ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 1 ;;
  esac
done
corpus=${corpus:-$build/corpus}

mkdir -p "$build"
cmake -S . -B "$build" -G Ninja -DCMAKE_C_COMPILER=clang-22 -DCMAKE_CXX_COMPILER=clang++-22 -DCMAKE_BUILD_TYPE=Release \
  -DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache \
  -DCMAKE_PREFIX_PATH=/usr/lib/llvm-22 -DLLVM_USE_LINKER=lld -DTINYC_FUZZ=ON >"$build/configure.log" 2>&1 ||
  { cat "$build/configure.log" >&2; exit 1; }
cmake --build "$build" --target fuzz-onnx-import

mkdir -p "$corpus"
/usr/bin/python3 test/fuzz/make_seeds.py "$corpus"
# Sizes are checked by arithmetic before anything is allocated: 2 GiB are for folded constants and the sanitizers' own.
cd "$build"
ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=0 UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1 \
  bin/fuzz-onnx-import -runs="$runs" -seed=1 -max_len=16384 -timeout=20 -rss_limit_mb=3072 -malloc_limit_mb=1024 \
  -print_final_stats=1 "$(cd - >/dev/null && realpath "$corpus")"
