// RUN: tinyc-opt %s -compress-quantize=weights=int4 | FileCheck %s
// RUN: tinyc-opt %s -compress-quantize=weights=int2 | FileCheck %s --check-prefix=TWO

// The input has steps of 0.5. Channel 0: 1.75 / 7 = 0.25 asks for more than 1.0 / 8: scale 1/4, integers 7 and -4. Channel 1: 4 /
// 8 = 0.5, more than 0.25 / 7: scale 1/2, integers -8 and, of half a step, the even 0. The bias has scales of 1/8 and 1/4.
// CHECK-LABEL: func.func @narrow
// CHECK-DAG: nn.constant dense<{{\[\[}}7, -4], [-8, 0]]> : tensor<2x2xi4> -> tensor<2x2x!quant.uniform<i4:f32:0, {2.500000e-01,5.000000e-01}>>
// CHECK-DAG: nn.constant dense<[8, -8]> : tensor<2xi32> -> tensor<2x!quant.uniform<i32:f32:0, {1.250000e-01,2.500000e-01}>>
// CHECK: nn.fully_connected
// CHECK-NOT: nn.range

// Two bits: 1.75 / 1 and 4 / 2; -1 is -0.57 of a step, 0.25 an eighth.
// TWO-LABEL: func.func @narrow
// TWO: nn.constant dense<{{\[\[}}1, -1], [-2, 0]]> : tensor<2x2xi2> -> tensor<2x2x!quant.uniform<i2:f32:0, {1.750000e+00,2.000000e+00}>>
func.func @narrow(%x: tensor<1x2xf32> {nn.range = array<f64: -10.0, 117.5>}) -> tensor<1x2xf32> {
  %w = nn.constant dense<[[1.75, -1.0], [-4.0, 0.25]]> : tensor<2x2xf32> -> tensor<2x2xf32>
  %b = nn.constant dense<[1.0, -2.0]> : tensor<2xf32> -> tensor<2xf32>
  %0 = nn.fully_connected %x, %w, %b {nn.range = array<f64: 0.0, 63.75>} : (tensor<1x2xf32>, tensor<2x2xf32>, tensor<2xf32>) -> tensor<1x2xf32>
  return %0 : tensor<1x2xf32>
}

// The attributes of an op go before the option: 8 bits for the first, and for the second 4 bits on scales of 1/8, where 1.0 is
// 8, more than the greatest 7.
// CHECK-LABEL: func.func @chosen
// CHECK-DAG: nn.constant dense<{{.*}}127, -127{{.*}}> : tensor<1x2xi8> -> tensor<1x2x!quant.uniform<i8<-127:127>:f32:0, {1.562500e-02}>>
// CHECK-DAG: nn.constant dense<{{.*}}7, -8{{.*}}> : tensor<1x2xi4> -> tensor<1x2x!quant.uniform<i4:f32:0, {1.250000e-01}>>
// CHECK-NOT: nn.weight
// TWO-LABEL: func.func @chosen
// TWO-DAG: tensor<1x2xi8>
// TWO-DAG: tensor<1x2xi4>
func.func @chosen(%x: tensor<1x2xf32> {nn.range = array<f64: -10.0, 117.5>}) -> (tensor<1x1xf32>, tensor<1x1xf32>) {
  %v = nn.constant dense<[[1.984375, -1.984375]]> : tensor<1x2xf32> -> tensor<1x2xf32>
  %0 = nn.fully_connected %x, %v {nn.weight_bits = 8 : i32, nn.range = array<f64: 0.0, 63.75>} : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x1xf32>
  %w = nn.constant dense<[[1.0, -1.0]]> : tensor<1x2xf32> -> tensor<1x2xf32>
  %1 = nn.fully_connected %x, %w {nn.weight_bits = 4 : i32, nn.weight_scales = array<f32: 0.125>, nn.range = array<f64: 0.0, 63.75>} : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x1xf32>
  return %0, %1 : tensor<1x1xf32>, tensor<1x1xf32>
}
