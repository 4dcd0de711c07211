// Every message of the nn dialect's verifiers.
// RUN: tinyc-opt %s -split-input-file -verify-diagnostics

// Types: float of 32 bits or uniform quantized, of static shape, not empty, not absurd, quantized along an axis that exists.

func.func @type_double(%x: tensor<4xf64>) {
  // expected-error @+1 {{'nn.sigmoid' op operand #0 must be statically shaped tensor of 32-bit float or quantized values, but got 'tensor<4xf64>'}}
  %0 = nn.sigmoid %x : (tensor<4xf64>) -> tensor<4xf64>
  return
}

// -----

func.func @type_integer(%x: tensor<4xi8>) {
  // expected-error @+1 {{'nn.sigmoid' op operand #0 must be statically shaped tensor of 32-bit float or quantized values, but got 'tensor<4xi8>'}}
  %0 = nn.sigmoid %x : (tensor<4xi8>) -> tensor<4xi8>
  return
}

// -----

func.func @type_dynamic(%x: tensor<4x?xf32>) {
  // expected-error @+1 {{'nn.sigmoid' op operand #0 must be statically shaped tensor of 32-bit float or quantized values, but got 'tensor<4x?xf32>'}}
  %0 = nn.sigmoid %x : (tensor<4x?xf32>) -> tensor<4x?xf32>
  return
}

// -----

func.func @type_unranked(%x: tensor<*xf32>) {
  // expected-error @+1 {{'nn.sigmoid' op operand #0 must be statically shaped tensor of 32-bit float or quantized values, but got 'tensor<*xf32>'}}
  %0 = nn.sigmoid %x : (tensor<*xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @type_empty(%x: tensor<4x0xf32>) {
  // expected-error @+1 {{'nn.sigmoid' op operand #0 must be statically shaped tensor of 32-bit float or quantized values, but got 'tensor<4x0xf32>'}}
  %0 = nn.sigmoid %x : (tensor<4x0xf32>) -> tensor<4x0xf32>
  return
}

// -----

func.func @type_huge(%x: tensor<1048576x1048577xf32>) {
  // expected-error @+1 {{'nn.sigmoid' op operand #0 must be statically shaped tensor of 32-bit float or quantized values, but got 'tensor<1048576x1048577xf32>'}}
  %0 = nn.sigmoid %x : (tensor<1048576x1048577xf32>) -> tensor<1048576x1048577xf32>
  return
}

// -----

func.func @type_expressed(%x: tensor<4x!quant.uniform<i8:f64, 0.5>>) {
  // expected-error @+1 {{'nn.sigmoid' op operand #0 must be statically shaped tensor of 32-bit float or quantized values, but got}}
  %0 = nn.sigmoid %x : (tensor<4x!quant.uniform<i8:f64, 0.5>>) -> tensor<4x!quant.uniform<i8:f64, 0.5>>
  return
}

// -----

func.func @type_any(%x: tensor<4x!quant.any<i8:f32>>) {
  // expected-error @+1 {{'nn.sigmoid' op operand #0 must be statically shaped tensor of 32-bit float or quantized values, but got}}
  %0 = nn.sigmoid %x : (tensor<4x!quant.any<i8:f32>>) -> tensor<4x!quant.any<i8:f32>>
  return
}

// -----

func.func @type_axis(%x: tensor<4x!quant.uniform<i8:f32:1, {0.5,0.5}>>) {
  // expected-error @+1 {{'nn.sigmoid' op operand #0 must be statically shaped tensor of 32-bit float or quantized values, but got}}
  %0 = nn.sigmoid %x : (tensor<4x!quant.uniform<i8:f32:1, {0.5,0.5}>>) -> tensor<4x!quant.uniform<i8:f32:1, {0.5,0.5}>>
  return
}

// -----

func.func @type_scales(%x: tensor<4x!quant.uniform<i8:f32:0, {0.5,0.5}>>) {
  // expected-error @+1 {{'nn.sigmoid' op operand #0 must be statically shaped tensor of 32-bit float or quantized values, but got}}
  %0 = nn.sigmoid %x : (tensor<4x!quant.uniform<i8:f32:0, {0.5,0.5}>>) -> tensor<4x!quant.uniform<i8:f32:0, {0.5,0.5}>>
  return
}

// -----

func.func @type_rank(%x: tensor<4x4x1xf32>, %w: tensor<1x1x1x1xf32>) {
  // expected-error @+1 {{'nn.conv2d' op operand #0 must be statically shaped 4-D tensor of 32-bit float or quantized values, but got 'tensor<4x4x1xf32>'}}
  %0 = nn.conv2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<4x4x1xf32>, tensor<1x1x1x1xf32>) -> tensor<1x4x4x1xf32>
  return
}

// -----

// Forms, common to all ops.

func.func @mixed_form(%x: tensor<4xf32>, %y: tensor<4x!quant.uniform<i8:f32, 0.5:3>>) {
  // expected-error @+1 {{'nn.add' op expects operands and result to be all float or all quantized}}
  %0 = nn.add %x, %y : (tensor<4xf32>, tensor<4x!quant.uniform<i8:f32, 0.5:3>>) -> tensor<4xf32>
  return
}

// -----

func.func @not_per_tensor(%x: tensor<2x!quant.uniform<i8:f32:0, {0.5, 0.25}>>) {
  // expected-error @+1 {{'nn.sigmoid' op expects quantization per tensor, got 'tensor<2x!quant.uniform<i8:f32:0, {5.000000e-01,2.500000e-01}>>'}}
  %0 = nn.sigmoid %x : (tensor<2x!quant.uniform<i8:f32:0, {0.5, 0.25}>>) -> tensor<2x!quant.uniform<i8:f32, 0.5:3>>
  return
}

// -----

func.func @bounds(%x: tensor<4xf32>) {
  // expected-error @+1 {{'nn.add' op expects clampMin <= clampMax, got 1.000000e+00 and -1.000000e+00}}
  %0 = nn.add %x, %x {clampMin = 1.0 : f32, clampMax = -1.0 : f32} : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----

// constant

func.func @constant_shape() {
  // expected-error @+1 {{'nn.constant' op expects a value of the result's shape, got 'tensor<2xf32>' for 'tensor<3xf32>'}}
  %0 = nn.constant dense<1.0> : tensor<2xf32> -> tensor<3xf32>
  return
}

// -----

func.func @constant_element() {
  // expected-error @+1 {{'nn.constant' op expects a value of element type 'i8', got 'i32'}}
  %0 = nn.constant dense<1> : tensor<2xi32> -> tensor<2x!quant.uniform<i8:f32, 0.5:3>>
  return
}

// -----

func.func @constant_float() {
  // expected-error @+1 {{'nn.constant' op expects a value of element type 'f32', got 'i32'}}
  %0 = nn.constant dense<1> : tensor<2xi32> -> tensor<2xf32>
  return
}

// -----

// conv2d

func.func @conv2d_groups(%x: tensor<1x4x4x3xf32>, %w: tensor<2x3x3x3xf32>) {
  // expected-error @+1 {{'nn.conv2d' op expects groups to divide the channels, got 2 groups for 3 input and 2 output channels}}
  %0 = nn.conv2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 2} : (tensor<1x4x4x3xf32>, tensor<2x3x3x3xf32>) -> tensor<1x2x2x2xf32>
  return
}

// -----

func.func @conv2d_no_groups(%x: tensor<1x4x4x3xf32>, %w: tensor<2x3x3x3xf32>) {
  // expected-error @+1 {{'nn.conv2d' op expects groups to divide the channels, got 0 groups for 3 input and 2 output channels}}
  %0 = nn.conv2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 0} : (tensor<1x4x4x3xf32>, tensor<2x3x3x3xf32>) -> tensor<1x2x2x2xf32>
  return
}

