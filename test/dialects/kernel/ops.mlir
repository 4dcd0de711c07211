// RUN: tinyc-opt %s | tinyc-opt | FileCheck %s

// CHECK-LABEL: func @conv2d
// CHECK: kernel.conv2d %{{.*}}, %{{.*}} bias %{{.*}} : memref<4xi32> multipliers %{{.*}} : memref<4xi32> : memref<1x8x8x3xi8>, memref<4x3x3x3xi8> -> %{{.*}} : memref<1x8x8x4xi8> scratch %{{.*}} : memref<108xi8>
// CHECK-SAME: groups = 1 : i32
// CHECK-SAME: inputZeroPoint = -128 : i32
// CHECK-SAME: kernel = @tinyc_conv2d_s8_s8
// CHECK-SAME: stage = #kernel.output_s8<zeroPoint = 3, clampMin = -128, clampMax = 127, shift = 32, perChannel = true>
// CHECK-SAME: window = #kernel.window<kernel = [3, 3], strides = [1, 1], dilations = [1, 1], pads = [1, 1]>
func.func @conv2d(%x: memref<1x8x8x3xi8>, %w: memref<4x3x3x3xi8>, %b: memref<4xi32>, %m: memref<4xi32>, %y: memref<1x8x8x4xi8>,
                  %s: memref<108xi8>) {
  kernel.conv2d %x, %w bias %b : memref<4xi32> multipliers %m : memref<4xi32> : memref<1x8x8x3xi8>, memref<4x3x3x3xi8>
    -> %y : memref<1x8x8x4xi8> scratch %s : memref<108xi8> {groups = 1 : i32, inputZeroPoint = -128 : i32,
    kernel = @tinyc_conv2d_s8_s8,
    stage = #kernel.output_s8<zeroPoint = 3, clampMin = -128, clampMax = 127, shift = 32, perChannel = true>,
    window = #kernel.window<kernel = [3, 3], strides = [1, 1], dilations = [1, 1], pads = [1, 1]>}
  return
}

// One multiplier for all channels; a part of a larger buffer.
// CHECK-LABEL: func @conv2d_per_tensor
// CHECK: memref<1x2x2x2xi8, strided<[8, 4, 2, 1], offset: 8>>
// CHECK-NOT: perChannel
func.func @conv2d_per_tensor(%x: memref<1x2x2x2xi8, strided<[8, 4, 2, 1], offset: 8>>, %w: memref<1x1x1x2xi8>,
                             %b: memref<1xi32>, %m: memref<1xi32>, %y: memref<1x2x2x1xi8>) {
  kernel.conv2d %x, %w bias %b : memref<1xi32> multipliers %m : memref<1xi32>
    : memref<1x2x2x2xi8, strided<[8, 4, 2, 1], offset: 8>>, memref<1x1x1x2xi8> -> %y : memref<1x2x2x1xi8>
    {groups = 1 : i32, stage = #kernel.output_s8<zeroPoint = 0, clampMin = -128, clampMax = 127, shift = 33>,
     window = #kernel.window<kernel = [1, 1], strides = [1, 1], dilations = [1, 1], pads = [0, 0]>}
  return
}

// CHECK-LABEL: func @conv2d_f32
// CHECK: kernel.conv2d %{{.*}}, %{{.*}} : memref<1x8x8x3xf32>, memref<4x3x3x3xf32> -> %{{.*}} : memref<1x4x4x4xf32>
// CHECK-SAME: stage = #kernel.output_f32<clampMin = 0.000000e+00 : f32>
func.func @conv2d_f32(%x: memref<1x8x8x3xf32>, %w: memref<4x3x3x3xf32>, %y: memref<1x4x4x4xf32>) {
  kernel.conv2d %x, %w : memref<1x8x8x3xf32>, memref<4x3x3x3xf32> -> %y : memref<1x4x4x4xf32> {groups = 1 : i32,
    stage = #kernel.output_f32<clampMin = 0.0 : f32>,
    window = #kernel.window<kernel = [3, 3], strides = [2, 2], dilations = [1, 1], pads = [0, 0]>}
  return
}

// Weights before and after lower-pack-weights.
// CHECK-LABEL: func @depthwise
// CHECK: kernel.depthwise_conv2d {{.*}} memref<4x3x3x1xf32> ->
// CHECK: kernel.depthwise_conv2d {{.*}} memref<3x3x4xf32> ->
func.func @depthwise(%x: memref<1x8x8x2xf32>, %w: memref<4x3x3x1xf32>, %p: memref<3x3x4xf32>, %y: memref<1x8x8x4xf32>) {
  kernel.depthwise_conv2d %x, %w : memref<1x8x8x2xf32>, memref<4x3x3x1xf32> -> %y : memref<1x8x8x4xf32>
    {groups = 2 : i32, stage = #kernel.output_f32<>,
     window = #kernel.window<kernel = [3, 3], strides = [1, 1], dilations = [1, 1], pads = [1, 1]>}
  kernel.depthwise_conv2d %x, %p : memref<1x8x8x2xf32>, memref<3x3x4xf32> -> %y : memref<1x8x8x4xf32>
    {groups = 2 : i32, stage = #kernel.output_f32<>,
     window = #kernel.window<kernel = [3, 3], strides = [1, 1], dilations = [1, 1], pads = [1, 1]>}
  return
}

// CHECK-LABEL: func @products
// CHECK: kernel.fully_connected
// CHECK: kernel.matmul %{{.*}}, %{{.*}} multipliers %{{.*}} : memref<1xi32> : memref<2x5xi8>, memref<5x3xi8> -> %{{.*}} : memref<2x3xi8>
// CHECK-SAME: lhsZeroPoint = 1 : i32
// CHECK-SAME: rhsZeroPoint = -2 : i32
func.func @products(%x: memref<2x5xi8>, %w: memref<3x5xi8>, %b: memref<3xi32>, %m: memref<1xi32>, %r: memref<5x3xi8>,
                    %y: memref<2x3xi8>) {
  kernel.fully_connected %x, %w bias %b : memref<3xi32> multipliers %m : memref<1xi32> : memref<2x5xi8>, memref<3x5xi8>
    -> %y : memref<2x3xi8> {stage = #kernel.output_s8<zeroPoint = 0, clampMin = -128, clampMax = 127, shift = 32>}
  kernel.matmul %x, %r multipliers %m : memref<1xi32> : memref<2x5xi8>, memref<5x3xi8> -> %y : memref<2x3xi8>
    {lhsZeroPoint = 1 : i32, rhsZeroPoint = -2 : i32,
     stage = #kernel.output_s8<zeroPoint = 0, clampMin = -128, clampMax = 127, shift = 32>}
  return
}

// CHECK-LABEL: func @pools
// CHECK: kernel.avg_pool %{{.*}} multipliers %{{.*}} : memref<3xi32> : memref<1x4x4x2xi8> -> %{{.*}} : memref<1x2x2x2xi8>
// CHECK-SAME: firstCount = 2 : i32
// CHECK: kernel.avg_pool {{.*}} {includePad
// CHECK: kernel.max_pool
func.func @pools(%x: memref<1x4x4x2xi8>, %m: memref<3xi32>, %y: memref<1x2x2x2xi8>, %f: memref<1x4x4x2xf32>,
                 %g: memref<1x2x2x2xf32>) {
  kernel.avg_pool %x multipliers %m : memref<3xi32> : memref<1x4x4x2xi8> -> %y : memref<1x2x2x2xi8>
    {firstCount = 2 : i32, stage = #kernel.output_s8<zeroPoint = 0, clampMin = -128, clampMax = 127, shift = 32>,
     window = #kernel.window<kernel = [2, 2], strides = [2, 2], dilations = [1, 1], pads = [0, 0]>}
  kernel.avg_pool %f : memref<1x4x4x2xf32> -> %g : memref<1x2x2x2xf32>
    {includePad, stage = #kernel.output_f32<>,
     window = #kernel.window<kernel = [2, 2], strides = [2, 2], dilations = [1, 1], pads = [0, 0]>}
  kernel.max_pool %f : memref<1x4x4x2xf32> -> %g : memref<1x2x2x2xf32> {stage = #kernel.output_f32<clampMax = 6.0 : f32>,
     window = #kernel.window<kernel = [2, 2], strides = [2, 2], dilations = [1, 1], pads = [0, 0]>}
  return
}

// CHECK-LABEL: func @conv_transpose
// CHECK: kernel.conv_transpose2d %{{.*}}, %{{.*}} : memref<1x2x2x3xf32>, memref<4x2x2x3xf32> -> %{{.*}} : memref<1x4x4x4xf32>
func.func @conv_transpose(%x: memref<1x2x2x3xf32>, %w: memref<4x2x2x3xf32>, %y: memref<1x4x4x4xf32>) {
  kernel.conv_transpose2d %x, %w : memref<1x2x2x3xf32>, memref<4x2x2x3xf32> -> %y : memref<1x4x4x4xf32>
    {groups = 1 : i32, stage = #kernel.output_f32<>,
     window = #kernel.window<kernel = [2, 2], strides = [2, 2], dilations = [1, 1], pads = [0, 0]>}
  return
}

// CHECK-LABEL: func @resizes
// CHECK: kernel.resize %{{.*}}, %{{.*}} : memref<1x2x2x3xi8>, memref<5xui16> -> %{{.*}} : memref<1x2x3x3xi8> {columnTaps = 1 : i32, rowTaps = 1 : i32}
// CHECK: kernel.resize %{{.*}}, %{{.*}} weights %{{.*}} : memref<10xi16> : memref<1x2x2x3xi8>, memref<10xui16> -> %{{.*}} : memref<1x2x3x3xi8>
// CHECK: kernel.resize %{{.*}}, %{{.*}} weights %{{.*}} : memref<10xf32> : memref<1x2x2x3xf32>, memref<10xui16> -> %{{.*}} : memref<1x2x3x3xf32>
func.func @resizes(%x: memref<1x2x2x3xi8>, %y: memref<1x2x3x3xi8>, %f: memref<1x2x2x3xf32>, %g: memref<1x2x3x3xf32>,
                   %one: memref<5xui16>, %two: memref<10xui16>, %v: memref<10xi16>, %w: memref<10xf32>) {
  kernel.resize %x, %one : memref<1x2x2x3xi8>, memref<5xui16> -> %y : memref<1x2x3x3xi8>
    {rowTaps = 1 : i32, columnTaps = 1 : i32}
  kernel.resize %x, %two weights %v : memref<10xi16> : memref<1x2x2x3xi8>, memref<10xui16> -> %y : memref<1x2x3x3xi8>
    {rowTaps = 2 : i32, columnTaps = 2 : i32, zeroPoint = 3 : i32}
  kernel.resize %f, %two weights %w : memref<10xf32> : memref<1x2x2x3xf32>, memref<10xui16> -> %g : memref<1x2x3x3xf32>
    {rowTaps = 2 : i32, columnTaps = 2 : i32}
  return
}

// CHECK-LABEL: func @softmaxes
// CHECK: kernel.softmax %{{.*}} exponentials %{{.*}} : memref<256xui16> : memref<2x5xi8> -> %{{.*}} : memref<2x5xi8>
// CHECK: kernel.log_softmax %{{.*}} : memref<2x5xf32> -> %{{.*}} : memref<2x5xf32>
func.func @softmaxes(%x: memref<2x5xi8>, %t: memref<256xui16>, %y: memref<2x5xi8>, %f: memref<2x5xf32>) {
  kernel.softmax %x exponentials %t : memref<256xui16> : memref<2x5xi8> -> %y : memref<2x5xi8>
    {outputMultiplier = 1073741824 : i32, outputShift = 22 : i32, outputZeroPoint = -128 : i32}
  kernel.log_softmax %f : memref<2x5xf32> -> %f : memref<2x5xf32>
  return
}

// CHECK-LABEL: func @binary
// CHECK: kernel.add
// CHECK: kernel.sub
// CHECK: kernel.mul
func.func @binary(%x: memref<2x5xi8>, %r: memref<1x5xi8>, %f: memref<2x5xf32>, %g: memref<2x1xf32>) {
  kernel.add %x, %r : memref<2x5xi8>, memref<1x5xi8> -> %x : memref<2x5xi8>
    {lhsMultiplier = 1048576 : i32, rhsMultiplier = 524288 : i32, offset = 4 : i32,
     stage = #kernel.output_s8<zeroPoint = 0, clampMin = -128, clampMax = 127, shift = 20>}
  kernel.sub %f, %g : memref<2x5xf32>, memref<2x1xf32> -> %f : memref<2x5xf32> {stage = #kernel.output_f32<>}
  kernel.mul %f, %f : memref<2x5xf32>, memref<2x5xf32> -> %f : memref<2x5xf32> {stage = #kernel.output_f32<>}
  return
}

// CHECK-LABEL: func @unary
// CHECK: kernel.clamp
// CHECK: kernel.leaky_relu
// CHECK: kernel.sigmoid
// CHECK: kernel.hard_sigmoid
// CHECK: kernel.hard_swish
// CHECK: kernel.lookup %{{.*}}, %{{.*}} : memref<2x5xi8>, memref<256xi8> -> %{{.*}} : memref<2x5xi8>
// CHECK: kernel.requantize
// CHECK: kernel.quantize
// CHECK: kernel.dequantize
func.func @unary(%f: memref<2x5xf32>, %q: memref<2x5xi8>, %t: memref<256xi8>) {
  kernel.clamp %f : memref<2x5xf32> -> %f : memref<2x5xf32> {stage = #kernel.output_f32<clampMin = 0.0 : f32>}
  kernel.leaky_relu %f : memref<2x5xf32> -> %f : memref<2x5xf32> {alpha = 0.1 : f32}
  kernel.sigmoid %f : memref<2x5xf32> -> %f : memref<2x5xf32>
  kernel.hard_sigmoid %f : memref<2x5xf32> -> %f : memref<2x5xf32> {alpha = 0.2 : f32, beta = 0.5 : f32}
  kernel.hard_swish %f : memref<2x5xf32> -> %f : memref<2x5xf32> {alpha = 0.2 : f32, beta = 0.5 : f32}
  kernel.lookup %q, %t : memref<2x5xi8>, memref<256xi8> -> %q : memref<2x5xi8>
  kernel.requantize %q : memref<2x5xi8> -> %q : memref<2x5xi8> {inputZeroPoint = 1 : i32, multiplier = 7 : i32,
    stage = #kernel.output_s8<zeroPoint = 0, clampMin = -128, clampMax = 127, shift = 32>}
  kernel.quantize %f : memref<2x5xf32> -> %q : memref<2x5xi8> {scale = 4.0 : f32, zeroPoint = 1 : i32}
  kernel.dequantize %q : memref<2x5xi8> -> %f : memref<2x5xf32> {scale = 0.25 : f32, zeroPoint = 1 : i32}
  return
}

// CHECK-LABEL: func @movement
// CHECK: kernel.pad
// CHECK-SAME: after = array<i32: 1, 2>, before = array<i32: 0, 1>, value = -3 : i32
// CHECK: kernel.transpose
// CHECK: kernel.copy
func.func @movement(%x: memref<2x5xi8>, %p: memref<3x8xi8>, %t: memref<5x2xi8>) {
  kernel.pad %x : memref<2x5xi8> -> %p : memref<3x8xi8> {before = array<i32: 0, 1>, after = array<i32: 1, 2>, value = -3 : i32}
  kernel.transpose %x : memref<2x5xi8> -> %t : memref<5x2xi8> {permutation = array<i32: 1, 0>}
  kernel.copy %x : memref<2x5xi8> -> %p : memref<3x8xi8>
    {blocks = 2 : i32, length = 5 : i32, inputPitch = 5 : i32, outputPitch = 8 : i32, outputOffset = 3 : i32}
  return
}

// CHECK-LABEL: func @decode
// CHECK: kernel.decode %{{.*}} : memref<912xi8> -> %{{.*}} : memref<33x1x1x64xi8> scratch %{{.*}} : memref<1536xi8> {tableLog = 8 : i32}
func.func @decode(%c: memref<912xi8>, %w: memref<33x1x1x64xi8>, %s: memref<1536xi8>) {
  kernel.decode %c : memref<912xi8> -> %w : memref<33x1x1x64xi8> scratch %s : memref<1536xi8> {tableLog = 8 : i32}
  return
}

// CHECK-LABEL: func @call
// CHECK: kernel.call @tinyc_lookup_s8(%{{.*}}, %{{.*}}, %{{.*}}, null) : memref<4x16xi8>, memref<256xi8>, memref<4x16xi8> rows[0, 4] params <"tinyc_lookup_s8_params", ["rows", "length"], [4 : i32, 16 : i32]>
// CHECK: kernel.call @f(null) rows[0, 0] params <"t", [], []>
// CHECK: kernel.call @g(null, %{{.*}}, null) : memref<4x16xi8> rows[1, 2] params <"t", ["a"], [1.000000e+00 : f32]>
// CHECK: kernel.call @h() rows[0, 1]
func.func @call(%x: memref<4x16xi8>, %table: memref<256xi8>, %y: memref<4x16xi8>) {
  kernel.call @tinyc_lookup_s8(%x, %table, %y, null) : memref<4x16xi8>, memref<256xi8>, memref<4x16xi8> rows [0, 4]
    params #kernel.params<"tinyc_lookup_s8_params", ["rows", "length"], [4 : i32, 16 : i32]>
  kernel.call @f(null) rows [0, 0] params #kernel.params<"t", [], []>
  kernel.call @g(null, %x, null) : memref<4x16xi8> rows [1, 2] params <"t", ["a"], [1.0 : f32]>
  kernel.call @h() rows [0, 1] params #kernel.params<"t", [], []>
  return
}
