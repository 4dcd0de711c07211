// RUN: tinyc-opt %s --compress-fuse-tables | FileCheck %s

// x * sigmoid(x) is a function of x: one body.
// CHECK-LABEL: func.func @silu
// CHECK-SAME: %[[X:.*]]: tensor<1x4xf32>
// CHECK-NEXT: %[[Y:.*]] = nn.loop_nest "sigmoid+mul"(%[[X]]) {
// CHECK-NEXT: ^bb0(%[[E:.*]]: f32):
// CHECK: %[[N:.*]] = arith.negf %[[E]]
// CHECK: %[[P:.*]] = loop.call "exp"(%[[N]])
// CHECK: %[[D:.*]] = arith.addf %{{.*}}, %[[P]]
// CHECK: %[[S:.*]] = arith.divf %{{.*}}, %[[D]]
// CHECK: %[[R:.*]] = arith.mulf %[[E]], %[[S]]
// CHECK: loop.yield %[[R]]
// CHECK: return %[[Y]]
func.func @silu(%x: tensor<1x4xf32>) -> tensor<1x4xf32> {
  %s = nn.sigmoid %x : (tensor<1x4xf32>) -> tensor<1x4xf32>
  %y = nn.mul %x, %s : (tensor<1x4xf32>, tensor<1x4xf32>) -> tensor<1x4xf32>
  return %y : tensor<1x4xf32>
}

// GELU: numbers go into the body, nests are inlined; the clamp at its end belongs to it.
// CHECK-LABEL: func.func @gelu
// CHECK: nn.loop_nest "mul+Erf+add"(%{{.*}}) {
// CHECK-DAG: arith.constant 0.707{{.*}} : f32
// CHECK-DAG: loop.call "erf"
// CHECK-DAG: arith.constant 1.000000e+00 : f32
// CHECK: arith.cmpf ogt
// CHECK-NOT: nn.
// CHECK: return
func.func @gelu(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %c = nn.constant dense<0.707106769> : tensor<1x1xf32> -> tensor<1x1xf32>
  %one = nn.constant dense<1.0> : tensor<1x1xf32> -> tensor<1x1xf32>
  %t = nn.mul %x, %c : (tensor<2x3xf32>, tensor<1x1xf32>) -> tensor<2x3xf32>
  %e = nn.loop_nest "Erf" (%t) {
  ^bb0(%a: f32):
    %r = loop.call "erf"(%a)
    loop.yield %r : f32
  } {sizes = array<i64: 2, 3>, parallel = 2 : i64, maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>]}
    : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %s = nn.add %e, %one : (tensor<2x3xf32>, tensor<1x1xf32>) -> tensor<2x3xf32>
  %y = nn.mul %x, %s {clampMax = 4.0 : f32} : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>
  return %y : tensor<2x3xf32>
}

// The sigmoid of another tensor, one that something else reads, and activations of 16 bits stay.
// CHECK-LABEL: func.func @others
// CHECK-NOT: nn.loop_nest
// CHECK: return
func.func @others(%x: tensor<1x4xf32>, %z: tensor<1x4xf32>) -> (tensor<1x4xf32>, tensor<1x4xf32>, tensor<1x4xf32>, tensor<1x4xf32>) {
  %a = nn.sigmoid %z : (tensor<1x4xf32>) -> tensor<1x4xf32>
  %b = nn.mul %x, %a : (tensor<1x4xf32>, tensor<1x4xf32>) -> tensor<1x4xf32>
  %c = nn.sigmoid %x : (tensor<1x4xf32>) -> tensor<1x4xf32>
  %d = nn.mul %x, %c : (tensor<1x4xf32>, tensor<1x4xf32>) -> tensor<1x4xf32>
  %e = nn.leaky_relu %x {alpha = 0.1 : f32} : (tensor<1x4xf32>) -> tensor<1x4xf32>
  %f = nn.mul %x, %e {nn.activation_bits = 16 : i32} : (tensor<1x4xf32>, tensor<1x4xf32>) -> tensor<1x4xf32>
  return %b, %c, %d, %f : tensor<1x4xf32>, tensor<1x4xf32>, tensor<1x4xf32>, tensor<1x4xf32>
}
