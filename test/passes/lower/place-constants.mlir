// RUN: tinyc-opt %s -lower-place-constants=flash=outside:1000:20:1,inside:80:2:1 | FileCheck %s
// RUN: tinyc-opt %s -lower-place-constants | FileCheck %s --check-prefix=NONE
// NONE-NOT: kernel.memory

// The memory inside reads fastest and has room for 80 bytes. The convolution's weights (64 bytes) are read once for two of its 16
// positions, 8 times; the table (256) and the other weights (16 bytes, one position) once: the latter have room, too. A
// constant that nothing reads stays as it is.
// CHECK: memref.global "private" constant @table
// CHECK-SAME: kernel.memory = "outside"
// CHECK: memref.global "private" constant @unused
// CHECK-NOT: kernel.memory
// CHECK: memref.global "private" constant @gemm
// CHECK-SAME: kernel.memory = "inside"
// CHECK: memref.global "private" constant @conv
// CHECK-SAME: kernel.memory = "inside"
memref.global "private" constant @table : memref<256xi8> = dense<1>
memref.global "private" constant @unused : memref<4xi8> = dense<1>
memref.global "private" constant @gemm : memref<4x1x1x1xf32> = dense<1.0>
memref.global "private" constant @conv : memref<4x1x1x4xf32> = dense<1.0>

#float = #kernel.output_f32<>
#pixel = #kernel.window<kernel = [1, 1], strides = [1, 1], dilations = [1, 1], pads = [0, 0]>

func.func @main(%x: memref<1x4x4x4xf32>, %y: memref<1x4x4x4xf32>, %q: memref<1x16xi8>, %r: memref<1x1x1x1xf32>,
                %s: memref<1x1x1x4xf32>) {
  %conv = memref.get_global @conv : memref<4x1x1x4xf32>
  %table = memref.get_global @table : memref<256xi8>
  %gemm = memref.get_global @gemm : memref<4x1x1x1xf32>
  kernel.lookup %q, %table : memref<1x16xi8>, memref<256xi8> -> %q : memref<1x16xi8>
  kernel.conv2d %r, %gemm : memref<1x1x1x1xf32>, memref<4x1x1x1xf32> -> %s : memref<1x1x1x4xf32>
    {groups = 1 : i32, stage = #float, window = #pixel}
  kernel.conv2d %x, %conv : memref<1x4x4x4xf32>, memref<4x1x1x4xf32> -> %y : memref<1x4x4x4xf32>
    {groups = 1 : i32, stage = #float, window = #pixel}
  return
}
