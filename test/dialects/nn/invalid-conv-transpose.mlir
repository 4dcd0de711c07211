// Every message of the verifier of conv_transpose2d.
// RUN: tinyc-opt %s -split-input-file -verify-diagnostics

func.func @groups(%x: tensor<1x4x4x2xf32>, %w: tensor<3x3x3x2xf32>) {
  // expected-error @+1 {{'nn.conv_transpose2d' op expects groups to divide the channels, got 2 groups for 2 input and 3 output channels (C2)}}
  %0 = nn.conv_transpose2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 2 : i64} : (tensor<1x4x4x2xf32>, tensor<3x3x3x2xf32>) -> tensor<1x6x6x3xf32>
  return
}

// -----

func.func @weight(%x: tensor<1x4x4x2xf32>, %w: tensor<2x3x3x3xf32>) {
  // expected-error @+1 {{'nn.conv_transpose2d' op expects a weight of 3 output and 2 input channels, got 'tensor<2x3x3x3xf32>' (C1)}}
  %0 = nn.conv_transpose2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x4x4x2xf32>, tensor<2x3x3x3xf32>) -> tensor<1x6x6x3xf32>
  return
}

// -----

func.func @strides(%x: tensor<1x4x4x2xf32>, %w: tensor<3x3x3x2xf32>) {
  // expected-error @+1 {{'nn.conv_transpose2d' op expects 2 strides, got 1 (C3)}}
  %0 = nn.conv_transpose2d %x, %w {strides = array<i64: 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x4x4x2xf32>, tensor<3x3x3x2xf32>) -> tensor<1x6x6x3xf32>
  return
}

// -----

func.func @dilation(%x: tensor<1x4x4x2xf32>, %w: tensor<3x3x3x2xf32>) {
  // expected-error @+1 {{'nn.conv_transpose2d' op expects dilations of 1 to 2147483647, got 0 (C3)}}
  %0 = nn.conv_transpose2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 0>} : (tensor<1x4x4x2xf32>, tensor<3x3x3x2xf32>) -> tensor<1x6x6x3xf32>
  return
}

// -----

func.func @three_pads(%x: tensor<1x4x4x2xf32>, %w: tensor<3x3x3x2xf32>) {
  // expected-error @+1 {{'nn.conv_transpose2d' op expects 4 pads, got 3 (C4)}}
  %0 = nn.conv_transpose2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x4x4x2xf32>, tensor<3x3x3x2xf32>) -> tensor<1x6x6x3xf32>
  return
}

// -----

func.func @negative_top(%x: tensor<1x4x4x2xf32>, %w: tensor<3x3x3x2xf32>) {
  // expected-error @+1 {{'nn.conv_transpose2d' op expects pads of 0 to 2147483647, got -1 (C4)}}
  %0 = nn.conv_transpose2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: -1, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x4x4x2xf32>, tensor<3x3x3x2xf32>) -> tensor<1x6x6x3xf32>
  return
}

// -----

func.func @batch(%x: tensor<1x4x4x2xf32>, %w: tensor<3x3x3x2xf32>) {
  // expected-error @+1 {{'nn.conv_transpose2d' op expects a result batch of 1, got 2 (C1)}}
  %0 = nn.conv_transpose2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x4x4x2xf32>, tensor<3x3x3x2xf32>) -> tensor<2x6x6x3xf32>
  return
}

// -----

func.func @height(%x: tensor<1x4x4x2xf32>, %w: tensor<3x3x3x2xf32>) {
  // expected-error @+1 {{'nn.conv_transpose2d' op expects a result height of 6, got 7 (C5)}}
  %0 = nn.conv_transpose2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x4x4x2xf32>, tensor<3x3x3x2xf32>) -> tensor<1x7x6x3xf32>
  return
}

// -----

func.func @width(%x: tensor<1x4x4x2xf32>, %w: tensor<3x3x3x2xf32>) {
  // expected-error @+1 {{'nn.conv_transpose2d' op expects a result width of 6, got 5 (C5)}}
  %0 = nn.conv_transpose2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x4x4x2xf32>, tensor<3x3x3x2xf32>) -> tensor<1x6x5x3xf32>
  return
}

// -----

func.func @bias(%x: tensor<1x4x4x2xf32>, %w: tensor<3x3x3x2xf32>, %b: tensor<2xf32>) {
  // expected-error @+1 {{'nn.conv_transpose2d' op expects a bias of 3 elements, got 'tensor<2xf32>' (C6)}}
  %0 = nn.conv_transpose2d %x, %w, %b {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x4x4x2xf32>, tensor<3x3x3x2xf32>, tensor<2xf32>) -> tensor<1x6x6x3xf32>
  return
}

// -----

func.func @form(%x: tensor<1x4x4x2xf32>, %w: tensor<3x3x3x2xf32>) {
  // expected-error @+1 {{'nn.conv_transpose2d' op expects operands and result to be all float or all quantized (C7)}}
  %0 = nn.conv_transpose2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x4x4x2xf32>, tensor<3x3x3x2xf32>) -> tensor<1x6x6x3x!quant.uniform<i8:f32, 0.5>>
  return
}
