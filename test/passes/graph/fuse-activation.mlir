// RUN: tinyc-opt %s -graph-fuse-activation | FileCheck %s

// CHECK-LABEL: func.func @relu6
// CHECK-NEXT: %[[Y:.*]] = nn.fully_connected %{{.*}}, %{{.*}} {clampMax = 6.000000e+00 : f32, clampMin = 0.000000e+00 : f32}
// CHECK-NEXT: return %[[Y]]
func.func @relu6(%x: tensor<1x2xf32>, %w: tensor<3x2xf32>) -> tensor<1x3xf32> {
  %0 = nn.fully_connected %x, %w : (tensor<1x2xf32>, tensor<3x2xf32>) -> tensor<1x3xf32>
  %1 = nn.clamp %0 {min = 0.0 : f32, max = 6.0 : f32} : (tensor<1x3xf32>) -> tensor<1x3xf32>
  return %1 : tensor<1x3xf32>
}

// [.., 4] and then [0, 6]: [0, 4].
// CHECK-LABEL: func.func @compose
// CHECK-NEXT: nn.add %{{.*}}, %{{.*}} {clampMax = 4.000000e+00 : f32, clampMin = 0.000000e+00 : f32}
// CHECK-NEXT: return
func.func @compose(%x: tensor<2xf32>, %y: tensor<2xf32>) -> tensor<2xf32> {
  %0 = nn.add %x, %y {clampMax = 4.0 : f32} : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  %1 = nn.clamp %0 {min = 0.0 : f32, max = 6.0 : f32} : (tensor<2xf32>) -> tensor<2xf32>
  return %1 : tensor<2xf32>
}

// CHECK-LABEL: func.func @behind_reshape
// CHECK-NEXT: %[[A:.*]] = nn.add %{{.*}}, %{{.*}} {clampMin = 0.000000e+00 : f32}
// CHECK-NEXT: %[[R:.*]] = nn.reshape %[[A]]
// CHECK-NEXT: return %[[R]]
func.func @behind_reshape(%x: tensor<2x2xf32>, %y: tensor<2x2xf32>) -> tensor<4xf32> {
  %0 = nn.add %x, %y : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  %1 = nn.reshape %0 : (tensor<2x2xf32>) -> tensor<4xf32>
  %2 = nn.clamp %1 {min = 0.0 : f32} : (tensor<4xf32>) -> tensor<4xf32>
  return %2 : tensor<4xf32>
}

// The bounds of a maximum are as well those of what it is taken of.
// CHECK-LABEL: func.func @over_max_pool
// CHECK-NEXT: %[[A:.*]] = nn.mul %{{.*}}, %{{.*}} {clampMin = 0.000000e+00 : f32}
// CHECK-NEXT: nn.max_pool %[[A]] {dilations
// CHECK-NEXT: return
func.func @over_max_pool(%x: tensor<1x2x2x1xf32>) -> tensor<1x1x1x1xf32> {
  %0 = nn.mul %x, %x : (tensor<1x2x2x1xf32>, tensor<1x2x2x1xf32>) -> tensor<1x2x2x1xf32>
  %1 = nn.max_pool %0 {kernel = array<i64: 2, 2>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>,
    dilations = array<i64: 1, 1>} : (tensor<1x2x2x1xf32>) -> tensor<1x1x1x1xf32>
  %2 = nn.clamp %1 {min = 0.0 : f32} : (tensor<1x1x1x1xf32>) -> tensor<1x1x1x1xf32>
  return %2 : tensor<1x1x1x1xf32>
}

// CHECK-LABEL: func.func @second_use
// CHECK: nn.clamp
func.func @second_use(%x: tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>) {
  %0 = nn.add %x, %x : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  %1 = nn.clamp %0 {min = 0.0 : f32} : (tensor<2xf32>) -> tensor<2xf32>
  return %0, %1 : tensor<2xf32>, tensor<2xf32>
}

