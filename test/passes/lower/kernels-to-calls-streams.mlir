// RUN: tinyc-opt %s -lower-select-kernels=target=cortex-m0plus -lower-kernels-to-calls | FileCheck %s

#s8 = #kernel.output_s8<zeroPoint = 3, clampMin = -100, clampMax = 120, shift = 33>
#none = #kernel.output_f32<>
#pixel = #kernel.window<kernel = [1, 1], strides = [1, 1], dilations = [1, 1], pads = [0, 0]>
#three = #kernel.window<kernel = [3, 3], strides = [2, 2], dilations = [1, 1], pads = [1, 1]>

// Rows of t lie anywhere: the pool gets a table and ring 0; it reads the whole x with the ring of its height, 7. Outputs
// are bands, as rings of the rows of a step. 7 rows in steps of 3: 3. (7 + 2 - 3) / 2 + 1 = 4 rows in steps of 2: 2.
// CHECK-LABEL: func @windows(
// CHECK: kernel.stream steps [0, 0, 1, 1, 2, 2]
// CHECK: @tinyc_max_pool_s8(%{{.*}}, %{{.*}}, null) {{.*}} rows[0, 4] params <"tinyc_pool_s8_params", ["window.input_height", {{.*}}], [7 : i32, 7 : i32, 4 : i32, 7 : i32, 4 : i32, 4 : i32, 4 : i32, 2 : i32, 3 : i32, {{.*}}]> step <rows = 2, scale = 0, bands = [1], tables = []>
// CHECK: @tinyc_max_pool_s8(%{{.*}}, %{{.*}}, null) {{.*}} rows[0, 2] params <"tinyc_pool_s8_params", ["window.input_height", {{.*}}], [4 : i32, 4 : i32, 4 : i32, 0 : i32, 2 : i32, 2 : i32, 4 : i32, 1 : i32, 3 : i32, {{.*}}]> step <rows = 1, scale = 0, bands = [1], tables = [0]>
// CHECK: @tinyc_avg_pool_f32(%{{.*}}, %{{.*}}, null) {{.*}} rows[0, 4] {{.*}} [7 : i32, 7 : i32, 1 : i32, 7 : i32, 4 : i32, 4 : i32, 1 : i32, 3 : i32, {{.*}}]> step <rows = 3, scale = 0, bands = [1], tables = []>
func.func @windows(%arena: memref<256xi8>, %x: memref<1x7x7x4xi8>, %y: memref<1x2x2x4xi8>, %f: memref<1x7x7x1xf32>,
                   %g: memref<1x4x4x1xf32>) {
  %t = kernel.rows %arena [0, 16, 48, 64] : memref<256xi8> to memref<1x4x4x4xi8>
  kernel.stream steps [0, 0, 1, 1, 2, 2] {
    kernel.max_pool %x : memref<1x7x7x4xi8> -> %t : memref<1x4x4x4xi8> {stage = #s8, window = #three, rowsPerStep = 2 : i32}
    kernel.max_pool %t : memref<1x4x4x4xi8> -> %y : memref<1x2x2x4xi8> {stage = #s8, window = #three, rowsPerStep = 1 : i32}
    kernel.avg_pool %f : memref<1x7x7x1xf32> -> %g : memref<1x4x4x1xf32> {stage = #none, window = #three, rowsPerStep = 3 : i32}
  }
  return
}

// A window of one pixel is local to its row: a band of 2 of 5 rows is an image of its own. The call keeps the MACs of
// the whole: 5 * 4 * 6 * 3 = 360. Operands: input, weights, bias, multipliers, output, scratch.
// CHECK-LABEL: func @pixel(
// CHECK: @tinyc_conv2d_s8_s8({{.*}}, null) {{.*}} rows[0, 5] params <{{.*}}, [2 : i32, 4 : i32, 3 : i32, 2 : i32, 2 : i32, 4 : i32, 6 : i32, 2 : i32, {{.*}}]> step <rows = 2, scale = 1, bands = [0, 4], tables = []> {kernel.macs = 360 : i64}
func.func @pixel(%x: memref<1x5x4x3xi8>, %w: memref<6x1x1x3xi8>, %b: memref<6xi32>, %m: memref<1xi32>, %y: memref<1x5x4x6xi8>) {
  kernel.stream steps [0, 0, 0] {
    kernel.conv2d %x, %w bias %b : memref<6xi32> multipliers %m : memref<1xi32> : memref<1x5x4x3xi8>, memref<6x1x1x3xi8>
      -> %y : memref<1x5x4x6xi8> {groups = 1 : i32, stage = #s8, window = #pixel, rowsPerStep = 2 : i32}
  }
  return
}

// dims = rows of the band, then width and channels as far as they do not merge. r is broadcast over the rows and stays
// whole; c, [1, 5, 4, 1], moves with them: 4 elements from row to row, 1 from pixel to pixel, 0 from channel to channel.
// CHECK-LABEL: func @elementwise(
// CHECK: @tinyc_add_s8({{.*}}) {{.*}} rows[0, 5] params <"tinyc_elementwise_s8_params", [{{.*}}], [2 : i32, 1 : i32, 1 : i32, 12 : i32, 12 : i32, 0 : i32, 0 : i32, 1 : i32, 12 : i32, 0 : i32, 0 : i32, 1 : i32, {{.*}}]> step <rows = 2, scale = 1, bands = [0, 1, 2], tables = []>
// CHECK: @tinyc_mul_s8({{.*}}) {{.*}} [3 : i32, 1 : i32, 4 : i32, 3 : i32, 12 : i32, 0 : i32, 3 : i32, 1 : i32, 0 : i32, 0 : i32, 0 : i32, 1 : i32, {{.*}}]> step <rows = 3, scale = 1, bands = [0, 2], tables = []>
// CHECK: @tinyc_mul_s8({{.*}}) {{.*}} [1 : i32, 1 : i32, 4 : i32, 3 : i32, 4 : i32, 0 : i32, 1 : i32, 0 : i32, 12 : i32, 0 : i32, 3 : i32, 1 : i32, {{.*}}]> step <rows = 1, scale = 1, bands = [0, 1, 2], tables = []>
func.func @elementwise(%x: memref<1x5x4x3xi8>, %r: memref<1x1x1x3xi8>, %c: memref<1x5x4x1xi8>, %y: memref<1x5x4x3xi8>) {
  kernel.stream steps [0, 0, 0, 1, 1, 2, 2, 2, 2, 2] {
    kernel.add %x, %x : memref<1x5x4x3xi8>, memref<1x5x4x3xi8> -> %y : memref<1x5x4x3xi8> {stage = #s8, rowsPerStep = 2 : i32}
    kernel.mul %x, %r : memref<1x5x4x3xi8>, memref<1x1x1x3xi8> -> %y : memref<1x5x4x3xi8> {stage = #s8, rowsPerStep = 3 : i32}
    kernel.mul %c, %x : memref<1x5x4x1xi8>, memref<1x5x4x3xi8> -> %y : memref<1x5x4x3xi8> {stage = #s8, rowsPerStep = 1 : i32}
  }
  return
}

// Rows of 4 * 3 = 12 elements, tables are the same in every step. A row of softmax is a pixel, 4 in each row of the image.
// CHECK-LABEL: func @unary(
// CHECK: @tinyc_lookup_s8({{.*}}) {{.*}} rows[0, 5] {{.*}} [2 : i32, 12 : i32]> step <rows = 2, scale = 1, bands = [0, 2], tables = []>
// CHECK: @tinyc_requantize_s8({{.*}}) {{.*}} [3 : i32, 12 : i32, {{.*}}]> step <rows = 3, scale = 1, bands = [0, 1], tables = []>
// CHECK: @tinyc_dequantize_s8_f32({{.*}}) {{.*}} [5 : i32, 12 : i32, {{.*}}]> step <rows = 5, scale = 1, bands = [0, 1], tables = []>
// CHECK: @tinyc_hard_swish_f32({{.*}}) {{.*}} [4 : i32, 12 : i32, {{.*}}]> step <rows = 4, scale = 1, bands = [0, 1], tables = []>
// CHECK: @tinyc_softmax_f32({{.*}}) {{.*}} rows[0, 5] {{.*}} [8 : i32, 3 : i32]> step <rows = 2, scale = 4, bands = [0, 1], tables = []>
func.func @unary(%x: memref<1x5x4x3xi8>, %table: memref<256xi8>, %f: memref<1x5x4x3xf32>) {
  kernel.stream steps [0, 0, 0, 1, 1, 2, 3, 3, 4, 4, 4] {
    kernel.lookup %x, %table : memref<1x5x4x3xi8>, memref<256xi8> -> %x : memref<1x5x4x3xi8> {rowsPerStep = 2 : i32}
    kernel.requantize %x : memref<1x5x4x3xi8> -> %x : memref<1x5x4x3xi8> {inputZeroPoint = 1 : i32, multiplier = 7 : i32, stage = #s8, rowsPerStep = 3 : i32}
    kernel.dequantize %x : memref<1x5x4x3xi8> -> %f : memref<1x5x4x3xf32> {scale = 0.5 : f32, zeroPoint = 1 : i32, rowsPerStep = 5 : i32}
    kernel.hard_swish %f : memref<1x5x4x3xf32> -> %f : memref<1x5x4x3xf32> {alpha = 0.2 : f32, beta = 0.5 : f32, rowsPerStep = 4 : i32}
    kernel.softmax %f : memref<1x5x4x3xf32> -> %f : memref<1x5x4x3xf32> {rowsPerStep = 2 : i32}
  }
  return
}

// A concatenation of channels copies one block per pixel, 2 * 4 = 8 in a band; one of columns a block per row. Padding
// the width: dims are the rows of the band, then [4, 3] with one pixel more at each side.
// CHECK-LABEL: func @movement(
// CHECK: @tinyc_copy_s8({{.*}}) {{.*}} rows[0, 5] {{.*}} [8 : i32, 3 : i32, 3 : i32, 7 : i32, 2 : i32, 0 : i32]> step <rows = 2, scale = 4, bands = [0, 1], tables = []>
// CHECK: @tinyc_copy_s8({{.*}}) {{.*}} rows[0, 5] {{.*}} [3 : i32, 12 : i32, 12 : i32, 18 : i32, 6 : i32, 0 : i32]> step <rows = 3, scale = 1, bands = [0, 1], tables = []>
// CHECK: @tinyc_pad_s8({{.*}}) {{.*}} rows[0, 5] {{.*}} [2 : i32, 1 : i32, 1 : i32, 12 : i32, 0 : i32, 0 : i32, 0 : i32, 3 : i32, 0 : i32, 0 : i32, 0 : i32, 3 : i32, -1 : i32]> step <rows = 2, scale = 1, bands = [0, 1], tables = []>
func.func @movement(%x: memref<1x5x4x3xi8>, %c: memref<1x5x4x7xi8>, %w: memref<1x5x6x3xi8>) {
  kernel.stream steps [0, 0, 0, 1, 1, 2, 2, 2] {
    kernel.copy %x : memref<1x5x4x3xi8> -> %c : memref<1x5x4x7xi8> {rowsPerStep = 2 : i32,
      blocks = 20 : i32, length = 3 : i32, inputPitch = 3 : i32, outputPitch = 7 : i32, outputOffset = 2 : i32}
    kernel.copy %x : memref<1x5x4x3xi8> -> %w : memref<1x5x6x3xi8> {rowsPerStep = 3 : i32,
      blocks = 5 : i32, length = 12 : i32, inputPitch = 12 : i32, outputPitch = 18 : i32, outputOffset = 6 : i32}
    kernel.pad %x : memref<1x5x4x3xi8> -> %w : memref<1x5x6x3xi8> {rowsPerStep = 2 : i32,
      before = array<i32: 0, 0, 1, 0>, after = array<i32: 0, 0, 1, 0>, value = -1 : i32}
  }
  return
}

// The sums stay whole, and the function gets the numbers of the rows: row 0 clears them.
// CHECK-LABEL: func @sums(
// CHECK: @tinyc_sum_rows_s8(%{{.*}}, %{{.*}}, null) {{.*}} rows[0, 5] params <"tinyc_sum_rows_params", ["rows", "width", "channels"], [5 : i32, 4 : i32, 3 : i32]> step <rows = 2, scale = 0, bands = [0], tables = []>
// CHECK: @tinyc_average_s8(%{{.*}}, %{{.*}}, %{{.*}}, null) {{.*}} rows[0, 1] params <"tinyc_average_s8_params", ["channels", "count", "input_zero_point", {{.*}}], [3 : i32, 20 : i32, -5 : i32, 3 : i32, {{.*}}]>{{$}}
func.func @sums(%x: memref<1x5x4x3xi8>, %s: memref<3xi32>, %m: memref<1xi32>, %y: memref<1x1x1x3xi8>) {
  kernel.stream steps [0, 0, 0] {
    kernel.sum_rows %x : memref<1x5x4x3xi8> -> %s : memref<3xi32> {rowsPerStep = 2 : i32}
  }
  kernel.average %s multipliers %m : memref<1xi32> : memref<3xi32> -> %y : memref<1x1x1x3xi8>
    {count = 20 : i32, inputZeroPoint = -5 : i32, stage = #s8}
  return
}
