// RUN: tinyc-opt %s -compress-equalize | FileCheck %s
// RUN: tinyc-opt %s -compress-equalize > %t
// RUN: tinyc-opt %s -mlir-disable-threading -compress-equalize | diff - %t

// Channel 0 of the first layer's result is 1024 times as great as channel 1, which the depthwise convolution undoes: its
// weights have scales of their own, so the factor of channel 1 is free. It grows to the range of channel 0, times 1024,
// and the depthwise weight shrinks by as much: 1 / 1024 * 1024 = 1 and 1024 / 1024 = 1. The ranges are those of 64 random
// samples, about but not just 1 of 1: so the digits are open.
// CHECK-LABEL: func.func @depthwise
// CHECK: nn.constant dense<{{\[\[\[\[}}1.000000e+00, 0.000000e+00]]], {{\[\[\[}}0.000000e+00, {{(0.99|1.00)[0-9]+}}]]]]> : tensor<2x1x1x2xf32>
// CHECK: nn.constant dense<{{\[\[\[\[}}1.000000e+00]]], {{\[\[\[}}{{(0.99|1.00)[0-9]+}}]]]]> : tensor<2x1x1x1xf32>
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

// The function returns the first layer's result: no factor may show there. The same holds where
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

// ReLU6 with a channel that reaches 6: it keeps its factor of 1. The other grows, but its reader has int8 weights, too: of the
// candidates a^t / w^(1 - t) the best is t = 1/2, with a = 6 and 2^-10, w = 2^-10 and 1 (relative to the greatest of a row):
// 2^-10 * sqrt(6 / 2^-10 * 1 / 2^-10) = 2.449, about, for the greatest of the random inputs is about 1; 1 / 2.449 = 0.408.
// CHECK-LABEL: func.func @relu6
// CHECK: nn.constant dense<{{\[\[}}1.000000e+01, 0.000000e+00], [0.000000e+00, 2.4{{[345][0-9]+}}]]>
// CHECK: nn.constant dense<{{\[\[}}1.000000e+00, 0.4{{[01][0-9]+}}], [5.000000e-01, 0.4{{[01][0-9]+}}]]>
func.func @relu6(%x: tensor<64x2xf32>) -> tensor<64x2xf32> {
  %v = nn.constant dense<[[10.0, 0.0], [0.0, 0.0009765625]]> : tensor<2x2xf32> -> tensor<2x2xf32>
  %w = nn.constant dense<[[1.0, 1024.0], [0.5, 1024.0]]> : tensor<2x2xf32> -> tensor<2x2xf32>
  %0 = nn.fully_connected %x, %v {clampMin = 0.0 : f32, clampMax = 6.0 : f32} : (tensor<64x2xf32>, tensor<2x2xf32>) -> tensor<64x2xf32>
  %1 = nn.fully_connected %0, %w : (tensor<64x2xf32>, tensor<2x2xf32>) -> tensor<64x2xf32>
  return %1 : tensor<64x2xf32>
}

// Two layers whose results an addition joins take the same factor: channel 1 of both grows 1024 times, and the reader's weights of
// it shrink.
// CHECK-LABEL: func.func @residual
// CHECK: nn.constant dense<{{\[\[}}1.000000e+00, 0.000000e+00], [0.000000e+00, {{(0.99|1.0)[0-9]+}}]]>
// CHECK: nn.constant dense<{{\[\[}}1.000000e+00, 0.000000e+00], [0.000000e+00, {{(0.99|1.0)[0-9]+}}]]>
// CHECK: nn.constant dense<{{\[\[}}1.000000e+00, {{(0.9[5-9]|1.0)[0-9]+}}], [1.000000e+00, {{-(0.9[5-9]|1.0)[0-9]+}}]]>
func.func @residual(%x: tensor<64x2xf32>) -> tensor<64x2xf32> {
  %u = nn.constant dense<[[1.0, 0.0], [0.0, 0.0009765625]]> : tensor<2x2xf32> -> tensor<2x2xf32>
  %v = nn.constant dense<[[1.0, 0.0], [0.0, 0.0009765625]]> : tensor<2x2xf32> -> tensor<2x2xf32>
  %w = nn.constant dense<[[1.0, 1024.0], [1.0, -1024.0]]> : tensor<2x2xf32> -> tensor<2x2xf32>
  %0 = nn.fully_connected %x, %u : (tensor<64x2xf32>, tensor<2x2xf32>) -> tensor<64x2xf32>
  %1 = nn.fully_connected %x, %v : (tensor<64x2xf32>, tensor<2x2xf32>) -> tensor<64x2xf32>
  %2 = nn.add %0, %1 : (tensor<64x2xf32>, tensor<64x2xf32>) -> tensor<64x2xf32>
  %3 = nn.fully_connected %2, %w : (tensor<64x2xf32>, tensor<2x2xf32>) -> tensor<64x2xf32>
  return %3 : tensor<64x2xf32>
}

// Without a clamp between, channel 0, of 99 .. 101, moves to its middle, about 0, and the biases behind take 100 times its
// weights: 100 and 50. The samples are of -1 .. 1 about evenly, so the middle is 100 within 0.05.
// CHECK-LABEL: func.func @shifted
// CHECK: nn.constant dense<[{{-?([0-9.]+E-[0-9]+|0\.0[0-4][0-9]*)}}, {{-?([0-9.]+E-[0-9]+|0\.0[0-4][0-9]*)}}]> : tensor<2xf32>
// CHECK: nn.constant dense<[{{(99\.9|100\.0)[0-9]*}}, {{(49\.9|50\.0)[0-9]*}}]> : tensor<2xf32>
func.func @shifted(%x: tensor<64x2xf32>) -> tensor<64x2xf32> {
  %v = nn.constant dense<[[1.0, 0.0], [0.0, 1.0]]> : tensor<2x2xf32> -> tensor<2x2xf32>
  %b = nn.constant dense<[100.0, 0.0]> : tensor<2xf32> -> tensor<2xf32>
  %w = nn.constant dense<[[1.0, 0.5], [0.5, 1.0]]> : tensor<2x2xf32> -> tensor<2x2xf32>
  %0 = nn.fully_connected %x, %v, %b : (tensor<64x2xf32>, tensor<2x2xf32>, tensor<2xf32>) -> tensor<64x2xf32>
  %1 = nn.fully_connected %0, %w : (tensor<64x2xf32>, tensor<2x2xf32>) -> tensor<64x2xf32>
  return %1 : tensor<64x2xf32>
}
