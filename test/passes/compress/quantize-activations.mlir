// RUN: split-file %s %t
// RUN: tinyc-opt %t/whole.mlir -compress-quantize=activations=int16 | FileCheck %s --check-prefix=WHOLE
// RUN: tinyc-opt %t/layer.mlir -compress-quantize | FileCheck %s --check-prefix=LAYER
// RUN: tinyc-opt %t/matmul.mlir -compress-quantize=activations=int16 -verify-diagnostics | FileCheck %s --check-prefix=MATMUL
// RUN: tinyc-opt %t/narrow.mlir -compress-quantize=activations=int4 -verify-diagnostics | FileCheck %s --check-prefix=NARROW
// RUN: not tinyc-opt %t/bits.mlir -compress-quantize 2>&1 | FileCheck %s --check-prefix=BITS
// RUN: tinyc-opt %t/layer.mlir -compress-assign-precision=activations=int16 | FileCheck %s --check-prefix=ASSIGN
// RUN: not tinyc-opt %t/layer.mlir -compress-assign-precision=activations=int12 2>&1 | FileCheck %s --check-prefix=TYPE

// Symmetric: 3.2767 / 32767 = 1e-4 for the argument, 6.5534 / 32767 = 2e-4 behind the sigmoid's 1 / 32767.
// WHOLE-DAG: !quant.uniform<i16<-32767:32767>:f32, 9.999999
// WHOLE: nn.sigmoid {{.*}} -> tensor<4x!quant.uniform<i16<-32767:32767>:f32, 3.0518509
// hard_swish has no table of 16 bits.
// WHOLE: nn.hard_sigmoid %{{.*}} {alpha = 0.166666672 : f32, beta = 5.000000e-01 : f32}
// WHOLE: nn.mul
// WHOLE-NOT: nn.hard_swish

// A layer of 16 bits between those of 8: its operand is widened exactly, a step of 0.01 being 128 of 7.8125e-5; the next one reads
// its result in 8 bits, of the range 0 .. 2.55. The reshape says nothing and keeps 16.
// LAYER: %[[X:.*]] = nn.clamp %{{.*}} -> tensor<4x!quant.uniform<i8:f32, 0.0099999
// LAYER: %[[W:.*]] = nn.requantize %[[X]] {{.*}} -> tensor<4x!quant.uniform<i16<-32767:32767>:f32, 7.81249
// LAYER: %[[Y:.*]] = nn.clamp %[[W]] {{.*}} -> tensor<4x!quant.uniform<i16
// LAYER: %[[R:.*]] = nn.reshape %[[Y]] {{.*}} -> tensor<2x2x!quant.uniform<i16
// LAYER: %[[N:.*]] = nn.requantize %[[R]] {{.*}} -> tensor<2x2x!quant.uniform<i8:f32, {{0.00999.*}}:-128>>
// LAYER: nn.sigmoid %[[N]]
// LAYER-NOT: nn.activation_bits

// MATMUL: nn.requantize {{.*}} -> tensor<2x2x!quant.uniform<i8
// MATMUL: nn.matmul {{.*}} -> tensor<2x2x!quant.uniform<i8

// 4 bits: 7.5 in 15 steps of 0.5 from -8 on; -7.5 .. 7.5 in steps of 1, zero being -0.5, to even 0. Arguments and results of the function
// keep 8, and so does what an op without kernels for 4 bits reads, here sigmoid. A reshape has the type of its operand; sums read 4 and 8 bits
// beside each other.
// NARROW: func.func @f(%[[X:.*]]: tensor<1x2x2x2x!quant.uniform<i8:f32, {{.*}}>>
// NARROW: %[[A:.*]] = nn.add %[[X]], %[[X]] {{.*}} -> tensor<1x2x2x2x!quant.uniform<i4:f32, 5.000000e-01:-8>>
// NARROW: %[[R:.*]] = nn.reshape %[[A]] {{.*}} -> tensor<1x1x2x4x!quant.uniform<i4:f32, 5.000000e-01:-8>>
// NARROW: %[[P:.*]] = nn.max_pool %[[R]] {{.*}} -> tensor<1x1x2x4x!quant.uniform<i4:f32, 5.000000e-01:-8>>
// NARROW: %[[M:.*]] = nn.mul %[[P]], %[[R]] {{.*}} -> tensor<1x1x2x4x!quant.uniform<i8:f32,
// NARROW: %[[S:.*]] = nn.sigmoid %[[M]] {{.*}} -> tensor<1x1x2x4x!quant.uniform<i8:f32,
// NARROW: %[[B:.*]] = nn.add %[[S]], %[[P]] {{.*}} -> tensor<1x1x2x4x!quant.uniform<i4:f32, 1.000000e+00>>
// NARROW: nn.mul %[[B]], %[[B]] {{.*}} -> tensor<1x1x2x4x!quant.uniform<i8:f32,
// NARROW-NOT: nn.requantize

