#!/usr/bin/env bash
# run.sh TARGET SEEDS RUNS [DIRECTORY]: makes the seeds by a script of this folder, then RUNS executions of a fuzz target on one core.
# Fails at the first crash, leak, hang (20 s) or undefined behaviour; its input stays in DIRECTORY (default: TARGET's name beside it)
# as crash-*, leak-*, oom-* or timeout-*. TINYC_FUZZ_MEMORY: the greatest size in MiB (default 3072).
set -euo pipefail
here=$(dirname "$(realpath "$0")")
target=$(realpath "$1") seeds=$2 runs=$3 work=${4:-$1.work}

rm -rf "$work/seeds"
mkdir -p "$work/seeds" "$work/corpus"
/usr/bin/python3 "$here/$seeds" "$work/seeds"
cd "$work"
# Sizes are checked by arithmetic before anything is allocated.
log=$work/log
ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=0 UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1 \
  "$target" -runs="$runs" -seed=1 -max_len=16384 -timeout=20 -rss_limit_mb="${TINYC_FUZZ_MEMORY:-3072}" -malloc_limit_mb=1024 \
  -print_final_stats=1 -keep_seed=1 corpus seeds >"$log" 2>&1 || { tail -40 "$log"; exit 1; }
tail -8 "$log"
