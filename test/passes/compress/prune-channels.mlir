// RUN: tinyc-opt %s -split-input-file -compress-prune-channels="share=0.75 importance=weight refit=false" | FileCheck %s
// RUN: tinyc-opt %s -split-input-file -compress-prune-channels="share=0.75" | FileCheck %s --check-prefix=SECOND

// The first layer's channels have weights 1, 2 and 0.1: the last has the least norm, and the least to give to its
// reader. MACs: 4 * (1 * 3 + 3 * 2) = 36; without it 4 * (1 * 2 + 2 * 2) = 24 <= 0.75 * 36.
// The reader loses its column; without a fit the other weights stay.
// CHECK-LABEL: @chain
// CHECK-DAG: nn.constant dense<{{\[\[\[\[}}1.000000e+00]]], [{{\[\[}}2.000000e+00]]]]> : tensor<2x1x1x1xf32>
// CHECK: nn.conv2d {{.*}} -> tensor<1x2x2x2xf32>
// CHECK: nn.conv2d {{.*}} -> tensor<1x2x2x2xf32>
// SECOND-LABEL: @chain
// SECOND: nn.conv2d {{.*}} -> tensor<1x2x2x2xf32>
func.func @chain(%x: tensor<1x2x2x1xf32>) -> tensor<1x2x2x2xf32> {
  %w = nn.constant dense<[[[[1.0]]], [[[2.0]]], [[[0.1]]]]> : tensor<3x1x1x1xf32> -> tensor<3x1x1x1xf32>
  %y = nn.conv2d %x, %w {pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, clampMin = 0.0 : f32} : (tensor<1x2x2x1xf32>, tensor<3x1x1x1xf32>) -> tensor<1x2x2x3xf32>
  %v = nn.constant dense<[[[[1.0, 2.0, 3.0]]], [[[4.0, 5.0, 6.0]]]]> : tensor<2x1x1x3xf32> -> tensor<2x1x1x3xf32>
  %z = nn.conv2d %y, %v {pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>} : (tensor<1x2x2x3xf32>, tensor<2x1x1x3xf32>) -> tensor<1x2x2x2xf32>
  return %z : tensor<1x2x2x2xf32>
}

// -----

// Both layers that a residual addition joins lose the same channel, and so does the depthwise one behind it: norms of
// the groups, over their layers' means of 1.01 / 2 twice and 1, are 1.98 + 1.98 + 1 and 0.02 + 0.02 + 1.
// CHECK-LABEL: @residual
// CHECK: nn.conv2d {{.*}} -> tensor<1x2x2x1xf32>
// CHECK: nn.conv2d {{.*}} -> tensor<1x2x2x1xf32>
// CHECK: nn.add {{.*}} -> tensor<1x2x2x1xf32>
// CHECK: nn.conv2d {{.*}} -> tensor<1x2x2x1xf32>
// CHECK: nn.conv2d {{.*}} -> tensor<1x2x2x3xf32>
// SECOND-LABEL: @residual
// SECOND: nn.add {{.*}} -> tensor<1x2x2x1xf32>
func.func @residual(%x: tensor<1x2x2x1xf32>) -> tensor<1x2x2x3xf32> {
  %w = nn.constant dense<[[[[1.0]]], [[[0.1]]]]> : tensor<2x1x1x1xf32> -> tensor<2x1x1x1xf32>
  %a = nn.conv2d %x, %w {pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>} : (tensor<1x2x2x1xf32>, tensor<2x1x1x1xf32>) -> tensor<1x2x2x2xf32>
  %b = nn.conv2d %x, %w {pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, clampMin = 0.0 : f32} : (tensor<1x2x2x1xf32>, tensor<2x1x1x1xf32>) -> tensor<1x2x2x2xf32>
  %c = nn.add %a, %b : (tensor<1x2x2x2xf32>, tensor<1x2x2x2xf32>) -> tensor<1x2x2x2xf32>
  %d = nn.constant dense<1.0> : tensor<2x1x1x1xf32> -> tensor<2x1x1x1xf32>
  %e = nn.conv2d %c, %d {groups = 2 : i64, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>} : (tensor<1x2x2x2xf32>, tensor<2x1x1x1xf32>) -> tensor<1x2x2x2xf32>
  %v = nn.constant dense<[[[[1.0, 2.0]]], [[[3.0, 4.0]]], [[[5.0, 6.0]]]]> : tensor<3x1x1x2xf32> -> tensor<3x1x1x2xf32>
  %z = nn.conv2d %e, %v {pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>} : (tensor<1x2x2x2xf32>, tensor<3x1x1x2xf32>) -> tensor<1x2x2x3xf32>
  return %z : tensor<1x2x2x3xf32>
}

// -----

