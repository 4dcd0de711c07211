// RUN: tinyc-opt %s -lower-select-kernels=target=cortex-m7 | FileCheck %s --check-prefixes=CHECK,DSP
// RUN: tinyc-opt %s -lower-select-kernels=target=cortex-m4 | FileCheck %s --check-prefixes=CHECK,DSP
// RUN: tinyc-opt %s -lower-select-kernels=target=cortex-m33 | FileCheck %s --check-prefixes=CHECK,DSP
// RUN: tinyc-opt %s -lower-select-kernels=target=cortex-m0plus | FileCheck %s --check-prefixes=CHECK,GENERIC
// RUN: tinyc-opt %s -lower-select-kernels=target=cortex-m3 | FileCheck %s --check-prefixes=CHECK,GENERIC
// RUN: tinyc-opt %s -lower-select-kernels=target=cortex-m55 | FileCheck %s --check-prefixes=CHECK,MVE
// RUN: tinyc-opt %s -lower-select-kernels=target=host | FileCheck %s --check-prefixes=CHECK,HOST

// The kernel for the DSP extension gets scratch memory in the size that runtime/include/tinyc/scratch.h says; the
// generic one needs none.
// CHECK-LABEL: func @conv2d(
// DSP: %[[S:.*]] = memref.alloc() : memref<{{[0-9]+}}xi8>
// DSP: kernel.conv2d {{.*}} scratch %[[S]] {{.*}} kernel = @tinyc_conv2d_s8_s8_armv7e_m
// With MVE weights that are not known cannot be packed: the kernel is that of the next ISA, Armv7E-M.
// MVE: kernel.conv2d {{.*}} kernel = @tinyc_conv2d_s8_s8_armv7e_m
// GENERIC-NOT: memref.alloc
// GENERIC: kernel.conv2d {{.*}} kernel = @tinyc_conv2d_s8_s8,
func.func @conv2d(%x: memref<1x8x8x3xi8>, %w: memref<4x3x3x3xi8>, %b: memref<4xi32>, %m: memref<1xi32>, %y: memref<1x8x8x4xi8>) {
  kernel.conv2d %x, %w bias %b : memref<4xi32> multipliers %m : memref<1xi32> : memref<1x8x8x3xi8>, memref<4x3x3x3xi8>
    -> %y : memref<1x8x8x4xi8> {groups = 1 : i32,
    stage = #kernel.output_s8<zeroPoint = 3, clampMin = -128, clampMax = 127, shift = 32>,
    window = #kernel.window<kernel = [3, 3], strides = [1, 1], dilations = [1, 1], pads = [1, 1]>}
  return
}

// A kernel that the preferred ISA lacks is the generic one.
// CHECK-LABEL: func @softmax(
// CHECK-NOT: memref.alloc
// CHECK: kernel.softmax {{.*}} {kernel = @tinyc_softmax_f32}
func.func @softmax(%x: memref<1x8xf32>) {
  kernel.softmax %x : memref<1x8xf32> -> %x : memref<1x8xf32>
  return
}

// Constants that are known let a kernel with a packing of its own be chosen, if the packing takes them: -128 twice does
// not fit a halfword 256 * high + low (-32896); a clamp narrower than int8 is no obstacle.
memref.global "private" constant @w : memref<2x1x1x4xi8> = dense<-127>
memref.global "private" constant @least : memref<2x1x1x4xi8> = dense<-128>
memref.global "private" constant @b : memref<2xi32> = dense<[5, 2147483647]>
memref.global "private" constant @m : memref<1xi32> = dense<1000>
// CHECK-LABEL: func @packed(
// Three pixels of four channels in 16 bits, and two elements more: 3 * 4 * 2 + 4 bytes.
// DSP: %[[S:.*]] = memref.alloc() : memref<28xi8>
// DSP: kernel.conv2d {{.*}} scratch %[[S]] {{.*}} kernel = @tinyc_conv2d_columns_s8_s8_armv7e_m
// DSP: kernel.conv2d {{.*}} kernel = @tinyc_conv2d_s8_s8_armv7e_m
// DSP: kernel.conv2d {{.*}} kernel = @tinyc_conv2d_columns_s8_s8_armv7e_m
// With MVE the address of one row and two pixels of four channels: 4 + 2 * 4 bytes.
// MVE: %[[S:.*]] = memref.alloc() : memref<12xi8>
// MVE: kernel.conv2d {{.*}} scratch %[[S]] {{.*}} kernel = @tinyc_conv2d_s8_s8_armv8_1m
// MVE-COUNT-2: kernel.conv2d {{.*}} kernel = @tinyc_conv2d_s8_s8_armv8_1m
// GENERIC-COUNT-3: kernel.conv2d {{.*}} kernel = @tinyc_conv2d_s8_s8,
// The kernels for x86-64 pack any weights; other hosts take the generic ones.
// HOST-COUNT-3: kernel.conv2d {{.*}} kernel = @tinyc_conv2d_s8_s8{{(_x86_64)?}},
func.func @packed(%x: memref<1x8x8x4xi8>, %y: memref<1x8x8x2xi8>) {
  %w = memref.get_global @w : memref<2x1x1x4xi8>
  %least = memref.get_global @least : memref<2x1x1x4xi8>
  %b = memref.get_global @b : memref<2xi32>
  %m = memref.get_global @m : memref<1xi32>
  kernel.conv2d %x, %w bias %b : memref<2xi32> multipliers %m : memref<1xi32> : memref<1x8x8x4xi8>, memref<2x1x1x4xi8>
    -> %y : memref<1x8x8x2xi8> {groups = 1 : i32,
    stage = #kernel.output_s8<zeroPoint = 3, clampMin = -128, clampMax = 127, shift = 32>,
    window = #kernel.window<kernel = [1, 1], strides = [1, 1], dilations = [1, 1], pads = [0, 0]>}
  kernel.conv2d %x, %least bias %b : memref<2xi32> multipliers %m : memref<1xi32> : memref<1x8x8x4xi8>, memref<2x1x1x4xi8>
    -> %y : memref<1x8x8x2xi8> {groups = 1 : i32,
    stage = #kernel.output_s8<zeroPoint = 3, clampMin = -128, clampMax = 127, shift = 32>,
    window = #kernel.window<kernel = [1, 1], strides = [1, 1], dilations = [1, 1], pads = [0, 0]>}
  kernel.conv2d %x, %w bias %b : memref<2xi32> multipliers %m : memref<1xi32> : memref<1x8x8x4xi8>, memref<2x1x1x4xi8>
    -> %y : memref<1x8x8x2xi8> {groups = 1 : i32,
    stage = #kernel.output_s8<zeroPoint = 3, clampMin = -100, clampMax = 127, shift = 32>,
    window = #kernel.window<kernel = [1, 1], strides = [1, 1], dilations = [1, 1], pads = [0, 0]>}
  return
}

// An op of a stream gets the scratch of its band, ahead of the stream.
// CHECK-LABEL: func @stream(
// DSP: %[[S:.*]] = memref.alloc() : memref<28xi8>
// DSP-NEXT: kernel.stream
// DSP-NEXT: kernel.conv2d {{.*}} scratch %[[S]]
func.func @stream(%x: memref<1x8x8x4xi8>, %y: memref<1x8x8x2xi8>) {
  %w = memref.get_global @w : memref<2x1x1x4xi8>
  %b = memref.get_global @b : memref<2xi32>
  %m = memref.get_global @m : memref<1xi32>
  kernel.stream steps [0, 0] {
    kernel.conv2d %x, %w bias %b : memref<2xi32> multipliers %m : memref<1xi32> : memref<1x8x8x4xi8>, memref<2x1x1x4xi8>
      -> %y : memref<1x8x8x2xi8> {groups = 1 : i32, rowsPerStep = 4 : i32,
      stage = #kernel.output_s8<zeroPoint = 3, clampMin = -128, clampMax = 127, shift = 32>,
      window = #kernel.window<kernel = [1, 1], strides = [1, 1], dilations = [1, 1], pads = [0, 0]>}
  }
  return
}
