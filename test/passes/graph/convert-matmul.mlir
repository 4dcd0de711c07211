// RUN: tinyc-opt %s -graph-convert-matmul | FileCheck %s

// CHECK-LABEL: func.func @matrix
// CHECK-SAME: (%[[X:.*]]: tensor<4x2xf32>)
// CHECK: %[[W:.*]] = nn.constant dense<{{\[\[}}1.000000e+00, 4.000000e+00], [2.000000e+00, 5.000000e+00], [3.000000e+00, 6.000000e+00]]> : tensor<3x2xf32>
// CHECK: %[[R:.*]] = nn.fully_connected %[[X]], %[[W]] {clampMin = 0.000000e+00 : f32} : (tensor<4x2xf32>, tensor<3x2xf32>) -> tensor<4x3xf32>
// CHECK: return %[[R]]
func.func @matrix(%x: tensor<4x2xf32>) -> tensor<4x3xf32> {
  %w = nn.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf32> -> tensor<2x3xf32>
  %0 = nn.matmul %x, %w {clampMin = 0.0 : f32} : (tensor<4x2xf32>, tensor<2x3xf32>) -> tensor<4x3xf32>
  return %0 : tensor<4x3xf32>
}

// Both batches multiply by the same matrix; the sum with a constant per column is the bias.
// CHECK-LABEL: func.func @batches
// CHECK: %[[W:.*]] = nn.constant dense<{{\[\[}}1.000000e+00, 3.000000e+00], [2.000000e+00, 4.000000e+00]]>
// CHECK: %[[X:.*]] = nn.reshape %{{.*}} : (tensor<2x5x2xf32>) -> tensor<10x2xf32>
// CHECK: %[[B:.*]] = nn.constant dense<[1.000000e+01, 2.000000e+01]> : tensor<2xf32>
// CHECK: %[[Y:.*]] = nn.fully_connected %[[X]], %[[W]], %[[B]] {clampMax = 6.000000e+00 : f32}
// CHECK: %[[R:.*]] = nn.reshape %[[Y]] : (tensor<10x2xf32>) -> tensor<2x5x2xf32>
// CHECK: return %[[R]]
func.func @batches(%x: tensor<2x5x2xf32>) -> tensor<2x5x2xf32> {
  %w = nn.constant dense<[[[1.0, 2.0], [3.0, 4.0]], [[1.0, 2.0], [3.0, 4.0]]]> : tensor<2x2x2xf32> -> tensor<2x2x2xf32>
  %b = nn.constant dense<[[[10.0, 20.0]]]> : tensor<1x1x2xf32> -> tensor<1x1x2xf32>
  %0 = nn.matmul %x, %w : (tensor<2x5x2xf32>, tensor<2x2x2xf32>) -> tensor<2x5x2xf32>
  %1 = nn.add %b, %0 {clampMax = 6.0 : f32} : (tensor<1x1x2xf32>, tensor<2x5x2xf32>) -> tensor<2x5x2xf32>
  return %1 : tensor<2x5x2xf32>
}

// Columns quantized apart become the weight's axis 0.
// CHECK-LABEL: func.func @dequantized
// CHECK: %[[C:.*]] = nn.constant dense<{{\[\[}}1, 4], [2, 5], [3, 6]]> : tensor<3x2xi8> -> tensor<3x2x!quant.uniform<i8:f32:0, {1.000000e+00,2.000000e+00,3.000000e+00}>>
// CHECK: %[[W:.*]] = quant.dcast %[[C]]
// CHECK: nn.fully_connected %{{.*}}, %[[W]]
func.func @dequantized(%x: tensor<4x2xf32>) -> tensor<4x3xf32> {
  %c = nn.constant dense<[[1, 2, 3], [4, 5, 6]]> : tensor<2x3xi8> -> tensor<2x3x!quant.uniform<i8:f32:1, {1.0, 2.0, 3.0}>>
  %w = quant.dcast %c : tensor<2x3x!quant.uniform<i8:f32:1, {1.0, 2.0, 3.0}>> to tensor<2x3xf32>
  %0 = nn.matmul %x, %w : (tensor<4x2xf32>, tensor<2x3xf32>) -> tensor<4x3xf32>
  return %0 : tensor<4x3xf32>
}

// Two activations; another matrix for each batch; a zero point; scales along the rows: all stay.
// CHECK-LABEL: func.func @stays
// CHECK-COUNT-4: nn.matmul
// CHECK-NOT: nn.fully_connected
func.func @stays(%x: tensor<2x1x2xf32>, %y: tensor<2x2x1xf32>, %z: tensor<1x2xf32>)
    -> (tensor<2x1x1xf32>, tensor<2x1x1xf32>, tensor<1x1xf32>, tensor<1x1xf32>) {
  %w = nn.constant dense<[[[1.0], [2.0]], [[3.0], [4.0]]]> : tensor<2x2x1xf32> -> tensor<2x2x1xf32>
  %0 = nn.matmul %x, %y : (tensor<2x1x2xf32>, tensor<2x2x1xf32>) -> tensor<2x1x1xf32>
  %1 = nn.matmul %x, %w : (tensor<2x1x2xf32>, tensor<2x2x1xf32>) -> tensor<2x1x1xf32>
  %c = nn.constant dense<[[1], [2]]> : tensor<2x1xi8> -> tensor<2x1x!quant.uniform<i8:f32, 0.5:3>>
  %d = quant.dcast %c : tensor<2x1x!quant.uniform<i8:f32, 0.5:3>> to tensor<2x1xf32>
  %2 = nn.matmul %z, %d : (tensor<1x2xf32>, tensor<2x1xf32>) -> tensor<1x1xf32>
  %e = nn.constant dense<[[1], [2]]> : tensor<2x1xi8> -> tensor<2x1x!quant.uniform<i8:f32:0, {0.5, 0.25}>>
  %f = quant.dcast %e : tensor<2x1x!quant.uniform<i8:f32:0, {0.5, 0.25}>> to tensor<2x1xf32>
  %3 = nn.matmul %z, %f : (tensor<1x2xf32>, tensor<2x1xf32>) -> tensor<1x1xf32>
  return %0, %1, %2, %3 : tensor<2x1x1xf32>, tensor<2x1x1xf32>, tensor<1x1xf32>, tensor<1x1xf32>
}
