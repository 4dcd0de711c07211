// RUN: tinyc-opt %s -graph-simplify | FileCheck %s

// CHECK-LABEL: func.func @neutral
// CHECK-SAME: (%[[X:.*]]: tensor<1x2x2x3xf32>)
// CHECK-NEXT: return %[[X]]
func.func @neutral(%x: tensor<1x2x2x3xf32>) -> tensor<1x2x2x3xf32> {
  %one = nn.constant dense<1.0> : tensor<1x1x1x3xf32> -> tensor<1x1x1x3xf32>
  %zero = nn.constant dense<0.0> : tensor<1x1x1x1xf32> -> tensor<1x1x1x1xf32>
  %0 = nn.mul %one, %x : (tensor<1x1x1x3xf32>, tensor<1x2x2x3xf32>) -> tensor<1x2x2x3xf32>
  %1 = nn.add %0, %zero : (tensor<1x2x2x3xf32>, tensor<1x1x1x1xf32>) -> tensor<1x2x2x3xf32>
  %2 = nn.sub %1, %zero : (tensor<1x2x2x3xf32>, tensor<1x1x1x1xf32>) -> tensor<1x2x2x3xf32>
  %3 = nn.clamp %2 : (tensor<1x2x2x3xf32>) -> tensor<1x2x2x3xf32>
  %4 = nn.avg_pool %3 {kernel = array<i64: 1, 1>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>,
    dilations = array<i64: 1, 1>} : (tensor<1x2x2x3xf32>) -> tensor<1x2x2x3xf32>
  %5 = nn.concat %4 {axis = 3} : (tensor<1x2x2x3xf32>) -> tensor<1x2x2x3xf32>
  %6 = nn.pad %5 {before = array<i64: 0, 0, 0, 0>, after = array<i64: 0, 0, 0, 0>, value = 1.0 : f32}
    : (tensor<1x2x2x3xf32>) -> tensor<1x2x2x3xf32>
  return %6 : tensor<1x2x2x3xf32>
}

