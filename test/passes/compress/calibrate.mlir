// RUN: tinyc-opt %s -compress-calibrate="method=min-max samples=64 low=-2 high=6" | FileCheck %s
// RUN: tinyc-opt %s -compress-calibrate="samples=64 low=-2 high=6" > %t.1
// RUN: tinyc-opt %s -mlir-disable-threading -compress-calibrate="samples=64 low=-2 high=6" | diff - %t.1
// RUN: tinyc-opt %s -compress-calibrate="samples=64 low=-2 high=6 method=percentile percentile=75" | FileCheck %s --check-prefix=PERCENTILE

// 64 samples of 64 numbers between -2 and 6: the least is just above -2, the greatest just below 6. The clamp at 0 and 4
// meets both bounds, and the product with -0.5 is exact.
// A quarter of the uniform numbers is below 0 and a quarter above 4: the percentiles of the argument lie near
// 0 and 4 (standard deviation of the share: sqrt(3 / 16 / 4096) = 0.7 %, 8 * 0.7 % = 0.05).
// CHECK-LABEL: func.func @main
// CHECK-SAME: nn.range = array<f64: -1.99{{[0-9]*}}, 5.99{{[0-9]*}}>
// CHECK: nn.constant
// CHECK-NOT: nn.range
// CHECK: nn.clamp {{.*}}nn.range = array<f64: 0.000000e+00, 4.000000e+00>
// CHECK: nn.mul {{.*}}nn.range = array<f64: -2.000000e+00, {{-?}}0.000000e+00>
// PERCENTILE-LABEL: func.func @main
// PERCENTILE-SAME: nn.range = array<f64: {{-?(0[.][01][0-9]*|[1-9][.][0-9]+[eE]-0?[23])}}, {{3[.][89]|4[.][01]}}
func.func @main(%x: tensor<1x64xf32>) -> tensor<1x64xf32> {
  %c = nn.constant dense<-0.5> : tensor<1x1xf32> -> tensor<1x1xf32>
  %0 = nn.clamp %x {min = 0.0 : f32, max = 4.0 : f32} : (tensor<1x64xf32>) -> tensor<1x64xf32>
  %1 = nn.mul %0, %c : (tensor<1x64xf32>, tensor<1x1xf32>) -> tensor<1x64xf32>
  return %1 : tensor<1x64xf32>
}

// An integer function has nothing to calibrate.
// CHECK-LABEL: func.func @integer
// CHECK-NOT: nn.range
func.func @integer(%x: tensor<4x!quant.uniform<i8:f32, 0.5>>) -> tensor<4x!quant.uniform<i8:f32, 0.5>> {
  return %x : tensor<4x!quant.uniform<i8:f32, 0.5>>
}
