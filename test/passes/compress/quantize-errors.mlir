// RUN: split-file %s %t
// RUN: tinyc-opt %t/range.mlir -verify-diagnostics -compress-quantize
// RUN: tinyc-opt %t/weight.mlir -verify-diagnostics -compress-quantize
// RUN: tinyc-opt %t/axis.mlir -verify-diagnostics -compress-quantize | FileCheck %s --check-prefix=AXIS
// RUN: tinyc-opt %t/constant.mlir -verify-diagnostics -compress-quantize
// RUN: tinyc-opt %t/join.mlir -verify-diagnostics -compress-quantize
// RUN: not tinyc-opt %t/range.mlir -compress-quantize=weights=int3 2>&1 | FileCheck %s --check-prefix=TYPE

// RUN: not tinyc-opt %t/range.mlir -compress-quantize=activations=int3 2>&1 | FileCheck %s --check-prefix=ACTIVATIONS
// RUN: tinyc-opt %t/bits.mlir -verify-diagnostics -compress-quantize
// RUN: tinyc-opt %t/scales.mlir -verify-diagnostics -compress-quantize

// TYPE: error: expects weights of type int8, int4 or int2, got int3
// ACTIVATIONS: error: expects activations of type int8, int16 or int4, got int3

//--- bits.mlir
func.func @main(%x: tensor<1x1xf32> {nn.range = array<f64: -1.0, 1.0>}) -> tensor<1x1xf32> {
  %w = nn.constant dense<1.0> : tensor<1x1xf32> -> tensor<1x1xf32>
  // expected-error @below {{expects nn.weight_bits of 8, 4 or 2, got 3 : i32}}
  %0 = nn.fully_connected %x, %w {nn.weight_bits = 3 : i32, nn.range = array<f64: -1.0, 1.0>} : (tensor<1x1xf32>, tensor<1x1xf32>) -> tensor<1x1xf32>
  return %0 : tensor<1x1xf32>
}

//--- scales.mlir
func.func @main(%x: tensor<1x1xf32> {nn.range = array<f64: -1.0, 1.0>}) -> tensor<1x1xf32> {
  %w = nn.constant dense<1.0> : tensor<1x1xf32> -> tensor<1x1xf32>
  // expected-error @below {{expects 1 positive scales in nn.weight_scales, got array<f32: 5.000000e-01, 1.000000e+00>}}
  %0 = nn.fully_connected %x, %w {nn.weight_scales = array<f32: 0.5, 1.0>, nn.range = array<f64: -1.0, 1.0>} : (tensor<1x1xf32>, tensor<1x1xf32>) -> tensor<1x1xf32>
  return %0 : tensor<1x1xf32>
}

//--- range.mlir
func.func @main(%x: tensor<1x4xf32> {nn.range = array<f64: -1.0, 1.0>}) -> tensor<1x4xf32> {
  // expected-error @below {{expects a calibrated range in nn.range to quantize by}}
  %0 = nn.leaky_relu %x {alpha = 0.1 : f32} : (tensor<1x4xf32>) -> tensor<1x4xf32>
  return %0 : tensor<1x4xf32>
}

//--- weight.mlir
func.func @main(%x: tensor<1x1xf32> {nn.range = array<f64: -1.0, 1.0>}) -> tensor<1x1xf32> {
  %w = nn.constant dense<0x7FC00000> : tensor<1x1xf32> -> tensor<1x1xf32>
  // expected-error @below {{expects finite weights and biases to quantize}}
  %0 = nn.fully_connected %x, %w {nn.range = array<f64: -1.0, 1.0>} : (tensor<1x1xf32>, tensor<1x1xf32>) -> tensor<1x1xf32>
  return %0 : tensor<1x1xf32>
}

//--- constant.mlir
func.func @main(%x: tensor<1x1xf32> {nn.range = array<f64: -1.0, 1.0>}) -> tensor<1x1xf32> {
  %c = nn.constant dense<0x7F800000> : tensor<1x1xf32> -> tensor<1x1xf32>
  // expected-error @below {{expects a finite constant as operand 1 to quantize}}
  %0 = nn.add %x, %c {clampMax = 1.0 : f32, nn.range = array<f64: -1.0, 1.0>} : (tensor<1x1xf32>, tensor<1x1xf32>) -> tensor<1x1xf32>
  return %0 : tensor<1x1xf32>
}

//--- join.mlir
func.func @main(%x: tensor<1xf32> {nn.range = array<f64: -1.0, 1.0>}) -> tensor<2xf32> {
  %c = nn.constant dense<0x7F800000> : tensor<1xf32> -> tensor<1xf32>
  // expected-error @below {{expects finite constants to quantize}}
  %0 = nn.concat %x, %c {axis = 0 : i64, nn.range = array<f64: -1.0, 1.0>} : (tensor<1xf32>, tensor<1xf32>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

//--- axis.mlir
// Casts of activations per axis keep their own types; what they alone read and compute stays float.
// AXIS: func.func @main(%[[X:.+]]: tensor<2x4xf32>) -> tensor<2x4xf32>
// AXIS-NEXT: %[[Q:.+]] = quant.qcast %[[X]] : tensor<2x4xf32> to tensor<2x4x!quant.uniform<i8:f32:0, {5.000000e-01,2.500000e-01}>>
// AXIS-NEXT: %[[D:.+]] = quant.dcast %[[Q]]
// AXIS-NEXT: return %[[D]]
func.func @main(%x: tensor<2x4xf32> {nn.range = array<f64: -1.0, 1.0>}) -> tensor<2x4xf32> {
  // expected-remark @below {{stays in float: it quantizes activations per axis}}
  %0 = quant.qcast %x : tensor<2x4xf32> to tensor<2x4x!quant.uniform<i8:f32:0, {0.5, 0.25}>>
  // expected-remark @below {{stays in float: it quantizes activations per axis}}
  %1 = quant.dcast %0 {nn.range = array<f64: -1.0, 1.0>} : tensor<2x4x!quant.uniform<i8:f32:0, {0.5, 0.25}>> to tensor<2x4xf32>
  return %1 : tensor<2x4xf32>
}
