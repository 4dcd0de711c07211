// RUN: tinyc-opt %s -lower-pack-weights -split-input-file | FileCheck %s

#window = #kernel.window<kernel = [1, 2], strides = [1, 1], dilations = [1, 1], pads = [0, 0]>

// [channel 0: 1, 2], [channel 1: 3, 4], [channel 2: 5, 6] becomes [column 0: 1, 3, 5], [column 1: 2, 4, 6].
// CHECK: memref.global "private" constant @w : memref<1x2x3xf32> = dense<{{\[\[\[}}1.000000e+00, 3.000000e+00, 5.000000e+00], [2.000000e+00, 4.000000e+00, 6.000000e+00]]]>
// CHECK-NOT: memref.global
// CHECK-LABEL: func @depthwise(
// CHECK: %[[A:.*]] = memref.get_global @w : memref<1x2x3xf32>
// CHECK: kernel.depthwise_conv2d %{{.*}}, %[[A]] : memref<1x1x4x3xf32>, memref<1x2x3xf32>
// CHECK: %[[B:.*]] = memref.get_global @w : memref<1x2x3xf32>
// CHECK: kernel.depthwise_conv2d %{{.*}}, %[[B]] : memref<1x1x4x3xf32>, memref<1x2x3xf32>
memref.global "private" constant @w : memref<3x1x2x1xf32> = dense<[[[[1.0], [2.0]]], [[[3.0], [4.0]]], [[[5.0], [6.0]]]]>
func.func @depthwise(%x: memref<1x1x4x3xf32>, %y: memref<1x1x3x3xf32>) {
  %w = memref.get_global @w : memref<3x1x2x1xf32>
  kernel.depthwise_conv2d %x, %w : memref<1x1x4x3xf32>, memref<3x1x2x1xf32> -> %y : memref<1x1x3x3xf32> {groups = 3 : i32,
    window = #window, stage = #kernel.output_f32<>}
  %v = memref.get_global @w : memref<3x1x2x1xf32>
  kernel.depthwise_conv2d %x, %v : memref<1x1x4x3xf32>, memref<3x1x2x1xf32> -> %y : memref<1x1x3x3xf32> {groups = 3 : i32,
    window = #window, stage = #kernel.output_f32<>}
  return
}

// -----

#window = #kernel.window<kernel = [1, 2], strides = [1, 1], dilations = [1, 1], pads = [0, 0]>

// A constant that something else reads in its own layout is kept.
// CHECK-DAG: @w : memref<2x1x2x1xi8> = dense<{{\[\[\[\[}}1], [2]]], {{\[\[\[}}3], [4]]]]>
// CHECK-DAG: @w_packed : memref<1x2x2xi8> = dense<{{\[\[\[}}1, 3], [2, 4]]]>
// CHECK-LABEL: func @shared(
// CHECK: kernel.copy
memref.global "private" constant @w : memref<2x1x2x1xi8> = dense<[[[[1], [2]]], [[[3], [4]]]]>
func.func @shared(%x: memref<1x1x4x2xi8>, %b: memref<2xi32>, %m: memref<1xi32>, %y: memref<1x1x3x2xi8>, %z: memref<2x1x2x1xi8>) {
  %w = memref.get_global @w : memref<2x1x2x1xi8>
  kernel.depthwise_conv2d %x, %w bias %b : memref<2xi32> multipliers %m : memref<1xi32> : memref<1x1x4x2xi8>, memref<2x1x2x1xi8>
    -> %y : memref<1x1x3x2xi8> {groups = 2 : i32, window = #window,
        stage = #kernel.output_s8<zeroPoint = 0, clampMin = -128, clampMax = 127, shift = 32>}
  kernel.copy %w : memref<2x1x2x1xi8> -> %z : memref<2x1x2x1xi8>
    {blocks = 1 : i32, length = 4 : i32, inputPitch = 4 : i32, outputPitch = 4 : i32, outputOffset = 0 : i32}
  return
}

// -----

// Weights that are packed already, and those of other kernels.
// CHECK: @w : memref<1x2x3xf32>
// CHECK: @v : memref<1x1x2x3xf32>
memref.global "private" constant @w : memref<1x2x3xf32> = dense<1.0>
memref.global "private" constant @v : memref<1x1x2x3xf32> = dense<1.0>
func.func @packed(%x: memref<1x1x4x3xf32>, %y: memref<1x1x3x3xf32>, %z: memref<1x1x3x1xf32>) {
  %w = memref.get_global @w : memref<1x2x3xf32>
  kernel.depthwise_conv2d %x, %w : memref<1x1x4x3xf32>, memref<1x2x3xf32> -> %y : memref<1x1x3x3xf32> {groups = 3 : i32,
    window = #kernel.window<kernel = [1, 2], strides = [1, 1], dilations = [1, 1], pads = [0, 0]>, stage = #kernel.output_f32<>}
  %v = memref.get_global @v : memref<1x1x2x3xf32>
  kernel.conv2d %x, %v : memref<1x1x4x3xf32>, memref<1x1x2x3xf32> -> %z : memref<1x1x3x1xf32> {groups = 1 : i32,
    window = #kernel.window<kernel = [1, 2], strides = [1, 1], dilations = [1, 1], pads = [0, 0]>, stage = #kernel.output_f32<>}
  return
}

// -----

// The layout of tinyc_fully_connected_pairs_s8_s8_armv7e_m (tinyc/layouts.h), little-endian: multiplier 9; bias of low 7;
// halfwords 256 * high + low, so the bytes low, high (one more in high where low is negative) of inputs 0, 2 and 1, 3;
// bias of high 8. low = 1, 2, 3, 4 and high = 5, 6, 7, 8.
// CHECK: @w : memref<20xi8> = dense<[9, 0, 0, 0, 7, 0, 0, 0, 1, 5, 3, 7, 2, 6, 4, 8, 8, 0, 0, 0]>
// CHECK-NOT: memref.global
// CHECK-LABEL: func @pairs(
// CHECK: %[[W:.*]] = memref.get_global @w : memref<20xi8>
// CHECK-NEXT: kernel.fully_connected %{{.*}}, %[[W]] : memref<1x4xi8>, memref<20xi8> -> %{{.*}} : memref<1x2xi8>
memref.global "private" constant @w : memref<2x4xi8> = dense<[[1, 2, 3, 4], [5, 6, 7, 8]]>
memref.global "private" constant @b : memref<2xi32> = dense<[7, 8]>
memref.global "private" constant @m : memref<1xi32> = dense<9>
func.func @pairs(%x: memref<1x4xi8>, %y: memref<1x2xi8>) {
  %w = memref.get_global @w : memref<2x4xi8>
  %b = memref.get_global @b : memref<2xi32>
  %m = memref.get_global @m : memref<1xi32>
  kernel.fully_connected %x, %w bias %b : memref<2xi32> multipliers %m : memref<1xi32> : memref<1x4xi8>, memref<2x4xi8>
    -> %y : memref<1x2xi8> {kernel = @tinyc_fully_connected_pairs_s8_s8_armv7e_m,
    stage = #kernel.output_s8<zeroPoint = 0, clampMin = -128, clampMax = 127, shift = 32>}
  return
}
