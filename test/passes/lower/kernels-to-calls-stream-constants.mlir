// RUN: tinyc-opt %s -lower-kernels-to-calls | FileCheck %s

// Weights [1, 2, 1, 1] of one filter have the shape of an image of as many rows as the output has, and stay where they are: of
// the pointers input, weights, bias, multipliers, output and scratch only the output (4) moves with the rows.
// CHECK: kernel.stream steps [0, 0]
// CHECK-NEXT: kernel.call @tinyc_conv2d_s8_s8(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, null)
// CHECK-SAME: step <rows = 1, scale = 0, bands = [4], tables = []>
memref.global "private" constant @weights : memref<1x2x1x1xi8> = dense<1>
memref.global "private" constant @bias : memref<1xi32> = dense<0>
memref.global "private" constant @multipliers : memref<1xi32> = dense<1073741824>
func.func @model_run(%arena: memref<36xi8>) {
  %zero = arith.constant 0 : index
  %end = arith.constant 16 : index
  %x = memref.view %arena[%zero][] : memref<36xi8> to memref<1x3x5x1xi8>
  %y = memref.view %arena[%end][] : memref<36xi8> to memref<1x2x5x1xi8>
  %w = memref.get_global @weights : memref<1x2x1x1xi8>
  %b = memref.get_global @bias : memref<1xi32>
  %m = memref.get_global @multipliers : memref<1xi32>
  kernel.stream steps [0, 0] {
    kernel.conv2d %x, %w bias %b : memref<1xi32> multipliers %m : memref<1xi32> : memref<1x3x5x1xi8>, memref<1x2x1x1xi8> -> %y : memref<1x2x5x1xi8>
      {window = #kernel.window<kernel = [2, 1], strides = [2, 1], dilations = [1, 1], pads = [1, 0]>, groups = 1 : i32, kernel = @tinyc_conv2d_s8_s8,
       stage = #kernel.output_s8<zeroPoint = 0, clampMin = -128, clampMax = 127, shift = 32>, rowsPerStep = 1 : i32}
  }
  return
}
