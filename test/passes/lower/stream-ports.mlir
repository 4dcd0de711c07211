// RUN: tinyc-opt %s -split-input-file -lower-stream-ports | FileCheck %s
// RUN: not tinyc-opt %s -split-input-file -lower-stream-ports='inputs=false outputs=true' 2>/dev/null | FileCheck %s --check-prefix=OUTPUT
// RUN: tinyc-opt %s -split-input-file -lower-stream-ports='inputs=false' | FileCheck %s --check-prefix=NONE

!image = tensor<1x6x4x2x!quant.uniform<i8:f32, 0.5:3>>
!vector = tensor<1x3x!quant.uniform<i8:f32, 0.5:3>>

// The image passes in rows, before the first op that reads it; the number is that among the inputs. What is no image
// stays an argument.
// CHECK-LABEL: func.func @inputs
// CHECK-SAME:    (%[[VECTOR:.*]]: memref<1x3xi8> {nn.name = "vector"}, %[[OTHER:.*]]: memref<1x3xi8> {kernel.output}, %[[MASK:.*]]: memref<1x6x4x2xi8> {kernel.output,
// CHECK:         kernel.copy %[[VECTOR]]
// CHECK:         kernel.receive 1 "image" -> %[[IMAGE:.*]] : memref<1x6x4x2xi8> {permutation = array<i64: 0, 2, 3, 1>, tensorType = tensor<1x6x4x2x!quant.uniform<i8:f32, 5.000000e-01:3>>}
// CHECK-NEXT:    kernel.lookup %[[IMAGE]], %{{.*}} -> %[[FIRST:.*]] : memref
// CHECK-NEXT:    kernel.add %[[FIRST]], %[[IMAGE]] : {{.*}} -> %[[MASK]] :
// CHECK-NOT:     kernel.send
// An output is handed out behind the op that computes it.
// OUTPUT-LABEL: func.func @inputs
// OUTPUT-SAME:    (%{{.*}}: memref<1x3xi8> {nn.name = "vector"}, %{{.*}}: memref<1x6x4x2xi8> {{{.*}}}, %{{.*}}: memref<1x3xi8> {kernel.output})
// OUTPUT:         kernel.add {{.*}} -> %[[MASK:.*]] : memref
// OUTPUT-NEXT:    kernel.send %[[MASK]] -> 1 "mask" : memref<1x6x4x2xi8> {tensorType = tensor<1x6x4x2x!quant.uniform<i8:f32, 5.000000e-01:3>>}
// OUTPUT-NEXT:    return
// NONE-LABEL: func.func @inputs
// NONE-SAME:    (%{{.*}}: memref<1x3xi8> {{.*}}, %{{.*}}: memref<1x6x4x2xi8> {{.*}}, %{{.*}}: memref<1x3xi8> {{.*}}, %{{.*}}: memref<1x6x4x2xi8> {{.*}})
// NONE-NOT:     kernel.receive
// NONE-NOT:     kernel.send
func.func @inputs(%vector: memref<1x3xi8> {nn.name = "vector"},
                  %image: memref<1x6x4x2xi8> {nn.name = "image", nn.permutation = array<i64: 0, 2, 3, 1>, kernel.type = !image},
                  %other: memref<1x3xi8> {kernel.output},
                  %mask: memref<1x6x4x2xi8> {nn.name = "mask", kernel.output, kernel.type = !image}) {
  kernel.copy %vector : memref<1x3xi8> -> %other : memref<1x3xi8> {blocks = 1 : i32, length = 3 : i32, inputPitch = 3 : i32,
    outputPitch = 3 : i32, outputOffset = 0 : i32}
  %table = memref.alloc() : memref<256xi8>
  %t = memref.alloc() : memref<1x6x4x2xi8>
  kernel.lookup %image, %table : memref<1x6x4x2xi8>, memref<256xi8> -> %t : memref<1x6x4x2xi8>
  kernel.add %t, %image : memref<1x6x4x2xi8>, memref<1x6x4x2xi8> -> %mask : memref<1x6x4x2xi8>
    {stage = #kernel.output_s8<zeroPoint = 0, clampMin = -128, clampMax = 127, shift = 0>}
  return
}

// -----

// Two images, and one that an average over all of it reads: that adds row by row. Without kernel.type the tensor's type
// is that of the buffer.
// CHECK-LABEL: func.func @average
// CHECK-SAME:    (%{{.*}}: memref<1x1x1x2xf32> {kernel.output})
// CHECK:         kernel.receive 0 "a" -> %{{.*}} : memref<1x6x4x2xf32> {tensorType = tensor<1x6x4x2xf32>}
// CHECK:         kernel.receive 1 "b"
func.func @average(%a: memref<1x6x4x2xf32> {nn.name = "a"}, %b: memref<1x6x4x2xf32> {nn.name = "b"},
                   %y: memref<1x1x1x2xf32> {kernel.output}) {
  %t = memref.alloc() : memref<1x6x4x2xf32>
  %u = memref.alloc() : memref<1x1x1x2xf32>
  %v = memref.alloc() : memref<1x1x1x2xf32>
  kernel.avg_pool %a : memref<1x6x4x2xf32> -> %u : memref<1x1x1x2xf32> {window = #kernel.window<kernel = [6, 4],
    strides = [1, 1], dilations = [1, 1], pads = [0, 0]>, stage = #kernel.output_f32<>}
  kernel.avg_pool %b : memref<1x6x4x2xf32> -> %v : memref<1x1x1x2xf32> {window = #kernel.window<kernel = [6, 4],
    strides = [1, 1], dilations = [1, 1], pads = [0, 0]>, stage = #kernel.output_f32<>}
  kernel.add %u, %v : memref<1x1x1x2xf32>, memref<1x1x1x2xf32> -> %y : memref<1x1x1x2xf32> {stage = #kernel.output_f32<>}
  return
}
