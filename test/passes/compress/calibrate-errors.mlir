// RUN: split-file %s %t
// RUN: not tinyc-opt %t/method.mlir -compress-calibrate="method=best" 2>&1 | FileCheck %s --check-prefix=METHOD
// RUN: not tinyc-opt %t/method.mlir -compress-calibrate="method=percentile percentile=40" 2>&1 | FileCheck %s --check-prefix=PERCENTILE
// RUN: not tinyc-opt %t/method.mlir -compress-calibrate="samples=0" 2>&1 | FileCheck %s --check-prefix=SAMPLES
// RUN: tinyc-opt %t/infinite.mlir -verify-diagnostics -compress-calibrate
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

//--- argument.mlir
// expected-error @below {{has no reference semantics for 'index'}}
func.func @main(%x: tensor<1x4xf32>, %i: index) -> tensor<1x4xf32> {
  return %x : tensor<1x4xf32>
}
