#!/usr/bin/env bash
# Measures the networks of ../shared and prints README's table: accuracy of float32, int8 by tinyc and imported Q/DQ
# programs on the host, and SRAM, flash and instructions of the int8 program on Cortex-M7 and Cortex-M4 (QEMU, 20 samples).
set -euo pipefail
cd "$(dirname "$0")/.."
models=../shared/models data=../shared/data run=build/bin/tinyc-run
[ -d $models ] || { echo "accuracy: error: ../shared/models is absent" >&2; exit 1; }

# number REPORT NAME [FACTOR FORMAT]: one field of a JSON object.
number() {
  /usr/bin/python3 - "$@" <<'PYTHON'
import json, sys
path, name, factor, form = (sys.argv[1:] + ["1", "{:,.0f}"])[:4]
print(form.format(json.load(open(path))[name] * float(factor)))
PYTHON
}

# row TITLE MODEL SKIP CALIBRATION SAMPLES...: measures one network.
row() {
  local title=$1 model=$2 skip=$3 calibrate=$4 work
  shift 4
  work=$(mktemp -d)
  local metric=accuracy factor=100 format='{:.2f} %'
  case $* in *--expect*) metric=mse factor=1 format='{:.3f}' ;; esac
  $run $models/$model.onnx --target=host --quantize=none --skip=$skip --json "$@" >$work/float
  $run $models/$model.onnx --target=host $calibrate --skip=$skip --json "$@" >$work/int8
  $run $models/${model}_int8_qdq.onnx --target=host --skip=$skip --json "$@" >$work/qdq
  $run $models/$model.onnx --target=cortex-m7 $calibrate --skip=$skip --limit=20 --json "$@" >$work/m7
  $run $models/$model.onnx --target=cortex-m4 $calibrate --skip=$skip --limit=20 --json "$@" >$work/m4
  echo "| $title | $(number $work/float $metric $factor "$format") | $(number $work/int8 $metric $factor "$format")" \
    "| $(number $work/qdq $metric $factor "$format") | $(number $work/m7 sram) | $(number $work/m7 flash)" \
    "| $(number $work/m7 instructions) | $(number $work/m4 instructions) |"
  rm -r "$work"
}

echo "| network | float32 | int8 by tinyc | imported Q/DQ | SRAM, B | flash, B | instructions, M7 | instructions, M4 |"
echo "| --- | --- | --- | --- | --- | --- | --- | --- |"
row "kws_dscnn (keyword spotting)" kws_dscnn 200 "--calibrate=$data/kws01/features_int8.npy --calibrate-limit=200" \
  --input=$data/kws01/features_int8.npy --labels=$data/kws01/labels.npy --scale=0.5847029089927673 --offset=-48.53034144639969
row "ic_resnet8 (CIFAR-10)" ic_resnet8 0 "--calibrate=$data/cifar10/train_u8.npy" \
  --input=$data/cifar10/test_u8.npy --labels=$data/cifar10/test_labels.npy
row "vww_mobilenet (visual wake words, 96x96)" vww_mobilenet 64 "--calibrate=$data/vww_coco/images_96_u8.npy --calibrate-limit=64" \
  --input=$data/vww_coco/images_96_u8.npy --labels=$data/vww_coco/labels.npy --scale=0.00392156862745098
row "mcunet_vww (visual wake words, 80x80)" mcunet_vww 64 "--calibrate=$data/vww_coco/images_80_u8.npy --calibrate-limit=64" \
  --input=$data/vww_coco/images_80_u8.npy --labels=$data/vww_coco/labels.npy --scale=0.00784313725490196 --offset=-1
row "ad_autoencoder (anomaly detection; mean squared error)" ad_autoencoder 0 \
  "--calibrate=$data/ad01/normal_id_01_00000000_windows_f32.npy --calibrate-limit=64" \
  --input=$data/ad01/normal_id_01_00000000_windows_f32.npy --expect=input
