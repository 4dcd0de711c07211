// RUN: tinyc-opt %s -compress-sparsify="pattern=3:4 damping=1e-6" > %t
// RUN: FileCheck %s < %t
// RUN: tinyc-opt %s -mlir-disable-threading -compress-sparsify="pattern=3:4 damping=1e-6" | diff - %t
// RUN: tinyc-opt %s -compress-sparsify="pattern=50%" | FileCheck %s --check-prefix=SHARE
// RUN: tinyc-opt %s -compress-sparsify="pattern=50% method=magnitude" | FileCheck %s --check-prefix=MAGNITUDE

// The second and the third input are the same number: without the third weight the second is 0.5 + 0.25, and nothing is lost.
// Of all four, 50 % are two: the third goes for nothing, then the cheapest of the others, 0.75 against 1 and 2 (all inputs vary
// alike). By magnitude the least two go, and nothing moves.
// CHECK-LABEL: func.func @takes_over
// CHECK: nn.constant dense<{{\[\[}}1.000000e+00, {{0.7499[0-9]+|7.500000e-01}}, 0.000000e+00, 2.000000e+00]]>
// CHECK: nn.fully_connected {{.*}} {nn.sparsity = "3:4"}
// SHARE-LABEL: func.func @takes_over
// SHARE: nn.constant dense<{{\[\[}}{{[^,]+}}, {{-?}}0.000000e+00, {{-?}}0.000000e+00, {{[^]]+}}]]>
// MAGNITUDE-LABEL: func.func @takes_over
// MAGNITUDE: nn.constant dense<{{\[\[}}1.000000e+00, 0.000000e+00, 0.000000e+00, 2.000000e+00]]>
func.func @takes_over(%x: tensor<16x1xf32>, %y: tensor<16x1xf32>, %z: tensor<16x1xf32>) -> tensor<16x1xf32> {
  %w = nn.constant dense<[[1.0, 0.5, 0.25, 2.0]]> : tensor<1x4xf32> -> tensor<1x4xf32>
  %0 = nn.concat %x, %y, %y, %z {axis = 1 : i64} : (tensor<16x1xf32>, tensor<16x1xf32>, tensor<16x1xf32>, tensor<16x1xf32>) -> tensor<16x4xf32>
  %1 = nn.fully_connected %0, %w : (tensor<16x4xf32>, tensor<1x4xf32>) -> tensor<16x1xf32>
  return %1 : tensor<16x1xf32>
}

// Two layers share a weight, which stays as it is. A depthwise filter has one input at each pixel, a group of its own, of which
// ceil(1 * 3 / 4) = 1 stays. The last layer loses one weight of each filter of four.
// CHECK-LABEL: func.func @network
// CHECK: %[[SHARED:.+]] = nn.constant dense<{{\[\[\[\[}}1.000000e-01, -0.699999988, {{[^]]+}}]]]
// CHECK: nn.conv2d %{{[^,]+}}, %[[SHARED]]
// CHECK-NOT: nn.sparsity
// CHECK: nn.conv2d %{{[^,]+}}, %[[SHARED]]
// CHECK-NOT: nn.sparsity
// CHECK: nn.add
// CHECK: nn.constant dense<{{.*}} : tensor<4x2x1x1xf32>
// CHECK-NOT: 0.000000e+00
// CHECK: nn.conv2d
// CHECK: nn.constant dense<{{\[\[\[\[}}{{[^]]*}}0.000000e+00{{[^]]*}}]]], {{\[\[\[}}{{[^]]*}}0.000000e+00{{[^]]*}}]]]]> : tensor<2x1x1x4xf32>
func.func @network(%x: tensor<1x6x6x4xf32>) -> tensor<1x6x6x2xf32> {
  %w = nn.constant dense<[[[[0.1, -0.7, 0.33, 0.9]]], [[[0.2, 0.41, -0.6, 0.05]]], [[[-0.3, 0.77, 0.2, 0.61]]], [[[0.5, 0.13, -0.9, 0.27]]]]> : tensor<4x1x1x4xf32> -> tensor<4x1x1x4xf32>
  %0 = nn.conv2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1, clampMin = 0.0 : f32} : (tensor<1x6x6x4xf32>, tensor<4x1x1x4xf32>) -> tensor<1x6x6x4xf32>
  %1 = nn.conv2d %0, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1} : (tensor<1x6x6x4xf32>, tensor<4x1x1x4xf32>) -> tensor<1x6x6x4xf32>
  %2 = nn.add %0, %1 : (tensor<1x6x6x4xf32>, tensor<1x6x6x4xf32>) -> tensor<1x6x6x4xf32>
  %d = nn.constant dense<[[[[0.3]], [[-0.51]]], [[[0.2]], [[0.7]]], [[[0.11]], [[0.9]]], [[[-0.4]], [[0.23]]]]> : tensor<4x2x1x1xf32> -> tensor<4x2x1x1xf32>
  %3 = nn.conv2d %2, %d {strides = array<i64: 1, 1>, pads = array<i64: 1, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 4} : (tensor<1x6x6x4xf32>, tensor<4x2x1x1xf32>) -> tensor<1x6x6x4xf32>
  %p = nn.constant dense<[[[[0.5, 0.25, -0.75, 0.1]]], [[[0.3, -0.2, 0.6, 0.9]]]]> : tensor<2x1x1x4xf32> -> tensor<2x1x1x4xf32>
  %4 = nn.conv2d %3, %p {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1} : (tensor<1x6x6x4xf32>, tensor<2x1x1x4xf32>) -> tensor<1x6x6x2xf32>
  return %4 : tensor<1x6x6x2xf32>
}
