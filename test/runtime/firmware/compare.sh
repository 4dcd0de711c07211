#!/bin/sh
# compare.sh OUT: the hash of all generic kernels' results is the same on the host and on every core, gcc and clang.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
expected=$("$here/run.sh" host checksum "$1")
for core in cortex-m0plus cortex-m3 cortex-m4 cortex-m7 cortex-m33 cortex-m55; do
  for compiler in gcc clang; do
    actual=$("$here/run.sh" $core checksum "$1" $compiler)
    echo "$core $compiler $actual"
    [ "$actual" = "$expected" ] || { echo "differs from the host: $expected" >&2; exit 1; }
  done
done
