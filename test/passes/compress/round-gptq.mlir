// RUN: tinyc-opt %s -compress-calibrate="method=min-max samples=64" -compress-round-gptq="weight-bits=4 max-samples=64 search-scales=false" > %t
// RUN: FileCheck %s < %t
// RUN: tinyc-opt %s -mlir-disable-threading -compress-calibrate="method=min-max samples=64" -compress-round-gptq="weight-bits=4 max-samples=64 search-scales=false" | diff - %t
// RUN: tinyc-opt %s -compress-calibrate="method=min-max samples=64" -compress-round-gptq="weight-bits=4 max-samples=64 search-scales=false" -compress-quantize="weights=int4" | FileCheck %s --check-prefix=QUANTIZED
// RUN: tinyc-opt %s -compress-calibrate="method=min-max samples=64" -compress-round-gptq="greatest-bits=4" | FileCheck %s --check-prefix=LEFT

// The weights 7 and -8 times 1/8 are the ends of the 4-bit grid of scale 1/8, and the others lie on it as well: they stay.
// The float weight stays on the op, too.
// CHECK-LABEL: func.func @on_grid
// CHECK: %[[W:.+]] = nn.constant dense<{{\[\[}}8.750000e-01, -1.000000e+00, 2.500000e-01, {{-?}}0.000000e+00]]>
// CHECK: nn.fully_connected %{{[^,]+}}, %[[W]]
// CHECK-SAME: nn.float_weight = dense<{{\[\[}}8.750000e-01, -1.000000e+00, 2.500000e-01, 0.000000e+00]]>
// CHECK-SAME: nn.weight_scales = array<f32: 1.250000e-01>
// QUANTIZED-LABEL: func.func @on_grid
// QUANTIZED: nn.constant dense<{{\[\[}}7, -8, 2, 0]]> : tensor<1x4xi4> -> tensor<1x4x!quant.uniform<i4
// QUANTIZED-NOT: nn.float_weight
// LEFT-LABEL: func.func @on_grid
// LEFT-NOT: nn.float_weight
func.func @on_grid(%x: tensor<1x4xf32>) -> tensor<1x1xf32> {
  %w = nn.constant dense<[[0.875, -1.0, 0.25, 0.0]]> : tensor<1x4xf32> -> tensor<1x4xf32>
  %b = nn.constant dense<0.0> : tensor<1xf32> -> tensor<1xf32>
  %0 = nn.fully_connected %x, %w, %b {nn.weight_scales = array<f32: 0.125>} : (tensor<1x4xf32>, tensor<1x4xf32>, tensor<1xf32>) -> tensor<1x1xf32>
  return %0 : tensor<1x1xf32>
}

// The second and third input are the same number, so only the sum of their weights counts: 0.4375 + 0.4375, 7 steps of 1/8.
// To nearest, 3.5 steps (ties to even) go to 4 twice, and the sum is 8; what one column gains the other gives back.
// CHECK-LABEL: func.func @compensates
// CHECK: nn.constant dense<{{\[\[}}-1.000000e+00, {{(5.000000e-01, 3.750000e-01|3.750000e-01, 5.000000e-01)}}]]>
func.func @compensates(%x: tensor<16x1xf32>, %y: tensor<16x1xf32>) -> tensor<16x1xf32> {
  %w = nn.constant dense<[[-1.0, 0.4375, 0.4375]]> : tensor<1x3xf32> -> tensor<1x3xf32>
  %b = nn.constant dense<0.0> : tensor<1xf32> -> tensor<1xf32>
  %0 = nn.concat %x, %y, %y {axis = 1 : i64} : (tensor<16x1xf32>, tensor<16x1xf32>, tensor<16x1xf32>) -> tensor<16x3xf32>
  %1 = nn.fully_connected %0, %w, %b {nn.weight_scales = array<f32: 0.125>} : (tensor<16x3xf32>, tensor<1x3xf32>, tensor<1xf32>) -> tensor<16x1xf32>
  return %1 : tensor<16x1xf32>
}

// Two layers share a weight and still do so; the residual addition, the depthwise convolution (a covariance for each
// channel) and the concatenation keep their places.
// CHECK-LABEL: func.func @network
// CHECK: %[[SHARED:.+]] = nn.constant {{.*}} tensor<4x1x1x4xf32>
// CHECK: nn.conv2d %{{[^,]+}}, %[[SHARED]]
// CHECK: nn.conv2d %{{[^,]+}}, %[[SHARED]]
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
