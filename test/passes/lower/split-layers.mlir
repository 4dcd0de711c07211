// RUN: tinyc-opt %s -lower-split-layers=columns=0:3:3:2 | FileCheck %s
// RUN: tinyc-opt %s -lower-split-layers=columns=0:3:3:2 -lower-select-kernels -lower-stream-rows=optimize=ram -lower-pack-weights \
// RUN:   -lower-plan-memory -lower-verify-plan

#window3 = #kernel.window<kernel = [3, 3], strides = [1, 1], dilations = [1, 1], pads = [1, 1]>
#window2 = #kernel.window<kernel = [3, 3], strides = [2, 2], dilations = [1, 1], pads = [1, 1]>
#stage = #kernel.output_f32<>

// The result has 5 columns, stripes of 3 and 2. The pool at stride 1 computes columns [0, 3) and [3, 5): it reads and adds to
// itself [0, 4) and [2, 5) of the one at stride 2, which reads [-1, 8), of which one is padding, and [3, 10) of the 10 columns
// of the input. A window needs no copy of the columns it reads where they begin with the buffer's. The sum needs columns [0, 3) of [0, 4), and [3, 5), the second one of [2, 5).
// CHECK-LABEL: func @residual(
// CHECK-SAME: %[[X:[a-z0-9]+]]: memref<1x10x10x2xf32>
// CHECK: %[[RESULT:.*]] = memref.alloc() : memref<1x5x5x2xf32>
// CHECK: kernel.max_pool %[[X]] {{.*}} -> %[[A0:.*]] : memref<1x5x4x2xf32> {{.*}} strides = [2, 2], dilations = [1, 1], pads = [1, 1]
// CHECK: kernel.max_pool %[[A0]] {{.*}} -> %[[B0:.*]] : memref<1x5x3x2xf32> {{.*}} pads = [1, 1]
// CHECK: kernel.copy %[[A0]] {{.*}} -> %[[S0:.*]] : memref<1x5x3x2xf32>
// CHECK-NOT: inputOffset
// CHECK: kernel.add %[[S0]], %[[B0]] {{.*}} -> %[[P0:.*]] : memref<1x5x3x2xf32>
// CHECK: kernel.copy %[[X]] {{.*}} -> %[[X1:.*]] : memref<1x10x7x2xf32> {{{.*}}inputOffset = 6 : i32{{.*}}kernel.stripe
// CHECK: kernel.max_pool %[[X1]] {{.*}} -> %[[A1:.*]] : memref<1x5x3x2xf32> {{.*}} strides = [2, 2], dilations = [1, 1], pads = [1, 0]
// CHECK: kernel.max_pool %[[A1]] {{.*}} -> %[[B1:.*]] : memref<1x5x2x2xf32> {{.*}} pads = [1, 0]
// CHECK: kernel.copy %[[A1]] {{.*}} -> %[[S1:.*]] : memref<1x5x2x2xf32> {{{.*}}inputOffset = 2 : i32
// CHECK: kernel.add %[[S1]], %[[B1]] {{.*}} -> %[[P1:.*]] : memref<1x5x2x2xf32>
// CHECK: kernel.copy %[[P0]] {{.*}} -> %[[RESULT]] {{.*}} {blocks = 5 : i32, inputPitch = 6 : i32, length = 6 : i32, outputOffset = 0 : i32, outputPitch = 10 : i32}
// CHECK: kernel.copy %[[P1]] {{.*}} -> %[[RESULT]] {{.*}} {blocks = 5 : i32, inputPitch = 4 : i32, length = 4 : i32, outputOffset = 6 : i32, outputPitch = 10 : i32}
// CHECK: kernel.max_pool %[[RESULT]]
func.func @residual(%x: memref<1x10x10x2xf32>, %y: memref<1x5x5x2xf32> {kernel.output}) {
  %a = memref.alloc() : memref<1x5x5x2xf32>
  %b = memref.alloc() : memref<1x5x5x2xf32>
  %r = memref.alloc() : memref<1x5x5x2xf32>
  kernel.max_pool %x : memref<1x10x10x2xf32> -> %a : memref<1x5x5x2xf32> {window = #window2, stage = #stage}
  kernel.max_pool %a : memref<1x5x5x2xf32> -> %b : memref<1x5x5x2xf32> {window = #window3, stage = #stage}
  kernel.add %a, %b : memref<1x5x5x2xf32>, memref<1x5x5x2xf32> -> %r : memref<1x5x5x2xf32> {stage = #stage}
  kernel.max_pool %r : memref<1x5x5x2xf32> -> %y : memref<1x5x5x2xf32> {window = #window3, stage = #stage}
  return
}
