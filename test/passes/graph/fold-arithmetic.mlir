// RUN: tinyc-opt %s -graph-fold-arithmetic | FileCheck %s

// ((W x + 1) * [2, 3] + 5) - [1, 2]: weights 1 | 10 become 2 | 30, the bias 1 * [2, 3] + 5 - [1, 2] = [6, 6].
// CHECK-LABEL: func.func @after
// CHECK-DAG: %[[W:.*]] = nn.constant dense<{{\[\[\[\[}}2.000000e+00]]], {{\[\[\[}}3.000000e+01]]]]>
// CHECK-DAG: %[[B:.*]] = nn.constant dense<6.000000e+00> : tensor<2xf32>
// CHECK: %[[Y:.*]] = nn.conv2d %arg0, %[[W]], %[[B]] {clampMin = 0.000000e+00 : f32
// CHECK-NEXT: return %[[Y]]
func.func @after(%x: tensor<1x2x2x1xf32>) -> tensor<1x2x2x2xf32> {
  %w = nn.constant dense<[[[[1.0]]], [[[10.0]]]]> : tensor<2x1x1x1xf32> -> tensor<2x1x1x1xf32>
  %b = nn.constant dense<1.0> : tensor<2xf32> -> tensor<2xf32>
  %c = nn.constant dense<[[[[2.0, 3.0]]]]> : tensor<1x1x1x2xf32> -> tensor<1x1x1x2xf32>
  %d = nn.constant dense<5.0> : tensor<1x1x1x1xf32> -> tensor<1x1x1x1xf32>
  %e = nn.constant dense<[[[[1.0, 2.0]]]]> : tensor<1x1x1x2xf32> -> tensor<1x1x1x2xf32>
  %0 = nn.conv2d %x, %w, %b {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>}
    : (tensor<1x2x2x1xf32>, tensor<2x1x1x1xf32>, tensor<2xf32>) -> tensor<1x2x2x2xf32>
  %1 = nn.mul %0, %c : (tensor<1x2x2x2xf32>, tensor<1x1x1x2xf32>) -> tensor<1x2x2x2xf32>
  %2 = nn.add %d, %1 : (tensor<1x1x1x1xf32>, tensor<1x2x2x2xf32>) -> tensor<1x2x2x2xf32>
  %3 = nn.sub %2, %e {clampMin = 0.0 : f32} : (tensor<1x2x2x2xf32>, tensor<1x1x1x2xf32>) -> tensor<1x2x2x2xf32>
  return %3 : tensor<1x2x2x2xf32>
}

// 4 - (W x): weight -3, bias 4.
// CHECK-LABEL: func.func @reversed
// CHECK-DAG: %[[W:.*]] = nn.constant dense<-3.000000e+00> : tensor<1x1xf32>
// CHECK-DAG: %[[B:.*]] = nn.constant dense<4.000000e+00> : tensor<1xf32>
// CHECK: nn.fully_connected %arg0, %[[W]], %[[B]]
// CHECK-NEXT: return
func.func @reversed(%x: tensor<2x1xf32>) -> tensor<2x1xf32> {
  %w = nn.constant dense<3.0> : tensor<1x1xf32> -> tensor<1x1xf32>
  %c = nn.constant dense<4.0> : tensor<1x1xf32> -> tensor<1x1xf32>
  %0 = nn.fully_connected %x, %w : (tensor<2x1xf32>, tensor<1x1xf32>) -> tensor<2x1xf32>
  %1 = nn.sub %c, %0 : (tensor<1x1xf32>, tensor<2x1xf32>) -> tensor<2x1xf32>
  return %1 : tensor<2x1xf32>
}

// Normalization in front of a padded convolution: (x - 2) * 3. The product goes into the weights (1, 1, 1 -> 3), the sum
// cannot.
// CHECK-LABEL: func.func @before
// CHECK: %[[S:.*]] = nn.sub %arg0
// CHECK: %[[W:.*]] = nn.constant dense<3.000000e+00> : tensor<1x3x3x1xf32>
// CHECK-NEXT: nn.conv2d %[[S]], %[[W]] {
// CHECK-NEXT: return
func.func @before(%x: tensor<1x4x4x1xf32>) -> tensor<1x4x4x1xf32> {
  %w = nn.constant dense<1.0> : tensor<1x3x3x1xf32> -> tensor<1x3x3x1xf32>
  %two = nn.constant dense<2.0> : tensor<1x1x1x1xf32> -> tensor<1x1x1x1xf32>
  %three = nn.constant dense<3.0> : tensor<1x1x1x1xf32> -> tensor<1x1x1x1xf32>
  %0 = nn.sub %x, %two : (tensor<1x4x4x1xf32>, tensor<1x1x1x1xf32>) -> tensor<1x4x4x1xf32>
  %1 = nn.mul %0, %three : (tensor<1x4x4x1xf32>, tensor<1x1x1x1xf32>) -> tensor<1x4x4x1xf32>
  %2 = nn.conv2d %1, %w {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>}
    : (tensor<1x4x4x1xf32>, tensor<1x3x3x1xf32>) -> tensor<1x4x4x1xf32>
  return %2 : tensor<1x4x4x1xf32>
}