// No fused form: sigmoid.
// CHECK-LABEL: func.func @no_interface
// CHECK: nn.clamp
func.func @no_interface(%x: tensor<2xf32>) -> tensor<2xf32> {
  %0 = nn.sigmoid %x : (tensor<2xf32>) -> tensor<2xf32>
  %1 = nn.clamp %0 {min = 0.25 : f32} : (tensor<2xf32>) -> tensor<2xf32>
  return %1 : tensor<2xf32>
}

// Integer form: a clamp within one type is the op's own; one that requantizes is not.
// CHECK-LABEL: func.func @integer
// CHECK: nn.add %{{.*}}, %{{.*}} {clampMin = 0.000000e+00 : f32}
// CHECK-NEXT: nn.add %{{.*}}, %{{.*}} :
// CHECK-NEXT: nn.clamp
func.func @integer(%x: tensor<2x!quant.uniform<i8:f32, 0.5>>)
    -> (tensor<2x!quant.uniform<i8:f32, 0.5>>, tensor<2x!quant.uniform<i8:f32, 0.25:-128>>) {
  %0 = nn.add %x, %x : (tensor<2x!quant.uniform<i8:f32, 0.5>>, tensor<2x!quant.uniform<i8:f32, 0.5>>)
    -> tensor<2x!quant.uniform<i8:f32, 0.5>>
  %1 = nn.clamp %0 {min = 0.0 : f32} : (tensor<2x!quant.uniform<i8:f32, 0.5>>) -> tensor<2x!quant.uniform<i8:f32, 0.5>>
  %2 = nn.add %x, %x : (tensor<2x!quant.uniform<i8:f32, 0.5>>, tensor<2x!quant.uniform<i8:f32, 0.5>>)
    -> tensor<2x!quant.uniform<i8:f32, 0.5>>
  %3 = nn.clamp %2 {min = 0.0 : f32} : (tensor<2x!quant.uniform<i8:f32, 0.5>>)
    -> tensor<2x!quant.uniform<i8:f32, 0.25:-128>>
  return %1, %3 : tensor<2x!quant.uniform<i8:f32, 0.5>>, tensor<2x!quant.uniform<i8:f32, 0.25:-128>>
}

// 0 is the zero point of every type, and 6 = 12 * 0.5 a value of this one; 6.2 is not.
// CHECK-LABEL: func.func @over_casts
// CHECK: nn.add %{{.*}}, %{{.*}} {clampMax = 6.000000e+00 : f32, clampMin = 0.000000e+00 : f32}
// CHECK-NEXT: quant.qcast
// CHECK-NEXT: %[[D:.*]] = quant.dcast
// CHECK-NEXT: nn.add %{{.*}}, %{{.*}} :
// CHECK-NEXT: quant.qcast
// CHECK-NEXT: quant.dcast
// CHECK-NEXT: nn.clamp
func.func @over_casts(%x: tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>) {
  %0 = nn.add %x, %x : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  %q = quant.qcast %0 : tensor<2xf32> to tensor<2x!quant.uniform<i8:f32, 0.5:3>>
  %d = quant.dcast %q : tensor<2x!quant.uniform<i8:f32, 0.5:3>> to tensor<2xf32>
  %1 = nn.clamp %d {min = 0.0 : f32, max = 6.0 : f32} : (tensor<2xf32>) -> tensor<2xf32>
  %2 = nn.add %x, %x : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  %p = quant.qcast %2 : tensor<2xf32> to tensor<2x!quant.uniform<i8:f32, 0.5:3>>
  %e = quant.dcast %p : tensor<2x!quant.uniform<i8:f32, 0.5:3>> to tensor<2xf32>
  %3 = nn.clamp %e {min = 0.0 : f32, max = 6.2 : f32} : (tensor<2xf32>) -> tensor<2xf32>
  return %1, %3 : tensor<2xf32>, tensor<2xf32>
}