// BITS: error: 'nn.clamp' op expects nn.activation_bits of 4, 8 or 16, got 12 : i32
// ASSIGN: func.func @f{{.*}} attributes {nn.activation_bits = 16 : i32}
// TYPE: error: expects activations of type int8, int16 or int4, got int12

//--- whole.mlir
func.func @f(%x: tensor<4xf32> {nn.range = array<f64: -1.0, 3.2767>}) -> tensor<4xf32> {
  %y = nn.sigmoid %x {nn.range = array<f64: 0.0, 1.0>} : (tensor<4xf32>) -> tensor<4xf32>
  %z = nn.hard_swish %y {nn.range = array<f64: -6.5534, 1.0>} : (tensor<4xf32>) -> tensor<4xf32>
  return %z : tensor<4xf32>
}
//--- layer.mlir
func.func @f(%x: tensor<4xf32> {nn.range = array<f64: 0.0, 2.55>}) -> tensor<2x2xf32> {
  %a = nn.clamp %x {min = 0.0 : f32, nn.range = array<f64: 0.0, 2.55>} : (tensor<4xf32>) -> tensor<4xf32>
  %b = nn.clamp %a {min = 0.0 : f32, nn.range = array<f64: 0.0, 2.55>, nn.activation_bits = 16 : i32} : (tensor<4xf32>) -> tensor<4xf32>
  %c = nn.reshape %b {nn.range = array<f64: 0.0, 2.55>} : (tensor<4xf32>) -> tensor<2x2xf32>
  %d = nn.sigmoid %c {nn.range = array<f64: 0.0, 1.0>} : (tensor<2x2xf32>) -> tensor<2x2xf32>
  return %d : tensor<2x2xf32>
}
//--- matmul.mlir
func.func @f(%x: tensor<2x2xf32> {nn.range = array<f64: 0.0, 2.55>}) -> tensor<2x2xf32> {
  // expected-remark @below {{is computed in int8: it has no integer form of 16 bits}}
  %a = nn.matmul %x, %x {nn.range = array<f64: 0.0, 2.55>} : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  return %a : tensor<2x2xf32>
}
//--- narrow.mlir
func.func @f(%x: tensor<1x2x2x2xf32> {nn.range = array<f64: -1.0, 3.75>}) -> (tensor<1x1x2x4xf32>, tensor<1x1x2x3xf32>) {
  %a = nn.add %x, %x {clampMin = 0.0 : f32, nn.range = array<f64: 0.0, 7.5>} : (tensor<1x2x2x2xf32>, tensor<1x2x2x2xf32>) -> tensor<1x2x2x2xf32>
  %r = nn.reshape %a {nn.range = array<f64: 0.0, 7.5>} : (tensor<1x2x2x2xf32>) -> tensor<1x1x2x4xf32>
  %p = nn.max_pool %r {kernel = array<i64: 1, 1>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, nn.range = array<f64: 0.0, 7.5>} : (tensor<1x1x2x4xf32>) -> tensor<1x1x2x4xf32>
  // expected-remark @below {{has results of int8: nn.sigmoid has no kernel that reads int4}}
  %m = nn.mul %p, %r {nn.range = array<f64: 0.0, 25.5>} : (tensor<1x1x2x4xf32>, tensor<1x1x2x4xf32>) -> tensor<1x1x2x4xf32>
  // expected-remark @below {{has results of int8: there is no kernel with results of int4}}
  %s = nn.sigmoid %m {nn.range = array<f64: 0.0, 1.0>} : (tensor<1x1x2x4xf32>) -> tensor<1x1x2x4xf32>
  %b = nn.add %s, %p {nn.range = array<f64: -7.5, 7.5>} : (tensor<1x1x2x4xf32>, tensor<1x1x2x4xf32>) -> tensor<1x1x2x4xf32>
  // expected-remark @below {{has results of int8: it is a result of the model}}
  %c = nn.mul %b, %b {nn.range = array<f64: 0.0, 25.5>} : (tensor<1x1x2x4xf32>, tensor<1x1x2x4xf32>) -> tensor<1x1x2x4xf32>
  %k = nn.constant dense<1.0> : tensor<3x1x1x4xf32> -> tensor<3x1x1x4xf32>
  // expected-remark @below {{has results of int8: two elements share a byte, and 3 channels are odd}}
  %d = nn.conv2d %b, %k {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64, nn.range = array<f64: 0.0, 25.5>} : (tensor<1x1x2x4xf32>, tensor<3x1x1x4xf32>) -> tensor<1x1x2x3xf32>
  return %c, %d : tensor<1x1x2x4xf32>, tensor<1x1x2x3xf32>
}
//--- bits.mlir
func.func @f(%x: tensor<4xf32> {nn.range = array<f64: 0.0, 2.55>}) -> tensor<4xf32> {
  %a = nn.clamp %x {min = 0.0 : f32, nn.range = array<f64: 0.0, 2.55>, nn.activation_bits = 12 : i32} : (tensor<4xf32>) -> tensor<4xf32>
  return %a : tensor<4xf32>
}
