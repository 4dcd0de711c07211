// Every message of the verifiers of conv2d, fully_connected, matmul, batch_norm.
// RUN: tinyc-opt %s -split-input-file -verify-diagnostics

// conv2d

func.func @conv2d_groups(%x: tensor<1x4x4x3xf32>, %w: tensor<2x3x3x3xf32>) {
  // expected-error @+1 {{'nn.conv2d' op expects groups to divide the channels, got 2 groups for 3 input and 2 output channels (C2)}}
  %0 = nn.conv2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 2} : (tensor<1x4x4x3xf32>, tensor<2x3x3x3xf32>) -> tensor<1x2x2x2xf32>
  return
}

// -----

func.func @conv2d_no_groups(%x: tensor<1x4x4x3xf32>, %w: tensor<2x3x3x3xf32>) {
  // expected-error @+1 {{'nn.conv2d' op expects groups to divide the channels, got 0 groups for 3 input and 2 output channels (C2)}}
  %0 = nn.conv2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 0} : (tensor<1x4x4x3xf32>, tensor<2x3x3x3xf32>) -> tensor<1x2x2x2xf32>
  return
}

// -----

func.func @conv2d_output_channels(%x: tensor<1x4x4x3xf32>, %w: tensor<4x3x3x3xf32>) {
  // expected-error @+1 {{'nn.conv2d' op expects a weight of 2 output and 3 input channels, got 'tensor<4x3x3x3xf32>' (C1)}}
  %0 = nn.conv2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x4x4x3xf32>, tensor<4x3x3x3xf32>) -> tensor<1x2x2x2xf32>
  return
}

// -----

func.func @conv2d_input_channels(%x: tensor<1x4x4x4xf32>, %w: tensor<2x3x3x4xf32>) {
  // expected-error @+1 {{'nn.conv2d' op expects a weight of 2 output and 2 input channels, got 'tensor<2x3x3x4xf32>' (C1)}}
  %0 = nn.conv2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 2} : (tensor<1x4x4x4xf32>, tensor<2x3x3x4xf32>) -> tensor<1x2x2x2xf32>
  return
}

// -----

func.func @conv2d_stride_count(%x: tensor<1x4x4x3xf32>, %w: tensor<2x3x3x3xf32>) {
  // expected-error @+1 {{'nn.conv2d' op expects 2 strides, got 1 (C3)}}
  %0 = nn.conv2d %x, %w {strides = array<i64: 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x4x4x3xf32>, tensor<2x3x3x3xf32>) -> tensor<1x2x2x2xf32>
  return
}

// -----

func.func @conv2d_stride(%x: tensor<1x4x4x3xf32>, %w: tensor<2x3x3x3xf32>) {
  // expected-error @+1 {{'nn.conv2d' op expects strides of 1 to 2147483647, got 0 (C3)}}
  %0 = nn.conv2d %x, %w {strides = array<i64: 1, 0>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x4x4x3xf32>, tensor<2x3x3x3xf32>) -> tensor<1x2x2x2xf32>
  return
}

// -----

func.func @conv2d_pad_count(%x: tensor<1x4x4x3xf32>, %w: tensor<2x3x3x3xf32>) {
  // expected-error @+1 {{'nn.conv2d' op expects 4 pads, got 2 (C4)}}
  %0 = nn.conv2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x4x4x3xf32>, tensor<2x3x3x3xf32>) -> tensor<1x2x2x2xf32>
  return
}

// -----

func.func @conv2d_pad(%x: tensor<1x4x4x3xf32>, %w: tensor<2x3x3x3xf32>) {
  // expected-error @+1 {{'nn.conv2d' op expects pads of 0 to 2147483647, got -1 (C4)}}
  %0 = nn.conv2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, -1, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x4x4x3xf32>, tensor<2x3x3x3xf32>) -> tensor<1x2x2x2xf32>
  return
}

// -----

func.func @conv2d_huge_pad(%x: tensor<1x4x4x3xf32>, %w: tensor<2x3x3x3xf32>) {
  // expected-error @+1 {{'nn.conv2d' op expects pads of 0 to 2147483647, got 9223372036854775807 (C4)}}
  %0 = nn.conv2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 9223372036854775807, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x4x4x3xf32>, tensor<2x3x3x3xf32>) -> tensor<1x2x2x2xf32>
  return
}

// -----

func.func @conv2d_dilation_count(%x: tensor<1x4x4x3xf32>, %w: tensor<2x3x3x3xf32>) {
  // expected-error @+1 {{'nn.conv2d' op expects 2 dilations, got 3 (C3)}}
  %0 = nn.conv2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1, 1>} : (tensor<1x4x4x3xf32>, tensor<2x3x3x3xf32>) -> tensor<1x2x2x2xf32>
  return
}

