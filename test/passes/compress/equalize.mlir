// RUN: tinyc-opt %s -compress-equalize | FileCheck %s
// RUN: tinyc-opt %s -compress-equalize > %t
// RUN: tinyc-opt %s -mlir-disable-threading -compress-equalize | diff - %t

// Channel 0 of the first layer's result is 1024 times as great as channel 1, which the depthwise convolution undoes: its
// weights have scales of their own, so the factor of channel 1 is free. It grows to a quarter of channel 0's range, times
// 256, and the depthwise weight shrinks by as much: 4 * 256 = 1024 / 256 * 256; 1 / 1024 * 256 = 0.25, 1024 / 256 = 4. The
// ranges are those of 64 random samples, about but not just 1 of 1: so the digits are open, the quotient is the check.
// CHECK-LABEL: func.func @depthwise
// CHECK: nn.constant dense<{{\[\[\[\[}}1.000000e+00, 0.000000e+00]]], {{\[\[\[}}0.000000e+00, 0.2{{[0-9]+}}]]]]> : tensor<2x1x1x2xf32>
// CHECK: nn.constant dense<{{\[\[\[\[}}1.000000e+00]]], {{\[\[\[}}{{[34]\.[0-9]+}}{{.*}}]]]]> : tensor<2x1x1x1xf32>
func.func @depthwise(%x: tensor<1x8x8x2xf32>) -> tensor<1x8x8x2xf32> {
  %v = nn.constant dense<[[[[1.0, 0.0]]], [[[0.0, 0.0009765625]]]]> : tensor<2x1x1x2xf32> -> tensor<2x1x1x2xf32>
  %w = nn.constant dense<[[[[1.0]]], [[[1024.0]]]]> : tensor<2x1x1x1xf32> -> tensor<2x1x1x1xf32>
  %0 = nn.conv2d %x, %v {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1, clampMin = 0.0 : f32} : (tensor<1x8x8x2xf32>, tensor<2x1x1x2xf32>) -> tensor<1x8x8x2xf32>
  %1 = nn.conv2d %0, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 2} : (tensor<1x8x8x2xf32>, tensor<2x1x1x1xf32>) -> tensor<1x8x8x2xf32>
  return %1 : tensor<1x8x8x2xf32>
}

// Even channels are left alone, in every bit.
// CHECK-LABEL: func.func @even
// CHECK: nn.constant dense<{{\[\[}}1.000000e+00, 0.000000e+00], [0.000000e+00, 7.500000e-01]]>
func.func @even(%x: tensor<64x2xf32>) -> tensor<64x2xf32> {
  %v = nn.constant dense<[[1.0, 0.0], [0.0, 0.75]]> : tensor<2x2xf32> -> tensor<2x2xf32>
  %w = nn.constant dense<[[1.0, 0.5], [0.5, 1.0]]> : tensor<2x2xf32> -> tensor<2x2xf32>
  %0 = nn.fully_connected %x, %v {clampMin = 0.0 : f32} : (tensor<64x2xf32>, tensor<2x2xf32>) -> tensor<64x2xf32>
  %1 = nn.fully_connected %0, %w : (tensor<64x2xf32>, tensor<2x2xf32>) -> tensor<64x2xf32>
  return %1 : tensor<64x2xf32>
}

// The function returns the first layer's result: no factor may show there. The same holds where an addition reads it, and where
// a clamp cuts at something else than 0 below.
// CHECK-LABEL: func.func @seen
// CHECK: nn.constant dense<{{\[\[}}1.000000e+00, 0.000000e+00], [0.000000e+00, 9.765625E-4]]>
func.func @seen(%x: tensor<64x2xf32>) -> (tensor<64x2xf32>, tensor<64x2xf32>) {
  %v = nn.constant dense<[[1.0, 0.0], [0.0, 0.0009765625]]> : tensor<2x2xf32> -> tensor<2x2xf32>
  %w = nn.constant dense<[[1.0, 1024.0], [0.5, 1024.0]]> : tensor<2x2xf32> -> tensor<2x2xf32>
  %0 = nn.fully_connected %x, %v {clampMin = 0.0 : f32} : (tensor<64x2xf32>, tensor<2x2xf32>) -> tensor<64x2xf32>
  %1 = nn.fully_connected %0, %w : (tensor<64x2xf32>, tensor<2x2xf32>) -> tensor<64x2xf32>
  return %0, %1 : tensor<64x2xf32>, tensor<64x2xf32>
}

// ReLU6 with a channel that reaches 6: it keeps its factor of 1. The other grows to a quarter of 6, by about 1536:
// the greatest of the random inputs is about, but not just, 1.
// CHECK-LABEL: func.func @relu6
// CHECK: nn.constant dense<{{\[\[}}1.000000e+01, 0.000000e+00], [0.000000e+00, 1.50{{[0-9]+}}]]>
func.func @relu6(%x: tensor<64x2xf32>) -> tensor<64x2xf32> {
  %v = nn.constant dense<[[10.0, 0.0], [0.0, 0.0009765625]]> : tensor<2x2xf32> -> tensor<2x2xf32>
  %w = nn.constant dense<[[1.0, 1024.0], [0.5, 1024.0]]> : tensor<2x2xf32> -> tensor<2x2xf32>
  %0 = nn.fully_connected %x, %v {clampMin = 0.0 : f32, clampMax = 6.0 : f32} : (tensor<64x2xf32>, tensor<2x2xf32>) -> tensor<64x2xf32>
  %1 = nn.fully_connected %0, %w : (tensor<64x2xf32>, tensor<2x2xf32>) -> tensor<64x2xf32>
  return %1 : tensor<64x2xf32>
}
