// RUN: tinyc-opt %s -compress-correct-bias="method=analytic weight-bits=4" | FileCheck %s
// RUN: tinyc-opt %s -compress-correct-bias="weight-bits=4" | FileCheck %s --check-prefix=EMPIRICAL
// RUN: not tinyc-opt %s -compress-correct-bias="method=none" 2>&1 | FileCheck %s --check-prefix=ERROR
// ERROR: expects the method empirical or analytic, got none

// The first layer's results are normal with mean 2 and deviation 0 (so 2), and -1 that the clamp turns to 0. On the scale
// 1 the weight 0.25 becomes 0 and 0.75 becomes 1: the sum of 2 * 0.25 is missing, the bias 1 becomes 1.5. The second channel's
// inputs are 0, what its weight loses does not count.
// CHECK-LABEL: func.func @analytic
// CHECK: nn.fully_connected
// CHECK: %[[W:.+]] = nn.constant dense<{{\[\[}}0.000000e+00, 1.000000e+00]]>
// CHECK: %[[B:.+]] = nn.constant dense<1.500000e+00> : tensor<1xf32>
// CHECK: nn.fully_connected %{{[^,]+}}, %[[W]], %[[B]] {{.*}}nn.float_bias = dense<1.000000e+00>
func.func @analytic(%x: tensor<1x2xf32> {nn.range = array<f64: -1.0, 1.0>}) -> tensor<1x1xf32> {
  %v = nn.constant dense<[[1.0, 0.0], [0.0, 1.0]]> : tensor<2x2xf32> -> tensor<2x2xf32>
  %w = nn.constant dense<[[0.25, 0.75]]> : tensor<1x2xf32> -> tensor<1x2xf32>
  %b = nn.constant dense<1.0> : tensor<1xf32> -> tensor<1xf32>
  %0 = nn.fully_connected %x, %v {clampMin = 0.0 : f32, nn.range = array<f64: 0.0, 4.0>, nn.mean = array<f32: 2.0, -1.0>, nn.deviation = array<f32: 0.0, 0.0>} : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  %1 = nn.fully_connected %0, %w, %b {nn.range = array<f64: -4.0, 4.0>, nn.weight_scales = array<f32: 1.0>} : (tensor<1x2xf32>, tensor<1x2xf32>, tensor<1xf32>) -> tensor<1x1xf32>
  return %1 : tensor<1x1xf32>
}

// The input of the second layer is 2 (a product with 0 and a bias of 2), and its type, of range 0 .. 2, has 2 on its grid. The
// weight 0.25 becomes 0 on the scale 1: 2 * 0.25 is missing. The layer has no bias: it gets one of 0.5.
// EMPIRICAL-LABEL: func.func @empirical
// EMPIRICAL: nn.fully_connected
// EMPIRICAL: %[[B:.+]] = nn.constant dense<5.000000e-01> : tensor<1xf32>
// EMPIRICAL: nn.fully_connected %{{[^,]+}}, %{{[^,]+}}, %[[B]]
func.func @empirical(%x: tensor<1x1xf32> {nn.range = array<f64: -1.0, 1.0>}) -> tensor<1x1xf32> {
  %v = nn.constant dense<0.0> : tensor<1x1xf32> -> tensor<1x1xf32>
  %c = nn.constant dense<2.0> : tensor<1xf32> -> tensor<1xf32>
  %w = nn.constant dense<0.25> : tensor<1x1xf32> -> tensor<1x1xf32>
  %0 = nn.fully_connected %x, %v, %c {nn.range = array<f64: 0.0, 2.0>} : (tensor<1x1xf32>, tensor<1x1xf32>, tensor<1xf32>) -> tensor<1x1xf32>
  %1 = nn.fully_connected %0, %w {nn.range = array<f64: -4.0, 4.0>, nn.weight_scales = array<f32: 1.0>} : (tensor<1x1xf32>, tensor<1x1xf32>) -> tensor<1x1xf32>
  return %1 : tensor<1x1xf32>
}
