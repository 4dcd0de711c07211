// RUN: tinyc-opt %s -lower-stream-rows='target=host optimize=speed' | FileCheck %s

// Rows that pass are in one stream with all that touches them, also where whole ops would be faster, and they are never
// all of them at once: 4 of 8 are the most.
// CHECK-LABEL: func.func @main
// CHECK:         kernel.stream
// CHECK-NEXT:      kernel.receive 0 "image" -> %[[X:.*]] : {{.*}}rowsPerStep = 4
// CHECK-NEXT:      kernel.max_pool %[[X]]
// CHECK-NEXT:      kernel.add %{{.*}}, %[[X]]
func.func @main(%out: memref<1x8x4x2xi8> {kernel.output}) {
  %x = memref.alloc() : memref<1x8x4x2xi8>
  %t = memref.alloc() : memref<1x8x4x2xi8>
  %u = memref.alloc() : memref<1x8x4x2xi8>
  kernel.receive 0 "image" -> %x : memref<1x8x4x2xi8> {tensorType = tensor<1x8x4x2x!quant.uniform<i8:f32, 0.5>>}
  kernel.max_pool %x : memref<1x8x4x2xi8> -> %t : memref<1x8x4x2xi8> {window = #kernel.window<kernel = [3, 3], strides = [1, 1],
    dilations = [1, 1], pads = [1, 1]>, stage = #kernel.output_s8<zeroPoint = 3, clampMin = -128, clampMax = 127, shift = 0>,
    kernel = @tinyc_max_pool_s8}
  kernel.add %t, %x : memref<1x8x4x2xi8>, memref<1x8x4x2xi8> -> %u : memref<1x8x4x2xi8> {lhsMultiplier = 600000 : i32,
    rhsMultiplier = 700000 : i32, stage = #kernel.output_s8<zeroPoint = 0, clampMin = -128, clampMax = 127, shift = 20>,
    kernel = @tinyc_add_s8}
  kernel.max_pool %u : memref<1x8x4x2xi8> -> %out : memref<1x8x4x2xi8> {window = #kernel.window<kernel = [3, 3], strides = [1, 1],
    dilations = [1, 1], pads = [1, 1]>, stage = #kernel.output_s8<zeroPoint = 3, clampMin = -128, clampMax = 127, shift = 0>,
    kernel = @tinyc_max_pool_s8}
  return
}
