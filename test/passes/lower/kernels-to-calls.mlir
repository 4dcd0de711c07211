// RUN: tinyc-opt %s -lower-select-kernels=target=cortex-m0plus -lower-kernels-to-calls | FileCheck %s

// The words of every parameter block stand in the order of runtime/include/tinyc/kernels.h.

#window = #kernel.window<kernel = [3, 2], strides = [2, 1], dilations = [1, 2], pads = [1, 0]>
#s8 = #kernel.output_s8<zeroPoint = 3, clampMin = -100, clampMax = 120, shift = 33>
#s8_channels = #kernel.output_s8<zeroPoint = 3, clampMin = -100, clampMax = 120, shift = 33, perChannel = true>

// Input 8 x 7 x 4, output 4 x 5 x 6: (8 + 1 - 3) / 2 + 1 = 4, 7 - (1 * 2 + 1) + 1 = 5. Rings as high as the tensors.
// CHECK-LABEL: func @conv2d(
// CHECK: kernel.call @tinyc_conv2d_s8_s8(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, null)
// CHECK-SAME: rows[0, 4] params <"tinyc_conv2d_s8_params", [
// CHECK-SAME: "window.input_height", "window.input_width", "window.input_channels", "window.input_ring_rows",
// CHECK-SAME: "window.output_height", "window.output_width", "window.output_channels", "window.output_ring_rows",
// CHECK-SAME: "window.kernel_height", "window.kernel_width", "window.stride_height", "window.stride_width",
// CHECK-SAME: "window.dilation_height", "window.dilation_width", "window.pad_top", "window.pad_left",
// CHECK-SAME: "groups", "input_zero_point",
// CHECK-SAME: "output.zero_point", "output.clamp_min", "output.clamp_max", "output.shift", "output.multiplier_step"],
// CHECK-SAME: [8 : i32, 7 : i32, 4 : i32, 8 : i32, 4 : i32, 5 : i32, 6 : i32, 4 : i32, 3 : i32, 2 : i32, 2 : i32, 1 : i32,
// CHECK-SAME: 1 : i32, 2 : i32, 1 : i32, 0 : i32, 2 : i32, -5 : i32, 3 : i32, -100 : i32, 120 : i32, 33 : i32, 1 : i32]>
func.func @conv2d(%x: memref<1x8x7x4xi8>, %w: memref<6x3x2x2xi8>, %b: memref<6xi32>, %m: memref<6xi32>, %y: memref<1x4x5x6xi8>) {
  kernel.conv2d %x, %w bias %b : memref<6xi32> multipliers %m : memref<6xi32> : memref<1x8x7x4xi8>, memref<6x3x2x2xi8>
    -> %y : memref<1x4x5x6xi8> {groups = 2 : i32, inputZeroPoint = -5 : i32, stage = #s8_channels, window = #window}
  return
}

// Without bias: NULL. No bounds: infinite.
// CHECK-LABEL: func @depthwise(
// CHECK: kernel.call @tinyc_depthwise_conv2d_f32_f32(%{{.*}}, %{{.*}}, null, %{{.*}}, null)
// CHECK-SAME: rows[0, 4] params <"tinyc_conv2d_f32_params"
// CHECK-SAME: 4 : i32, 0xFF800000 : f32, 6.000000e+00 : f32]>
func.func @depthwise(%x: memref<1x8x7x4xf32>, %w: memref<3x2x4xf32>, %y: memref<1x4x5x4xf32>) {
  kernel.depthwise_conv2d %x, %w : memref<1x8x7x4xf32>, memref<3x2x4xf32> -> %y : memref<1x4x5x4xf32>
    {groups = 4 : i32, stage = #kernel.output_f32<clampMax = 6.0 : f32>, window = #window}
  return
}

// CHECK-LABEL: func @products(
// CHECK: @tinyc_fully_connected_s8_s8({{.*}}, null) {{.*}} rows[0, 2] params <"tinyc_fully_connected_s8_params", ["rows", "inputs", "outputs", {{.*}}], [2 : i32, 5 : i32, 3 : i32, 3 : i32, -100 : i32, 120 : i32, 33 : i32, 0 : i32]>
// CHECK: @tinyc_matmul_s8({{.*}}, null) {{.*}} rows[0, 2] params <"tinyc_matmul_s8_params", ["rows", "inner", "columns", "lhs_zero_point", "rhs_zero_point", {{.*}}], [2 : i32, 5 : i32, 3 : i32, 1 : i32, -2 : i32, 3 : i32, -100 : i32, 120 : i32, 33 : i32, 0 : i32]>
func.func @products(%x: memref<2x5xi8>, %w: memref<3x5xi8>, %b: memref<3xi32>, %m: memref<1xi32>, %r: memref<5x3xi8>, %y: memref<2x3xi8>) {
  kernel.fully_connected %x, %w bias %b : memref<3xi32> multipliers %m : memref<1xi32> : memref<2x5xi8>, memref<3x5xi8>
    -> %y : memref<2x3xi8> {stage = #s8}
  kernel.matmul %x, %r multipliers %m : memref<1xi32> : memref<2x5xi8>, memref<5x3xi8> -> %y : memref<2x3xi8>
    {lhsZeroPoint = 1 : i32, rhsZeroPoint = -2 : i32, stage = #s8}
  return
}

// CHECK-LABEL: func @pools(
// CHECK: @tinyc_avg_pool_s8(%{{.*}}, %{{.*}}, %{{.*}}, null) {{.*}} "include_pad", "first_count", "input_zero_point", {{.*}}, 0 : i32, 4 : i32, -5 : i32, 3 : i32, -100 : i32, 120 : i32, 33 : i32, 0 : i32]>
// CHECK: @tinyc_max_pool_s8(%{{.*}}, %{{.*}}, null) {{.*}} rows[0, 4] params <"tinyc_pool_s8_params"
// CHECK: @tinyc_avg_pool_f32(%{{.*}}, %{{.*}}, null) {{.*}} "include_pad", "output.clamp_min", "output.clamp_max", "divisor_count"], {{.*}}, 1 : i32, 0xFF800000 : f32, 0x7F800000 : f32, 0 : i32]>
func.func @pools(%x: memref<1x8x7x4xi8>, %m: memref<3xi32>, %y: memref<1x4x5x4xi8>, %f: memref<1x8x7x4xf32>, %g: memref<1x4x5x4xf32>) {
  kernel.avg_pool %x multipliers %m : memref<3xi32> : memref<1x8x7x4xi8> -> %y : memref<1x4x5x4xi8>
    {firstCount = 4 : i32, inputZeroPoint = -5 : i32, stage = #s8, window = #window}
  kernel.max_pool %x : memref<1x8x7x4xi8> -> %y : memref<1x4x5x4xi8> {stage = #s8, window = #window}
  kernel.avg_pool %f : memref<1x8x7x4xf32> -> %g : memref<1x4x5x4xf32> {includePad, stage = #kernel.output_f32<>, window = #window}
  return
}

// Dimensions that both operands walk alike are merged: [2, 3, 4] with [1, 3, 4] is two rows of 12; the broadcast operand starts
// again in every row.
// CHECK-LABEL: func @binary(
// CHECK: @tinyc_add_s8({{.*}}, null) {{.*}} rows[0, 1] params <"tinyc_elementwise_s8_params", ["dims[0]", "dims[1]", "dims[2]", "dims[3]", "lhs_strides[0]", "lhs_strides[1]", "lhs_strides[2]", "lhs_strides[3]", "rhs_strides[0]", "rhs_strides[1]", "rhs_strides[2]", "rhs_strides[3]", "lhs_zero_point", "rhs_zero_point", "lhs_multiplier", "rhs_multiplier", "offset",
// CHECK-SAME: [1 : i32, 1 : i32, 2 : i32, 12 : i32, 0 : i32, 0 : i32, 12 : i32, 1 : i32, 0 : i32, 0 : i32, 0 : i32, 1 : i32, 7 : i32, 8 : i32, 9 : i32, 10 : i32, 11 : i32, 3 : i32
// Equal shapes: one run of 24.
// CHECK: @tinyc_sub_f32{{.*}}[1 : i32, 1 : i32, 1 : i32, 24 : i32, 0 : i32, 0 : i32, 0 : i32, 1 : i32, 0 : i32, 0 : i32, 0 : i32, 1 : i32, 0xFF800000 : f32
// Both broadcast, over different dimensions: four dimensions, the rows are the first.
// CHECK: @tinyc_mul_f32{{.*}} rows[0, 2] {{.*}}[2 : i32, 3 : i32, 4 : i32, 5 : i32, 20 : i32, 0 : i32, 5 : i32, 1 : i32, 0 : i32, 5 : i32, 0 : i32, 1 : i32
func.func @binary(%x: memref<2x3x4xi8>, %r: memref<1x3x4xi8>, %f: memref<2x3x4xf32>, %g: memref<2x1x4x5xf32>, %h: memref<1x3x1x5xf32>, %o: memref<2x3x4x5xf32>) {
  kernel.add %x, %r : memref<2x3x4xi8>, memref<1x3x4xi8> -> %x : memref<2x3x4xi8> {lhsZeroPoint = 7 : i32, rhsZeroPoint = 8 : i32,
    lhsMultiplier = 9 : i32, rhsMultiplier = 10 : i32, offset = 11 : i32, stage = #s8}
  kernel.sub %f, %f : memref<2x3x4xf32>, memref<2x3x4xf32> -> %f : memref<2x3x4xf32> {stage = #kernel.output_f32<>}
  kernel.mul %g, %h : memref<2x1x4x5xf32>, memref<1x3x1x5xf32> -> %o : memref<2x3x4x5xf32> {stage = #kernel.output_f32<>}
  return
}

// Rows of an NHWC tensor are its (width x channels) slices: 2 * 3 of 4 * 5.
// CHECK-LABEL: func @unary(
// CHECK: @tinyc_lookup_s8(%{{.*}}, %{{.*}}, %{{.*}}, null) {{.*}} rows[0, 6] params <"tinyc_lookup_s8_params", ["rows", "length"], [6 : i32, 20 : i32]>
// CHECK: @tinyc_hard_swish_f32({{.*}}, null) {{.*}} ["rows", "length", "alpha", "beta", "output.clamp_min", "output.clamp_max"], [6 : i32, 20 : i32, 2.500000e-01 : f32, 5.000000e-01 : f32, 0xFF800000 : f32, 0x7F800000 : f32]>
// CHECK: @tinyc_clamp_f32({{.*}}, null) {{.*}}[6 : i32, 20 : i32, 0.000000e+00 : f32, 0.000000e+00 : f32, 1.000000e+00 : f32, 0x7F800000 : f32]>
// CHECK: @tinyc_requantize_s8({{.*}}, null) {{.*}} ["rows", "length", "input_zero_point", "multiplier", {{.*}}[6 : i32, 20 : i32, 1 : i32, 7 : i32, 3 : i32
// CHECK: @tinyc_quantize_f32_s8({{.*}}, null) {{.*}} ["rows", "length", "scale", "zero_point"], [6 : i32, 20 : i32, 4.000000e+00 : f32, 1 : i32]>
// CHECK: @tinyc_dequantize_s8_f32({{.*}}, null) {{.*}}[6 : i32, 20 : i32, 2.500000e-01 : f32, 1 : i32]>
func.func @unary(%q: memref<2x3x4x5xi8>, %t: memref<256xi8>, %f: memref<2x3x4x5xf32>) {
  kernel.lookup %q, %t : memref<2x3x4x5xi8>, memref<256xi8> -> %q : memref<2x3x4x5xi8>
  kernel.hard_swish %f : memref<2x3x4x5xf32> -> %f : memref<2x3x4x5xf32> {alpha = 0.25 : f32, beta = 0.5 : f32}
  kernel.clamp %f : memref<2x3x4x5xf32> -> %f : memref<2x3x4x5xf32> {stage = #kernel.output_f32<clampMin = 1.0 : f32>}
  kernel.requantize %q : memref<2x3x4x5xi8> -> %q : memref<2x3x4x5xi8> {inputZeroPoint = 1 : i32, multiplier = 7 : i32, stage = #s8}
  kernel.quantize %f : memref<2x3x4x5xf32> -> %q : memref<2x3x4x5xi8> {scale = 4.0 : f32, zeroPoint = 1 : i32}
  kernel.dequantize %q : memref<2x3x4x5xi8> -> %f : memref<2x3x4x5xf32> {scale = 0.25 : f32, zeroPoint = 1 : i32}
  return
}

// CHECK-LABEL: func @softmaxes(
// CHECK: @tinyc_softmax_s8(%{{.*}}, %{{.*}}, %{{.*}}, null) {{.*}} rows[0, 6] params <"tinyc_softmax_s8_params", ["rows", "length", "input_multiplier", "output_multiplier", "output_shift", "output_zero_point"], [6 : i32, 5 : i32, 1 : i32, 2 : i32, 3 : i32, 4 : i32]>
// CHECK: @tinyc_log_softmax_f32(%{{.*}}, %{{.*}}, null) {{.*}} rows[0, 6] params <"tinyc_softmax_f32_params", ["rows", "length"], [6 : i32, 5 : i32]>
func.func @softmaxes(%q: memref<2x3x5xi8>, %t: memref<256xui16>, %f: memref<2x3x5xf32>) {
  kernel.softmax %q exponentials %t : memref<256xui16> : memref<2x3x5xi8> -> %q : memref<2x3x5xi8>
    {inputMultiplier = 1 : i32, outputMultiplier = 2 : i32, outputShift = 3 : i32, outputZeroPoint = 4 : i32}
  kernel.log_softmax %f : memref<2x3x5xf32> -> %f : memref<2x3x5xf32>
  return
}

// CHECK-LABEL: func @movement(
// Unpadded dimensions join their left neighbour: [2, 3, 4] padded by 1 and 2 in the middle is [2, 12] with 4 and 8.
// CHECK: @tinyc_pad_s8({{.*}}, null) {{.*}} rows[0, 1] params <"tinyc_pad_s8_params", ["dims[0]", "dims[1]", "dims[2]", "dims[3]", "before[0]", "before[1]", "before[2]", "before[3]", "after[0]", "after[1]", "after[2]", "after[3]", "value"], [1 : i32, 1 : i32, 2 : i32, 12 : i32, 0 : i32, 0 : i32, 0 : i32, 4 : i32, 0 : i32, 0 : i32, 0 : i32, 8 : i32, -3 : i32]>
// [2, 3, 4] -> [3, 4, 2]: dimensions 1 and 2 stay together, 12 x 2 with strides 1 and 12.
// CHECK: @tinyc_transpose_s8({{.*}}, null) {{.*}} rows[0, 1] params <"tinyc_transpose_params", ["dims[0]", "dims[1]", "dims[2]", "dims[3]", "dims[4]", "dims[5]", "input_strides[0]", "input_strides[1]", "input_strides[2]", "input_strides[3]", "input_strides[4]", "input_strides[5]"], [1 : i32, 1 : i32, 1 : i32, 1 : i32, 12 : i32, 2 : i32, 0 : i32, 0 : i32, 0 : i32, 0 : i32, 1 : i32, 12 : i32]>
// CHECK: @tinyc_copy_s8({{.*}}, null) {{.*}} rows[0, 2] params <"tinyc_copy_params", ["rows", "length", "input_pitch", "output_pitch", "output_offset", "input_offset"], [2 : i32, 12 : i32, 12 : i32, 24 : i32, 5 : i32, 0 : i32]>
func.func @movement(%x: memref<2x3x4xi8>, %p: memref<2x6x4xi8>, %t: memref<3x4x2xi8>) {
  kernel.pad %x : memref<2x3x4xi8> -> %p : memref<2x6x4xi8> {before = array<i32: 0, 1, 0>, after = array<i32: 0, 2, 0>, value = -3 : i32}
  kernel.transpose %x : memref<2x3x4xi8> -> %t : memref<3x4x2xi8> {permutation = array<i32: 1, 2, 0>}
  kernel.copy %x : memref<2x3x4xi8> -> %p : memref<2x6x4xi8>
    {blocks = 2 : i32, length = 12 : i32, inputPitch = 12 : i32, outputPitch = 24 : i32, outputOffset = 5 : i32}
  return
}