// x * 2 * 3 = x * 6, x + 2 - 3 = x - 1; a product and a sum stay two.
// CHECK-LABEL: func.func @merge
// CHECK: %[[SIX:.*]] = nn.constant dense<6.000000e+00>
// CHECK-NEXT: nn.mul %arg0, %[[SIX]]
// CHECK-NEXT: %[[ONE:.*]] = nn.constant dense<-1.000000e+00>
// CHECK-NEXT: nn.add %arg0, %[[ONE]]
// CHECK: nn.mul
// CHECK-NEXT: nn.add
// CHECK-NEXT: return
func.func @merge(%x: tensor<1x2xf32>) -> (tensor<1x2xf32>, tensor<1x2xf32>, tensor<1x2xf32>) {
  %two = nn.constant dense<2.0> : tensor<1x1xf32> -> tensor<1x1xf32>
  %three = nn.constant dense<3.0> : tensor<1x2xf32> -> tensor<1x2xf32>
  %0 = nn.mul %x, %two : (tensor<1x2xf32>, tensor<1x1xf32>) -> tensor<1x2xf32>
  %1 = nn.mul %0, %three : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x2xf32>
  %2 = nn.add %x, %two : (tensor<1x2xf32>, tensor<1x1xf32>) -> tensor<1x2xf32>
  %3 = nn.sub %2, %three : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x2xf32>
  %4 = nn.mul %x, %two : (tensor<1x2xf32>, tensor<1x1xf32>) -> tensor<1x2xf32>
  %5 = nn.add %4, %three : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x2xf32>
  return %1, %3, %5 : tensor<1x2xf32>, tensor<1x2xf32>, tensor<1x2xf32>
}

// Quantized weights: a sum becomes the bias, a product stays. A quantized bias stays too.
// CHECK-LABEL: func.func @quantized
// CHECK-DAG: %[[W:.*]] = quant.dcast
// CHECK-DAG: %[[B:.*]] = nn.constant dense<2.000000e+00> : tensor<1xf32>
// CHECK: nn.fully_connected %arg0, %[[W]], %[[B]]
// CHECK: nn.fully_connected
// CHECK-NEXT: nn.mul
// CHECK: nn.fully_connected
// CHECK-NEXT: nn.add
func.func @quantized(%x: tensor<2x1xf32>) -> (tensor<2x1xf32>, tensor<2x1xf32>, tensor<2x1xf32>) {
  %q = nn.constant dense<3> : tensor<1x1xi8> -> tensor<1x1x!quant.uniform<i8:f32, 0.5>>
  %w = quant.dcast %q : tensor<1x1x!quant.uniform<i8:f32, 0.5>> to tensor<1x1xf32>
  %p = nn.constant dense<3> : tensor<1xi32> -> tensor<1x!quant.uniform<i32:f32, 0.25>>
  %b = quant.dcast %p : tensor<1x!quant.uniform<i32:f32, 0.25>> to tensor<1xf32>
  %c = nn.constant dense<2.0> : tensor<1x1xf32> -> tensor<1x1xf32>
  %0 = nn.fully_connected %x, %w : (tensor<2x1xf32>, tensor<1x1xf32>) -> tensor<2x1xf32>
  %1 = nn.add %0, %c : (tensor<2x1xf32>, tensor<1x1xf32>) -> tensor<2x1xf32>
  %2 = nn.fully_connected %x, %w : (tensor<2x1xf32>, tensor<1x1xf32>) -> tensor<2x1xf32>
  %3 = nn.mul %2, %c : (tensor<2x1xf32>, tensor<1x1xf32>) -> tensor<2x1xf32>
  %4 = nn.fully_connected %x, %w, %b : (tensor<2x1xf32>, tensor<1x1xf32>, tensor<1xf32>) -> tensor<2x1xf32>
  %5 = nn.add %4, %c : (tensor<2x1xf32>, tensor<1x1xf32>) -> tensor<2x1xf32>
  return %1, %3, %5 : tensor<2x1xf32>, tensor<2x1xf32>, tensor<2x1xf32>
}

