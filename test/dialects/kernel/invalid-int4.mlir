// RUN: tinyc-opt %s -split-input-file -verify-diagnostics

func.func @odd_row(%x: memref<1x2x3x1xi4>, %y: memref<1x2x3x1xi8>) {
  // expected-error @+1 {{expects rows of an even number of 4-bit elements, got 'memref<1x2x3x1xi4>'}}
  kernel.requantize %x : memref<1x2x3x1xi4> -> %y : memref<1x2x3x1xi8> {inputZeroPoint = 0 : i32, multiplier = 1 : i32, stage = #kernel.output_s8<zeroPoint = 0, clampMin = -128, clampMax = 127, shift = 32>}
  return
}

// -----

func.func @beside_int16(%x: memref<2x4xi16>, %y: memref<2x4xi4>) {
  // expected-error @+1 {{expects i4 or i8 buffers beside i4 buffers, got 'memref<2x4xi16>' and 'memref<2x4xi4>'}}
  kernel.requantize %x : memref<2x4xi16> -> %y : memref<2x4xi4> {inputZeroPoint = 0 : i32, multiplier = 1 : i32, stage = #kernel.output_s8<zeroPoint = 0, clampMin = -8, clampMax = 7, shift = 32>}
  return
}

// -----

func.func @wide_clamp(%x: memref<2x4xi8>, %y: memref<2x4xi4>) {
  // expected-error @+1 {{expects a clamp within -8 to 7 for i4 buffers, got -8 to 8}}
  kernel.requantize %x : memref<2x4xi8> -> %y : memref<2x4xi4> {inputZeroPoint = 0 : i32, multiplier = 1 : i32, stage = #kernel.output_s8<zeroPoint = 0, clampMin = -8, clampMax = 8, shift = 32>}
  return
}

// -----

func.func @broadcast(%x: memref<1x4xi8>, %y: memref<2x4xi4>) {
  // expected-error @+1 {{expects operands of the output's shape beside 4-bit elements, got 'memref<1x4xi8>' and 'memref<2x4xi4>'}}
  kernel.add %x, %y : memref<1x4xi8>, memref<2x4xi4> -> %y : memref<2x4xi4> {lhsMultiplier = 524288 : i32, rhsMultiplier = 524288 : i32, stage = #kernel.output_s8<zeroPoint = 0, clampMin = -8, clampMax = 7, shift = 20>}
  return
}