// -----

func.func @conv2d_output_channels(%x: tensor<1x4x4x3xf32>, %w: tensor<4x3x3x3xf32>) {
  // expected-error @+1 {{'nn.conv2d' op expects a weight of 2 output and 3 input channels, got 'tensor<4x3x3x3xf32>'}}
  %0 = nn.conv2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x4x4x3xf32>, tensor<4x3x3x3xf32>) -> tensor<1x2x2x2xf32>
  return
}

// -----

func.func @conv2d_input_channels(%x: tensor<1x4x4x4xf32>, %w: tensor<2x3x3x4xf32>) {
  // expected-error @+1 {{'nn.conv2d' op expects a weight of 2 output and 2 input channels, got 'tensor<2x3x3x4xf32>'}}
  %0 = nn.conv2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 2} : (tensor<1x4x4x4xf32>, tensor<2x3x3x4xf32>) -> tensor<1x2x2x2xf32>
  return
}

// -----

func.func @conv2d_stride_count(%x: tensor<1x4x4x3xf32>, %w: tensor<2x3x3x3xf32>) {
  // expected-error @+1 {{'nn.conv2d' op expects 2 strides, got 1}}
  %0 = nn.conv2d %x, %w {strides = array<i64: 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x4x4x3xf32>, tensor<2x3x3x3xf32>) -> tensor<1x2x2x2xf32>
  return
}

// -----

func.func @conv2d_stride(%x: tensor<1x4x4x3xf32>, %w: tensor<2x3x3x3xf32>) {
  // expected-error @+1 {{'nn.conv2d' op expects strides of 1 to 2147483647, got 0}}
  %0 = nn.conv2d %x, %w {strides = array<i64: 1, 0>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x4x4x3xf32>, tensor<2x3x3x3xf32>) -> tensor<1x2x2x2xf32>
  return
}

// -----

func.func @conv2d_pad_count(%x: tensor<1x4x4x3xf32>, %w: tensor<2x3x3x3xf32>) {
  // expected-error @+1 {{'nn.conv2d' op expects 4 pads, got 2}}
  %0 = nn.conv2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x4x4x3xf32>, tensor<2x3x3x3xf32>) -> tensor<1x2x2x2xf32>
  return
}

// -----

func.func @conv2d_pad(%x: tensor<1x4x4x3xf32>, %w: tensor<2x3x3x3xf32>) {
  // expected-error @+1 {{'nn.conv2d' op expects pads of 0 to 2147483647, got -1}}
  %0 = nn.conv2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, -1, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x4x4x3xf32>, tensor<2x3x3x3xf32>) -> tensor<1x2x2x2xf32>
  return
}

// -----

func.func @conv2d_huge_pad(%x: tensor<1x4x4x3xf32>, %w: tensor<2x3x3x3xf32>) {
  // expected-error @+1 {{'nn.conv2d' op expects pads of 0 to 2147483647, got 9223372036854775807}}
  %0 = nn.conv2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 9223372036854775807, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x4x4x3xf32>, tensor<2x3x3x3xf32>) -> tensor<1x2x2x2xf32>
  return
}

// -----

func.func @conv2d_dilation_count(%x: tensor<1x4x4x3xf32>, %w: tensor<2x3x3x3xf32>) {
  // expected-error @+1 {{'nn.conv2d' op expects 2 dilations, got 3}}
  %0 = nn.conv2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1, 1>} : (tensor<1x4x4x3xf32>, tensor<2x3x3x3xf32>) -> tensor<1x2x2x2xf32>
  return
}

// -----

func.func @conv2d_dilation(%x: tensor<1x4x4x3xf32>, %w: tensor<2x3x3x3xf32>) {
  // expected-error @+1 {{'nn.conv2d' op expects dilations of 1 to 2147483647, got 0}}
  %0 = nn.conv2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 0, 1>} : (tensor<1x4x4x3xf32>, tensor<2x3x3x3xf32>) -> tensor<1x2x2x2xf32>
  return
}

// -----

func.func @conv2d_batch(%x: tensor<2x4x4x3xf32>, %w: tensor<2x3x3x3xf32>) {
  // expected-error @+1 {{'nn.conv2d' op expects a result batch of 2, got 1}}
  %0 = nn.conv2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<2x4x4x3xf32>, tensor<2x3x3x3xf32>) -> tensor<1x2x2x2xf32>
  return
}

// -----

// (4 - 3) / 1 + 1 = 2

func.func @conv2d_height(%x: tensor<1x4x4x3xf32>, %w: tensor<2x3x3x3xf32>) {
  // expected-error @+1 {{'nn.conv2d' op expects a result height of 2, got 3}}
  %0 = nn.conv2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x4x4x3xf32>, tensor<2x3x3x3xf32>) -> tensor<1x3x2x2xf32>
  return
}

// -----

func.func @conv2d_width(%x: tensor<1x4x4x3xf32>, %w: tensor<2x3x3x3xf32>) {
  // expected-error @+1 {{'nn.conv2d' op expects a result width of 2, got 4}}
  %0 = nn.conv2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x4x4x3xf32>, tensor<2x3x3x3xf32>) -> tensor<1x2x4x2xf32>
  return
}

