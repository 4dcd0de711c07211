// Every message of the verifiers of avg_pool, max_pool, softmax, log_softmax.
// RUN: tinyc-opt %s -split-input-file -verify-diagnostics

// avg_pool, max_pool

func.func @avg_pool_kernel_count(%x: tensor<1x4x4x2xf32>) {
  // expected-error @+1 {{'nn.avg_pool' op expects 2 kernel sizes, got 1 (C2)}}
  %0 = nn.avg_pool %x {kernel = array<i64: 2>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x4x4x2xf32>) -> tensor<1x3x3x2xf32>
  return
}

// -----

func.func @max_pool_kernel(%x: tensor<1x4x4x2xf32>) {
  // expected-error @+1 {{'nn.max_pool' op expects kernel sizes of 1 to 2147483647, got 0 (C2)}}
  %0 = nn.max_pool %x {kernel = array<i64: 0, 2>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x4x4x2xf32>) -> tensor<1x3x3x2xf32>
  return
}

// -----

func.func @max_pool_huge_kernel(%x: tensor<1x4x4x2xf32>) {
  // expected-error @+1 {{'nn.max_pool' op expects kernel sizes of 1 to 2147483647, got 2147483648 (C2)}}
  %0 = nn.max_pool %x {kernel = array<i64: 2147483648, 2>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x4x4x2xf32>) -> tensor<1x3x3x2xf32>
  return
}

// -----

func.func @avg_pool_channels(%x: tensor<1x4x4x2xf32>) {
  // expected-error @+1 {{'nn.avg_pool' op expects a result of 2 channels, got 1 (C1)}}
  %0 = nn.avg_pool %x {kernel = array<i64: 2, 2>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x4x4x2xf32>) -> tensor<1x3x3x1xf32>
  return
}

// -----

func.func @max_pool_height(%x: tensor<1x4x4x2xf32>) {
  // expected-error @+1 {{'nn.max_pool' op expects a result height of 3, got 2 (C3)}}
  %0 = nn.max_pool %x {kernel = array<i64: 2, 2>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x4x4x2xf32>) -> tensor<1x2x3x2xf32>
  return
}

// -----

func.func @avg_pool_strides(%x: tensor<1x4x4x2xf32>) {
  // expected-error @+1 {{'nn.avg_pool' op expects 2 strides, got 0 (C2)}}
  %0 = nn.avg_pool %x {kernel = array<i64: 2, 2>, strides = array<i64>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x4x4x2xf32>) -> tensor<1x3x3x2xf32>
  return
}

// -----

// Row 0 of the result sees rows -2 and -1.

func.func @avg_pool_empty_window(%x: tensor<1x4x4x2xf32>) {
  // expected-error @+1 {{'nn.avg_pool' op expects every window to hold an element of the input (C5)}}
  %0 = nn.avg_pool %x {kernel = array<i64: 2, 2>, strides = array<i64: 1, 1>, pads = array<i64: 2, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x4x4x2xf32>) -> tensor<1x5x3x2xf32>
  return
}

// -----

func.func @max_pool_empty_window(%x: tensor<1x4x4x2xf32>) {
  // expected-error @+1 {{'nn.max_pool' op expects every window to hold an element of the input (C5)}}
  %0 = nn.max_pool %x {kernel = array<i64: 2, 2>, strides = array<i64: 1, 1>, pads = array<i64: 2, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x4x4x2xf32>) -> tensor<1x5x3x2xf32>
  return
}

// -----

func.func @avg_pool_axis(%x: tensor<1x4x4x2x!quant.uniform<i8:f32:3, {0.5, 0.25}>>) {
  // expected-error @+1 {{'nn.avg_pool' op expects quantization per tensor, got 'tensor<1x4x4x2x!quant.uniform<i8:f32:3, {5.000000e-01,2.500000e-01}>>' (C4)}}
  %0 = nn.avg_pool %x {kernel = array<i64: 2, 2>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x4x4x2x!quant.uniform<i8:f32:3, {0.5, 0.25}>>) -> tensor<1x3x3x2x!quant.uniform<i8:f32, 0.5:3>>
  return
}

// -----

func.func @max_pool_scales(%x: tensor<1x4x4x2x!quant.uniform<i8:f32, 0.5:3>>) {
  // expected-error @+1 {{'nn.max_pool' op expects operand and result of one element type, got 'tensor<1x4x4x2x!quant.uniform<i8:f32, 5.000000e-01:3>>' and 'tensor<1x3x3x2x!quant.uniform<i8:f32, 2.500000e-01:-128>>' (C4)}}
  %0 = nn.max_pool %x {kernel = array<i64: 2, 2>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x4x4x2x!quant.uniform<i8:f32, 0.5:3>>) -> tensor<1x3x3x2x!quant.uniform<i8:f32, 0.25:-128>>
  return
}

// -----

// softmax, log_softmax

func.func @softmax_shape(%x: tensor<2xf32>) {
  // expected-error @+1 {{'nn.softmax' op expects a result of the operand's shape and rank 1 or more, got 'tensor<2xf32>' and 'tensor<1x2xf32>' (C1)}}
  %0 = nn.softmax %x : (tensor<2xf32>) -> tensor<1x2xf32>
  return
}

// -----

func.func @log_softmax_rank(%x: tensor<f32>) {
  // expected-error @+1 {{'nn.log_softmax' op expects a result of the operand's shape and rank 1 or more, got 'tensor<f32>' and 'tensor<f32>' (C1)}}
  %0 = nn.log_softmax %x : (tensor<f32>) -> tensor<f32>
  return
}

// -----

func.func @softmax_mixed(%x: tensor<2xf32>) {
  // expected-error @+1 {{'nn.softmax' op expects operands and result to be all float or all quantized (C1)}}
  %0 = nn.softmax %x : (tensor<2xf32>) -> tensor<2x!quant.uniform<i8:f32, 0.5:3>>
  return
}