// A constant that differs over the width, and a product clamped before the sum.
// CHECK-LABEL: func.func @stays
// CHECK: nn.conv2d
// CHECK-NEXT: nn.add
// CHECK-NEXT: nn.conv2d {{.*}}clampMax
// CHECK-NEXT: nn.add
func.func @stays(%x: tensor<1x2x2x1xf32>) -> (tensor<1x2x2x1xf32>, tensor<1x2x2x1xf32>) {
  %w = nn.constant dense<1.0> : tensor<1x1x1x1xf32> -> tensor<1x1x1x1xf32>
  %c = nn.constant dense<[[[[1.0], [2.0]]]]> : tensor<1x1x2x1xf32> -> tensor<1x1x2x1xf32>
  %0 = nn.conv2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>}
    : (tensor<1x2x2x1xf32>, tensor<1x1x1x1xf32>) -> tensor<1x2x2x1xf32>
  %1 = nn.add %0, %c : (tensor<1x2x2x1xf32>, tensor<1x1x2x1xf32>) -> tensor<1x2x2x1xf32>
  %2 = nn.conv2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>,
    clampMax = 1.0 : f32} : (tensor<1x2x2x1xf32>, tensor<1x1x1x1xf32>) -> tensor<1x2x2x1xf32>
  %3 = nn.add %2, %w : (tensor<1x2x2x1xf32>, tensor<1x1x1x1xf32>) -> tensor<1x2x2x1xf32>
  return %1, %3 : tensor<1x2x2x1xf32>, tensor<1x2x2x1xf32>
}

// A reshape that keeps the channels lets the sum into the product, its clamp too; one that does not, and a product that
// others read, do not.
// CHECK-LABEL: func.func @reshaped
// CHECK-DAG: %[[B:.*]] = nn.constant dense<[3.000000e+00, 4.000000e+00]> : tensor<2xf32>
// CHECK: %[[P:.*]] = nn.fully_connected %{{.*}}, %{{.*}}, %[[B]] {clampMin = 0.000000e+00 : f32}
// CHECK: nn.reshape %[[P]] : (tensor<2x2xf32>) -> tensor<1x2x2xf32>
// CHECK: nn.fully_connected
// CHECK: nn.reshape
// CHECK: nn.add
// CHECK: nn.fully_connected
// CHECK: nn.reshape
// CHECK: nn.add
func.func @reshaped(%x: tensor<2x1xf32>) -> (tensor<1x2x2xf32>, tensor<1x4x1xf32>, tensor<1x2x2xf32>, tensor<2x2xf32>) {
  %w = nn.constant dense<[[1.0], [2.0]]> : tensor<2x1xf32> -> tensor<2x1xf32>
  %c = nn.constant dense<[[[3.0, 4.0]]]> : tensor<1x1x2xf32> -> tensor<1x1x2xf32>
  %one = nn.constant dense<5.0> : tensor<1x1x1xf32> -> tensor<1x1x1xf32>
  %0 = nn.fully_connected %x, %w : (tensor<2x1xf32>, tensor<2x1xf32>) -> tensor<2x2xf32>
  %1 = nn.reshape %0 : (tensor<2x2xf32>) -> tensor<1x2x2xf32>
  %2 = nn.add %c, %1 {clampMin = 0.0 : f32} : (tensor<1x1x2xf32>, tensor<1x2x2xf32>) -> tensor<1x2x2xf32>
  %3 = nn.fully_connected %x, %w : (tensor<2x1xf32>, tensor<2x1xf32>) -> tensor<2x2xf32>
  %4 = nn.reshape %3 : (tensor<2x2xf32>) -> tensor<1x4x1xf32>
  %5 = nn.add %4, %one : (tensor<1x4x1xf32>, tensor<1x1x1xf32>) -> tensor<1x4x1xf32>
  %6 = nn.fully_connected %x, %w : (tensor<2x1xf32>, tensor<2x1xf32>) -> tensor<2x2xf32>
  %7 = nn.reshape %6 : (tensor<2x2xf32>) -> tensor<1x2x2xf32>
  %8 = nn.add %7, %c : (tensor<1x2x2xf32>, tensor<1x1x2xf32>) -> tensor<1x2x2xf32>
  return %2, %5, %8, %6 : tensor<1x2x2xf32>, tensor<1x4x1xf32>, tensor<1x2x2xf32>, tensor<2x2xf32>
}
