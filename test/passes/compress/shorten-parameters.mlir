// RUN: tinyc-opt %s -compress-shorten-parameters="multiplier-bits=4" | FileCheck %s
// RUN: not tinyc-opt %s -compress-shorten-parameters="multiplier-bits=1" 2>&1 | FileCheck %s --check-prefix=ERROR
// ERROR: error: expects multipliers of 2 to 24 bits, got 1

// Scales of input and result are 1, so that multipliers are the weights' scales: 0.01 = 10.24 / 1024, of which 4 bits are 10 / 1024,
// and 0.02 = 20.48 / 1024 becomes 20 / 1024. A sixteenth of a step of the result, at the greatest multiplier 20 / 1024, is 3.2 of the
// bias; the power of two below it is 2. Folded biases: 7 * 0.01 / (10 / 1024) = 7.168, less zero point 3 * the sum of the weights
// 1 + 2 - 1 = 2, 1.168, becomes 2 and the bias 2 + 6 = 8; -5 * 1.024 = -5.12 less 3 * (4 + 5 + 6) = -50.12 becomes -50, the bias -5.
// CHECK-LABEL: func.func @main
// CHECK: nn.constant dense<[8, -5]> : tensor<2xi32> -> tensor<2x!quant.uniform<i32:f32:0, {0.009765625,0.01953125}>>
// CHECK: nn.constant dense<{{\[\[}}1, 2, -1], [4, 5, 6]]> : tensor<2x3xi8> -> tensor<2x3x!quant.uniform<i8<-127:127>:f32:0, {0.009765625,0.01953125}>>
func.func @main(%x: tensor<1x3x!quant.uniform<i8:f32, 1.0:3>>) -> tensor<1x2x!quant.uniform<i8:f32, 1.0>> {
  %w = nn.constant dense<[[1, 2, -1], [4, 5, 6]]> : tensor<2x3xi8> -> tensor<2x3x!quant.uniform<i8<-127:127>:f32:0, {0.01,0.02}>>
  %b = nn.constant dense<[7, -5]> : tensor<2xi32> -> tensor<2x!quant.uniform<i32:f32:0, {0.01,0.02}>>
  %0 = nn.fully_connected %x, %w, %b : (tensor<1x3x!quant.uniform<i8:f32, 1.0:3>>, tensor<2x3x!quant.uniform<i8<-127:127>:f32:0, {0.01,0.02}>>, tensor<2x!quant.uniform<i32:f32:0, {0.01,0.02}>>) -> tensor<1x2x!quant.uniform<i8:f32, 1.0>>
  return %0 : tensor<1x2x!quant.uniform<i8:f32, 1.0>>
}
