// RUN: tinyc-opt %s | tinyc-opt | FileCheck %s

#s8 = #kernel.output_s8<zeroPoint = 0, clampMin = -128, clampMax = 127, shift = 32>

// Three steps of 2 + 2 + 1 rows of the table, five of the maximum: row y of it needs rows y - 1 .. y + 1.
// CHECK-LABEL: func @stream
// CHECK: %[[T:.*]] = kernel.rows %{{.*}} [0, 32, 64, 96, 0] : memref<256xi8> to memref<1x5x4x8xi8>
// CHECK: kernel.stream steps [0, 1, 0, 1, 1, 0, 1, 1] {
// CHECK-NEXT: kernel.lookup %{{.*}}, %{{.*}} : memref<1x5x4x8xi8>, memref<256xi8> -> %[[T]] : memref<1x5x4x8xi8> {rowsPerStep = 2 : i32}
// CHECK-NEXT: kernel.max_pool %[[T]] : memref<1x5x4x8xi8> -> %{{.*}} {rowsPerStep = 1 : i32
// CHECK-NEXT: {{^ *[}]$}}
func.func @stream(%arena: memref<256xi8>, %x: memref<1x5x4x8xi8>, %table: memref<256xi8>, %y: memref<1x5x4x8xi8>) {
  %t = kernel.rows %arena [0, 32, 64, 96, 0] : memref<256xi8> to memref<1x5x4x8xi8>
  kernel.stream steps [0, 1, 0, 1, 1, 0, 1, 1] {
    kernel.lookup %x, %table : memref<1x5x4x8xi8>, memref<256xi8> -> %t : memref<1x5x4x8xi8> {rowsPerStep = 2 : i32}
    kernel.max_pool %t : memref<1x5x4x8xi8> -> %y : memref<1x5x4x8xi8> {rowsPerStep = 1 : i32, stage = #s8,
      window = #kernel.window<kernel = [3, 1], strides = [1, 1], dilations = [1, 1], pads = [1, 0]>}
  }
  return
}

// CHECK-LABEL: func @sums
// CHECK: kernel.sum_rows %{{.*}} : memref<1x3x4x8xi8> -> %{{.*}} : memref<8xi32>{{$}}
// CHECK: kernel.average %{{.*}} multipliers %{{.*}} : memref<1xi32> : memref<8xi32> -> %{{.*}} : memref<1x1x1x8xi8> {count = 12 : i32, inputZeroPoint = 3 : i32, stage
// CHECK: kernel.sum_rows %{{.*}} : memref<1x3x4x8xf32> -> %{{.*}} : memref<8xf32>
// CHECK: kernel.average %{{.*}} : memref<8xf32> -> %{{.*}} : memref<1x1x1x8xf32> {count = 12 : i32, stage = #kernel.output_f32<>}
func.func @sums(%x: memref<1x3x4x8xi8>, %s: memref<8xi32>, %m: memref<1xi32>, %y: memref<1x1x1x8xi8>,
                %f: memref<1x3x4x8xf32>, %t: memref<8xf32>, %g: memref<1x1x1x8xf32>) {
  kernel.sum_rows %x : memref<1x3x4x8xi8> -> %s : memref<8xi32>
  kernel.average %s multipliers %m : memref<1xi32> : memref<8xi32> -> %y : memref<1x1x1x8xi8>
    {count = 12 : i32, inputZeroPoint = 3 : i32, stage = #s8}
  kernel.sum_rows %f : memref<1x3x4x8xf32> -> %t : memref<8xf32>
  kernel.average %t : memref<8xf32> -> %g : memref<1x1x1x8xf32> {count = 12 : i32, stage = #kernel.output_f32<>}
  return
}

// CHECK-LABEL: func @calls
// CHECK: kernel.call @tinyc_a(%{{.*}}, %{{.*}}, null) : memref<1x5x4x8xi8>, memref<1x5x4x8xi8> rows[0, 5] params <"t", [], []> step <rows = 2, scale = 1, bands = [0, 1], tables = []>
// CHECK: kernel.call @tinyc_b(%{{.*}}, %{{.*}}, null) : memref<1x5x4x8xi8>, memref<1x5x4x8xi8> rows[0, 5] params <"t", [], []> step <rows = 5, scale = 0, bands = [1], tables = [0]>
func.func @calls(%arena: memref<256xi8>, %x: memref<1x5x4x8xi8>) {
  %t = kernel.rows %arena [0, 32, 64, 96, 0] : memref<256xi8> to memref<1x5x4x8xi8>
  kernel.stream steps [0, 0, 0, 1] {
    kernel.call @tinyc_a(%x, %t, null) : memref<1x5x4x8xi8>, memref<1x5x4x8xi8> rows [0, 5] params <"t", [], []>
      step <rows = 2, scale = 1, bands = [0, 1], tables = []>
    kernel.call @tinyc_b(%t, %x, null) : memref<1x5x4x8xi8>, memref<1x5x4x8xi8> rows [0, 5] params <"t", [], []>
      step <rows = 5, scale = 0, bands = [1], tables = [0]>
  }
  return
}
