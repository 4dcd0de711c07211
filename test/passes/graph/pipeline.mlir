// The phase as a whole, on functions as they are imported.
// RUN: tinyc-opt %s -split-input-file -graph | FileCheck %s

// conv, batch norm (a = 2 / sqrt(3 + 1) = 1, b = 1 - 0 = 1), ReLU6 as Clip, pad in NCHW, conv, global average, flatten,
// matmul with a constant, sum with a constant: four ops on NHWC.
// CHECK-LABEL: func.func @float
// CHECK-SAME: (%[[X:.*]]: tensor<1x4x4x2xf32> {nn.name = "x", nn.permutation = array<i64: 0, 2, 3, 1>})
// CHECK-SAME: -> (tensor<1x2xf32> {nn.name = "y"})
// CHECK-NOT: nn.transpose
// CHECK-DAG: %[[B:.*]] = nn.constant dense<1.000000e+00> : tensor<3xf32>
// CHECK: %[[A:.*]] = nn.conv2d %[[X]], %{{.*}}, %[[B]] {clampMax = 6.000000e+00 : f32, clampMin = 0.000000e+00 : f32, {{.*}}pads = array<i64: 0, 0, 0, 0>
// CHECK: %[[C:.*]] = nn.conv2d %[[A]], %{{.*}} {{.*}}groups = 3 : i64, pads = array<i64: 1, 1, 1, 1>
// CHECK-NEXT: %[[P:.*]] = nn.avg_pool %[[C]]
// CHECK: %[[F:.*]] = nn.reshape %[[P]] : (tensor<1x1x1x3xf32>) -> tensor<1x3xf32>
// CHECK: %[[Y:.*]] = nn.fully_connected %[[F]], %{{.*}}, %{{.*}} : (tensor<1x3xf32>, tensor<2x3xf32>, tensor<2xf32>) -> tensor<1x2xf32>
// CHECK-NEXT: return %[[Y]]
func.func @float(%x: tensor<1x2x4x4xf32> {nn.name = "x"}) -> (tensor<1x2xf32> {nn.name = "y"}) {
  %w = nn.constant dense<1.0> : tensor<3x1x1x2xf32> -> tensor<3x1x1x2xf32>
  %v = nn.constant dense<1.0> : tensor<3x3x3x1xf32> -> tensor<3x3x3x1xf32>
  %one = nn.constant dense<1.0> : tensor<3xf32> -> tensor<3xf32>
  %two = nn.constant dense<2.0> : tensor<3xf32> -> tensor<3xf32>
  %zero = nn.constant dense<0.0> : tensor<3xf32> -> tensor<3xf32>
  %three = nn.constant dense<3.0> : tensor<3xf32> -> tensor<3xf32>
  %m = nn.constant dense<[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]> : tensor<3x2xf32> -> tensor<3x2xf32>
  %b = nn.constant dense<[[1.0, 2.0]]> : tensor<1x2xf32> -> tensor<1x2xf32>
  %0 = nn.transpose %x {permutation = array<i64: 0, 2, 3, 1>} : (tensor<1x2x4x4xf32>) -> tensor<1x4x4x2xf32>
  %1 = nn.conv2d %0, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>}
    : (tensor<1x4x4x2xf32>, tensor<3x1x1x2xf32>) -> tensor<1x4x4x3xf32>
  %2 = nn.transpose %1 {permutation = array<i64: 0, 3, 1, 2>} : (tensor<1x4x4x3xf32>) -> tensor<1x3x4x4xf32>
  %3 = nn.transpose %2 {permutation = array<i64: 0, 2, 3, 1>} : (tensor<1x3x4x4xf32>) -> tensor<1x4x4x3xf32>
  %4 = nn.batch_norm %3, %two, %one, %zero, %three {epsilon = 1.0 : f32} : (tensor<1x4x4x3xf32>, tensor<3xf32>,
    tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<1x4x4x3xf32>
  %5 = nn.transpose %4 {permutation = array<i64: 0, 3, 1, 2>} : (tensor<1x4x4x3xf32>) -> tensor<1x3x4x4xf32>
  %6 = nn.clamp %5 {min = 0.0 : f32, max = 6.0 : f32} : (tensor<1x3x4x4xf32>) -> tensor<1x3x4x4xf32>
  %7 = nn.pad %6 {before = array<i64: 0, 0, 1, 1>, after = array<i64: 0, 0, 1, 1>, value = 0.0 : f32}
    : (tensor<1x3x4x4xf32>) -> tensor<1x3x6x6xf32>
  %8 = nn.transpose %7 {permutation = array<i64: 0, 2, 3, 1>} : (tensor<1x3x6x6xf32>) -> tensor<1x6x6x3xf32>
  %9 = nn.conv2d %8, %v {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>,
    groups = 3} : (tensor<1x6x6x3xf32>, tensor<3x3x3x1xf32>) -> tensor<1x4x4x3xf32>
  %10 = nn.avg_pool %9 {kernel = array<i64: 4, 4>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>,
    dilations = array<i64: 1, 1>} : (tensor<1x4x4x3xf32>) -> tensor<1x1x1x3xf32>
  %11 = nn.transpose %10 {permutation = array<i64: 0, 3, 1, 2>} : (tensor<1x1x1x3xf32>) -> tensor<1x3x1x1xf32>
  %12 = nn.reshape %11 : (tensor<1x3x1x1xf32>) -> tensor<1x3xf32>
  %13 = nn.matmul %12, %m : (tensor<1x3xf32>, tensor<3x2xf32>) -> tensor<1x2xf32>
  %14 = nn.add %13, %b : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x2xf32>
  return %14 : tensor<1x2xf32>
}

// -----