// -----

// The kernel (3 - 1) * 2 + 1 = 5 is greater than the input of 4.

func.func @conv2d_too_small(%x: tensor<1x4x4x3xf32>, %w: tensor<2x3x3x3xf32>) {
  // expected-error @+1 {{'nn.conv2d' op expects a result height of 0, got 1}}
  %0 = nn.conv2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 2, 2>} : (tensor<1x4x4x3xf32>, tensor<2x3x3x3xf32>) -> tensor<1x1x1x2xf32>
  return
}

// -----

func.func @conv2d_bias(%x: tensor<1x4x4x3xf32>, %w: tensor<2x3x3x3xf32>, %b: tensor<3xf32>) {
  // expected-error @+1 {{'nn.conv2d' op expects a bias of 2 elements, got 'tensor<3xf32>'}}
  %0 = nn.conv2d %x, %w, %b {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x4x4x3xf32>, tensor<2x3x3x3xf32>, tensor<3xf32>) -> tensor<1x2x2x2xf32>
  return
}

// -----

func.func @conv2d_bias_rank(%x: tensor<1x4x4x3xf32>, %w: tensor<2x3x3x3xf32>, %b: tensor<1x2xf32>) {
  // expected-error @+1 {{'nn.conv2d' op expects a bias of 2 elements, got 'tensor<1x2xf32>'}}
  %0 = nn.conv2d %x, %w, %b {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x4x4x3xf32>, tensor<2x3x3x3xf32>, tensor<1x2xf32>) -> tensor<1x2x2x2xf32>
  return
}

// -----

func.func @conv2d_bias_storage(%x: tensor<1x4x4x3x!quant.uniform<i8:f32, 0.5:3>>, %w: tensor<2x3x3x3x!quant.uniform<i8:f32, 0.125>>, %b: tensor<2x!quant.uniform<i8:f32, 0.0625>>) {
  // expected-error @+1 {{'nn.conv2d' op expects a bias of storage type i32, got 'tensor<2x!quant.uniform<i8:f32, 6.250000e-02>>'}}
  %0 = nn.conv2d %x, %w, %b {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x4x4x3x!quant.uniform<i8:f32, 0.5:3>>, tensor<2x3x3x3x!quant.uniform<i8:f32, 0.125>>, tensor<2x!quant.uniform<i8:f32, 0.0625>>) -> tensor<1x2x2x2x!quant.uniform<i8:f32, 0.25:-128>>
  return
}

// -----

func.func @conv2d_mixed(%x: tensor<1x4x4x3x!quant.uniform<i8:f32, 0.5:3>>, %w: tensor<2x3x3x3xf32>) {
  // expected-error @+1 {{'nn.conv2d' op expects operands and result to be all float or all quantized}}
  %0 = nn.conv2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x4x4x3x!quant.uniform<i8:f32, 0.5:3>>, tensor<2x3x3x3xf32>) -> tensor<1x2x2x2x!quant.uniform<i8:f32, 0.25:-128>>
  return
}

// -----

func.func @conv2d_weight_axis(%x: tensor<1x4x4x2x!quant.uniform<i8:f32, 0.5:3>>, %w: tensor<2x3x3x2x!quant.uniform<i8:f32:3, {0.5, 0.25}>>) {
  // expected-error @+1 {{'nn.conv2d' op expects the weight to be quantized along axis 0, got axis 3}}
  %0 = nn.conv2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x4x4x2x!quant.uniform<i8:f32, 0.5:3>>, tensor<2x3x3x2x!quant.uniform<i8:f32:3, {0.5, 0.25}>>) -> tensor<1x2x2x2x!quant.uniform<i8:f32, 0.25:-128>>
  return
}

// -----

func.func @conv2d_weight_zero_points(%x: tensor<1x4x4x2x!quant.uniform<i8:f32, 0.5:3>>, %w: tensor<2x3x3x2x!quant.uniform<i8:f32:0, {0.5, 0.25:7}>>) {
  // expected-error @+1 {{'nn.conv2d' op expects weight zero points of 0, got 7}}
  %0 = nn.conv2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x4x4x2x!quant.uniform<i8:f32, 0.5:3>>, tensor<2x3x3x2x!quant.uniform<i8:f32:0, {0.5, 0.25:7}>>) -> tensor<1x2x2x2x!quant.uniform<i8:f32, 0.25:-128>>
  return
}

// -----

func.func @conv2d_weight_zero_point(%x: tensor<1x4x4x2x!quant.uniform<i8:f32, 0.5:3>>, %w: tensor<2x3x3x2x!quant.uniform<i8:f32, 0.5:3>>) {
  // expected-error @+1 {{'nn.conv2d' op expects weight zero points of 0, got 3}}
  %0 = nn.conv2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x4x4x2x!quant.uniform<i8:f32, 0.5:3>>, tensor<2x3x3x2x!quant.uniform<i8:f32, 0.5:3>>) -> tensor<1x2x2x2x!quant.uniform<i8:f32, 0.25:-128>>
  return
}

// -----

func.func @conv2d_input_axis(%x: tensor<1x4x4x2x!quant.uniform<i8:f32:3, {0.5, 0.25}>>, %w: tensor<2x3x3x2x!quant.uniform<i8:f32, 0.125>>) {
  // expected-error @+1 {{'nn.conv2d' op expects activations quantized per tensor, got 'tensor<1x4x4x2x!quant.uniform<i8:f32:3, {5.000000e-01,2.500000e-01}>>'}}
  %0 = nn.conv2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x4x4x2x!quant.uniform<i8:f32:3, {0.5, 0.25}>>, tensor<2x3x3x2x!quant.uniform<i8:f32, 0.125>>) -> tensor<1x2x2x2x!quant.uniform<i8:f32, 0.25:-128>>
  return
}

// -----

func.func @conv2d_output_axis(%x: tensor<1x4x4x2x!quant.uniform<i8:f32, 0.5:3>>, %w: tensor<2x3x3x2x!quant.uniform<i8:f32, 0.125>>) {
  // expected-error @+1 {{'nn.conv2d' op expects activations quantized per tensor, got 'tensor<1x2x2x2x!quant.uniform<i8:f32:3, {5.000000e-01,2.500000e-01}>>'}}
  %0 = nn.conv2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x4x4x2x!quant.uniform<i8:f32, 0.5:3>>, tensor<2x3x3x2x!quant.uniform<i8:f32, 0.125>>) -> tensor<1x2x2x2x!quant.uniform<i8:f32:3, {0.5, 0.25}>>
  return
}

