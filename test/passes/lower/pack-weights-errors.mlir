// RUN: tinyc-opt %s -lower-pack-weights -verify-diagnostics

func.func @not_constant(%x: memref<1x1x4x3xf32>, %w: memref<3x1x2x1xf32>, %y: memref<1x1x3x3xf32>) {
  // expected-error @+1 {{expects its weights to be a memref.global with dense values}}
  kernel.depthwise_conv2d %x, %w : memref<1x1x4x3xf32>, memref<3x1x2x1xf32> -> %y : memref<1x1x3x3xf32> {groups = 3 : i32,
    window = #kernel.window<kernel = [1, 2], strides = [1, 1], dilations = [1, 1], pads = [0, 0]>, stage = #kernel.output_f32<>}
  return
}