// A difference 0 - x is not x; a constant that broadcasts x is not neutral; a fused clamp stays.
// CHECK-LABEL: func.func @not_neutral
// CHECK: nn.sub
// CHECK: nn.add
// CHECK: nn.clamp %{{.*}} {min = 0.000000e+00 : f32}
func.func @not_neutral(%x: tensor<1x3xf32>) -> (tensor<1x3xf32>, tensor<2x3xf32>, tensor<1x3xf32>) {
  %zero = nn.constant dense<0.0> : tensor<1x3xf32> -> tensor<1x3xf32>
  %zeros = nn.constant dense<0.0> : tensor<2x3xf32> -> tensor<2x3xf32>
  %one = nn.constant dense<1.0> : tensor<1x1xf32> -> tensor<1x1xf32>
  %0 = nn.sub %zero, %x : (tensor<1x3xf32>, tensor<1x3xf32>) -> tensor<1x3xf32>
  %1 = nn.add %x, %zeros : (tensor<1x3xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>
  %2 = nn.mul %x, %one {clampMin = 0.0 : f32} : (tensor<1x3xf32>, tensor<1x1xf32>) -> tensor<1x3xf32>
  return %0, %1, %2 : tensor<1x3xf32>, tensor<2x3xf32>, tensor<1x3xf32>
}

// [0, 6] inside [-1, 4] is [0, 4]; [0, 1] inside [2, 3] is the one value 2.
// CHECK-LABEL: func.func @clamps
// CHECK-SAME: (%[[X:.*]]: tensor<4xf32>)
// CHECK: %[[A:.*]] = nn.clamp %[[X]] {max = 4.000000e+00 : f32, min = 0.000000e+00 : f32}
// CHECK: %[[B:.*]] = nn.clamp %[[X]] {max = 2.000000e+00 : f32, min = 2.000000e+00 : f32}
// CHECK: return %[[A]], %[[B]]
func.func @clamps(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %0 = nn.clamp %x {min = 0.0 : f32, max = 6.0 : f32} : (tensor<4xf32>) -> tensor<4xf32>
  %1 = nn.clamp %0 {min = -1.0 : f32, max = 4.0 : f32} : (tensor<4xf32>) -> tensor<4xf32>
  %2 = nn.clamp %x {min = 0.0 : f32, max = 1.0 : f32} : (tensor<4xf32>) -> tensor<4xf32>
  %3 = nn.clamp %2 {min = 2.0 : f32, max = 3.0 : f32} : (tensor<4xf32>) -> tensor<4xf32>
  return %1, %3 : tensor<4xf32>, tensor<4xf32>
}

// i8 with zero point -128 and scale 1/16 spans [0, 255/16 = 15.9375]: a ReLU behind it does nothing, a ReLU6 does.
// CHECK-LABEL: func.func @implied
// CHECK: %[[D:.*]] = quant.dcast
// CHECK-NEXT: %[[C:.*]] = nn.clamp %[[D]] {max = 6.000000e+00 : f32, min = 0.000000e+00 : f32}
// CHECK-NEXT: %[[S:.*]] = nn.sigmoid
// CHECK-NEXT: return %[[D]], %[[C]], %[[S]]
func.func @implied(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) {
  %q = quant.qcast %x : tensor<4xf32> to tensor<4x!quant.uniform<i8:f32, 0.0625:-128>>
  %d = quant.dcast %q : tensor<4x!quant.uniform<i8:f32, 0.0625:-128>> to tensor<4xf32>
  %0 = nn.clamp %d {min = 0.0 : f32} : (tensor<4xf32>) -> tensor<4xf32>
  %1 = nn.clamp %d {min = 0.0 : f32, max = 6.0 : f32} : (tensor<4xf32>) -> tensor<4xf32>
  %2 = nn.sigmoid %x : (tensor<4xf32>) -> tensor<4xf32>
  %3 = nn.clamp %2 {min = 0.0 : f32, max = 1.0 : f32} : (tensor<4xf32>) -> tensor<4xf32>
  return %0, %1, %3 : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
}

// The pair of casts is the model's quantization; -canonicalize would take it out.
// CHECK-LABEL: func.func @casts_stay
// CHECK: quant.qcast
// CHECK: quant.dcast
func.func @casts_stay(%x: tensor<4xf32>) -> tensor<4xf32> {
  %q = quant.qcast %x : tensor<4xf32> to tensor<4x!quant.uniform<i8:f32, 0.5>>
  %d = quant.dcast %q : tensor<4x!quant.uniform<i8:f32, 0.5>> to tensor<4xf32>
  return %d : tensor<4xf32>
}

// CHECK-LABEL: func.func @dialect_patterns
// CHECK-SAME: (%[[X:.*]]: tensor<1x1x4x2xf32>)
// CHECK-NEXT: %[[R:.*]] = nn.reshape %[[X]] : (tensor<1x1x4x2xf32>) -> tensor<1x4x1x2xf32>
// CHECK-NEXT: return %[[R]], %[[X]]
func.func @dialect_patterns(%x: tensor<1x1x4x2xf32>) -> (tensor<1x4x1x2xf32>, tensor<1x1x4x2xf32>) {
  %0 = nn.transpose %x {permutation = array<i64: 0, 2, 1, 3>} : (tensor<1x1x4x2xf32>) -> tensor<1x4x1x2xf32>
  %1 = nn.transpose %x {permutation = array<i64: 0, 3, 1, 2>} : (tensor<1x1x4x2xf32>) -> tensor<1x2x1x4xf32>
  %2 = nn.transpose %1 {permutation = array<i64: 0, 2, 3, 1>} : (tensor<1x2x1x4xf32>) -> tensor<1x1x4x2xf32>
  return %0, %2 : tensor<1x4x1x2xf32>, tensor<1x1x4x2xf32>
}

// CHECK-LABEL: func.func @dead
// CHECK-NEXT: return
func.func @dead(%x: tensor<4xf32>) {
  %0 = nn.sigmoid %x : (tensor<4xf32>) -> tensor<4xf32>
  %1 = nn.hard_swish %0 : (tensor<4xf32>) -> tensor<4xf32>
  return
}

// A value of one pixel, repeated over 2 rows of 2, is broadcast by the product. Of a sum of two repeated values one keeps
// the size. Different values are no repetition.
// CHECK-LABEL: func.func @repetition
// CHECK-SAME: (%[[X:.*]]: tensor<1x2x2x3xf32>, %[[S:.*]]: tensor<1x1x1x3xf32>, %[[T:.*]]: tensor<1x1x1x3xf32>)
// CHECK: %[[D:.*]] = nn.concat %[[S]], %[[S]]
// CHECK: nn.mul %[[X]], %[[S]] : (tensor<1x2x2x3xf32>, tensor<1x1x1x3xf32>) -> tensor<1x2x2x3xf32>
// CHECK: nn.add %[[S]], %[[D]] : (tensor<1x1x1x3xf32>, tensor<1x2x1x3xf32>) -> tensor<1x2x1x3xf32>
// CHECK: %[[E:.*]] = nn.concat %[[S]], %[[T]]
// CHECK: nn.sub %[[X]], %[[E]]
func.func @repetition(%x: tensor<1x2x2x3xf32>, %s: tensor<1x1x1x3xf32>, %t: tensor<1x1x1x3xf32>)
    -> (tensor<1x2x2x3xf32>, tensor<1x2x1x3xf32>, tensor<1x2x2x3xf32>) {
  %rows = nn.concat %s, %s {axis = 1} : (tensor<1x1x1x3xf32>, tensor<1x1x1x3xf32>) -> tensor<1x2x1x3xf32>
  %all = nn.concat %rows, %rows {axis = 2} : (tensor<1x2x1x3xf32>, tensor<1x2x1x3xf32>) -> tensor<1x2x2x3xf32>
  %0 = nn.mul %x, %all : (tensor<1x2x2x3xf32>, tensor<1x2x2x3xf32>) -> tensor<1x2x2x3xf32>
  %1 = nn.add %rows, %rows : (tensor<1x2x1x3xf32>, tensor<1x2x1x3xf32>) -> tensor<1x2x1x3xf32>
  %pair = nn.concat %s, %t {axis = 1} : (tensor<1x1x1x3xf32>, tensor<1x1x1x3xf32>) -> tensor<1x2x1x3xf32>
  %2 = nn.sub %x, %pair : (tensor<1x2x2x3xf32>, tensor<1x2x1x3xf32>) -> tensor<1x2x2x3xf32>
  return %0, %1, %2 : tensor<1x2x2x3xf32>, tensor<1x2x1x3xf32>, tensor<1x2x2x3xf32>
}
