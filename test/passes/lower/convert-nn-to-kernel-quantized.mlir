// RUN: tinyc-opt %s -lower-convert-nn-to-kernel -split-input-file | FileCheck %s

!in = !quant.uniform<i8:f32, 0.5:1>
!weight = !quant.uniform<i8<-127:127>:f32, 0.25>
!bias = !quant.uniform<i32:f32, 0.125>
!out = !quant.uniform<i8:f32, 0.5:-3>

// Accumulator scale 0.5 * 0.25, M = 0.125 / 0.5 * 2^32 = 1073741824. Bias 10 - 1 * (1 - 2) = 11. Clamp at 0: q = -3.
// CHECK: memref.global "private" constant @conv_weights : memref<1x1x1x2xi8> = dense<{{\[\[\[\[}}1, -2]]]]>
// CHECK: memref.global "private" constant @conv_bias : memref<1xi32> = dense<11>
// CHECK: memref.global "private" constant @conv_multipliers : memref<1xi32> = dense<1073741824>
// CHECK-LABEL: func @conv(
// CHECK-SAME: memref<1x2x2x2xi8> {kernel.type = tensor<1x2x2x2x!quant.uniform<i8:f32, 5.000000e-01:1>>}
// CHECK-SAME: memref<1x2x2x1xi8> {kernel.output, kernel.type = tensor<1x2x2x1x!quant.uniform<i8:f32, 5.000000e-01:-3>>}
// CHECK: kernel.conv2d {{.*}} inputZeroPoint = 1 : i32, stage = #kernel.output_s8<zeroPoint = -3, clampMin = -3, clampMax = 127, shift = 32>
func.func @conv(%x: tensor<1x2x2x2x!in>) -> tensor<1x2x2x1x!out> {
  %w = nn.constant dense<[[[[1, -2]]]]> : tensor<1x1x1x2xi8> -> tensor<1x1x1x2x!weight>
  %b = nn.constant dense<10> : tensor<1xi32> -> tensor<1x!bias>
  %y = nn.conv2d %x, %w, %b {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>,
    clampMin = 0.0 : f32} : (tensor<1x2x2x2x!in>, tensor<1x1x1x2x!weight>, tensor<1x!bias>) -> tensor<1x2x2x1x!out> loc("conv")
  return %y : tensor<1x2x2x1x!out>
}

// -----

!in = !quant.uniform<i8:f32, 0.5:2>
!weight = !quant.uniform<i8<-127:127>:f32:0, {0.25, 0.5}>
!out = !quant.uniform<i8:f32, 0.5>

// Scales 0.25 and 0.5: one is not below 0.5, so the largest shift with both M below 2^31 is 31. M = 2^29, 2^30. Without a
// bias: 0 - 2 * (1 + 2 + 3) = -12 and 0 - 2 * (4 + 5 - 6) = -6.
// CHECK: @fc_bias : memref<2xi32> = dense<[-12, -6]>
// CHECK: @fc_multipliers : memref<2xi32> = dense<[536870912, 1073741824]>
// CHECK-LABEL: func @fully_connected(
// CHECK: kernel.fully_connected {{.*}}stage = #kernel.output_s8<zeroPoint = 0, clampMin = -128, clampMax = 127, shift = 31, perChannel = true>
func.func @fully_connected(%x: tensor<1x3x!in>) -> tensor<1x2x!out> {
  %w = nn.constant dense<[[1, 2, 3], [4, 5, -6]]> : tensor<2x3xi8> -> tensor<2x3x!weight>
  %y = nn.fully_connected %x, %w : (tensor<1x3x!in>, tensor<2x3x!weight>) -> tensor<1x2x!out> loc("fc")
  return %y : tensor<1x2x!out>
}

// -----

!a = !quant.uniform<i8:f32, 0.5:1>
!b = !quant.uniform<i8:f32, 0.25>
!c = !quant.uniform<i8:f32, 0.5:2>

// Ratios 1 and 0.5; |M| <= 2^21 gives shift 21, M = 2^21 and 2^20. Offset (2 << 21) + 2^20 - 1 * 2^21 = 3145728.
// CHECK-LABEL: func @binary(
// CHECK: kernel.add {{.*}} {lhsMultiplier = 2097152 : i32, lhsZeroPoint = 1 : i32, offset = 3145728 : i32, rhsMultiplier = 1048576 : i32
// CHECK-SAME: stage = #kernel.output_s8<zeroPoint = 2, clampMin = -128, clampMax = 127, shift = 21>
// A difference is a sum with the other sign.
// CHECK: kernel.add {{.*}} {lhsMultiplier = 2097152 : i32, lhsZeroPoint = 1 : i32, offset = 3145728 : i32, rhsMultiplier = -1048576 : i32
// Ratio 0.5 * 0.25 / 0.5: M = 2^30, shift 32.
// CHECK: kernel.mul {{.*}} {lhsMultiplier = 1073741824 : i32, lhsZeroPoint = 1 : i32{{.*}}stage = #kernel.output_s8<zeroPoint = 2, clampMin = -128, clampMax = 127, shift = 32>
// CHECK: kernel.matmul {{.*}} {lhsZeroPoint = 1 : i32, stage = #kernel.output_s8<zeroPoint = 2, clampMin = -128, clampMax = 127, shift = 32>
func.func @binary(%x: tensor<4x4x!a>, %z: tensor<4x4x!b>) -> (tensor<4x4x!c>, tensor<4x4x!c>, tensor<4x4x!c>, tensor<4x4x!c>) {
  %0 = nn.add %x, %z : (tensor<4x4x!a>, tensor<4x4x!b>) -> tensor<4x4x!c>
  %1 = nn.sub %x, %z : (tensor<4x4x!a>, tensor<4x4x!b>) -> tensor<4x4x!c>
  %2 = nn.mul %x, %z : (tensor<4x4x!a>, tensor<4x4x!b>) -> tensor<4x4x!c>
  %3 = nn.matmul %x, %z : (tensor<4x4x!a>, tensor<4x4x!b>) -> tensor<4x4x!c>
  return %0, %1, %2, %3 : tensor<4x4x!c>, tensor<4x4x!c>, tensor<4x4x!c>, tensor<4x4x!c>
}

