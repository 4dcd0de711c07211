// RUN: split-file %s %t
// RUN: not tinyc-opt %t/method.mlir -compress-calibrate="method=best" 2>&1 | FileCheck %s --check-prefix=METHOD
// RUN: not tinyc-opt %t/method.mlir -compress-calibrate="method=percentile percentile=40" 2>&1 | FileCheck %s --check-prefix=PERCENTILE
// RUN: not tinyc-opt %t/method.mlir -compress-calibrate="samples=0" 2>&1 | FileCheck %s --check-prefix=SAMPLES
// RUN: tinyc-opt %t/infinite.mlir -verify-diagnostics -compress-calibrate
// RUN: tinyc-opt %t/mask.mlir -compress-calibrate | FileCheck %s --check-prefix=MASK
// RUN: tinyc-opt %t/argument.mlir -verify-diagnostics -compress-calibrate

// METHOD: error: expects the method min-max, moving-average, percentile, mse, entropy, auto, got best
// PERCENTILE: error: expects a percentile above 50 and up to 100, got 4
// SAMPLES: error: expects at least one calibration sample

//--- method.mlir
func.func @main(%x: tensor<1x4xf32>) -> tensor<1x4xf32> {
  return %x : tensor<1x4xf32>
}

//--- infinite.mlir
// 3e38 * 3e38 leaves the range of float.
func.func @main(%x: tensor<1x4xf32>) -> tensor<1x4xf32> {
  %c = nn.constant dense<3.0e38> : tensor<1x1xf32> -> tensor<1x1xf32>
  %0 = nn.add %x, %c : (tensor<1x4xf32>, tensor<1x1xf32>) -> tensor<1x4xf32>
  // expected-error @below {{expects finite values on the calibration data, got NaN or infinity}}
  %1 = nn.mul %0, %0 : (tensor<1x4xf32>, tensor<1x4xf32>) -> tensor<1x4xf32>
  return %1 : tensor<1x4xf32>
}

//--- mask.mlir
// What infinite constants make infinite, as attention masks do, has no range; softmax is finite again.
// MASK: nn.add {{.*}}nn.range = array<f64: 0xFFF0000000000000, 0x7FF0000000000000>
// MASK: nn.reshape {{.*}}nn.range = array<f64: 0xFFF0000000000000, 0x7FF0000000000000>
// MASK: nn.softmax {{.*}}nn.range = array<f64: 0.000000e+00, 1.000000e+00>
func.func @main(%x: tensor<1x2xf32>) -> tensor<2x1xf32> {
  %c = nn.constant dense<[[0.0, 0xFF800000]]> : tensor<1x2xf32> -> tensor<1x2xf32>
  %0 = nn.add %x, %c : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x2xf32>
  %1 = nn.reshape %0 : (tensor<1x2xf32>) -> tensor<1x1x2xf32>
  %2 = nn.softmax %1 : (tensor<1x1x2xf32>) -> tensor<1x1x2xf32>
  %3 = nn.reshape %2 : (tensor<1x1x2xf32>) -> tensor<2x1xf32>
  return %3 : tensor<2x1xf32>
}

//--- argument.mlir
// expected-error @below {{has no reference semantics for 'index'}}
func.func @main(%x: tensor<1x4xf32>, %i: index) -> tensor<1x4xf32> {
  return %x : tensor<1x4xf32>
}
