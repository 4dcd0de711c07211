// RUN: tinyc-opt %s -graph-fold-batch-norm | FileCheck %s

// Per channel: a = scale / sqrt(variance + epsilon), b = offset - mean * a.
//   channel 0: a = 2 / sqrt(3 + 1) = 1, b = 1 - 4 * 1 = -3
//   channel 1: a = 6 / sqrt(8 + 1) = 2, b = 2 - 0.5 * 2 = 1

// Weights 1, 2 | 3, 4 times a: 1, 2 | 6, 8. Bias 10 * 1 - 3 = 7, 20 * 2 + 1 = 41.
// CHECK-LABEL: func.func @convolution
// CHECK-DAG: %[[W:.*]] = nn.constant dense<{{\[\[\[\[}}1.000000e+00, 2.000000e+00]]], {{\[\[\[}}6.000000e+00, 8.000000e+00]]]]>
// CHECK-DAG: %[[B:.*]] = nn.constant dense<[7.000000e+00, 4.100000e+01]>
// CHECK: %[[Y:.*]] = nn.conv2d %{{.*}}, %[[W]], %[[B]]
// CHECK-NOT: nn.batch_norm
// CHECK: return %[[Y]]
func.func @convolution(%x: tensor<1x4x4x2xf32>) -> tensor<1x4x4x2xf32> {
  %w = nn.constant dense<[[[[1.0, 2.0]]], [[[3.0, 4.0]]]]> : tensor<2x1x1x2xf32> -> tensor<2x1x1x2xf32>
  %b = nn.constant dense<[10.0, 20.0]> : tensor<2xf32> -> tensor<2xf32>
  %scale = nn.constant dense<[2.0, 6.0]> : tensor<2xf32> -> tensor<2xf32>
  %offset = nn.constant dense<[1.0, 2.0]> : tensor<2xf32> -> tensor<2xf32>
  %mean = nn.constant dense<[4.0, 0.5]> : tensor<2xf32> -> tensor<2xf32>
  %variance = nn.constant dense<[3.0, 8.0]> : tensor<2xf32> -> tensor<2xf32>
  %0 = nn.conv2d %x, %w, %b {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>}
    : (tensor<1x4x4x2xf32>, tensor<2x1x1x2xf32>, tensor<2xf32>) -> tensor<1x4x4x2xf32>
  %1 = nn.batch_norm %0, %scale, %offset, %mean, %variance {epsilon = 1.0 : f32} : (tensor<1x4x4x2xf32>, tensor<2xf32>,
    tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<1x4x4x2xf32>
  return %1 : tensor<1x4x4x2xf32>
}

// Before a convolution without padding. Two groups of one channel: weight 5 * 1, 7 * 2; bias 5 * -3, 7 * 1.
// CHECK-LABEL: func.func @following
// CHECK-DAG: %[[W:.*]] = nn.constant dense<{{\[\[\[\[}}5.000000e+00]]], {{\[\[\[}}1.400000e+01]]]]>
// CHECK-DAG: %[[B:.*]] = nn.constant dense<[-1.500000e+01, 7.000000e+00]>
// CHECK: nn.conv2d %arg0, %[[W]], %[[B]]
// CHECK-NOT: nn.batch_norm
func.func @following(%x: tensor<1x4x4x2xf32>) -> tensor<1x4x4x2xf32> {
  %w = nn.constant dense<[[[[5.0]]], [[[7.0]]]]> : tensor<2x1x1x1xf32> -> tensor<2x1x1x1xf32>
  %scale = nn.constant dense<[2.0, 6.0]> : tensor<2xf32> -> tensor<2xf32>
  %offset = nn.constant dense<[1.0, 2.0]> : tensor<2xf32> -> tensor<2xf32>
  %mean = nn.constant dense<[4.0, 0.5]> : tensor<2xf32> -> tensor<2xf32>
  %variance = nn.constant dense<[3.0, 8.0]> : tensor<2xf32> -> tensor<2xf32>
  %0 = nn.batch_norm %x, %scale, %offset, %mean, %variance {epsilon = 1.0 : f32} : (tensor<1x4x4x2xf32>, tensor<2xf32>,
    tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<1x4x4x2xf32>
  %1 = nn.conv2d %0, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>,
    groups = 2} : (tensor<1x4x4x2xf32>, tensor<2x1x1x1xf32>) -> tensor<1x4x4x2xf32>
  return %1 : tensor<1x4x4x2xf32>
}

// Before a convolution with padding: the offset would be missing there. A product and a sum.
// CHECK-LABEL: func.func @padded
// CHECK: %[[A:.*]] = nn.constant dense<{{\[\[\[\[}}1.000000e+00, 2.000000e+00]]]]> : tensor<1x1x1x2xf32>
// CHECK: %[[M:.*]] = nn.mul %arg0, %[[A]]
// CHECK: %[[B:.*]] = nn.constant dense<{{\[\[\[\[}}-3.000000e+00, 1.000000e+00]]]]> : tensor<1x1x1x2xf32>
// CHECK: %[[S:.*]] = nn.add %[[M]], %[[B]]
// CHECK: nn.conv2d %[[S]]
func.func @padded(%x: tensor<1x4x4x2xf32>) -> tensor<1x4x4x1xf32> {
  %w = nn.constant dense<1.0> : tensor<1x3x3x2xf32> -> tensor<1x3x3x2xf32>
  %scale = nn.constant dense<[2.0, 6.0]> : tensor<2xf32> -> tensor<2xf32>
  %offset = nn.constant dense<[1.0, 2.0]> : tensor<2xf32> -> tensor<2xf32>
  %mean = nn.constant dense<[4.0, 0.5]> : tensor<2xf32> -> tensor<2xf32>
  %variance = nn.constant dense<[3.0, 8.0]> : tensor<2xf32> -> tensor<2xf32>
  %0 = nn.batch_norm %x, %scale, %offset, %mean, %variance {epsilon = 1.0 : f32} : (tensor<1x4x4x2xf32>, tensor<2xf32>,
    tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<1x4x4x2xf32>
  %1 = nn.conv2d %0, %w {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>}
    : (tensor<1x4x4x2xf32>, tensor<1x3x3x2xf32>) -> tensor<1x4x4x1xf32>
  return %1 : tensor<1x4x4x1xf32>
}

// Offsets of 0 (offset = mean * a: 4 = 4 * 1, 1 = 0.5 * 2) pass the padding: weights 1 become 1 and 2.
// CHECK-LABEL: func.func @padded_without_offset
// CHECK: %[[W:.*]] = nn.constant dense<{{\[\[\[\[}}1.000000e+00, 2.000000e+00]]]]> : tensor<1x1x1x2xf32>
// CHECK: nn.conv2d %arg0, %[[W]] {
func.func @padded_without_offset(%x: tensor<1x4x4x2xf32>) -> tensor<1x6x6x1xf32> {
  %w = nn.constant dense<1.0> : tensor<1x1x1x2xf32> -> tensor<1x1x1x2xf32>
  %scale = nn.constant dense<[2.0, 6.0]> : tensor<2xf32> -> tensor<2xf32>
  %offset = nn.constant dense<[4.0, 1.0]> : tensor<2xf32> -> tensor<2xf32>
  %mean = nn.constant dense<[4.0, 0.5]> : tensor<2xf32> -> tensor<2xf32>
  %variance = nn.constant dense<[3.0, 8.0]> : tensor<2xf32> -> tensor<2xf32>
  %0 = nn.batch_norm %x, %scale, %offset, %mean, %variance {epsilon = 1.0 : f32} : (tensor<1x4x4x2xf32>, tensor<2xf32>,
    tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<1x4x4x2xf32>
  %1 = nn.conv2d %0, %w {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>}
    : (tensor<1x4x4x2xf32>, tensor<1x1x1x2xf32>) -> tensor<1x6x6x1xf32>
  return %1 : tensor<1x6x6x1xf32>
}

// A second use of the convolution, a clamp between, quantized weights: the convolution stays as it is.
// CHECK-LABEL: func.func @stays
// CHECK-DAG: %[[W:.*]] = nn.constant dense<{{\[\[\[\[}}1.000000e+00, 2.000000e+00]]], {{\[\[\[}}3.000000e+00, 4.000000e+00]]]]>
// CHECK: nn.conv2d %arg0, %[[W]] {
// CHECK: nn.mul
// CHECK: nn.add
// CHECK: nn.conv2d %arg0, %[[W]] {clampMin = 0.0
// CHECK: nn.mul
// CHECK: nn.add
// CHECK: %[[Q:.*]] = quant.dcast
// CHECK: nn.conv2d %arg0, %[[Q]] {
// CHECK: nn.mul
// CHECK: nn.add
func.func @stays(%x: tensor<1x4x4x2xf32>)
    -> (tensor<1x4x4x2xf32>, tensor<1x4x4x2xf32>, tensor<1x4x4x2xf32>, tensor<1x4x4x2xf32>) {
  %w = nn.constant dense<[[[[1.0, 2.0]]], [[[3.0, 4.0]]]]> : tensor<2x1x1x2xf32> -> tensor<2x1x1x2xf32>
  %scale = nn.constant dense<[2.0, 6.0]> : tensor<2xf32> -> tensor<2xf32>
  %offset = nn.constant dense<[1.0, 2.0]> : tensor<2xf32> -> tensor<2xf32>
  %mean = nn.constant dense<[4.0, 0.5]> : tensor<2xf32> -> tensor<2xf32>
  %variance = nn.constant dense<[3.0, 8.0]> : tensor<2xf32> -> tensor<2xf32>
  %0 = nn.conv2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>}
    : (tensor<1x4x4x2xf32>, tensor<2x1x1x2xf32>) -> tensor<1x4x4x2xf32>
  %1 = nn.batch_norm %0, %scale, %offset, %mean, %variance {epsilon = 1.0 : f32} : (tensor<1x4x4x2xf32>, tensor<2xf32>,
    tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<1x4x4x2xf32>
  %2 = nn.conv2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>,
    clampMin = 0.0 : f32} : (tensor<1x4x4x2xf32>, tensor<2x1x1x2xf32>) -> tensor<1x4x4x2xf32>
  %3 = nn.batch_norm %2, %scale, %offset, %mean, %variance {epsilon = 1.0 : f32} : (tensor<1x4x4x2xf32>, tensor<2xf32>,
    tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<1x4x4x2xf32>
  %c = nn.constant dense<[[[[1, 2]]], [[[3, 4]]]]> : tensor<2x1x1x2xi8> -> tensor<2x1x1x2x!quant.uniform<i8:f32, 0.5>>
  %v = quant.dcast %c : tensor<2x1x1x2x!quant.uniform<i8:f32, 0.5>> to tensor<2x1x1x2xf32>
  %4 = nn.conv2d %x, %v {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>}
    : (tensor<1x4x4x2xf32>, tensor<2x1x1x2xf32>) -> tensor<1x4x4x2xf32>
  %5 = nn.batch_norm %4, %scale, %offset, %mean, %variance {epsilon = 1.0 : f32} : (tensor<1x4x4x2xf32>, tensor<2xf32>,
    tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<1x4x4x2xf32>
  return %0, %1, %3, %5 : tensor<1x4x4x2xf32>, tensor<1x4x4x2xf32>, tensor<1x4x4x2xf32>, tensor<1x4x4x2xf32>
}

// CHECK-LABEL: func.func @fully_connected
// CHECK-DAG: %[[W:.*]] = nn.constant dense<{{\[\[}}1.000000e+00], [6.000000e+00]]>
// CHECK-DAG: %[[B:.*]] = nn.constant dense<[-3.000000e+00, 1.000000e+00]>
// CHECK: nn.fully_connected %arg0, %[[W]], %[[B]]
// CHECK-NOT: nn.batch_norm
func.func @fully_connected(%x: tensor<3x1xf32>) -> tensor<3x2xf32> {
  %w = nn.constant dense<[[1.0], [3.0]]> : tensor<2x1xf32> -> tensor<2x1xf32>
  %scale = nn.constant dense<[2.0, 6.0]> : tensor<2xf32> -> tensor<2xf32>
  %offset = nn.constant dense<[1.0, 2.0]> : tensor<2xf32> -> tensor<2xf32>
  %mean = nn.constant dense<[4.0, 0.5]> : tensor<2xf32> -> tensor<2xf32>
  %variance = nn.constant dense<[3.0, 8.0]> : tensor<2xf32> -> tensor<2xf32>
  %0 = nn.fully_connected %x, %w : (tensor<3x1xf32>, tensor<2x1xf32>) -> tensor<3x2xf32>
  %1 = nn.batch_norm %0, %scale, %offset, %mean, %variance {epsilon = 1.0 : f32} : (tensor<3x2xf32>, tensor<2xf32>,
    tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<3x2xf32>
  return %1 : tensor<3x2xf32>
}