// QDQ: all casts stay, the ReLU joins the convolution (0 is a value of every type), NHWC throughout.
// CHECK-LABEL: func.func @qdq
// CHECK-SAME: (%[[X:.*]]: tensor<1x3x5x2xf32> {nn.permutation = array<i64: 0, 2, 3, 1>})
// CHECK-SAME: -> (tensor<1x3x5x2xf32> {nn.permutation = array<i64: 0, 2, 3, 1>})
// CHECK-NOT: nn.transpose
// CHECK: %[[Q0:.*]] = quant.qcast %[[X]]
// CHECK: %[[D0:.*]] = quant.dcast %[[Q0]]
// CHECK: %[[W:.*]] = quant.dcast {{.*}}tensor<2x1x1x2x!quant
// CHECK: %[[A:.*]] = nn.conv2d %[[D0]], %[[W]] {clampMin = 0.000000e+00 : f32
// CHECK: %[[Q1:.*]] = quant.qcast %[[A]]
// CHECK: %[[D1:.*]] = quant.dcast %[[Q1]]
// CHECK: %[[S:.*]] = nn.add %[[D0]], %[[D1]]
// CHECK: %[[Q2:.*]] = quant.qcast %[[S]]
// CHECK: %[[D2:.*]] = quant.dcast %[[Q2]]
// CHECK: return %[[D2]]
func.func @qdq(%x: tensor<1x2x3x5xf32>) -> tensor<1x2x3x5xf32> {
  %q0 = quant.qcast %x : tensor<1x2x3x5xf32> to tensor<1x2x3x5x!quant.uniform<i8:f32, 0.5:1>>
  %d0 = quant.dcast %q0 : tensor<1x2x3x5x!quant.uniform<i8:f32, 0.5:1>> to tensor<1x2x3x5xf32>
  %w = nn.constant dense<[[[[1]], [[2]]], [[[3]], [[4]]]]> : tensor<2x2x1x1xi8>
    -> tensor<2x2x1x1x!quant.uniform<i8:f32:0, {0.5, 0.25}>>
  %dw = quant.dcast %w : tensor<2x2x1x1x!quant.uniform<i8:f32:0, {0.5, 0.25}>> to tensor<2x2x1x1xf32>
  %tw = nn.transpose %dw {permutation = array<i64: 0, 2, 3, 1>} : (tensor<2x2x1x1xf32>) -> tensor<2x1x1x2xf32>
  %0 = nn.transpose %d0 {permutation = array<i64: 0, 2, 3, 1>} : (tensor<1x2x3x5xf32>) -> tensor<1x3x5x2xf32>
  %1 = nn.conv2d %0, %tw {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>}
    : (tensor<1x3x5x2xf32>, tensor<2x1x1x2xf32>) -> tensor<1x3x5x2xf32>
  %2 = nn.transpose %1 {permutation = array<i64: 0, 3, 1, 2>} : (tensor<1x3x5x2xf32>) -> tensor<1x2x3x5xf32>
  %q1 = quant.qcast %2 : tensor<1x2x3x5xf32> to tensor<1x2x3x5x!quant.uniform<i8:f32, 0.25:2>>
  %d1 = quant.dcast %q1 : tensor<1x2x3x5x!quant.uniform<i8:f32, 0.25:2>> to tensor<1x2x3x5xf32>
  %3 = nn.clamp %d1 {min = 0.0 : f32} : (tensor<1x2x3x5xf32>) -> tensor<1x2x3x5xf32>
  %4 = nn.add %d0, %3 : (tensor<1x2x3x5xf32>, tensor<1x2x3x5xf32>) -> tensor<1x2x3x5xf32>
  %q2 = quant.qcast %4 : tensor<1x2x3x5xf32> to tensor<1x2x3x5x!quant.uniform<i8:f32, 0.5>>
  %d2 = quant.dcast %q2 : tensor<1x2x3x5x!quant.uniform<i8:f32, 0.5>> to tensor<1x2x3x5xf32>
  return %d2 : tensor<1x2x3x5xf32>
}

// -----

// The same in integer form (folded before the phase): the ReLU of one type joins the convolution.
// CHECK-LABEL: func.func @integer
// CHECK-NOT: nn.transpose
// CHECK: nn.conv2d {{.*}}clampMin = 0.000000e+00 : f32
// CHECK-NEXT: nn.add
// CHECK-NEXT: return
!q = !quant.uniform<i8:f32, 0.5:1>
func.func @integer(%x: tensor<1x2x3x5x!q>) -> tensor<1x2x3x5x!q> {
  %w = nn.constant dense<[[[[1, 2]]], [[[3, 4]]]]> : tensor<2x1x1x2xi8>
    -> tensor<2x1x1x2x!quant.uniform<i8:f32:0, {0.5, 0.25}>>
  %0 = nn.transpose %x {permutation = array<i64: 0, 2, 3, 1>} : (tensor<1x2x3x5x!q>) -> tensor<1x3x5x2x!q>
  %1 = nn.conv2d %0, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>}
    : (tensor<1x3x5x2x!q>, tensor<2x1x1x2x!quant.uniform<i8:f32:0, {0.5, 0.25}>>) -> tensor<1x3x5x2x!q>
  %2 = nn.transpose %1 {permutation = array<i64: 0, 3, 1, 2>} : (tensor<1x3x5x2x!q>) -> tensor<1x2x3x5x!q>
  %3 = nn.clamp %2 {min = 0.0 : f32} : (tensor<1x2x3x5x!q>) -> tensor<1x2x3x5x!q>
  %4 = nn.add %x, %3 : (tensor<1x2x3x5x!q>, tensor<1x2x3x5x!q>) -> tensor<1x2x3x5x!q>
  return %4 : tensor<1x2x3x5x!q>
}
