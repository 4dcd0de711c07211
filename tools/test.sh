#!/usr/bin/env bash
# Sets this machine up, builds tinyc and runs every test. Idempotent. Options of ctest may follow.
set -euo pipefail
cd "$(dirname "$0")/.."
./tools/setup.sh --tests
echo "== Testing"
[ -d ../shared/models ] || echo "   ../shared is absent: the tests on real models will be skipped"
ctest --test-dir build --output-on-failure "$@"