// -----

func.func @conv2d_dilation(%x: tensor<1x4x4x3xf32>, %w: tensor<2x3x3x3xf32>) {
  // expected-error @+1 {{'nn.conv2d' op expects dilations of 1 to 2147483647, got 0 (C3)}}
  %0 = nn.conv2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 0, 1>} : (tensor<1x4x4x3xf32>, tensor<2x3x3x3xf32>) -> tensor<1x2x2x2xf32>
  return
}

// -----

func.func @conv2d_batch(%x: tensor<2x4x4x3xf32>, %w: tensor<2x3x3x3xf32>) {
  // expected-error @+1 {{'nn.conv2d' op expects a result batch of 2, got 1 (C1)}}
  %0 = nn.conv2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<2x4x4x3xf32>, tensor<2x3x3x3xf32>) -> tensor<1x2x2x2xf32>
  return
}

// -----

// (4 - 3) / 1 + 1 = 2

func.func @conv2d_height(%x: tensor<1x4x4x3xf32>, %w: tensor<2x3x3x3xf32>) {
  // expected-error @+1 {{'nn.conv2d' op expects a result height of 2, got 3 (C5)}}
  %0 = nn.conv2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x4x4x3xf32>, tensor<2x3x3x3xf32>) -> tensor<1x3x2x2xf32>
  return
}

// -----

func.func @conv2d_width(%x: tensor<1x4x4x3xf32>, %w: tensor<2x3x3x3xf32>) {
  // expected-error @+1 {{'nn.conv2d' op expects a result width of 2, got 4 (C5)}}
  %0 = nn.conv2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x4x4x3xf32>, tensor<2x3x3x3xf32>) -> tensor<1x2x4x2xf32>
  return
}

// -----

// The kernel (3 - 1) * 2 + 1 = 5 is greater than the input of 4.

func.func @conv2d_too_small(%x: tensor<1x4x4x3xf32>, %w: tensor<2x3x3x3xf32>) {
  // expected-error @+1 {{'nn.conv2d' op expects a result height of 0, got 1 (C5)}}
  %0 = nn.conv2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 2, 2>} : (tensor<1x4x4x3xf32>, tensor<2x3x3x3xf32>) -> tensor<1x1x1x2xf32>
  return
}

// -----

func.func @conv2d_bias(%x: tensor<1x4x4x3xf32>, %w: tensor<2x3x3x3xf32>, %b: tensor<3xf32>) {
  // expected-error @+1 {{'nn.conv2d' op expects a bias of 2 elements, got 'tensor<3xf32>' (C6)}}
  %0 = nn.conv2d %x, %w, %b {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x4x4x3xf32>, tensor<2x3x3x3xf32>, tensor<3xf32>) -> tensor<1x2x2x2xf32>
  return
}

// -----

func.func @conv2d_bias_rank(%x: tensor<1x4x4x3xf32>, %w: tensor<2x3x3x3xf32>, %b: tensor<1x2xf32>) {
  // expected-error @+1 {{'nn.conv2d' op expects a bias of 2 elements, got 'tensor<1x2xf32>' (C6)}}
  %0 = nn.conv2d %x, %w, %b {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x4x4x3xf32>, tensor<2x3x3x3xf32>, tensor<1x2xf32>) -> tensor<1x2x2x2xf32>
  return
}

// -----

func.func @conv2d_bias_storage(%x: tensor<1x4x4x3x!quant.uniform<i8:f32, 0.5:3>>, %w: tensor<2x3x3x3x!quant.uniform<i8:f32, 0.125>>, %b: tensor<2x!quant.uniform<i8:f32, 0.0625>>) {
  // expected-error @+1 {{'nn.conv2d' op expects a bias of storage type i32, got 'tensor<2x!quant.uniform<i8:f32, 6.250000e-02>>' (C6)}}
  %0 = nn.conv2d %x, %w, %b {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x4x4x3x!quant.uniform<i8:f32, 0.5:3>>, tensor<2x3x3x3x!quant.uniform<i8:f32, 0.125>>, tensor<2x!quant.uniform<i8:f32, 0.0625>>) -> tensor<1x2x2x2x!quant.uniform<i8:f32, 0.25:-128>>
  return
}

// -----

func.func @conv2d_mixed(%x: tensor<1x4x4x3x!quant.uniform<i8:f32, 0.5:3>>, %w: tensor<2x3x3x3xf32>) {
  // expected-error @+1 {{'nn.conv2d' op expects operands and result to be all float or all quantized (C7)}}
  %0 = nn.conv2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x4x4x3x!quant.uniform<i8:f32, 0.5:3>>, tensor<2x3x3x3xf32>) -> tensor<1x2x2x2x!quant.uniform<i8:f32, 0.25:-128>>
  return
}