// Channels of a concat's parts are apart: MACs 4 * (2 + 2 + 4 * 2) = 48; the weakest of the four groups, the second of
// the first part, saves 4 * (1 + 2) = 12.
// CHECK-LABEL: @concat
// CHECK: nn.concat {{.*}} : (tensor<1x2x2x1xf32>, tensor<1x2x2x2xf32>) -> tensor<1x2x2x3xf32>
// CHECK: nn.conv2d {{.*}} (tensor<1x2x2x3xf32>, tensor<2x1x1x3xf32>) -> tensor<1x2x2x2xf32>
// SECOND-LABEL: @concat
func.func @concat(%x: tensor<1x2x2x1xf32>) -> tensor<1x2x2x2xf32> {
  %w = nn.constant dense<[[[[1.0]]], [[[0.1]]]]> : tensor<2x1x1x1xf32> -> tensor<2x1x1x1xf32>
  %u = nn.constant dense<[[[[1.0]]], [[[-1.0]]]]> : tensor<2x1x1x1xf32> -> tensor<2x1x1x1xf32>
  %a = nn.conv2d %x, %w {pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>} : (tensor<1x2x2x1xf32>, tensor<2x1x1x1xf32>) -> tensor<1x2x2x2xf32>
  %b = nn.conv2d %x, %u {pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>} : (tensor<1x2x2x1xf32>, tensor<2x1x1x1xf32>) -> tensor<1x2x2x2xf32>
  %c = nn.concat %a, %b {axis = 3 : i64} : (tensor<1x2x2x2xf32>, tensor<1x2x2x2xf32>) -> tensor<1x2x2x4xf32>
  %v = nn.constant dense<[[[[1.0, 2.0, 3.0, 4.0]]], [[[5.0, 6.0, 7.0, 8.0]]]]> : tensor<2x1x1x4xf32> -> tensor<2x1x1x4xf32>
  %z = nn.conv2d %c, %v {pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>} : (tensor<1x2x2x4xf32>, tensor<2x1x1x4xf32>) -> tensor<1x2x2x2xf32>
  return %z : tensor<1x2x2x2xf32>
}

// -----

// The channels of the function's result stay.
// CHECK-LABEL: @fixed
// CHECK: nn.conv2d {{.*}} -> tensor<1x2x2x3xf32>
// SECOND-LABEL: @fixed
// SECOND: nn.conv2d {{.*}} -> tensor<1x2x2x3xf32>
func.func @fixed(%x: tensor<1x2x2x1xf32>) -> tensor<1x2x2x3xf32> {
  %w = nn.constant dense<[[[[1.0]]], [[[2.0]]], [[[0.1]]]]> : tensor<3x1x1x1xf32> -> tensor<3x1x1x1xf32>
  %y = nn.conv2d %x, %w {pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>} : (tensor<1x2x2x1xf32>, tensor<3x1x1x1xf32>) -> tensor<1x2x2x3xf32>
  return %y : tensor<1x2x2x3xf32>
}

// -----

// Two channels are the same: the one that stays takes over the other's weights, 1 + 2 and 4 + 5, but for the damping
// (under 1 %). The third one, clamp(-x), has to stay: nothing makes up for it.
// SECOND-LABEL: @twins
// SECOND: nn.conv2d {{.*}} -> tensor<1x2x2x2xf32>
// SECOND: nn.constant dense<{{\[\[\[\[}}{{2.99|3.00}}{{[0-9]*}}, {{6.99|7.00}}{{[0-9]*}}]]], {{\[\[\[}}{{8.99|9.00}}{{[0-9]*}}, {{7.99|8.00}}{{[0-9]*}}]]]]> : tensor<2x1x1x2xf32>
// SECOND: nn.conv2d {{.*}} -> tensor<1x2x2x2xf32>
func.func @twins(%x: tensor<1x2x2x1xf32>) -> tensor<1x2x2x2xf32> {
  %w = nn.constant dense<[[[[1.0]]], [[[1.0]]], [[[-1.0]]]]> : tensor<3x1x1x1xf32> -> tensor<3x1x1x1xf32>
  %y = nn.conv2d %x, %w {pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, clampMin = 0.0 : f32} : (tensor<1x2x2x1xf32>, tensor<3x1x1x1xf32>) -> tensor<1x2x2x3xf32>
  %v = nn.constant dense<[[[[1.0, 2.0, 7.0]]], [[[4.0, 5.0, 8.0]]]]> : tensor<2x1x1x3xf32> -> tensor<2x1x1x3xf32>
  %z = nn.conv2d %y, %v {pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>} : (tensor<1x2x2x3xf32>, tensor<2x1x1x3xf32>) -> tensor<1x2x2x2xf32>
  return %z : tensor<1x2x2x2xf32>
}
