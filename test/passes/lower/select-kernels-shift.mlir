// RUN: tinyc-opt %s -lower-select-kernels="target=cortex-m7 optimize=speed" | FileCheck %s

// Shift 31 is shift 32 of twice the sum: packed kernels take it where that fits 32 bits. The sums of @w are at most
// 32 * 7 * 128 = 28,672 beside the bias: 5 is small, 2^30 - 20,000 is not, for twice 2^30 + 8,672 is beyond 2^31 - 1.
memref.global "private" constant @w : memref<4x1x1x32xi4> = dense<7>
memref.global "private" constant @w2 : memref<4x1x1x32xi2> = dense<1>
memref.global "private" constant @taps : memref<3x3x32xi4> = dense<7>
memref.global "private" constant @b : memref<4xi32> = dense<5>
memref.global "private" constant @large : memref<4xi32> = dense<1073721824>
memref.global "private" constant @b32 : memref<32xi32> = dense<5>
memref.global "private" constant @m : memref<1xi32> = dense<1000>

// CHECK-LABEL: func @conv(
// CHECK: kernel.conv2d {{.*}} kernel = @tinyc_conv2d_columns_s8_s4_armv7e_m
// CHECK: kernel.conv2d {{.*}} kernel = @tinyc_conv2d_s8_s4,
// CHECK: kernel.conv2d {{.*}} kernel = @tinyc_conv2d_columns_s8_s2_armv7e_m
func.func @conv(%x: memref<1x6x6x32xi8>, %y: memref<1x6x6x4xi8>) {
  %w = memref.get_global @w : memref<4x1x1x32xi4>
  %w2 = memref.get_global @w2 : memref<4x1x1x32xi2>
  %b = memref.get_global @b : memref<4xi32>
  %large = memref.get_global @large : memref<4xi32>
  %m = memref.get_global @m : memref<1xi32>
  kernel.conv2d %x, %w bias %b : memref<4xi32> multipliers %m : memref<1xi32> : memref<1x6x6x32xi8>, memref<4x1x1x32xi4>
    -> %y : memref<1x6x6x4xi8> {groups = 1 : i32,
    stage = #kernel.output_s8<zeroPoint = 3, clampMin = -128, clampMax = 127, shift = 31>,
    window = #kernel.window<kernel = [1, 1], strides = [1, 1], dilations = [1, 1], pads = [0, 0]>}
  kernel.conv2d %x, %w bias %large : memref<4xi32> multipliers %m : memref<1xi32> : memref<1x6x6x32xi8>, memref<4x1x1x32xi4>
    -> %y : memref<1x6x6x4xi8> {groups = 1 : i32,
    stage = #kernel.output_s8<zeroPoint = 3, clampMin = -128, clampMax = 127, shift = 31>,
    window = #kernel.window<kernel = [1, 1], strides = [1, 1], dilations = [1, 1], pads = [0, 0]>}
  kernel.conv2d %x, %w2 bias %b : memref<4xi32> multipliers %m : memref<1xi32> : memref<1x6x6x32xi8>, memref<4x1x1x32xi2>
    -> %y : memref<1x6x6x4xi8> {groups = 1 : i32,
    stage = #kernel.output_s8<zeroPoint = 3, clampMin = -128, clampMax = 127, shift = 24>,
    window = #kernel.window<kernel = [1, 1], strides = [1, 1], dilations = [1, 1], pads = [0, 0]>}
  return
}

// 3x3 without scratch takes shift 32 only, planes any; what is dilated takes the kernel of four channels.
// CHECK-LABEL: func @depthwise(
// CHECK: kernel.depthwise_conv2d {{.*}} kernel = @tinyc_depthwise_conv2d_planes_s8_s4_armv7e_m
// CHECK: kernel.depthwise_conv2d {{.*}} kernel = @tinyc_depthwise_conv2d_s8_s4_armv7e_m
func.func @depthwise(%x: memref<1x6x6x32xi8>, %y: memref<1x6x6x32xi8>) {
  %w = memref.get_global @taps : memref<3x3x32xi4>
  %b = memref.get_global @b32 : memref<32xi32>
  %m = memref.get_global @m : memref<1xi32>
  kernel.depthwise_conv2d %x, %w bias %b : memref<32xi32> multipliers %m : memref<1xi32> : memref<1x6x6x32xi8>, memref<3x3x32xi4>
    -> %y : memref<1x6x6x32xi8> {groups = 32 : i32,
    stage = #kernel.output_s8<zeroPoint = 3, clampMin = -128, clampMax = 127, shift = 31>,
    window = #kernel.window<kernel = [3, 3], strides = [1, 1], dilations = [1, 1], pads = [1, 1]>}
  kernel.depthwise_conv2d %x, %w bias %b : memref<32xi32> multipliers %m : memref<1xi32> : memref<1x6x6x32xi8>, memref<3x3x32xi4>
    -> %y : memref<1x6x6x32xi8> {groups = 32 : i32,
    stage = #kernel.output_s8<zeroPoint = 3, clampMin = -128, clampMax = 127, shift = 31>,
    window = #kernel.window<kernel = [3, 3], strides = [1, 1], dilations = [2, 2], pads = [2, 2]>}
  return
}
