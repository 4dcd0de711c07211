// RUN: tinyc-opt %s -split-input-file -verify-diagnostics

#window = #kernel.window<kernel = [1, 1], strides = [1, 1], dilations = [1, 1], pads = [0, 0]>
#s8 = #kernel.output_s8<zeroPoint = 0, clampMin = -128, clampMax = 127, shift = 32>
func.func @batch(%x: memref<2x4x4x1xf32>, %w: memref<1x1x1x1xf32>, %y: memref<2x4x4x1xf32>) {
  // expected-error @+1 {{expects input and output [1, height, width, channels], got 'memref<2x4x4x1xf32>' and 'memref<2x4x4x1xf32>'}}
  kernel.conv2d %x, %w : memref<2x4x4x1xf32>, memref<1x1x1x1xf32> -> %y : memref<2x4x4x1xf32> {groups = 1 : i32,
    window = #window, stage = #kernel.output_f32<>}
  return
}

// -----

#window = #kernel.window<kernel = [1, 1], strides = [1, 1], dilations = [1, 1], pads = [0, 0]>
func.func @groups(%x: memref<1x4x4x3xf32>, %w: memref<2x1x1x1xf32>, %y: memref<1x4x4x2xf32>) {
  // expected-error @+1 {{expects groups to divide 3 and 2 channels, got 3}}
  kernel.conv2d %x, %w : memref<1x4x4x3xf32>, memref<2x1x1x1xf32> -> %y : memref<1x4x4x2xf32> {groups = 3 : i32,
    window = #window, stage = #kernel.output_f32<>}
  return
}

// -----

#window = #kernel.window<kernel = [1, 1], strides = [1, 1], dilations = [1, 1], pads = [0, 0]>
func.func @depthwise_groups(%x: memref<1x4x4x4xf32>, %w: memref<4x1x1x1xf32>, %y: memref<1x4x4x4xf32>) {
  // expected-error @+1 {{expects groups to be the 4 input channels, got 2}}
  kernel.depthwise_conv2d %x, %w : memref<1x4x4x4xf32>, memref<4x1x1x1xf32> -> %y : memref<1x4x4x4xf32>
    {groups = 2 : i32, window = #window, stage = #kernel.output_f32<>}
  return
}

// -----

#window = #kernel.window<kernel = [3, 3], strides = [1, 1], dilations = [1, 1], pads = [1, 1]>
func.func @weights(%x: memref<1x4x4x3xf32>, %w: memref<3x3x2xf32>, %y: memref<1x4x4x2xf32>) {
  // expected-error @+1 {{expects weights [2, 3, 3, 3], got 'memref<3x3x2xf32>'}}
  kernel.conv2d %x, %w : memref<1x4x4x3xf32>, memref<3x3x2xf32> -> %y : memref<1x4x4x2xf32> {groups = 1 : i32,
    window = #window, stage = #kernel.output_f32<>}
  return
}

// -----

#window = #kernel.window<kernel = [1, 1], strides = [1, 1], dilations = [1, 1], pads = [0, 0]>
func.func @mixed(%x: memref<1x4x4x1xf32>, %w: memref<1x1x1x1xi8>, %y: memref<1x4x4x1xf32>) {
  // expected-error @+1 {{expects input, weights and output of one element type, got 'f32', 'i8' and 'f32'}}
  kernel.conv2d %x, %w : memref<1x4x4x1xf32>, memref<1x1x1x1xi8> -> %y : memref<1x4x4x1xf32> {groups = 1 : i32,
    window = #window, stage = #kernel.output_f32<>}
  return
}

// -----

#window = #kernel.window<kernel = [1, 1], strides = [1, 1], dilations = [1, 1], pads = [0, 0]>
func.func @stage_f32(%x: memref<1x4x4x1xi8>, %w: memref<1x1x1x1xi8>, %y: memref<1x4x4x1xi8>) {
  // expected-error @+1 {{expects stage to be #kernel.output_s8 for i8 buffers, got #kernel.output_f32<>}}
  kernel.conv2d %x, %w : memref<1x4x4x1xi8>, memref<1x1x1x1xi8> -> %y : memref<1x4x4x1xi8> {groups = 1 : i32,
    window = #window, stage = #kernel.output_f32<>}
  return
}

// -----

#window = #kernel.window<kernel = [1, 1], strides = [1, 1], dilations = [1, 1], pads = [0, 0]>
#s8 = #kernel.output_s8<zeroPoint = 0, clampMin = -128, clampMax = 127, shift = 32>
func.func @stage_s8(%x: memref<1x4x4x1xf32>, %w: memref<1x1x1x1xf32>, %y: memref<1x4x4x1xf32>) {
  // expected-error @+1 {{expects stage to be #kernel.output_f32 for f32 buffers, got #kernel.output_s8<}}
  kernel.conv2d %x, %w : memref<1x4x4x1xf32>, memref<1x1x1x1xf32> -> %y : memref<1x4x4x1xf32> {groups = 1 : i32,
    window = #window, stage = #s8}
  return
}

// -----

#window = #kernel.window<kernel = [1, 1], strides = [1, 1], dilations = [1, 1], pads = [0, 0]>
func.func @bias(%x: memref<1x4x4x1xf32>, %w: memref<2x1x1x1xf32>, %b: memref<3xf32>, %y: memref<1x4x4x2xf32>) {
  // expected-error @+1 {{expects a bias of 2 f32 elements, got 'memref<3xf32>'}}
  kernel.conv2d %x, %w bias %b : memref<3xf32> : memref<1x4x4x1xf32>, memref<2x1x1x1xf32> -> %y : memref<1x4x4x2xf32>
    {groups = 1 : i32, window = #window, stage = #kernel.output_f32<>}
  return
}

// -----

#s8 = #kernel.output_s8<zeroPoint = 0, clampMin = -128, clampMax = 127, shift = 32>
func.func @no_multipliers(%x: memref<2x5xi8>, %w: memref<3x5xi8>, %b: memref<3xi32>, %y: memref<2x3xi8>) {
  // expected-error @+1 {{expects bias and multipliers for i8 buffers}}
  kernel.fully_connected %x, %w bias %b : memref<3xi32> : memref<2x5xi8>, memref<3x5xi8> -> %y : memref<2x3xi8> {stage = #s8}
  return
}

// -----

func.func @multipliers_f32(%x: memref<2x5xf32>, %w: memref<3x5xf32>, %m: memref<3xi32>, %y: memref<2x3xf32>) {
  // expected-error @+1 {{expects no multipliers for f32 buffers}}
  kernel.fully_connected %x, %w multipliers %m : memref<3xi32> : memref<2x5xf32>, memref<3x5xf32> -> %y : memref<2x3xf32>
    {stage = #kernel.output_f32<>}
  return
}

// -----

#s8 = #kernel.output_s8<zeroPoint = 0, clampMin = -128, clampMax = 127, shift = 32, perChannel = true>
func.func @multiplier_count(%x: memref<2x5xi8>, %w: memref<3x5xi8>, %b: memref<3xi32>, %m: memref<1xi32>, %y: memref<2x3xi8>) {
  // expected-error @+1 {{expects 3 multipliers, got 'memref<1xi32>'}}
  kernel.fully_connected %x, %w bias %b : memref<3xi32> multipliers %m : memref<1xi32> : memref<2x5xi8>, memref<3x5xi8>
    -> %y : memref<2x3xi8> {stage = #s8}
  return
}

// -----

func.func @fully_connected_shape(%x: memref<2x5xf32>, %w: memref<3x4xf32>, %y: memref<2x3xf32>) {
  // expected-error @+1 {{expects input [M, K], weights [N, K] and output [M, N], got 'memref<2x5xf32>', 'memref<3x4xf32>' and 'memref<2x3xf32>'}}
  kernel.fully_connected %x, %w : memref<2x5xf32>, memref<3x4xf32> -> %y : memref<2x3xf32> {stage = #kernel.output_f32<>}
  return
}

// -----

func.func @matmul_shape(%x: memref<2x5xf32>, %w: memref<3x4xf32>, %y: memref<2x4xf32>) {
  // expected-error @+1 {{expects lhs [M, K], rhs [K, N] and output [M, N], got 'memref<2x5xf32>', 'memref<3x4xf32>' and 'memref<2x4xf32>'}}
  kernel.matmul %x, %w : memref<2x5xf32>, memref<3x4xf32> -> %y : memref<2x4xf32> {stage = #kernel.output_f32<>}
  return
}

// -----

#window = #kernel.window<kernel = [2, 2], strides = [2, 2], dilations = [1, 1], pads = [0, 0]>
func.func @pool_channels(%x: memref<1x4x4x2xf32>, %y: memref<1x2x2x3xf32>) {
  // expected-error @+1 {{expects input [1, H, W, C] and output [1, OH, OW, C], got 'memref<1x4x4x2xf32>' and 'memref<1x2x2x3xf32>'}}
  kernel.max_pool %x : memref<1x4x4x2xf32> -> %y : memref<1x2x2x3xf32> {window = #window, stage = #kernel.output_f32<>}
  return
}

// -----

#window = #kernel.window<kernel = [2, 2], strides = [2, 2], dilations = [1, 1], pads = [0, 0]>
#s8 = #kernel.output_s8<zeroPoint = 0, clampMin = -128, clampMax = 127, shift = 32>
func.func @avg_pool_multipliers(%x: memref<1x4x4x2xi8>, %y: memref<1x2x2x2xi8>) {
  // expected-error @+1 {{expects multipliers for i8 buffers and none for f32 buffers}}
  kernel.avg_pool %x : memref<1x4x4x2xi8> -> %y : memref<1x2x2x2xi8> {window = #window, stage = #s8}
  return
}

// -----

func.func @softmax_table(%x: memref<2x5xi8>, %t: memref<255xui16>) {
  // expected-error @+1 {{expects 256 exponentials, got 'memref<255xui16>'}}
  kernel.softmax %x exponentials %t : memref<255xui16> : memref<2x5xi8> -> %x : memref<2x5xi8>
  return
}

// -----

func.func @broadcast(%x: memref<2x5xf32>, %r: memref<3x5xf32>) {
  // expected-error @+1 {{expects each dimension of an operand to be the output's or 1, got 'memref<3x5xf32>' and 'memref<2x5xf32>'}}
  kernel.add %x, %r : memref<2x5xf32>, memref<3x5xf32> -> %x : memref<2x5xf32> {stage = #kernel.output_f32<>}
  return
}

// -----

// Alternating dimensions are broadcast: nothing merges.
func.func @broadcast_rank(%x: memref<2x2x2x2x2xf32>, %r: memref<2x1x2x1x2xf32>) {
  // expected-error @+1 {{expects at most 4 dimensions after merging, got 5}}
  kernel.add %x, %r : memref<2x2x2x2x2xf32>, memref<2x1x2x1x2xf32> -> %x : memref<2x2x2x2x2xf32> {stage = #kernel.output_f32<>}
  return
}

// -----

func.func @unary_shape(%x: memref<2x5xf32>, %y: memref<10xf32>) {
  // expected-error @+1 {{expects input and output of one shape, got 'memref<2x5xf32>' and 'memref<10xf32>'}}
  kernel.sigmoid %x : memref<2x5xf32> -> %y : memref<10xf32>
  return
}

// -----

func.func @table(%x: memref<2x5xi8>, %t: memref<128xi8>) {
  // expected-error @+1 {{expects a table of 256 elements, got 'memref<128xi8>'}}
  kernel.lookup %x, %t : memref<2x5xi8>, memref<128xi8> -> %x : memref<2x5xi8>
  return
}

// -----

func.func @pad_size(%x: memref<2x5xf32>, %y: memref<2x6xf32>) {
  // expected-error @+1 {{expects dimension 1 of the output to be 7, got 6}}
  kernel.pad %x : memref<2x5xf32> -> %y : memref<2x6xf32>
    {before = array<i32: 0, 1>, after = array<i32: 0, 1>, value = 0.0 : f32}
  return
}

// -----

func.func @pad_value(%x: memref<2x5xf32>, %y: memref<2x6xf32>) {
  // expected-error @+1 {{expects value to be f32 for f32 buffers and i32 for i8 buffers, got 0 : i32}}
  kernel.pad %x : memref<2x5xf32> -> %y : memref<2x6xf32>
    {before = array<i32: 0, 1>, after = array<i32: 0, 0>, value = 0 : i32}
  return
}

// -----

func.func @permutation(%x: memref<2x5xf32>, %y: memref<5x2xf32>) {
  // expected-error @+1 {{expects a permutation of 2 dimensions, got [1, 1]}}
  kernel.transpose %x : memref<2x5xf32> -> %y : memref<5x2xf32> {permutation = array<i32: 1, 1>}
  return
}

// -----

// 3 + 1 * 8 + 6 = 17 > 16
func.func @copy_end(%x: memref<2x6xf32>, %y: memref<2x8xf32>) {
  // expected-error @+1 {{expects blocks inside the output of 16 elements, got an end at 17}}
  kernel.copy %x : memref<2x6xf32> -> %y : memref<2x8xf32>
    {blocks = 2 : i32, length = 6 : i32, inputPitch = 6 : i32, outputPitch = 8 : i32, outputOffset = 3 : i32}
  return
}

// -----

func.func @not_contiguous(%x: memref<2x5xf32, strided<[8, 1]>>) {
  // expected-error @+1 {{operand #0 must be statically shaped contiguous buffer of 32-bit floats}}
  kernel.sigmoid %x : memref<2x5xf32, strided<[8, 1]>> -> %x : memref<2x5xf32, strided<[8, 1]>>
  return
}

// -----

func.func @rows() {
  // expected-error @+1 {{expects rows 0 <= begin <= end, got 2 and 1}}
  kernel.call @f(null) rows [2, 1] params <"t", [], []>
  return
}

// -----

// expected-error @+1 {{expects one value for each field, got 1 fields and 0 values}}
#params = #kernel.params<"t", ["a"], []>

// -----

// expected-error @+1 {{expects the value of "a" to be i32 or f32, got 1 : i8}}
#params = #kernel.params<"t", ["a"], [1 : i8]>

// -----

// expected-error @+1 {{expects kernel, strides and dilations >= 1}}
#window = #kernel.window<kernel = [1, 1], strides = [0, 1], dilations = [1, 1], pads = [0, 0]>

// -----

// expected-error @+1 {{expects pads >= 0, got [0, -1]}}
#window = #kernel.window<kernel = [1, 1], strides = [1, 1], dilations = [1, 1], pads = [0, -1]>

// -----

// expected-error @+1 {{expects -32767 <= clampMin <= clampMax <= 32767, got 1 and 0}}
#stage = #kernel.output_s8<zeroPoint = 0, clampMin = 1, clampMax = 0, shift = 32>

// -----

// expected-error @+1 {{expects a shift of 0 to 62, got 63}}
#stage = #kernel.output_s8<zeroPoint = 0, clampMin = 0, clampMax = 0, shift = 63>

// -----

func.func @stage_of_bytes(%x: memref<2x4xi8>) {
  // expected-error @+1 {{expects a clamp within -128 to 127 for i8 buffers, got -128 to 128}}
  kernel.requantize %x : memref<2x4xi8> -> %x : memref<2x4xi8> {inputZeroPoint = 0 : i32, multiplier = 1 : i32,
    stage = #kernel.output_s8<zeroPoint = 0, clampMin = -128, clampMax = 128, shift = 32>}
  return
}

// -----

func.func @table_of_int16(%x: memref<2x4xi16>, %t: memref<256xi16>) {
  // expected-error @+1 {{expects a table of 513 elements, got 'memref<256xi16>'}}
  kernel.lookup %x, %t : memref<2x4xi16>, memref<256xi16> -> %x : memref<2x4xi16>
  return
}

// -----

func.func @table_of_bytes_for_int16(%x: memref<2x4xi16>, %t: memref<256xi8>) {
  // expected-error @+1 {{expects input, table and output of one element type, got 'i16', 'i8' and 'i16'}}
  kernel.lookup %x, %t : memref<2x4xi16>, memref<256xi8> -> %x : memref<2x4xi16>
  return
}

// -----

func.func @exponentials_of_int16(%x: memref<2x5xi16>, %t: memref<256xui16>) {
  // expected-error @+1 {{expects 512 exponentials, got 'memref<256xui16>'}}
  kernel.softmax %x exponentials %t : memref<256xui16> : memref<2x5xi16> -> %x : memref<2x5xi16>
  return
}

// -----

func.func @resize_channels(%x: memref<1x2x2x3xi8>, %t: memref<3xui16>, %y: memref<1x1x2x4xi8>) {
  // expected-error @+1 {{expects input [1, H, W, C] and output [1, OH, OW, C] of one element type, got 'memref<1x2x2x3xi8>' and 'memref<1x1x2x4xi8>'}}
  kernel.resize %x, %t : memref<1x2x2x3xi8>, memref<3xui16> -> %y : memref<1x1x2x4xi8> {rowTaps = 1 : i32, columnTaps = 1 : i32}
  return
}

// -----

func.func @resize_indices(%x: memref<1x2x2x3xi8>, %t: memref<3xui16>, %y: memref<1x2x2x3xi8>) {
  // expected-error @+1 {{expects 4 indices, got 'memref<3xui16>'}}
  kernel.resize %x, %t : memref<1x2x2x3xi8>, memref<3xui16> -> %y : memref<1x2x2x3xi8> {rowTaps = 1 : i32, columnTaps = 1 : i32}
  return
}

// -----

func.func @resize_taps(%x: memref<1x2x2x3xi8>, %t: memref<3xui16>, %y: memref<1x1x1x3xi8>) {
  // expected-error @+1 {{expects 1 row tap and 1 column tap without weights, got 2 and 1}}
  kernel.resize %x, %t : memref<1x2x2x3xi8>, memref<3xui16> -> %y : memref<1x1x1x3xi8> {rowTaps = 2 : i32, columnTaps = 1 : i32}
  return
}

// -----

func.func @resize_weights(%x: memref<1x2x2x3xi8>, %t: memref<3xui16>, %w: memref<3xf32>, %y: memref<1x1x1x3xi8>) {
  // expected-error @+1 {{expects 3 weights, i16 for i8 buffers and f32 for f32 buffers, got 'memref<3xf32>'}}
  kernel.resize %x, %t weights %w : memref<3xf32> : memref<1x2x2x3xi8>, memref<3xui16> -> %y : memref<1x1x1x3xi8> {rowTaps = 2 : i32, columnTaps = 1 : i32}
  return
}

// -----

func.func @decode_table(%c: memref<64xi8>, %w: memref<100xi8>) {
  // expected-error @below {{'kernel.decode' op expects tableLog 5 to 11, got 12}}
  kernel.decode %c : memref<64xi8> -> %w : memref<100xi8> {tableLog = 12 : i32}
  return
}

// -----

func.func @decode_rank(%c: memref<8x8xi8>, %w: memref<100xi8>) {
  // expected-error @below {{'kernel.decode' op expects a coded string of one dimension, got 'memref<8x8xi8>'}}
  kernel.decode %c : memref<8x8xi8> -> %w : memref<100xi8> {tableLog = 9 : i32}
  return
}

// -----

func.func @decode_words(%c: memref<64xi8>, %w: memref<100xi8>) {
  // expected-error @below {{'kernel.decode' op expects words that fit the output, got 26 for 'memref<100xi8>'}}
  kernel.decode %c : memref<64xi8> -> %w : memref<100xi8> {tableLog = 9 : i32, words = 26 : i32}
  return
}
