#!/usr/bin/env bash
# Set up a Debian 12 machine for tinyc and build it into build/. Running it again does only what is missing.
set -euo pipefail

packages=(
  clang-22 lld-22 libclang-rt-22-dev llvm-22-dev llvm-22-tools libmlir-22-dev mlir-22-tools
  gcc cmake ninja-build ccache
  libonnx-dev coinor-libcbc-dev libprotobuf-dev protobuf-compiler libabsl-dev libgtest-dev libbenchmark-dev libonnx-testdata
  gcc-arm-none-eabi libnewlib-arm-none-eabi qemu-system-arm
  python3-numpy python3-onnx
)
test_packages=(python3-torch python3-torchvision)

usage() {
  cat <<'TEXT'
usage: tools/setup.sh [--no-build] [--tests]

Installs the Debian packages that are missing, configures build/ and builds it.
  --no-build   packages and configuration only
  --tests      packages that only tests need, too
TEXT
}

say() { printf 'setup: %s\n' "$*"; }

fail() {
  printf 'setup: error: %s\n' "$*" >&2
  exit 1
}

# The packages of the list that are not installed, one a line.
missing_packages() {
  local installed
  installed=$(dpkg-query --show --showformat='${binary:Package} ${db:Status-Status}\n' "${packages[@]}" 2>/dev/null |
    sed -n 's/^\([^: ]*\)[^ ]* installed$/\1/p' || true)
  printf '%s\n' "${packages[@]}" | grep --invert-match --line-regexp --fixed-strings --file=<(printf '%s\n' "$installed") || true
}

install_packages() {
  command -v apt-get >/dev/null || fail "this is no Debian machine: apt-get not found; install the counterparts of: ${packages[*]}"
  local missing
  mapfile -t missing < <(missing_packages)
  if [[ ${#missing[@]} -eq 0 ]]; then
    say "all ${#packages[@]} Debian packages are installed"
    return
  fi

  local as_root=()
  if [[ $EUID -ne 0 ]]; then
    command -v sudo >/dev/null || fail "neither root nor sudo; ask an administrator to install: ${missing[*]}"
    as_root=(sudo)
    # Without a terminal nobody can type a password.
    [[ -t 0 ]] || as_root+=(--non-interactive)
    "${as_root[@]}" true || fail "sudo refused; ask an administrator to install: ${missing[*]}"
  fi

  say "installing ${#missing[@]} of ${#packages[@]} Debian packages: ${missing[*]}"
  "${as_root[@]}" apt-get update --quiet || fail "apt-get update failed (is there a network?)"
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install --yes --quiet --no-install-recommends "${missing[@]}" </dev/null ||
    fail "apt-get could not install: ${missing[*]}"
  mapfile -t missing < <(missing_packages)
  [[ ${#missing[@]} -eq 0 ]] || fail "still not installed: ${missing[*]}"
}

configure() {
  say "configuring build/"
  # A compiler named again on a configured folder may resolve to another path, which discards the whole cache.
  local first_time=()
  if [[ ! -f build/build.ninja ]]; then
    first_time=(--fresh -G Ninja -DCMAKE_C_COMPILER=clang-22 -DCMAKE_CXX_COMPILER=clang++-22)
  fi
  cmake -S . -B build "${first_time[@]}" -DCMAKE_BUILD_TYPE=Release \
    -DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache \
    -DCMAKE_PREFIX_PATH=/usr/lib/llvm-22 -DLLVM_USE_LINKER=lld ||
    fail "cmake could not configure build/ (see above; 'rm -r build' starts afresh)"
}

build() {
  say "building into build/ on $(nproc) cores (the first time takes some minutes)"
  local start=$SECONDS
  cmake --build build || fail "the build failed (see above)"
  say "built in $((SECONDS - start)) s"
}

build_wanted=1
for argument in "$@"; do
  case $argument in
    --no-build) build_wanted=0 ;;
    --tests) packages+=("${test_packages[@]}") ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; fail "unknown option: $argument" ;;
  esac
done

cd "$(dirname "${BASH_SOURCE[0]}")/.."
# The precompiled header and its time stamps would otherwise keep ccache from reusing anything.
export CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime

install_packages
configure
if [[ $build_wanted -eq 1 ]]; then
  build
fi
