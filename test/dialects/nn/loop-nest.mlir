// RUN: tinyc-opt %s | tinyc-opt | FileCheck %s

// CHECK-LABEL: func.func @reduce
// CHECK: nn.loop_nest "ReduceSum"(%{{.*}}) {
// CHECK-NEXT: ^bb0(%[[E:.*]]: f32, %[[SUM:.*]]: f32):
// CHECK-NEXT: %[[NEXT:.*]] = arith.addf %[[SUM]], %[[E]] : f32
// CHECK-NEXT: loop.yield %[[NEXT]] : f32
func.func @reduce(%x: tensor<2x3xf32>) -> tensor<2x1xf32> {
  %s = nn.loop_nest "ReduceSum" (%x) {
  ^bb0(%e: f32, %sum: f32):
    %next = arith.addf %sum, %e : f32
    loop.yield %next : f32
  } {sizes = array<i64: 2, 3>, parallel = 1 : i64, maps = [affine_map<(i, r) -> (i, r)>, affine_map<(i, r) -> (i, 0)>],
     init = 0.0 : f32} : (tensor<2x3xf32>) -> tensor<2x1xf32>
  return %s : tensor<2x1xf32>
}

// An input that is read by loads alone, and integers.
// CHECK-LABEL: func.func @gather
// CHECK: loop.index 0
// CHECK: loop.load 1[%{{.*}}] : i64
// CHECK: loop.load 0[%{{.*}}] : i16
func.func @gather(%x: tensor<5xi16>, %i: tensor<3xi64>) -> tensor<3xi16> {
  %y = nn.loop_nest "Gather" (%x, %i) {
    %at = loop.index 0
    %index = loop.load 1[%at] : i64
    %narrow = arith.trunci %index : i64 to i32
    %e = loop.load 0[%narrow] : i16
    loop.yield %e : i16
  } {sizes = array<i64: 3>, parallel = 1 : i64, maps = [affine_map<(i) -> ()>, affine_map<(i) -> ()>, affine_map<(i) -> (i)>]}
    : (tensor<5xi16>, tensor<3xi64>) -> tensor<3xi16>
  return %y : tensor<3xi16>
}
