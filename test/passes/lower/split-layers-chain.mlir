// RUN: tinyc-opt %s -lower-split-layers=columns=0:1:2:2:2,1:2:3:3 | FileCheck %s
// RUN: tinyc-opt %s -lower-split-layers=columns=0:1:2:2:2,1:2:3:3 -lower-select-kernels -lower-stream-rows=optimize=ram \
// RUN:   -lower-plan-memory -lower-verify-plan

#window = #kernel.window<kernel = [3, 3], strides = [1, 1], dilations = [1, 1], pads = [1, 1]>
#stage = #kernel.output_f32<>

// Both intervals are one pool. Stripe [0, 3) of the second one needs columns [0, 4) of the first one's result, its stripes
// [0, 2) and [2, 4); stripe [3, 6) needs [2, 6), for which [4, 6) is computed only then. The first result is nowhere whole.
// Stripe [0, 2) of the first reads the input where it begins, the others copies of columns [1, 5) and [3, 6).
// CHECK-LABEL: func @chain(
// CHECK-SAME: %[[X:[a-z0-9]+]]: memref<1x4x6x2xf32>
// CHECK: %[[R:.*]] = memref.alloc() : memref<1x4x6x2xf32>
// CHECK-NOT: memref.alloc() : memref<1x4x6x2xf32>
// CHECK: kernel.max_pool %[[X]] {{.*}} -> %[[A0:.*]] : memref<1x4x2x2xf32>
// CHECK: kernel.copy %[[X]] {{.*}} -> %[[X1:.*]] : memref<1x4x4x2xf32> {{.*}}inputOffset = 2 : i32{{.*}}kernel.stripe
// CHECK: kernel.max_pool %[[X1]] {{.*}} -> %[[A1:.*]] : memref<1x4x2x2xf32>
// CHECK: kernel.copy %[[A0]] {{.*}} -> %[[G0:.*]] : memref<1x4x4x2xf32> {{.*}}kernel.stripe, length = 4 : i32, outputOffset = 0 : i32, outputPitch = 8 : i32
// CHECK: kernel.copy %[[A1]] {{.*}} -> %[[G0]] : memref<1x4x4x2xf32> {{.*}}length = 4 : i32, outputOffset = 4 : i32, outputPitch = 8 : i32
// CHECK: kernel.max_pool %[[G0]] {{.*}} -> %[[B0:.*]] : memref<1x4x3x2xf32>
// CHECK: kernel.copy %[[X]] {{.*}} -> %[[X2:.*]] : memref<1x4x3x2xf32> {{.*}}inputOffset = 6 : i32{{.*}}kernel.stripe
// CHECK: kernel.max_pool %[[X2]] {{.*}} -> %[[A2:.*]] : memref<1x4x2x2xf32>
// CHECK: kernel.copy %[[A1]] {{.*}} -> %[[G1:.*]] : memref<1x4x4x2xf32> {{.*}}kernel.stripe
// CHECK: kernel.copy %[[A2]] {{.*}} -> %[[G1]] : memref<1x4x4x2xf32>
// CHECK: kernel.max_pool %[[G1]] {{.*}} -> %[[B1:.*]] : memref<1x4x3x2xf32>
// CHECK: kernel.copy %[[B0]] {{.*}} -> %[[R]] : memref<1x4x6x2xf32>
// CHECK: kernel.copy %[[B1]] {{.*}} -> %[[R]] : memref<1x4x6x2xf32>
func.func @chain(%x: memref<1x4x6x2xf32>, %y: memref<1x4x6x2xf32> {kernel.output}) {
  %a = memref.alloc() : memref<1x4x6x2xf32>
  %b = memref.alloc() : memref<1x4x6x2xf32>
  kernel.max_pool %x : memref<1x4x6x2xf32> -> %a : memref<1x4x6x2xf32> {window = #window, stage = #stage}
  kernel.max_pool %a : memref<1x4x6x2xf32> -> %b : memref<1x4x6x2xf32> {window = #window, stage = #stage}
  kernel.sigmoid %b : memref<1x4x6x2xf32> -> %y : memref<1x4x6x2xf32>
  return
}
