// RUN: split-file %s %t
// RUN: tinyc-opt %t/whole.mlir -compress-quantize=activations=int16 | FileCheck %s --check-prefix=WHOLE
// RUN: tinyc-opt %t/layer.mlir -compress-quantize | FileCheck %s --check-prefix=LAYER
// RUN: tinyc-opt %t/matmul.mlir -compress-quantize=activations=int16 -verify-diagnostics | FileCheck %s --check-prefix=MATMUL
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

// BITS: error: 'nn.clamp' op expects nn.activation_bits of 8 or 16, got 12 : i32
// ASSIGN: func.func @f{{.*}} attributes {nn.activation_bits = 16 : i32}
// TYPE: error: expects activations of type int8 or int16, got int12

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
//--- bits.mlir
func.func @f(%x: tensor<4xf32> {nn.range = array<f64: 0.0, 2.55>}) -> tensor<4xf32> {
  %a = nn.clamp %x {min = 0.0 : f32, nn.range = array<f64: 0.0, 2.55>, nn.activation_bits = 12 : i32} : (tensor<4xf32>) -> tensor<4xf32>
  return %a : tensor<4xf32>
}
