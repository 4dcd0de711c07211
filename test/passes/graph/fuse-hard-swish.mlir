// RUN: tinyc-opt %s -graph-fuse-hard-swish | FileCheck %s

// CHECK-LABEL: func.func @product
// CHECK-NEXT: %[[Y:.*]] = nn.hard_swish %arg0
// CHECK-NEXT: return %[[Y]]
func.func @product(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = nn.hard_sigmoid %x {alpha = 0.166666672 : f32, beta = 0.5 : f32} : (tensor<4xf32>) -> tensor<4xf32>
  %1 = nn.mul %0, %x : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %1 : tensor<4xf32>
}

// x * clamp(x + 3, 0, 6) * (1/6), in both orders of the products.
// CHECK-LABEL: func.func @parts
// CHECK: %[[A:.*]] = nn.hard_swish %arg0
// CHECK: %[[B:.*]] = nn.hard_swish %arg0
// CHECK: return %[[A]], %[[B]]
func.func @parts(%x: tensor<1x4xf32>) -> (tensor<1x4xf32>, tensor<1x4xf32>) {
  %three = nn.constant dense<3.0> : tensor<1x1xf32> -> tensor<1x1xf32>
  %sixth = nn.constant dense<0.166666672> : tensor<1x1xf32> -> tensor<1x1xf32>
  %0 = nn.add %x, %three : (tensor<1x4xf32>, tensor<1x1xf32>) -> tensor<1x4xf32>
  %1 = nn.clamp %0 {min = 0.0 : f32, max = 6.0 : f32} : (tensor<1x4xf32>) -> tensor<1x4xf32>
  %2 = nn.mul %x, %1 : (tensor<1x4xf32>, tensor<1x4xf32>) -> tensor<1x4xf32>
  %3 = nn.mul %2, %sixth : (tensor<1x4xf32>, tensor<1x1xf32>) -> tensor<1x4xf32>
  %4 = nn.mul %1, %sixth : (tensor<1x4xf32>, tensor<1x1xf32>) -> tensor<1x4xf32>
  %5 = nn.mul %x, %4 : (tensor<1x4xf32>, tensor<1x4xf32>) -> tensor<1x4xf32>
  return %3, %5 : tensor<1x4xf32>, tensor<1x4xf32>
}

// clamp(x + 3, 0, 6) / 6 = clamp(x / 6 + 1/2, 0, 1)
// CHECK-LABEL: func.func @hard_sigmoid
// CHECK: nn.hard_sigmoid %arg0 {alpha = 0.166666672 : f32, beta = 5.000000e-01 : f32}
// CHECK: nn.hard_sigmoid %arg0 {alpha = 2.500000e-01 : f32, beta = 5.000000e-01 : f32}
// CHECK-NOT: nn.mul
func.func @hard_sigmoid(%x: tensor<1x4xf32>) -> (tensor<1x4xf32>, tensor<1x4xf32>) {
  %three = nn.constant dense<3.0> : tensor<1x1xf32> -> tensor<1x1xf32>
  %half = nn.constant dense<0.5> : tensor<1x1xf32> -> tensor<1x1xf32>
  %quarter = nn.constant dense<0.25> : tensor<1x1xf32> -> tensor<1x1xf32>
  %sixth = nn.constant dense<0.166666672> : tensor<1x1xf32> -> tensor<1x1xf32>
  %0 = nn.add %x, %three : (tensor<1x4xf32>, tensor<1x1xf32>) -> tensor<1x4xf32>
  %1 = nn.clamp %0 {min = 0.0 : f32, max = 6.0 : f32} : (tensor<1x4xf32>) -> tensor<1x4xf32>
  %2 = nn.mul %1, %sixth : (tensor<1x4xf32>, tensor<1x1xf32>) -> tensor<1x4xf32>
  %3 = nn.mul %x, %quarter : (tensor<1x4xf32>, tensor<1x1xf32>) -> tensor<1x4xf32>
  %4 = nn.add %3, %half : (tensor<1x4xf32>, tensor<1x1xf32>) -> tensor<1x4xf32>
  %5 = nn.clamp %4 {min = 0.0 : f32, max = 1.0 : f32} : (tensor<1x4xf32>) -> tensor<1x4xf32>
  return %2, %5 : tensor<1x4xf32>, tensor<1x4xf32>
}

// Another slope; the sigmoid of another tensor; integer form, where the parts round on their own.
// CHECK-LABEL: func.func @stays
// CHECK-NOT: nn.hard_swish
// CHECK: return
func.func @stays(%x: tensor<4xf32>, %y: tensor<4xf32>, %z: tensor<4x!quant.uniform<i8:f32, 0.0625>>)
    -> (tensor<4xf32>, tensor<4xf32>, tensor<4x!quant.uniform<i8:f32, 0.0625>>) {
  %0 = nn.hard_sigmoid %x {alpha = 0.2 : f32, beta = 0.5 : f32} : (tensor<4xf32>) -> tensor<4xf32>
  %1 = nn.mul %0, %x : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %2 = nn.hard_sigmoid %x {alpha = 0.166666672 : f32, beta = 0.5 : f32} : (tensor<4xf32>) -> tensor<4xf32>
  %3 = nn.mul %2, %y : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %4 = nn.hard_sigmoid %z {alpha = 0.166666672 : f32, beta = 0.5 : f32}
    : (tensor<4x!quant.uniform<i8:f32, 0.0625>>) -> tensor<4x!quant.uniform<i8:f32, 0.0625>>
  %5 = nn.mul %4, %z : (tensor<4x!quant.uniform<i8:f32, 0.0625>>, tensor<4x!quant.uniform<i8:f32, 0.0625>>)
    -> tensor<4x!quant.uniform<i8:f32, 0.0625>>
  return %1, %3, %5 : tensor<4xf32>, tensor<4xf32>, tensor<4x!quant.uniform<i8:f32, 0.0625>>
}
