// RUN: tinyc-opt %s -lower-pack-weights -split-input-file | FileCheck %s

// Five int4, the first of two in the low bits of a byte: 1, -2 is 0xe1 = -31; 7, -8 is 0x87 = -121; -1 alone 0x0f. Bias and multipliers
// stay.
// CHECK: memref.global "private" constant @w : memref<3xi8> = dense<[-31, -121, 15]>
// CHECK-LABEL: func @four(
// CHECK: %[[W:.*]] = memref.get_global @w : memref<3xi8>
// CHECK: kernel.fully_connected %{{.*}}, %[[W]] bias %{{.*}} : memref<1xi32> multipliers %{{.*}} : memref<1xi32> : memref<1x5xi8>, memref<3xi8>
memref.global "private" constant @w : memref<1x5xi4> = dense<[[1, -2, 7, -8, -1]]>
func.func @four(%x: memref<1x5xi8>, %b: memref<1xi32>, %m: memref<1xi32>, %y: memref<1x1xi8>) {
  %w = memref.get_global @w : memref<1x5xi4>
  kernel.fully_connected %x, %w bias %b : memref<1xi32> multipliers %m : memref<1xi32> : memref<1x5xi8>, memref<1x5xi4>
    -> %y : memref<1x1xi8> {stage = #kernel.output_s8<zeroPoint = 0, clampMin = -128, clampMax = 127, shift = 32>}
  return
}

// -----

// Depthwise weights of two channels are transposed first: 1, -1 and -2, 0 become 1, -2, -1, 0, which is 0b00111001 = 57.
// CHECK: memref.global "private" constant @w : memref<1xi8> = dense<57>
// CHECK-LABEL: func @two(
// CHECK: kernel.depthwise_conv2d %{{.*}}, %{{.*}} bias %{{.*}} : memref<2xi32> multipliers %{{.*}} : memref<1xi32> : memref<1x1x4x2xi8>, memref<1xi8>
memref.global "private" constant @w : memref<2x1x2x1xi2> = dense<[[[[1], [-1]]], [[[-2], [0]]]]>
func.func @two(%x: memref<1x1x4x2xi8>, %b: memref<2xi32>, %m: memref<1xi32>, %y: memref<1x1x3x2xi8>) {
  %w = memref.get_global @w : memref<2x1x2x1xi2>
  kernel.depthwise_conv2d %x, %w bias %b : memref<2xi32> multipliers %m : memref<1xi32> : memref<1x1x4x2xi8>, memref<2x1x2x1xi2>
    -> %y : memref<1x1x3x2xi8> {groups = 2 : i32, window = #kernel.window<kernel = [1, 2], strides = [1, 1], dilations = [1, 1], pads = [0, 0]>,
        stage = #kernel.output_s8<zeroPoint = 0, clampMin = -128, clampMax = 127, shift = 32>}
  return
}
