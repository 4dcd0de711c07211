// RUN: tinyc-opt %s -split-input-file -graph-fold-constants | FileCheck %s
// RUN: tinyc-opt %s -split-input-file -graph-fold-constants="slack=4096" | FileCheck %s --check-prefix=SLACK

// (1 + 3) * 2 = 8, (2 + 4) * 2 = 12
// CHECK-LABEL: func.func @arithmetic
// CHECK-NEXT: %[[C:.*]] = nn.constant dense<[8.000000e+00, 1.200000e+01]>
// CHECK-NEXT: return %[[C]]
func.func @arithmetic() -> tensor<2xf32> {
  %a = nn.constant dense<[1.0, 2.0]> : tensor<2xf32> -> tensor<2xf32>
  %b = nn.constant dense<[3.0, 4.0]> : tensor<2xf32> -> tensor<2xf32>
  %two = nn.constant dense<2.0> : tensor<1xf32> -> tensor<1xf32>
  %0 = nn.add %a, %b : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  %1 = nn.mul %0, %two : (tensor<2xf32>, tensor<1xf32>) -> tensor<2xf32>
  return %1 : tensor<2xf32>
}

// -----

// CHECK-LABEL: func.func @transpose
// CHECK-NEXT: nn.constant dense<{{\[\[}}1.000000e+00, 3.000000e+00], [2.000000e+00, 4.000000e+00]]>
func.func @transpose() -> tensor<2x2xf32> {
  %a = nn.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32> -> tensor<2x2xf32>
  %0 = nn.transpose %a {permutation = array<i64: 1, 0>} : (tensor<2x2xf32>) -> tensor<2x2xf32>
  return %0 : tensor<2x2xf32>
}

// -----

// 20 x 20 floats (1600 bytes) from 160 bytes of operands: 1440 more, over the bound of 1024.
// CHECK-LABEL: func.func @too_large
// CHECK: nn.add
// SLACK-LABEL: func.func @too_large
// SLACK-NEXT: nn.constant dense<3.000000e+00> : tensor<20x20xf32>
// SLACK-NEXT: return
func.func @too_large() -> tensor<20x20xf32> {
  %a = nn.constant dense<1.0> : tensor<20x1xf32> -> tensor<20x1xf32>
  %b = nn.constant dense<2.0> : tensor<1x20xf32> -> tensor<1x20xf32>
  %0 = nn.add %a, %b : (tensor<20x1xf32>, tensor<1x20xf32>) -> tensor<20x20xf32>
  return %0 : tensor<20x20xf32>
}

// -----

// The weights of a QDQ model stay quantized; what rearranges them moves to the constant, the axis follows.
// CHECK-LABEL: func.func @dequantized
// CHECK: %[[C:.*]] = nn.constant dense<{{\[\[}}1, 4], [2, 5], [3, 6]]> : tensor<3x2xi8> -> tensor<3x2x!quant.uniform<i8:f32:1, {5.000000e-01,2.500000e-01}>>
// CHECK-NEXT: %[[D:.*]] = quant.dcast %[[C]]
// CHECK: %[[F:.*]] = nn.constant dense<[1, 2, 3, 4]> : tensor<4xi8>
// CHECK-NEXT: %[[E:.*]] = quant.dcast %[[F]] : tensor<4x!quant.uniform<i8:f32, 5.000000e-01>> to tensor<4xf32>
// CHECK: return %[[D]], %[[E]]
func.func @dequantized() -> (tensor<3x2xf32>, tensor<4xf32>) {
  %c = nn.constant dense<[[1, 2, 3], [4, 5, 6]]> : tensor<2x3xi8> -> tensor<2x3x!quant.uniform<i8:f32:0, {0.5, 0.25}>>
  %d = quant.dcast %c : tensor<2x3x!quant.uniform<i8:f32:0, {0.5, 0.25}>> to tensor<2x3xf32>
  %t = nn.transpose %d {permutation = array<i64: 1, 0>} : (tensor<2x3xf32>) -> tensor<3x2xf32>
  %f = nn.constant dense<[[1, 2], [3, 4]]> : tensor<2x2xi8> -> tensor<2x2x!quant.uniform<i8:f32, 0.5>>
  %g = quant.dcast %f : tensor<2x2x!quant.uniform<i8:f32, 0.5>> to tensor<2x2xf32>
  %r = nn.reshape %g : (tensor<2x2xf32>) -> tensor<4xf32>
  return %t, %r : tensor<3x2xf32>, tensor<4xf32>
}

// -----

// A weight stored in float and quantized in the graph: round(0.9 / 0.5) = 2, round(-0.3 / 0.5) = -1.
// CHECK-LABEL: func.func @quantized
// CHECK-NEXT: nn.constant dense<[2, -1]> : tensor<2xi8> -> tensor<2x!quant.uniform<i8:f32, 5.000000e-01>>
func.func @quantized() -> tensor<2x!quant.uniform<i8:f32, 0.5>> {
  %a = nn.constant dense<[0.9, -0.3]> : tensor<2xf32> -> tensor<2xf32>
  %0 = quant.qcast %a : tensor<2xf32> to tensor<2x!quant.uniform<i8:f32, 0.5>>
  return %0 : tensor<2x!quant.uniform<i8:f32, 0.5>>
}

// -----

// CHECK-LABEL: func.func @unknown_operand
// CHECK: nn.add
func.func @unknown_operand(%x: tensor<2xf32>) -> tensor<2xf32> {
  %a = nn.constant dense<[1.0, 2.0]> : tensor<2xf32> -> tensor<2xf32>
  %0 = nn.add %a, %x : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

// 1 / 0.5 + 3 = 5, -2 / 0.5 + 3 = -1, in elements of 16 bits although 8 would do.
// CHECK-LABEL: func.func @quantize_wide_storage
// CHECK-NEXT: nn.constant dense<[5, -1]> : tensor<2xi16>
func.func @quantize_wide_storage() -> tensor<2x!quant.uniform<i16<-128:127>:f32, 0.5:3>> {
  %0 = nn.constant dense<[1.0, -2.0]> : tensor<2xf32> -> tensor<2xf32>
  %1 = quant.qcast %0 : tensor<2xf32> to tensor<2x!quant.uniform<i16<-128:127>:f32, 0.5:3>>
  return %1 : tensor<2x!quant.uniform<i16<-128:127>:f32, 0.5:3>>
}
