// RUN: tinyc-opt %s -lower-select-kernels=target=cortex-m0plus -lower-stream-rows="target=cortex-m0plus optimize=balanced" | FileCheck %s
// RUN: tinyc-opt %s -lower-select-kernels=target=cortex-m0plus -lower-stream-rows="target=cortex-m0plus optimize=balanced" -lower-plan-memory -lower-verify-plan | FileCheck %s --check-prefix=PLAN

// Squeeze and excitation (Hu et al. 2018, fig. 2): who reads the average waits for the whole image, so the stream that sums it
// ends before, though rows save bytes on both sides of it.
// CHECK-LABEL: func @squeeze
// CHECK: kernel.stream steps
// CHECK: kernel.sum_rows
// CHECK-NEXT: {{^ *}$}}
// CHECK-NEXT: kernel.average {{.*}} -> %[[P:.*]] : memref<1x1x1x32xf32>
// CHECK: kernel.mul %[[P]]
// PLAN: func @model_run(
memref.global "private" constant @expand : memref<32x1x1x16xf32> = dense<1.0>
memref.global "private" constant @project : memref<8x1x1x32xf32> = dense<1.0>
func.func @squeeze(%x: memref<1x4x4x16xf32>, %y: memref<1x4x4x8xf32> {kernel.output}) {
  %w0 = memref.get_global @expand : memref<32x1x1x16xf32>
  %w1 = memref.get_global @project : memref<8x1x1x32xf32>
  %a = memref.alloc() : memref<1x4x4x32xf32>
  kernel.conv2d %x, %w0 : memref<1x4x4x16xf32>, memref<32x1x1x16xf32> -> %a : memref<1x4x4x32xf32>
    {window = #kernel.window<kernel = [1, 1], strides = [1, 1], dilations = [1, 1], pads = [0, 0]>, groups = 1 : i32,
     stage = #kernel.output_f32<>}
  %s = memref.alloc() : memref<1x4x4x32xf32>
  kernel.sigmoid %a : memref<1x4x4x32xf32> -> %s : memref<1x4x4x32xf32>
  %ma = memref.alloc() : memref<1x4x4x32xf32>
  kernel.mul %a, %s : memref<1x4x4x32xf32>, memref<1x4x4x32xf32> -> %ma : memref<1x4x4x32xf32> {stage = #kernel.output_f32<>}
  %p = memref.alloc() : memref<1x1x1x32xf32>
  kernel.avg_pool %ma : memref<1x4x4x32xf32> -> %p : memref<1x1x1x32xf32>
    {window = #kernel.window<kernel = [4, 4], strides = [1, 1], dilations = [1, 1], pads = [0, 0]>, firstCount = 16 : i32,
     stage = #kernel.output_f32<>}
  %q = memref.alloc() : memref<1x4x4x32xf32>
  kernel.mul %p, %ma : memref<1x1x1x32xf32>, memref<1x4x4x32xf32> -> %q : memref<1x4x4x32xf32> {stage = #kernel.output_f32<>}
  kernel.conv2d %q, %w1 : memref<1x4x4x32xf32>, memref<8x1x1x32xf32> -> %y : memref<1x4x4x8xf32>
    {window = #kernel.window<kernel = [1, 1], strides = [1, 1], dilations = [1, 1], pads = [0, 0]>, groups = 1 : i32,
     stage = #kernel.output_f32<>}
  return
}
