// RUN: tinyc-opt %s -compress-equalize=statistics | FileCheck %s

// Without data, ranges are those of batch norms: 0 -+ 6 * 1 for channel 0, 0 -+ 6 / 1024 for channel 1, which a ReLU halves. Channel 1 grows
// by their quotient, just 1024, and its statistics with it; the depthwise weight that reads it becomes 1024 / 1024 = 1.
// CHECK-LABEL: func.func @known
// CHECK: nn.constant dense<{{\[\[\[\[}}1.000000e+00, 0.000000e+00]]], {{\[\[\[}}0.000000e+00, 1.000000e+00]]]]>
// CHECK: nn.conv2d {{.*}}nn.deviation = array<f32: 1.000000e+00, 1.000000e+00>
// CHECK: nn.constant dense<1.000000e+00> : tensor<2x1x1x1xf32>
func.func @known(%x: tensor<1x8x8x2xf32>) -> tensor<1x8x8x2xf32> {
  %v = nn.constant dense<[[[[1.0, 0.0]]], [[[0.0, 0.0009765625]]]]> : tensor<2x1x1x2xf32> -> tensor<2x1x1x2xf32>
  %w = nn.constant dense<[[[[1.0]]], [[[1024.0]]]]> : tensor<2x1x1x1xf32> -> tensor<2x1x1x1xf32>
  %0 = nn.conv2d %x, %v {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1, clampMin = 0.0 : f32, nn.mean = array<f32: 0.0, 0.0>, nn.deviation = array<f32: 1.0, 0.0009765625>} : (tensor<1x8x8x2xf32>, tensor<2x1x1x2xf32>) -> tensor<1x8x8x2xf32>
  %1 = nn.conv2d %0, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 2} : (tensor<1x8x8x2xf32>, tensor<2x1x1x1xf32>) -> tensor<1x8x8x2xf32>
  return %1 : tensor<1x8x8x2xf32>
}

// Nothing is known of the layer's result: it stays.
// CHECK-LABEL: func.func @unknown
// CHECK: nn.constant dense<{{\[\[\[\[}}1.000000e+00, 0.000000e+00]]], {{\[\[\[}}0.000000e+00, 9.765625E-4]]]]>
func.func @unknown(%x: tensor<1x8x8x2xf32>) -> tensor<1x8x8x2xf32> {
  %v = nn.constant dense<[[[[1.0, 0.0]]], [[[0.0, 0.0009765625]]]]> : tensor<2x1x1x2xf32> -> tensor<2x1x1x2xf32>
  %w = nn.constant dense<[[[[1.0]]], [[[1024.0]]]]> : tensor<2x1x1x1xf32> -> tensor<2x1x1x1xf32>
  %0 = nn.conv2d %x, %v {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1, clampMin = 0.0 : f32} : (tensor<1x8x8x2xf32>, tensor<2x1x1x2xf32>) -> tensor<1x8x8x2xf32>
  %1 = nn.conv2d %0, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 2} : (tensor<1x8x8x2xf32>, tensor<2x1x1x1xf32>) -> tensor<1x8x8x2xf32>
  return %1 : tensor<1x8x8x2xf32>
}