// -----

// fully_connected

func.func @fully_connected_rank(%x: tensor<1x2x3xf32>, %w: tensor<4x3xf32>) {
  // expected-error @+1 {{'nn.fully_connected' op expects input, weight and result of rank 2, got 'tensor<1x2x3xf32>'}}
  %0 = nn.fully_connected %x, %w : (tensor<1x2x3xf32>, tensor<4x3xf32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @fully_connected_columns(%x: tensor<2x3xf32>, %w: tensor<4x5xf32>) {
  // expected-error @+1 {{'nn.fully_connected' op expects a weight of 3 columns, got 'tensor<4x5xf32>'}}
  %0 = nn.fully_connected %x, %w : (tensor<2x3xf32>, tensor<4x5xf32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @fully_connected_rows(%x: tensor<2x3xf32>, %w: tensor<4x3xf32>) {
  // expected-error @+1 {{'nn.fully_connected' op expects a result of 2x4, got 'tensor<1x4xf32>'}}
  %0 = nn.fully_connected %x, %w : (tensor<2x3xf32>, tensor<4x3xf32>) -> tensor<1x4xf32>
  return
}

// -----

func.func @fully_connected_result(%x: tensor<2x3xf32>, %w: tensor<4x3xf32>) {
  // expected-error @+1 {{'nn.fully_connected' op expects a result of 2x4, got 'tensor<2x3xf32>'}}
  %0 = nn.fully_connected %x, %w : (tensor<2x3xf32>, tensor<4x3xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @fully_connected_bias(%x: tensor<2x3xf32>, %w: tensor<4x3xf32>, %b: tensor<3xf32>) {
  // expected-error @+1 {{'nn.fully_connected' op expects a bias of 4 elements, got 'tensor<3xf32>'}}
  %0 = nn.fully_connected %x, %w, %b : (tensor<2x3xf32>, tensor<4x3xf32>, tensor<3xf32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @fully_connected_mixed(%x: tensor<2x3xf32>, %w: tensor<4x3x!quant.uniform<i8:f32, 0.125>>) {
  // expected-error @+1 {{'nn.fully_connected' op expects operands and result to be all float or all quantized}}
  %0 = nn.fully_connected %x, %w : (tensor<2x3xf32>, tensor<4x3x!quant.uniform<i8:f32, 0.125>>) -> tensor<2x4xf32>
  return
}

// -----

func.func @fully_connected_weight_zero_point(%x: tensor<2x3x!quant.uniform<i8:f32, 0.5:3>>, %w: tensor<4x3x!quant.uniform<i8:f32, 0.5:3>>) {
  // expected-error @+1 {{'nn.fully_connected' op expects weight zero points of 0, got 3}}
  %0 = nn.fully_connected %x, %w : (tensor<2x3x!quant.uniform<i8:f32, 0.5:3>>, tensor<4x3x!quant.uniform<i8:f32, 0.5:3>>) -> tensor<2x4x!quant.uniform<i8:f32, 0.5:3>>
  return
}

// -----

func.func @fully_connected_input_axis(%x: tensor<2x3x!quant.uniform<i8:f32:0, {0.5, 0.25}>>, %w: tensor<4x3x!quant.uniform<i8:f32, 0.125>>) {
  // expected-error @+1 {{'nn.fully_connected' op expects activations quantized per tensor, got 'tensor<2x3x!quant.uniform<i8:f32:0, {5.000000e-01,2.500000e-01}>>'}}
  %0 = nn.fully_connected %x, %w : (tensor<2x3x!quant.uniform<i8:f32:0, {0.5, 0.25}>>, tensor<4x3x!quant.uniform<i8:f32, 0.125>>) -> tensor<2x4x!quant.uniform<i8:f32, 0.5:3>>
  return
}

// -----

func.func @fully_connected_output_axis(%x: tensor<2x3x!quant.uniform<i8:f32, 0.5:3>>, %w: tensor<4x3x!quant.uniform<i8:f32, 0.125>>) {
  // expected-error @+1 {{'nn.fully_connected' op expects activations quantized per tensor, got 'tensor<2x4x!quant.uniform<i8:f32:0, {5.000000e-01,2.500000e-01}>>'}}
  %0 = nn.fully_connected %x, %w : (tensor<2x3x!quant.uniform<i8:f32, 0.5:3>>, tensor<4x3x!quant.uniform<i8:f32, 0.125>>) -> tensor<2x4x!quant.uniform<i8:f32:0, {0.5, 0.25}>>
  return
}

// -----

// matmul

func.func @matmul_rank(%l: tensor<3xf32>, %r: tensor<3xf32>) {
  // expected-error @+1 {{'nn.matmul' op expects operands and result of one rank of at least 2, got 1, 1 and 1}}
  %0 = nn.matmul %l, %r : (tensor<3xf32>, tensor<3xf32>) -> tensor<3xf32>
  return
}

// -----

func.func @matmul_ranks(%l: tensor<2x3xf32>, %r: tensor<1x3x4xf32>) {
  // expected-error @+1 {{'nn.matmul' op expects operands and result of one rank of at least 2, got 2, 3 and 2}}
  %0 = nn.matmul %l, %r : (tensor<2x3xf32>, tensor<1x3x4xf32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @matmul_batches(%l: tensor<5x2x3xf32>, %r: tensor<1x3x4xf32>) {
  // expected-error @+1 {{'nn.matmul' op expects equal leading dimensions, got 'tensor<5x2x3xf32>', 'tensor<1x3x4xf32>' and 'tensor<5x2x4xf32>'}}
  %0 = nn.matmul %l, %r : (tensor<5x2x3xf32>, tensor<1x3x4xf32>) -> tensor<5x2x4xf32>
  return
}

// -----

func.func @matmul_inner(%l: tensor<2x3xf32>, %r: tensor<4x5xf32>) {
  // expected-error @+1 {{'nn.matmul' op expects a right operand of 3 rows, got 4}}
  %0 = nn.matmul %l, %r : (tensor<2x3xf32>, tensor<4x5xf32>) -> tensor<2x5xf32>
  return
}

// -----

func.func @matmul_result(%l: tensor<2x3xf32>, %r: tensor<3x4xf32>) {
  // expected-error @+1 {{'nn.matmul' op expects a result of 2x4, got 'tensor<4x2xf32>'}}
  %0 = nn.matmul %l, %r : (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<4x2xf32>
  return
}

// -----

func.func @matmul_axis(%l: tensor<2x3x!quant.uniform<i8:f32, 0.5:3>>, %r: tensor<3x2x!quant.uniform<i8:f32:1, {0.5, 0.25}>>) {
  // expected-error @+1 {{'nn.matmul' op expects quantization per tensor, got 'tensor<3x2x!quant.uniform<i8:f32:1, {5.000000e-01,2.500000e-01}>>'}}
  %0 = nn.matmul %l, %r : (tensor<2x3x!quant.uniform<i8:f32, 0.5:3>>, tensor<3x2x!quant.uniform<i8:f32:1, {0.5, 0.25}>>) -> tensor<2x2x!quant.uniform<i8:f32, 0.5:3>>
  return
}

// -----

// batch_norm

func.func @batch_norm_result(%x: tensor<2x3xf32>, %p: tensor<3xf32>, %q: tensor<3xf32>) {
  // expected-error @+1 {{'nn.batch_norm' op expects a result of type 'tensor<2x3xf32>', got 'tensor<3x2xf32>'}}
  %0 = nn.batch_norm %x, %p, %p, %p, %q {epsilon = 1.0e-5 : f32} : (tensor<2x3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<3x2xf32>
  return
}

// -----

func.func @batch_norm_integer(%x: tensor<2x3x!quant.uniform<i8:f32, 0.5:3>>, %p: tensor<3xf32>, %q: tensor<3xf32>) {
  // expected-error @+1 {{'nn.batch_norm' op has a float form only, got 'tensor<2x3x!quant.uniform<i8:f32, 5.000000e-01:3>>'}}
  %0 = nn.batch_norm %x, %p, %p, %p, %q {epsilon = 1.0e-5 : f32} : (tensor<2x3x!quant.uniform<i8:f32, 0.5:3>>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<2x3x!quant.uniform<i8:f32, 0.5:3>>
  return
}

// -----

func.func @batch_norm_rank(%x: tensor<f32>, %p: tensor<1xf32>, %q: tensor<1xf32>) {
  // expected-error @+1 {{'nn.batch_norm' op expects an input of rank 1 or more, got 'tensor<f32>'}}
  %0 = nn.batch_norm %x, %p, %p, %p, %q {epsilon = 1.0e-5 : f32} : (tensor<f32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<f32>
  return
}

// -----

func.func @batch_norm_parameters(%x: tensor<2x3xf32>, %p: tensor<3xf32>, %q: tensor<2xf32>) {
  // expected-error @+1 {{'nn.batch_norm' op expects float parameters of 3 elements, got 'tensor<2xf32>'}}
  %0 = nn.batch_norm %x, %p, %p, %p, %q {epsilon = 1.0e-5 : f32} : (tensor<2x3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<2xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @batch_norm_quantized_parameters(%x: tensor<2x3xf32>, %p: tensor<3xf32>, %q: tensor<3x!quant.uniform<i8:f32, 0.5:3>>) {
  // expected-error @+1 {{'nn.batch_norm' op expects float parameters of 3 elements, got 'tensor<3x!quant.uniform<i8:f32, 5.000000e-01:3>>'}}
  %0 = nn.batch_norm %x, %p, %p, %p, %q {epsilon = 1.0e-5 : f32} : (tensor<2x3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3x!quant.uniform<i8:f32, 0.5:3>>) -> tensor<2x3xf32>
  return
}

// -----

// add, sub, mul

func.func @add_rank(%l: tensor<2x3xf32>, %r: tensor<3xf32>) {
  // expected-error @+1 {{'nn.add' op expects operands of rank 2, got 'tensor<3xf32>'}}
  %0 = nn.add %l, %r : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @sub_broadcast(%l: tensor<2x3xf32>, %r: tensor<2x2xf32>) {
  // expected-error @+1 {{'nn.sub' op cannot broadcast dimension 1 of sizes 3 and 2}}
  %0 = nn.sub %l, %r : (tensor<2x3xf32>, tensor<2x2xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @mul_result(%l: tensor<2x1xf32>, %r: tensor<1x3xf32>) {
  // expected-error @+1 {{'nn.mul' op expects a result dimension 1 of 3, got 1}}
  %0 = nn.mul %l, %r : (tensor<2x1xf32>, tensor<1x3xf32>) -> tensor<2x1xf32>
  return
}

// -----

func.func @sub_axis(%l: tensor<2x!quant.uniform<i8:f32:0, {0.5, 0.25}>>, %r: tensor<2x!quant.uniform<i8:f32, 0.5:3>>) {
  // expected-error @+1 {{'nn.sub' op expects quantization per tensor, got 'tensor<2x!quant.uniform<i8:f32:0, {5.000000e-01,2.500000e-01}>>'}}
  %0 = nn.sub %l, %r : (tensor<2x!quant.uniform<i8:f32:0, {0.5, 0.25}>>, tensor<2x!quant.uniform<i8:f32, 0.5:3>>) -> tensor<2x!quant.uniform<i8:f32, 0.5:3>>
  return
}

// -----

func.func @mul_mixed(%l: tensor<2x!quant.uniform<i8:f32, 0.5:3>>, %r: tensor<2x!quant.uniform<i8:f32, 0.5:3>>) {
  // expected-error @+1 {{'nn.mul' op expects operands and result to be all float or all quantized}}
  %0 = nn.mul %l, %r : (tensor<2x!quant.uniform<i8:f32, 0.5:3>>, tensor<2x!quant.uniform<i8:f32, 0.5:3>>) -> tensor<2xf32>
  return
}

// -----

// clamp, leaky_relu, sigmoid, hard_sigmoid, hard_swish, requantize

func.func @clamp_bounds(%x: tensor<2xf32>) {
  // expected-error @+1 {{'nn.clamp' op expects min <= max, got 1.000000e+00 and 0.000000e+00}}
  %0 = nn.clamp %x {min = 1.0 : f32, max = 0.0 : f32} : (tensor<2xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @clamp_shape(%x: tensor<2xf32>) {
  // expected-error @+1 {{'nn.clamp' op expects a result of the operand's shape, got 'tensor<2xf32>' and 'tensor<1x2xf32>'}}
  %0 = nn.clamp %x : (tensor<2xf32>) -> tensor<1x2xf32>
  return
}

// -----

func.func @leaky_relu_shape(%x: tensor<2xf32>) {
  // expected-error @+1 {{'nn.leaky_relu' op expects a result of the operand's shape, got 'tensor<2xf32>' and 'tensor<1x2xf32>'}}
  %0 = nn.leaky_relu %x {alpha = 0.1 : f32} : (tensor<2xf32>) -> tensor<1x2xf32>
  return
}

// -----

func.func @sigmoid_shape(%x: tensor<2xf32>) {
  // expected-error @+1 {{'nn.sigmoid' op expects a result of the operand's shape, got 'tensor<2xf32>' and 'tensor<1x2xf32>'}}
  %0 = nn.sigmoid %x : (tensor<2xf32>) -> tensor<1x2xf32>
  return
}

// -----

func.func @hard_sigmoid_shape(%x: tensor<2xf32>) {
  // expected-error @+1 {{'nn.hard_sigmoid' op expects a result of the operand's shape, got 'tensor<2xf32>' and 'tensor<1x2xf32>'}}
  %0 = nn.hard_sigmoid %x {alpha = 0.2 : f32, beta = 0.5 : f32} : (tensor<2xf32>) -> tensor<1x2xf32>
  return
}

// -----

func.func @hard_swish_shape(%x: tensor<2xf32>) {
  // expected-error @+1 {{'nn.hard_swish' op expects a result of the operand's shape, got 'tensor<2xf32>' and 'tensor<1x2xf32>'}}
  %0 = nn.hard_swish %x : (tensor<2xf32>) -> tensor<1x2xf32>
  return
}

// -----

func.func @hard_swish_mixed(%x: tensor<2xf32>) {
  // expected-error @+1 {{'nn.hard_swish' op expects operands and result to be all float or all quantized}}
  %0 = nn.hard_swish %x : (tensor<2xf32>) -> tensor<2x!quant.uniform<i8:f32, 0.5:3>>
  return
}

// -----

func.func @requantize_float(%x: tensor<2xf32>) {
  // expected-error @+1 {{'nn.requantize' op expects operand and result quantized per tensor, got 'tensor<2xf32>' and 'tensor<2x!quant.uniform<i8:f32, 5.000000e-01:3>>'}}
  %0 = nn.requantize %x : (tensor<2xf32>) -> tensor<2x!quant.uniform<i8:f32, 0.5:3>>
  return
}

// -----

func.func @requantize_axis(%x: tensor<2x!quant.uniform<i8:f32, 0.5:3>>) {
  // expected-error @+1 {{'nn.requantize' op expects operand and result quantized per tensor, got 'tensor<2x!quant.uniform<i8:f32, 5.000000e-01:3>>' and 'tensor<2x!quant.uniform<i8:f32:0, {5.000000e-01,2.500000e-01}>>'}}
  %0 = nn.requantize %x : (tensor<2x!quant.uniform<i8:f32, 0.5:3>>) -> tensor<2x!quant.uniform<i8:f32:0, {0.5, 0.25}>>
  return
}

// -----

func.func @requantize_shape(%x: tensor<2x!quant.uniform<i8:f32, 0.5:3>>) {
  // expected-error @+1 {{'nn.requantize' op expects a result of the operand's shape, got 'tensor<2x!quant.uniform<i8:f32, 5.000000e-01:3>>' and 'tensor<1x2x!quant.uniform<i8:f32, 5.000000e-01:3>>'}}
  %0 = nn.requantize %x : (tensor<2x!quant.uniform<i8:f32, 0.5:3>>) -> tensor<1x2x!quant.uniform<i8:f32, 0.5:3>>
  return
}

// -----

// avg_pool, max_pool

func.func @avg_pool_kernel_count(%x: tensor<1x4x4x2xf32>) {
  // expected-error @+1 {{'nn.avg_pool' op expects a kernel of 2 positive numbers}}
  %0 = nn.avg_pool %x {kernel = array<i64: 2>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x4x4x2xf32>) -> tensor<1x3x3x2xf32>
  return
}

// -----

func.func @max_pool_kernel(%x: tensor<1x4x4x2xf32>) {
  // expected-error @+1 {{'nn.max_pool' op expects a kernel of 2 positive numbers}}
  %0 = nn.max_pool %x {kernel = array<i64: 0, 2>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x4x4x2xf32>) -> tensor<1x3x3x2xf32>
  return
}

// -----

func.func @max_pool_huge_kernel(%x: tensor<1x4x4x2xf32>) {
  // expected-error @+1 {{'nn.max_pool' op expects kernel sizes of 1 to 2147483647, got 2147483648}}
  %0 = nn.max_pool %x {kernel = array<i64: 2147483648, 2>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x4x4x2xf32>) -> tensor<1x3x3x2xf32>
  return
}

// -----

func.func @avg_pool_channels(%x: tensor<1x4x4x2xf32>) {
  // expected-error @+1 {{'nn.avg_pool' op expects a result of 2 channels, got 1}}
  %0 = nn.avg_pool %x {kernel = array<i64: 2, 2>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x4x4x2xf32>) -> tensor<1x3x3x1xf32>
  return
}

// -----

func.func @max_pool_height(%x: tensor<1x4x4x2xf32>) {
  // expected-error @+1 {{'nn.max_pool' op expects a result height of 3, got 2}}
  %0 = nn.max_pool %x {kernel = array<i64: 2, 2>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x4x4x2xf32>) -> tensor<1x2x3x2xf32>
  return
}

// -----

func.func @avg_pool_strides(%x: tensor<1x4x4x2xf32>) {
  // expected-error @+1 {{'nn.avg_pool' op expects 2 strides, got 0}}
  %0 = nn.avg_pool %x {kernel = array<i64: 2, 2>, strides = array<i64>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x4x4x2xf32>) -> tensor<1x3x3x2xf32>
  return
}

// -----

// Row 0 of the result sees rows -2 and -1.

func.func @avg_pool_empty_window(%x: tensor<1x4x4x2xf32>) {
  // expected-error @+1 {{'nn.avg_pool' op expects every window to hold an element of the input}}
  %0 = nn.avg_pool %x {kernel = array<i64: 2, 2>, strides = array<i64: 1, 1>, pads = array<i64: 2, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x4x4x2xf32>) -> tensor<1x5x3x2xf32>
  return
}

// -----

func.func @max_pool_empty_window(%x: tensor<1x4x4x2xf32>) {
  // expected-error @+1 {{'nn.max_pool' op expects every window to hold an element of the input}}
  %0 = nn.max_pool %x {kernel = array<i64: 2, 2>, strides = array<i64: 1, 1>, pads = array<i64: 2, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x4x4x2xf32>) -> tensor<1x5x3x2xf32>
  return
}

// -----

func.func @avg_pool_axis(%x: tensor<1x4x4x2x!quant.uniform<i8:f32:3, {0.5, 0.25}>>) {
  // expected-error @+1 {{'nn.avg_pool' op expects quantization per tensor, got 'tensor<1x4x4x2x!quant.uniform<i8:f32:3, {5.000000e-01,2.500000e-01}>>'}}
  %0 = nn.avg_pool %x {kernel = array<i64: 2, 2>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x4x4x2x!quant.uniform<i8:f32:3, {0.5, 0.25}>>) -> tensor<1x3x3x2x!quant.uniform<i8:f32, 0.5:3>>
  return
}

// -----

func.func @max_pool_scales(%x: tensor<1x4x4x2x!quant.uniform<i8:f32, 0.5:3>>) {
  // expected-error @+1 {{'nn.max_pool' op expects operand and result of one element type, got 'tensor<1x4x4x2x!quant.uniform<i8:f32, 5.000000e-01:3>>' and 'tensor<1x3x3x2x!quant.uniform<i8:f32, 2.500000e-01:-128>>'}}
  %0 = nn.max_pool %x {kernel = array<i64: 2, 2>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x4x4x2x!quant.uniform<i8:f32, 0.5:3>>) -> tensor<1x3x3x2x!quant.uniform<i8:f32, 0.25:-128>>
  return
}

// -----

// softmax, log_softmax

func.func @softmax_shape(%x: tensor<2xf32>) {
  // expected-error @+1 {{'nn.softmax' op expects a result of the operand's shape and rank 1 or more, got 'tensor<2xf32>' and 'tensor<1x2xf32>'}}
  %0 = nn.softmax %x : (tensor<2xf32>) -> tensor<1x2xf32>
  return
}

// -----

func.func @log_softmax_rank(%x: tensor<f32>) {
  // expected-error @+1 {{'nn.log_softmax' op expects a result of the operand's shape and rank 1 or more, got 'tensor<f32>' and 'tensor<f32>'}}
  %0 = nn.log_softmax %x : (tensor<f32>) -> tensor<f32>
  return
}

// -----

func.func @softmax_mixed(%x: tensor<2xf32>) {
  // expected-error @+1 {{'nn.softmax' op expects operands and result to be all float or all quantized}}
  %0 = nn.softmax %x : (tensor<2xf32>) -> tensor<2x!quant.uniform<i8:f32, 0.5:3>>
  return
}

// -----

// reshape

func.func @reshape_count(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{'nn.reshape' op expects equal numbers of elements, got 'tensor<2x3xf32>' and 'tensor<5xf32>'}}
  %0 = nn.reshape %x : (tensor<2x3xf32>) -> tensor<5xf32>
  return
}

// -----

func.func @reshape_axis(%x: tensor<2x3x!quant.uniform<i8:f32:0, {0.5, 0.25}>>) {
  // expected-error @+1 {{'nn.reshape' op expects quantization per tensor, got 'tensor<2x3x!quant.uniform<i8:f32:0, {5.000000e-01,2.500000e-01}>>'}}
  %0 = nn.reshape %x : (tensor<2x3x!quant.uniform<i8:f32:0, {0.5, 0.25}>>) -> tensor<6x!quant.uniform<i8:f32, 0.5:3>>
  return
}

// -----

func.func @reshape_element(%x: tensor<2x3x!quant.uniform<i8:f32, 0.5:3>>) {
  // expected-error @+1 {{'nn.reshape' op expects operands of the result's element type, got 'tensor<2x3x!quant.uniform<i8:f32, 5.000000e-01:3>>' and 'tensor<6x!quant.uniform<i8:f32, 2.500000e-01:-128>>'}}
  %0 = nn.reshape %x : (tensor<2x3x!quant.uniform<i8:f32, 0.5:3>>) -> tensor<6x!quant.uniform<i8:f32, 0.25:-128>>
  return
}

// -----

// transpose

func.func @transpose_count(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{'nn.transpose' op expects a permutation of 2 dimensions, got 1}}
  %0 = nn.transpose %x {permutation = array<i64: 1>} : (tensor<2x3xf32>) -> tensor<3x2xf32>
  return
}

// -----

func.func @transpose_range(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{'nn.transpose' op expects a permutation of 0 to 1, got 2 at 0}}
  %0 = nn.transpose %x {permutation = array<i64: 2, 0>} : (tensor<2x3xf32>) -> tensor<3x2xf32>
  return
}

// -----

func.func @transpose_negative(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{'nn.transpose' op expects a permutation of 0 to 1, got -1 at 1}}
  %0 = nn.transpose %x {permutation = array<i64: 1, -1>} : (tensor<2x3xf32>) -> tensor<3x2xf32>
  return
}

// -----

func.func @transpose_twice(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{'nn.transpose' op expects a permutation of 0 to 1, got 0 at 1}}
  %0 = nn.transpose %x {permutation = array<i64: 0, 0>} : (tensor<2x3xf32>) -> tensor<2x2xf32>
  return
}

// -----

func.func @transpose_shape(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{'nn.transpose' op expects a result dimension 0 of 3, got 2}}
  %0 = nn.transpose %x {permutation = array<i64: 1, 0>} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @transpose_element(%x: tensor<2x3x!quant.uniform<i8:f32, 0.5:3>>) {
  // expected-error @+1 {{'nn.transpose' op expects operands of the result's element type, got 'tensor<2x3x!quant.uniform<i8:f32, 5.000000e-01:3>>' and 'tensor<3x2x!quant.uniform<i8:f32, 2.500000e-01:-128>>'}}
  %0 = nn.transpose %x {permutation = array<i64: 1, 0>} : (tensor<2x3x!quant.uniform<i8:f32, 0.5:3>>) -> tensor<3x2x!quant.uniform<i8:f32, 0.25:-128>>
  return
}

// -----

func.func @transpose_axis(%x: tensor<2x2x!quant.uniform<i8:f32:0, {0.5, 0.25}>>) {
  // expected-error @+1 {{'nn.transpose' op expects the quantized axis to follow the permutation, got 'tensor<2x2x!quant.uniform<i8:f32:0, {5.000000e-01,2.500000e-01}>>' and 'tensor<2x2x!quant.uniform<i8:f32:0, {5.000000e-01,2.500000e-01}>>'}}
  %0 = nn.transpose %x {permutation = array<i64: 1, 0>} : (tensor<2x2x!quant.uniform<i8:f32:0, {0.5, 0.25}>>) -> tensor<2x2x!quant.uniform<i8:f32:0, {0.5, 0.25}>>
  return
}

// -----

func.func @transpose_zero_points(%x: tensor<2x3x!quant.uniform<i8:f32:0, {0.5, 0.25}>>) {
  // expected-error @+1 {{'nn.transpose' op expects the quantized axis to follow the permutation, got 'tensor<2x3x!quant.uniform<i8:f32:0, {5.000000e-01,2.500000e-01}>>' and 'tensor<3x2x!quant.uniform<i8:f32:1, {5.000000e-01:1,2.500000e-01:1}>>'}}
  %0 = nn.transpose %x {permutation = array<i64: 1, 0>} : (tensor<2x3x!quant.uniform<i8:f32:0, {0.5, 0.25}>>) -> tensor<3x2x!quant.uniform<i8:f32:1, {0.5:1, 0.25:1}>>
  return
}

// -----

// concat

func.func @concat_nothing() {
  // expected-error @+1 {{'nn.concat' op expects at least one operand}}
  %0 = "nn.concat"() <{axis = 0 : i64}> : () -> tensor<2xf32>
  return
}

// -----

func.func @concat_axis(%x0: tensor<2xf32>) {
  // expected-error @+1 {{'nn.concat' op expects an axis of 0 to 0, got 1}}
  %0 = nn.concat %x0 {axis = 1} : (tensor<2xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @concat_negative_axis(%x0: tensor<2xf32>) {
  // expected-error @+1 {{'nn.concat' op expects an axis of 0 to 0, got -1}}
  %0 = nn.concat %x0 {axis = -1} : (tensor<2xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @concat_rank(%x0: tensor<2xf32>, %x1: tensor<1x2xf32>) {
  // expected-error @+1 {{'nn.concat' op expects operands of rank 1, got 'tensor<1x2xf32>'}}
  %0 = nn.concat %x0, %x1 {axis = 0} : (tensor<2xf32>, tensor<1x2xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @concat_dimension(%x0: tensor<2x3xf32>, %x1: tensor<2x4xf32>) {
  // expected-error @+1 {{'nn.concat' op expects operand dimension 1 of 3, got 4}}
  %0 = nn.concat %x0, %x1 {axis = 0} : (tensor<2x3xf32>, tensor<2x4xf32>) -> tensor<4x3xf32>
  return
}

// -----

func.func @concat_sum(%x0: tensor<2x3xf32>, %x1: tensor<2x3xf32>) {
  // expected-error @+1 {{'nn.concat' op expects a result dimension 0 of 4, got 5}}
  %0 = nn.concat %x0, %x1 {axis = 0} : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<5x3xf32>
  return
}

// -----

func.func @concat_element(%x0: tensor<2x!quant.uniform<i8:f32, 0.5:3>>, %x1: tensor<2x!quant.uniform<i8:f32, 0.25:-128>>) {
  // expected-error @+1 {{'nn.concat' op expects operands of the result's element type, got 'tensor<2x!quant.uniform<i8:f32, 2.500000e-01:-128>>' and 'tensor<4x!quant.uniform<i8:f32, 5.000000e-01:3>>'}}
  %0 = nn.concat %x0, %x1 {axis = 0} : (tensor<2x!quant.uniform<i8:f32, 0.5:3>>, tensor<2x!quant.uniform<i8:f32, 0.25:-128>>) -> tensor<4x!quant.uniform<i8:f32, 0.5:3>>
  return
}

// -----

func.func @concat_per_axis(%x0: tensor<2x1x!quant.uniform<i8:f32:0, {0.5, 0.25}>>, %x1: tensor<2x1x!quant.uniform<i8:f32:0, {0.5, 0.25}>>) {
  // expected-error @+1 {{'nn.concat' op expects quantization per tensor, got 'tensor<2x1x!quant.uniform<i8:f32:0, {5.000000e-01,2.500000e-01}>>'}}
  %0 = nn.concat %x0, %x1 {axis = 1} : (tensor<2x1x!quant.uniform<i8:f32:0, {0.5, 0.25}>>, tensor<2x1x!quant.uniform<i8:f32:0, {0.5, 0.25}>>) -> tensor<2x2x!quant.uniform<i8:f32:0, {0.5, 0.25}>>
  return
}

// -----

// pad

func.func @pad_count(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{'nn.pad' op expects 2 numbers before and after, got 1 and 2}}
  %0 = nn.pad %x {before = array<i64: 0>, after = array<i64: 0, 0>, value = 0.0 : f32} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @pad_negative(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{'nn.pad' op expects padding of 0 to 2147483647, got -1}}
  %0 = nn.pad %x {before = array<i64: 0, 0>, after = array<i64: 0, -1>, value = 0.0 : f32} : (tensor<2x3xf32>) -> tensor<2x2xf32>
  return
}

// -----

func.func @pad_shape(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{'nn.pad' op expects a result dimension 1 of 4, got 5}}
  %0 = nn.pad %x {before = array<i64: 0, 1>, after = array<i64: 0, 0>, value = 0.0 : f32} : (tensor<2x3xf32>) -> tensor<2x5xf32>
  return
}

// -----

func.func @pad_element(%x: tensor<2x!quant.uniform<i8:f32, 0.5:3>>) {
  // expected-error @+1 {{'nn.pad' op expects operands of the result's element type, got 'tensor<2x!quant.uniform<i8:f32, 5.000000e-01:3>>' and 'tensor<2x!quant.uniform<i8:f32, 2.500000e-01:-128>>'}}
  %0 = nn.pad %x {before = array<i64: 0>, after = array<i64: 0>, value = 0.0 : f32} : (tensor<2x!quant.uniform<i8:f32, 0.5:3>>) -> tensor<2x!quant.uniform<i8:f32, 0.25:-128>>
  return
}

// -----

func.func @pad_axis(%x: tensor<2x3x!quant.uniform<i8:f32:0, {0.5, 0.25}>>) {
  // expected-error @+1 {{'nn.pad' op expects quantization per tensor, got 'tensor<2x3x!quant.uniform<i8:f32:0, {5.000000e-01,2.500000e-01}>>'}}
  %0 = nn.pad %x {before = array<i64: 0, 0>, after = array<i64: 0, 0>, value = 0.0 : f32} : (tensor<2x3x!quant.uniform<i8:f32:0, {0.5, 0.25}>>) -> tensor<2x3x!quant.uniform<i8:f32:0, {0.5, 0.25}>>
  return
}
