// RUN: tinyc-opt %s -compress-choose-weight-scales="method=max weight-bits=4" | FileCheck %s --check-prefixes=CHECK,MAX
// RUN: tinyc-opt %s -compress-choose-weight-scales="method=mse weight-bits=4" | FileCheck %s --check-prefixes=CHECK,MSE
// RUN: not tinyc-opt %s -compress-choose-weight-scales="method=median" 2>&1 | FileCheck %s --check-prefix=ERROR
// ERROR: expects the method max, mse or weighted, got median

// At 4 bits the least integer is -8 and the greatest 7: channel 0 needs 3.5 / 7 = 0.5, channel 1 -3 / -8 = 0.375. The second
// op keeps what was chosen before.
// CHECK-LABEL: func.func @bounds
// MAX: nn.fully_connected {{.*}} nn.weight_scales = array<f32: 5.000000e-01, 3.750000e-01>
// CHECK: nn.fully_connected {{.*}} nn.weight_scales = array<f32: 2.000000e+00, 3.000000e+00>
func.func @bounds(%x: tensor<1x2xf32> {nn.range = array<f64: -1.0, 1.0>}) -> tensor<1x2xf32> {
  %w = nn.constant dense<[[3.5, -1.0], [-3.0, 2.0]]> : tensor<2x2xf32> -> tensor<2x2xf32>
  %0 = nn.fully_connected %x, %w {nn.range = array<f64: -8.0, 8.0>} : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  %1 = nn.fully_connected %0, %w {nn.range = array<f64: -8.0, 8.0>, nn.weight_scales = array<f32: 2.0, 3.0>} : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  return %1 : tensor<1x2xf32>
}

// 15 weights of 0.5 and one of 7: at the scale that clips nothing, 1, each 0.5 is 0.5 wrong (ties to even: 0), 3.75 in squares.
// At half of it the 15 are exact and the one is 3.5 wrong, 12.25. Between them, at 0.94 for instance, 0.5 becomes 0.94, 0.44
// wrong, and 7 becomes 6.58: 15 * 0.44^2 + 0.42^2 = 3.08. At 0.88: 15 * 0.38^2 + 0.84^2 = 2.87, the least of these; at 0.80:
// 15 * 0.30^2 + 1.4^2 = 3.31. Least of all: 30 (s - 0.5) + 14 (7 s - 7) = 0 has s = 113 / 128 = 0.883.
// CHECK-LABEL: func.func @outlier
// MSE: nn.fully_connected {{.*}} nn.weight_scales = array<f32: 0.8{{79999|80000}}
// MAX: nn.fully_connected {{.*}} nn.weight_scales = array<f32: 1.000000e+00>
func.func @outlier(%x: tensor<1x16xf32> {nn.range = array<f64: -1.0, 1.0>}) -> tensor<1x1xf32> {
  %w = nn.constant dense<[[7.0, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5]]> : tensor<1x16xf32> -> tensor<1x16xf32>
  %0 = nn.fully_connected %x, %w {nn.range = array<f64: -8.0, 8.0>} : (tensor<1x16xf32>, tensor<1x16xf32>) -> tensor<1x1xf32>
  return %0 : tensor<1x1xf32>
}
