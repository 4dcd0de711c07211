#!/usr/bin/env bash
# Sets this machine up, builds tinyc, and takes the digit classifier of test/models down the whole road: float32 on the
# host, int8 on the host, int8 on an emulated Cortex-M7. Idempotent.
set -euo pipefail
cd "$(dirname "$0")/.."
./tools/setup.sh

tinyc=build/bin/tinyc
run=build/bin/tinyc-run
model=test/models/digits.onnx
scale=0.00392156862745098 # the model takes pixel / 255
samples="--input=test/models/digits_samples.npy --labels=test/models/digits_labels.npy --scale=$scale"
calibrate="--calibrate=test/models/digits_calibration.npy --scale=$scale"
package=build/demo/digits-cortex-m7
mkdir -p build/demo

echo "== Compiling $model for cortex-m7"
$tinyc $model --target=cortex-m7 $calibrate -o $package

echo "== Running 200 labelled digits: float32 and int8 on the host, int8 on the Cortex-M7 (QEMU)"
$run $model --target=host --quantize=none $samples --json >build/demo/float.json
$run $model --target=host $calibrate $samples --json >build/demo/host.json
$run $package $samples --json >build/demo/cortex-m7.json

# field FILE NAME: one number of a JSON object.
field() { sed -n "s/^ *\"$2\": *\([-0-9.e]*\),\{0,1\}$/\1/p" "$1"; }
percent() { awk -v a="$(field "$1" accuracy)" 'BEGIN { printf "%.1f %%", 100 * a }'; }
board=build/demo/cortex-m7.json
echo
echo "accuracy      float32 on host    $(percent build/demo/float.json)"
echo "              int8 on host       $(percent build/demo/host.json)"
echo "              int8 on Cortex-M7  $(percent $board)"
echo "SRAM          $(field $board sram) B, stack $(field $board stack) B"
echo "flash         $(field $board flash) B"
echo "instructions  $(field $board instructions) per inference"
echo "package       $package (start with its README.md)"