// -----

!a = !quant.uniform<i8:f32, 0.5:1>
!b = !quant.uniform<i8:f32, 1.0:-128>
!soft = !quant.uniform<i8:f32, 0.00390625:-128>

// CHECK-DAG: @leaky_table : memref<256xi8>
// CHECK-DAG: @soft_exponentials : memref<256xui16>
// CHECK-LABEL: func @unary(
// CHECK: kernel.quantize {{.*}} {scale = 2.000000e+00 : f32, zeroPoint = 1 : i32}
// CHECK: memref.get_global @leaky_table
// CHECK: kernel.lookup
// 0.5 / 1 = 0.5: M = 2^30, shift 31.
// CHECK: kernel.requantize {{.*}} {inputZeroPoint = 1 : i32, multiplier = 1073741824 : i32, stage = #kernel.output_s8<zeroPoint = -128, clampMin = -128, clampMax = 127, shift = 31>
// K = 256 = 2^8: m = 22 with 2^30 <= K * 2^m < 2^31.
// CHECK: kernel.softmax {{.*}} {outputMultiplier = 1073741824 : i32, outputShift = 22 : i32, outputZeroPoint = -128 : i32}
// The value 3.0 is 3 / 2^-8 - 128 = 640: saturated.
// CHECK: kernel.pad {{.*}} value = 127 : i32
// CHECK: kernel.dequantize {{.*}} {scale = 3.906250e-03 : f32, zeroPoint = -128 : i32}
func.func @unary(%x: tensor<2x4xf32>) -> tensor<2x6xf32> {
  %0 = quant.qcast %x : tensor<2x4xf32> to tensor<2x4x!a>
  %1 = nn.leaky_relu %0 {alpha = 0.1 : f32} : (tensor<2x4x!a>) -> tensor<2x4x!a> loc("leaky")
  %2 = nn.requantize %1 : (tensor<2x4x!a>) -> tensor<2x4x!b>
  %3 = nn.softmax %2 : (tensor<2x4x!b>) -> tensor<2x4x!soft> loc("soft")
  %4 = nn.pad %3 {before = array<i64: 0, 1>, after = array<i64: 0, 1>, value = 3.0 : f32} : (tensor<2x4x!soft>) -> tensor<2x6x!soft>
  %5 = quant.dcast %4 : tensor<2x6x!soft> to tensor<2x6xf32>
  return %5 : tensor<2x6xf32>
}

// -----

!a = !quant.uniform<i8:f32, 1.0:5>

// Windows of 2x2 with one row of padding at the top: 2 or 4 elements. M = 2^32 / 2 needs shift 31 with 2^30, then 2^31 / 4 =
// 2^29; the entry for 3 is 2^31 / 3 = 715827882.67.
// CHECK: @pool_multipliers : memref<3xi32> = dense<[1073741824, 715827883, 536870912]>
// CHECK-LABEL: func @pool(
// CHECK: kernel.avg_pool {{.*}} {firstCount = 2 : i32, inputZeroPoint = 5 : i32, stage = #kernel.output_s8<zeroPoint = 5, clampMin = -128, clampMax = 127, shift = 31>
// CHECK: kernel.max_pool {{.*}}stage = #kernel.output_s8<zeroPoint = 5, clampMin = 5, clampMax = 127, shift = 0>
func.func @pool(%x: tensor<1x3x4x2x!a>) -> tensor<1x1x1x2x!a> {
  %0 = nn.avg_pool %x {kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>, pads = array<i64: 1, 0, 0, 0>,
    dilations = array<i64: 1, 1>} : (tensor<1x3x4x2x!a>) -> tensor<1x2x2x2x!a> loc("pool")
  %1 = nn.max_pool %0 {kernel = array<i64: 2, 2>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>,
    dilations = array<i64: 1, 1>, clampMin = 0.0 : f32} : (tensor<1x2x2x2x!a>) -> tensor<1x1x1x2x!a>
  return %1 : tensor<1x1x1x2x!a>
}
