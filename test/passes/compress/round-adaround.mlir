// RUN: tinyc-opt %s -compress-calibrate="method=min-max samples=64" -compress-round-adaround="weight-bits=4 max-samples=64 iterations=400" > %t
// RUN: FileCheck %s < %t
// RUN: tinyc-opt %s -mlir-disable-threading -compress-calibrate="method=min-max samples=64" -compress-round-adaround="weight-bits=4 max-samples=64 iterations=400" | diff - %t

// Two equal inputs with weights of 3.5 steps of 1/8 each: to nearest (ties to even) both go to 4 steps; the sum of 7 steps
// needs one up and one down. The weight -1 fixes the scale: -8 steps.
// CHECK-LABEL: func.func @compensates
// CHECK: nn.constant dense<{{\[\[}}-1.000000e+00, {{(5.000000e-01, 3.750000e-01|3.750000e-01, 5.000000e-01)}}]]>
// CHECK: nn.fully_connected {{.*}} nn.weight_scales = array<f32: 1.250000e-01>
func.func @compensates(%x: tensor<16x1xf32>, %y: tensor<16x1xf32>) -> tensor<16x1xf32> {
  %w = nn.constant dense<[[-1.0, 0.4476, 0.4274]]> : tensor<1x3xf32> -> tensor<1x3xf32>
  %b = nn.constant dense<0.0> : tensor<1xf32> -> tensor<1xf32>
  %0 = nn.concat %x, %y, %y {axis = 1 : i64} : (tensor<16x1xf32>, tensor<16x1xf32>, tensor<16x1xf32>) -> tensor<16x3xf32>
  %1 = nn.fully_connected %0, %w, %b {nn.weight_scales = array<f32: 0.125>} : (tensor<16x3xf32>, tensor<1x3xf32>, tensor<1xf32>) -> tensor<16x1xf32>
  return %1 : tensor<16x1xf32>
}
