// RUN: tinyc-opt %s -lower-split-layers=channels=0:2:4:2 | FileCheck %s
// RUN: tinyc-opt %s -lower-split-layers=channels=0:1:4:2 | FileCheck %s --check-prefix=IMAGE
// RUN: tinyc-opt %s -lower-split-layers=channels=0:2:4:2 -lower-select-kernels -lower-stream-rows=optimize=ram \
// RUN:   -lower-plan-memory -lower-verify-plan
// RUN: not tinyc-opt %s -lower-split-layers=channels=0:2:4:4 2>&1 | FileCheck %s --check-prefix=SUM
// RUN: not tinyc-opt %s -lower-split-layers=channels=1:2:4:2 2>&1 | FileCheck %s --check-prefix=KIND
// RUN: not tinyc-opt %s -lower-split-layers="channels=0:2:4:2 columns=0:1:2:1" 2>&1 | FileCheck %s --check-prefix=TWICE

// SUM: expects parts of 6 channels in all, got 8
// KIND: and those behind it cannot be computed in slices of channels
// TWICE: cannot split op 0 twice

#point = #kernel.window<kernel = [1, 1], strides = [1, 1], dilations = [1, 1], pads = [0, 0]>
#all = #kernel.window<kernel = [3, 3], strides = [1, 1], dilations = [1, 1], pads = [0, 0]>
#stage = #kernel.output_f32<>

// Rows 0 .. 3 of the weights make channels 0 .. 3. The average's result is a vector: its parts are written in place. An image is
// copied together, 4 and 2 of the 6 elements of each of its 9 pixels.
// CHECK-DAG: memref.global {{.*}} @w_channels_0_4 : memref<4x1x1x2xf32> = dense<{{\[\[\[\[}}0.{{0+}}e+00, 1.{{0+}}e+00]]], {{.*}} {{\[\[\[}}6.{{0+}}e+00, 7.{{0+}}e+00]]]]>
// CHECK-DAG: memref.global {{.*}} @w_channels_4_6 : memref<2x1x1x2xf32> = dense<{{\[\[\[\[}}8.{{0+}}e+00, 9.{{0+}}e+00]]], {{\[\[\[}}1.{{0+}}e+01, 1.1{{0+}}e+01]]]]>
// CHECK-DAG: memref.global {{.*}} @b_channels_4_6 : memref<2xf32> = dense<5.{{0+}}e-01>
// CHECK-NOT: memref.global {{.*}} @w :
// CHECK-LABEL: func @head(
// CHECK: %[[V:.*]] = memref.alloc() : memref<1x1x1x6xf32>
// CHECK: kernel.conv2d {{.*}} -> %[[A0:.*]] : memref<1x3x3x4xf32> {groups
// CHECK: memref.reinterpret_cast %[[V]] to offset: [0]
// CHECK: kernel.avg_pool %[[A0]] {{.*}} -> {{.*}} : memref<1x1x1x4xf32>
// CHECK: kernel.conv2d {{.*}} -> %[[A1:.*]] : memref<1x3x3x2xf32> {{.*}}kernel.stripe
// CHECK: memref.reinterpret_cast %[[V]] to offset: [4]
// CHECK: kernel.avg_pool %[[A1]] {{.*}} -> {{.*}} : memref<1x1x1x2xf32, strided<[2, 2, 2, 1], offset: 4>>
// IMAGE: kernel.copy {{.*}} -> %[[IMAGE:.*]] : memref<1x3x3x6xf32> {blocks = 9 : i32, inputPitch = 4 : i32, length = 4 : i32, outputOffset = 0 : i32, outputPitch = 6 : i32}
// IMAGE: kernel.copy {{.*}} -> %[[IMAGE]] : memref<1x3x3x6xf32> {blocks = 9 : i32, inputPitch = 2 : i32, length = 2 : i32, outputOffset = 4 : i32, outputPitch = 6 : i32}
memref.global "private" constant @w : memref<6x1x1x2xf32> = dense<[[[[0.0, 1.0]]], [[[2.0, 3.0]]], [[[4.0, 5.0]]], [[[6.0, 7.0]]], [[[8.0, 9.0]]], [[[10.0, 11.0]]]]>
memref.global "private" constant @b : memref<6xf32> = dense<0.5>
func.func @head(%x: memref<1x3x3x2xf32>, %y: memref<1x1x1x6xf32> {kernel.output}) {
  %w = memref.get_global @w : memref<6x1x1x2xf32>
  %b = memref.get_global @b : memref<6xf32>
  %a = memref.alloc() : memref<1x3x3x6xf32>
  %v = memref.alloc() : memref<1x1x1x6xf32>
  kernel.conv2d %x, %w bias %b : memref<6xf32> : memref<1x3x3x2xf32>, memref<6x1x1x2xf32> -> %a : memref<1x3x3x6xf32>
    {groups = 1 : i32, stage = #stage, window = #point}
  kernel.avg_pool %a : memref<1x3x3x6xf32> -> %v : memref<1x1x1x6xf32> {window = #all, stage = #stage}
  kernel.sigmoid %v : memref<1x1x1x6xf32> -> %y : memref<1x1x1x6xf32>
  return
}
