// RUN: tinyc-opt %s -compress-calibrate="method=min-max samples=64" -compress-round-coded="bits=1.5 lambda=0 max-samples=64" > %t
// RUN: FileCheck %s < %t
// RUN: tinyc-opt %s -mlir-disable-threading -compress-calibrate="method=min-max samples=64" -compress-round-coded="bits=1.5 lambda=0 max-samples=64" | diff - %t
// RUN: tinyc-opt %s -compress-calibrate="method=min-max samples=64" -compress-round-coded="codebook=2 lambda=0 max-samples=64" -compress-quantize | FileCheck %s --check-prefix=CODEBOOK

// Four integers of equal frequency take 2 bits each, three of frequencies 1/2, 1/4, 1/4 take 1.5, two take 1: with 1.5 bits at the most
// the eight weights share at most three integers. The weight that is 0 stays 0.
// With a codebook of two bits, zero and three more: the three other values that there are stay what they are.
// CHECK-LABEL: func.func @few
// CHECK: nn.constant dense<{{\[\[}}[[A:[^,]+]], [[A]], [[A]], [[A]], {{[^,]+}}, {{[^,]+}}, 0.000000e+00, 0.000000e+00]]>
// CHECK: nn.fully_connected {{.*}} nn.float_weight = dense<{{\[\[}}1.000000e+00,
// CHECK-SAME: nn.weight_scales = array<f32: {{[^,>]+}}>
// CODEBOOK-LABEL: func.func @few
// CODEBOOK: nn.constant dense<{{\[\[}}127, 127, 127, 127, -127, {{6[34]}}, 0, 0]]> : tensor<1x8xi8>
func.func @few(%x: tensor<16x8xf32>) -> tensor<16x1xf32> {
  %w = nn.constant dense<[[1.0, 1.0, 1.0, 1.0, -1.0, 0.5, 0.0, 0.0]]> : tensor<1x8xf32> -> tensor<1x8xf32>
  %0 = nn.fully_connected %x, %w : (tensor<16x8xf32>, tensor<1x8xf32>) -> tensor<16x1xf32>
  return %0 : tensor<16x1xf32>
}

// Every layer gets scales, one for each channel; two of a shared weight the same. The residual addition, the depthwise convolution
// and the concatenation keep their places.
// CHECK-LABEL: func.func @network
// CHECK: %[[SHARED:.+]] = nn.constant {{.*}} tensor<4x1x1x4xf32>
// CHECK: nn.conv2d %{{[^,]+}}, %[[SHARED]]{{.*}} nn.weight_scales = array<f32: [[SCALES:[^>]+]]>
// CHECK: nn.conv2d %{{[^,]+}}, %[[SHARED]]{{.*}} nn.weight_scales = array<f32: [[SCALES]]>
// CHECK: nn.add
// CHECK: nn.conv2d {{.*}} groups = 4 : i64{{.*}} nn.weight_scales = array<f32: {{[^,]+, [^,]+, [^,]+, [^,>]+}}>
// CHECK: nn.concat
func.func @network(%x: tensor<1x6x6x4xf32>) -> tensor<1x6x6x8xf32> {
  %w = nn.constant dense<[[[[0.1, -0.7, 0.33, 0.9]]], [[[0.2, 0.41, -0.6, 0.05]]], [[[-0.3, 0.77, 0.2, 0.61]]], [[[0.5, 0.13, -0.9, 0.27]]]]> : tensor<4x1x1x4xf32> -> tensor<4x1x1x4xf32>
  %d = nn.constant dense<[[[[0.3]], [[-0.51]]], [[[0.2]], [[0.7]]], [[[0.11]], [[0.9]]], [[[-0.4]], [[0.23]]]]> : tensor<4x2x1x1xf32> -> tensor<4x2x1x1xf32>
  %0 = nn.conv2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1, clampMin = 0.0 : f32} : (tensor<1x6x6x4xf32>, tensor<4x1x1x4xf32>) -> tensor<1x6x6x4xf32>
  %1 = nn.conv2d %0, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1} : (tensor<1x6x6x4xf32>, tensor<4x1x1x4xf32>) -> tensor<1x6x6x4xf32>
  %2 = nn.add %0, %1 : (tensor<1x6x6x4xf32>, tensor<1x6x6x4xf32>) -> tensor<1x6x6x4xf32>
  %3 = nn.conv2d %2, %d {strides = array<i64: 1, 1>, pads = array<i64: 1, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 4} : (tensor<1x6x6x4xf32>, tensor<4x2x1x1xf32>) -> tensor<1x6x6x4xf32>
  %4 = nn.concat %2, %3 {axis = 3 : i64} : (tensor<1x6x6x4xf32>, tensor<1x6x6x4xf32>) -> tensor<1x6x6x8xf32>
  return %4 : tensor<1x6x6x8xf32>
}
