// RUN: tinyc-opt %s -lower-select-kernels="target=cortex-m7 optimize=size" -lower-stream-rows="target=cortex-m7 optimize=size" | FileCheck %s --check-prefixes=CHECK,SIZE
// RUN: tinyc-opt %s -lower-select-kernels="target=cortex-m7 optimize=speed" -lower-stream-rows="target=cortex-m7 optimize=speed" | FileCheck %s --check-prefixes=CHECK,SPEED
// RUN: not tinyc-opt %s -lower-select-kernels="optimize=small" 2>&1 | FileCheck %s --check-prefix=ERROR

// ERROR: error: expects optimize to be ram, balanced, speed or size, got 'small'

// A shift above 32 needs tinyc_conv2d_s8_s8_armv7e_m anyway. Then a kernel of its own for a second, small convolution
// is code that nothing but it uses: with `size` both share one.
memref.global "private" constant @w : memref<32x3x3x32xi8> = dense<3>
memref.global "private" constant @b : memref<32xi32> = dense<5>
memref.global "private" constant @small : memref<4x1x1x32xi8> = dense<3>
memref.global "private" constant @bias : memref<4xi32> = dense<5>
memref.global "private" constant @m : memref<1xi32> = dense<1000>
// CHECK-LABEL: func @shared(
// CHECK: kernel.conv2d {{.*}} kernel = @tinyc_conv2d_s8_s8_armv7e_m
// SIZE: kernel.conv2d {{.*}} kernel = @tinyc_conv2d_s8_s8_armv7e_m
// SPEED: kernel.conv2d {{.*}} kernel = @tinyc_conv2d_columns_s8_s8_armv7e_m
func.func @shared(%x: memref<1x16x16x32xi8>, %y: memref<1x16x16x32xi8>, %z: memref<1x16x16x4xi8>) {
  %w = memref.get_global @w : memref<32x3x3x32xi8>
  %b = memref.get_global @b : memref<32xi32>
  %small = memref.get_global @small : memref<4x1x1x32xi8>
  %bias = memref.get_global @bias : memref<4xi32>
  %m = memref.get_global @m : memref<1xi32>
  kernel.conv2d %x, %w bias %b : memref<32xi32> multipliers %m : memref<1xi32> : memref<1x16x16x32xi8>, memref<32x3x3x32xi8>
    -> %y : memref<1x16x16x32xi8> {groups = 1 : i32,
    stage = #kernel.output_s8<zeroPoint = 3, clampMin = 0, clampMax = 100, shift = 33>,
    window = #kernel.window<kernel = [3, 3], strides = [1, 1], dilations = [1, 1], pads = [1, 1]>}
  kernel.conv2d %y, %small bias %bias : memref<4xi32> multipliers %m : memref<1xi32> : memref<1x16x16x32xi8>, memref<4x1x1x32xi8>
    -> %z : memref<1x16x16x4xi8> {groups = 1 : i32,
    stage = #kernel.output_s8<zeroPoint = 3, clampMin = -128, clampMax = 127, shift = 32>,
    window = #kernel.window<kernel = [1, 1], strides = [1, 1], dilations = [1, 1], pads = [0, 0]>}
  return
}