// -----

func.func @conv2d_weight_axis(%x: tensor<1x4x4x2x!quant.uniform<i8:f32, 0.5:3>>, %w: tensor<2x3x3x2x!quant.uniform<i8:f32:3, {0.5, 0.25}>>) {
  // expected-error @+1 {{'nn.conv2d' op expects the weight to be quantized along axis 0, got axis 3 (C7)}}
  %0 = nn.conv2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x4x4x2x!quant.uniform<i8:f32, 0.5:3>>, tensor<2x3x3x2x!quant.uniform<i8:f32:3, {0.5, 0.25}>>) -> tensor<1x2x2x2x!quant.uniform<i8:f32, 0.25:-128>>
  return
}

// -----

func.func @conv2d_weight_zero_points(%x: tensor<1x4x4x2x!quant.uniform<i8:f32, 0.5:3>>, %w: tensor<2x3x3x2x!quant.uniform<i8:f32:0, {0.5, 0.25:7}>>) {
  // expected-error @+1 {{'nn.conv2d' op expects weight zero points of 0, got 7 (C7)}}
  %0 = nn.conv2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x4x4x2x!quant.uniform<i8:f32, 0.5:3>>, tensor<2x3x3x2x!quant.uniform<i8:f32:0, {0.5, 0.25:7}>>) -> tensor<1x2x2x2x!quant.uniform<i8:f32, 0.25:-128>>
  return
}

// -----

func.func @conv2d_weight_zero_point(%x: tensor<1x4x4x2x!quant.uniform<i8:f32, 0.5:3>>, %w: tensor<2x3x3x2x!quant.uniform<i8:f32, 0.5:3>>) {
  // expected-error @+1 {{'nn.conv2d' op expects weight zero points of 0, got 3 (C7)}}
  %0 = nn.conv2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x4x4x2x!quant.uniform<i8:f32, 0.5:3>>, tensor<2x3x3x2x!quant.uniform<i8:f32, 0.5:3>>) -> tensor<1x2x2x2x!quant.uniform<i8:f32, 0.25:-128>>
  return
}

// -----

func.func @conv2d_input_axis(%x: tensor<1x4x4x2x!quant.uniform<i8:f32:3, {0.5, 0.25}>>, %w: tensor<2x3x3x2x!quant.uniform<i8:f32, 0.125>>) {
  // expected-error @+1 {{'nn.conv2d' op expects activations quantized per tensor, got 'tensor<1x4x4x2x!quant.uniform<i8:f32:3, {5.000000e-01,2.500000e-01}>>' (C7)}}
  %0 = nn.conv2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x4x4x2x!quant.uniform<i8:f32:3, {0.5, 0.25}>>, tensor<2x3x3x2x!quant.uniform<i8:f32, 0.125>>) -> tensor<1x2x2x2x!quant.uniform<i8:f32, 0.25:-128>>
  return
}

// -----

func.func @conv2d_output_axis(%x: tensor<1x4x4x2x!quant.uniform<i8:f32, 0.5:3>>, %w: tensor<2x3x3x2x!quant.uniform<i8:f32, 0.125>>) {
  // expected-error @+1 {{'nn.conv2d' op expects activations quantized per tensor, got 'tensor<1x2x2x2x!quant.uniform<i8:f32:3, {5.000000e-01,2.500000e-01}>>' (C7)}}
  %0 = nn.conv2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x4x4x2x!quant.uniform<i8:f32, 0.5:3>>, tensor<2x3x3x2x!quant.uniform<i8:f32, 0.125>>) -> tensor<1x2x2x2x!quant.uniform<i8:f32:3, {0.5, 0.25}>>
  return
}

// -----

// fully_connected

