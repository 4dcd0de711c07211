// RUN: tinyc-opt %s -canonicalize | FileCheck %s

// CHECK-LABEL: func.func @reshape
// CHECK-SAME: (%[[X:.*]]: tensor<2x3xf32>)
// CHECK-NEXT: %[[R:.*]] = nn.reshape %[[X]] : (tensor<2x3xf32>) -> tensor<6x1xf32>
// CHECK-NEXT: return %[[X]], %[[R]]
func.func @reshape(%x: tensor<2x3xf32>) -> (tensor<2x3xf32>, tensor<6x1xf32>) {
  %0 = nn.reshape %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %1 = nn.reshape %0 : (tensor<2x3xf32>) -> tensor<6xf32>
  %2 = nn.reshape %1 : (tensor<6xf32>) -> tensor<6x1xf32>
  return %0, %2 : tensor<2x3xf32>, tensor<6x1xf32>
}

// Dimension i of the second is p[q[i]] of the first: q = (0, 2, 1) of p = (2, 0, 1) is (2, 1, 0).
// CHECK-LABEL: func.func @transpose
// CHECK-SAME: (%[[X:.*]]: tensor<2x3x4xf32>)
// CHECK-NEXT: %[[T:.*]] = nn.transpose %[[X]] {permutation = array<i64: 2, 1, 0>} : (tensor<2x3x4xf32>) -> tensor<4x3x2xf32>
// CHECK-NEXT: return %[[X]], %[[T]], %[[X]]
func.func @transpose(%x: tensor<2x3x4xf32>) -> (tensor<2x3x4xf32>, tensor<4x3x2xf32>, tensor<2x3x4xf32>) {
  %0 = nn.transpose %x {permutation = array<i64: 0, 1, 2>} : (tensor<2x3x4xf32>) -> tensor<2x3x4xf32>
  %1 = nn.transpose %x {permutation = array<i64: 2, 0, 1>} : (tensor<2x3x4xf32>) -> tensor<4x2x3xf32>
  %2 = nn.transpose %1 {permutation = array<i64: 0, 2, 1>} : (tensor<4x2x3xf32>) -> tensor<4x3x2xf32>
  %3 = nn.transpose %1 {permutation = array<i64: 1, 2, 0>} : (tensor<4x2x3xf32>) -> tensor<2x3x4xf32>
  return %0, %2, %3 : tensor<2x3x4xf32>, tensor<4x3x2xf32>, tensor<2x3x4xf32>
}

// Only dimensions of size 1 move: the elements stay in order. Quantized per axis it stays, as no reshape may take it.
// CHECK-LABEL: func.func @units
// CHECK: nn.reshape %{{.*}} : (tensor<1x3x1x4xf32>) -> tensor<3x1x4x1xf32>
// CHECK: nn.transpose %{{.*}} {permutation = array<i64: 1, 0>}
func.func @units(%x: tensor<1x3x1x4xf32>, %p: tensor<1x2x!quant.uniform<i8:f32:1, {0.5, 0.25}>>)
    -> (tensor<3x1x4x1xf32>, tensor<2x1x!quant.uniform<i8:f32:0, {0.5, 0.25}>>) {
  %0 = nn.transpose %x {permutation = array<i64: 1, 0, 3, 2>} : (tensor<1x3x1x4xf32>) -> tensor<3x1x4x1xf32>
  %1 = nn.transpose %p {permutation = array<i64: 1, 0>} : (tensor<1x2x!quant.uniform<i8:f32:1, {0.5, 0.25}>>)
    -> tensor<2x1x!quant.uniform<i8:f32:0, {0.5, 0.25}>>
  return %0, %1 : tensor<3x1x4x1xf32>, tensor<2x1x!quant.uniform<i8:f32:0, {0.5, 0.25}>>
}

// CHECK-LABEL: func.func @requantize
// CHECK-SAME: (%[[Q:.*]]: tensor
// CHECK-NEXT: return %[[Q]]
func.func @requantize(%q: tensor<4x!quant.uniform<i8:f32, 0.5>>) -> tensor<4x!quant.uniform<i8:f32, 0.5>> {
  %0 = nn.requantize %q : (tensor<4x!quant.uniform<i8:f32, 0.5>>) -> tensor<4x!quant.uniform<i8:f32, 0.5>>
  return %0 : tensor<4x!quant.uniform<i8:f32, 0.5>>
}

// CHECK-LABEL: func.func @constants
// CHECK-NEXT: %[[C:.*]] = nn.constant
// CHECK-NEXT: nn.add %[[C]], %[[C]]
func.func @constants() -> tensor<1xf32> {
  %0 = nn.constant dense<1.0> : tensor<1xf32> -> tensor<1xf32>
  %1 = nn.constant dense<1.0> : tensor<1xf32> -> tensor<1xf32>
  %2 = nn.constant dense<2.0> : tensor<1xf32> -> tensor<1xf32>
  %3 = nn.add %0, %1 : (tensor<1xf32>, tensor<1xf32>) -> tensor<1xf32>
  return %3 : tensor<1xf32>
}
