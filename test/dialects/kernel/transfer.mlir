// RUN: tinyc-opt %s | tinyc-opt | FileCheck %s

!image = tensor<1x6x4x2x!quant.uniform<i8:f32, 0.5:3>>

// CHECK-LABEL: @transfer
func.func @transfer(%x: memref<1x6x4x2xi8>, %y: memref<1x3x2x1xf32>) {
  // CHECK: kernel.receive 0 "image" -> %{{.*}} : memref<1x6x4x2xi8> {permutation = array<i64: 0, 2, 3, 1>, tensorType = tensor<1x6x4x2x!quant.uniform<i8:f32, 5.000000e-01:3>>}
  kernel.receive 0 "image" -> %x : memref<1x6x4x2xi8> {permutation = array<i64: 0, 2, 3, 1>, tensorType = !image}
  // 6 rows, 4 at a time: 2 steps. 3 rows, one at a time: 3 steps.
  // CHECK: kernel.stream
  kernel.stream steps [0, 1, 0, 1, 1] {
    // CHECK: kernel.receive 1 "" -> %{{.*}} : memref<1x6x4x2xi8> {rowsPerStep = 4 : i32,
    kernel.receive 1 "" -> %x : memref<1x6x4x2xi8> {tensorType = !image, rowsPerStep = 4 : i32}
    // CHECK: kernel.send %{{.*}} -> 2 "mask" : memref<1x3x2x1xf32> {rowsPerStep = 1 : i32, tensorType = tensor<1x3x2x1xf32>}
    kernel.send %y -> 2 "mask" : memref<1x3x2x1xf32> {tensorType = tensor<1x3x2x1xf32>, rowsPerStep = 1 : i32}
  }
  return
}