func.func @fully_connected_rank(%x: tensor<1x2x3xf32>, %w: tensor<4x3xf32>) {
  // expected-error @+1 {{'nn.fully_connected' op expects input, weight and result of rank 2, got 'tensor<1x2x3xf32>' (C1)}}
  %0 = nn.fully_connected %x, %w : (tensor<1x2x3xf32>, tensor<4x3xf32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @fully_connected_columns(%x: tensor<2x3xf32>, %w: tensor<4x5xf32>) {
  // expected-error @+1 {{'nn.fully_connected' op expects a weight of 3 columns, got 'tensor<4x5xf32>' (C1)}}
  %0 = nn.fully_connected %x, %w : (tensor<2x3xf32>, tensor<4x5xf32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @fully_connected_rows(%x: tensor<2x3xf32>, %w: tensor<4x3xf32>) {
  // expected-error @+1 {{'nn.fully_connected' op expects a result of 2x4, got 'tensor<1x4xf32>' (C1)}}
  %0 = nn.fully_connected %x, %w : (tensor<2x3xf32>, tensor<4x3xf32>) -> tensor<1x4xf32>
  return
}

// -----

func.func @fully_connected_result(%x: tensor<2x3xf32>, %w: tensor<4x3xf32>) {
  // expected-error @+1 {{'nn.fully_connected' op expects a result of 2x4, got 'tensor<2x3xf32>' (C1)}}
  %0 = nn.fully_connected %x, %w : (tensor<2x3xf32>, tensor<4x3xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @fully_connected_bias(%x: tensor<2x3xf32>, %w: tensor<4x3xf32>, %b: tensor<3xf32>) {
  // expected-error @+1 {{'nn.fully_connected' op expects a bias of 4 elements, got 'tensor<3xf32>' (C2)}}
  %0 = nn.fully_connected %x, %w, %b : (tensor<2x3xf32>, tensor<4x3xf32>, tensor<3xf32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @fully_connected_mixed(%x: tensor<2x3xf32>, %w: tensor<4x3x!quant.uniform<i8:f32, 0.125>>) {
  // expected-error @+1 {{'nn.fully_connected' op expects operands and result to be all float or all quantized (C3)}}
  %0 = nn.fully_connected %x, %w : (tensor<2x3xf32>, tensor<4x3x!quant.uniform<i8:f32, 0.125>>) -> tensor<2x4xf32>
  return
}

// -----

func.func @fully_connected_weight_zero_point(%x: tensor<2x3x!quant.uniform<i8:f32, 0.5:3>>, %w: tensor<4x3x!quant.uniform<i8:f32, 0.5:3>>) {
  // expected-error @+1 {{'nn.fully_connected' op expects weight zero points of 0, got 3 (C3)}}
  %0 = nn.fully_connected %x, %w : (tensor<2x3x!quant.uniform<i8:f32, 0.5:3>>, tensor<4x3x!quant.uniform<i8:f32, 0.5:3>>) -> tensor<2x4x!quant.uniform<i8:f32, 0.5:3>>
  return
}

// -----

func.func @fully_connected_input_axis(%x: tensor<2x3x!quant.uniform<i8:f32:0, {0.5, 0.25}>>, %w: tensor<4x3x!quant.uniform<i8:f32, 0.125>>) {
  // expected-error @+1 {{'nn.fully_connected' op expects activations quantized per tensor, got 'tensor<2x3x!quant.uniform<i8:f32:0, {5.000000e-01,2.500000e-01}>>' (C3)}}
  %0 = nn.fully_connected %x, %w : (tensor<2x3x!quant.uniform<i8:f32:0, {0.5, 0.25}>>, tensor<4x3x!quant.uniform<i8:f32, 0.125>>) -> tensor<2x4x!quant.uniform<i8:f32, 0.5:3>>
  return
}

// -----

func.func @fully_connected_output_axis(%x: tensor<2x3x!quant.uniform<i8:f32, 0.5:3>>, %w: tensor<4x3x!quant.uniform<i8:f32, 0.125>>) {
  // expected-error @+1 {{'nn.fully_connected' op expects activations quantized per tensor, got 'tensor<2x4x!quant.uniform<i8:f32:0, {5.000000e-01,2.500000e-01}>>' (C3)}}
  %0 = nn.fully_connected %x, %w : (tensor<2x3x!quant.uniform<i8:f32, 0.5:3>>, tensor<4x3x!quant.uniform<i8:f32, 0.125>>) -> tensor<2x4x!quant.uniform<i8:f32:0, {0.5, 0.25}>>
  return
}

// -----

// matmul

func.func @matmul_rank(%l: tensor<3xf32>, %r: tensor<3xf32>) {
  // expected-error @+1 {{'nn.matmul' op expects operands and result of one rank of at least 2, got 1, 1 and 1 (C1)}}
  %0 = nn.matmul %l, %r : (tensor<3xf32>, tensor<3xf32>) -> tensor<3xf32>
  return
}

// -----

func.func @matmul_ranks(%l: tensor<2x3xf32>, %r: tensor<1x3x4xf32>) {
  // expected-error @+1 {{'nn.matmul' op expects operands and result of one rank of at least 2, got 2, 3 and 2 (C1)}}
  %0 = nn.matmul %l, %r : (tensor<2x3xf32>, tensor<1x3x4xf32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @matmul_batches(%l: tensor<5x2x3xf32>, %r: tensor<1x3x4xf32>) {
  // expected-error @+1 {{'nn.matmul' op expects equal leading dimensions, got 'tensor<5x2x3xf32>', 'tensor<1x3x4xf32>' and 'tensor<5x2x4xf32>' (C1)}}
  %0 = nn.matmul %l, %r : (tensor<5x2x3xf32>, tensor<1x3x4xf32>) -> tensor<5x2x4xf32>
  return
}

// -----

func.func @matmul_inner(%l: tensor<2x3xf32>, %r: tensor<4x5xf32>) {
  // expected-error @+1 {{'nn.matmul' op expects a right operand of 3 rows, got 4 (C1)}}
  %0 = nn.matmul %l, %r : (tensor<2x3xf32>, tensor<4x5xf32>) -> tensor<2x5xf32>
  return
}

// -----

func.func @matmul_result(%l: tensor<2x3xf32>, %r: tensor<3x4xf32>) {
  // expected-error @+1 {{'nn.matmul' op expects a result of 2x4, got 'tensor<4x2xf32>' (C1)}}
  %0 = nn.matmul %l, %r : (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<4x2xf32>
  return
}

// -----

func.func @matmul_axis(%l: tensor<2x3x!quant.uniform<i8:f32, 0.5:3>>, %r: tensor<3x2x!quant.uniform<i8:f32:1, {0.5, 0.25}>>) {
  // expected-error @+1 {{'nn.matmul' op expects quantization per tensor, got 'tensor<3x2x!quant.uniform<i8:f32:1, {5.000000e-01,2.500000e-01}>>' (C2)}}
  %0 = nn.matmul %l, %r : (tensor<2x3x!quant.uniform<i8:f32, 0.5:3>>, tensor<3x2x!quant.uniform<i8:f32:1, {0.5, 0.25}>>) -> tensor<2x2x!quant.uniform<i8:f32, 0.5:3>>
  return
}

// -----

// batch_norm

func.func @batch_norm_result(%x: tensor<2x3xf32>, %p: tensor<3xf32>, %q: tensor<3xf32>) {
  // expected-error @+1 {{'nn.batch_norm' op expects a result of type 'tensor<2x3xf32>', got 'tensor<3x2xf32>' (C2)}}
  %0 = nn.batch_norm %x, %p, %p, %p, %q {epsilon = 1.0e-5 : f32} : (tensor<2x3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<3x2xf32>
  return
}

// -----

func.func @batch_norm_integer(%x: tensor<2x3x!quant.uniform<i8:f32, 0.5:3>>, %p: tensor<3xf32>, %q: tensor<3xf32>) {
  // expected-error @+1 {{'nn.batch_norm' op has a float form only, got 'tensor<2x3x!quant.uniform<i8:f32, 5.000000e-01:3>>' (C2)}}
  %0 = nn.batch_norm %x, %p, %p, %p, %q {epsilon = 1.0e-5 : f32} : (tensor<2x3x!quant.uniform<i8:f32, 0.5:3>>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<2x3x!quant.uniform<i8:f32, 0.5:3>>
  return
}

// -----

func.func @batch_norm_rank(%x: tensor<f32>, %p: tensor<1xf32>, %q: tensor<1xf32>) {
  // expected-error @+1 {{'nn.batch_norm' op expects an input of rank 1 or more, got 'tensor<f32>' (C1)}}
  %0 = nn.batch_norm %x, %p, %p, %p, %q {epsilon = 1.0e-5 : f32} : (tensor<f32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<f32>
  return
}

// -----

func.func @batch_norm_parameters(%x: tensor<2x3xf32>, %p: tensor<3xf32>, %q: tensor<2xf32>) {
  // expected-error @+1 {{'nn.batch_norm' op expects float parameters of 3 elements, got 'tensor<2xf32>' (C1)}}
  %0 = nn.batch_norm %x, %p, %p, %p, %q {epsilon = 1.0e-5 : f32} : (tensor<2x3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<2xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @batch_norm_quantized_parameters(%x: tensor<2x3xf32>, %p: tensor<3xf32>, %q: tensor<3x!quant.uniform<i8:f32, 0.5:3>>) {
  // expected-error @+1 {{'nn.batch_norm' op expects float parameters of 3 elements, got 'tensor<3x!quant.uniform<i8:f32, 5.000000e-01:3>>' (C1)}}
  %0 = nn.batch_norm %x, %p, %p, %p, %q {epsilon = 1.0e-5 : f32} : (tensor<2x3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3x!quant.uniform<i8:f32, 0.5:3>>) -> tensor<2x3xf32>
  return
}
