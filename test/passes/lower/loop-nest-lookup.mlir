// RUN: tinyc-opt %s -lower-convert-nn-to-kernel | FileCheck %s

#same = affine_map<(i, j) -> (i, j)>
#swapped = affine_map<(i, j) -> (j, i)>
#none = affine_map<(i, j) -> ()>
!q = tensor<2x3x!quant.uniform<i8:f32, 0.5>>

// A nest that only looks bytes up in 256 constants is the kernel for it.
// CHECK-LABEL: func.func @lookup
// CHECK: kernel.lookup
// CHECK-NOT: loop_nest
// CHECK: return
func.func @lookup(%x: !q) -> !q {
  %t = nn.constant dense<7> : tensor<256xi8> -> tensor<256xi8>
  %0 = nn.loop_nest "Erf" (%x, %t) {
  ^bb0(%b: i8):
    %i = arith.extui %b : i8 to i32
    %v = loop.load 1[%i] : i8
    loop.yield %v : i8
  } {sizes = array<i64: 2, 3>, parallel = 2, maps = [#same, #none, #same]} : (!q, tensor<256xi8>) -> !q
  return %0 : !q
}

// One that moves elements as well, or that reads bytes as signed indices, stays a nest.
// CHECK-LABEL: func.func @others
// CHECK: kernel.loop_nest
// CHECK: kernel.loop_nest
func.func @others(%x: !q) -> (tensor<3x2x!quant.uniform<i8:f32, 0.5>>, !q) {
  %t = nn.constant dense<7> : tensor<256xi8> -> tensor<256xi8>
  %0 = nn.loop_nest "Erf" (%x, %t) {
  ^bb0(%b: i8):
    %i = arith.extui %b : i8 to i32
    %v = loop.load 1[%i] : i8
    loop.yield %v : i8
  } {sizes = array<i64: 3, 2>, parallel = 2, maps = [#swapped, #none, #same]} : (!q, tensor<256xi8>) -> tensor<3x2x!quant.uniform<i8:f32, 0.5>>
  %1 = nn.loop_nest "Gather" (%x, %t) {
  ^bb0(%b: i8):
    %i = arith.extsi %b : i8 to i32
    %v = loop.load 1[%i] : i8
    loop.yield %v : i8
  } {sizes = array<i64: 2, 3>, parallel = 2, maps = [#same, #none, #same]} : (!q, tensor<256xi8>) -> !q
  return %0, %1 : tensor<3x2x!quant.uniform<i8:f32, 0.5>>, !q
}
