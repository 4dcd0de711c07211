// Every message of the verifiers of elementwise ops.
// RUN: tinyc-opt %s -split-input-file -verify-diagnostics

// add, sub, mul

func.func @add_rank(%l: tensor<2x3xf32>, %r: tensor<3xf32>) {
  // expected-error @+1 {{'nn.add' op expects operands of rank 2, got 'tensor<3xf32>' (C1)}}
  %0 = nn.add %l, %r : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @sub_broadcast(%l: tensor<2x3xf32>, %r: tensor<2x2xf32>) {
  // expected-error @+1 {{'nn.sub' op cannot broadcast dimension 1 of sizes 3 and 2 (C1)}}
  %0 = nn.sub %l, %r : (tensor<2x3xf32>, tensor<2x2xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @mul_result(%l: tensor<2x1xf32>, %r: tensor<1x3xf32>) {
  // expected-error @+1 {{'nn.mul' op expects a result dimension 1 of 3, got 1 (C1)}}
  %0 = nn.mul %l, %r : (tensor<2x1xf32>, tensor<1x3xf32>) -> tensor<2x1xf32>
  return
}

// -----

func.func @sub_axis(%l: tensor<2x!quant.uniform<i8:f32:0, {0.5, 0.25}>>, %r: tensor<2x!quant.uniform<i8:f32, 0.5:3>>) {
  // expected-error @+1 {{'nn.sub' op expects quantization per tensor, got 'tensor<2x!quant.uniform<i8:f32:0, {5.000000e-01,2.500000e-01}>>' (C2)}}
  %0 = nn.sub %l, %r : (tensor<2x!quant.uniform<i8:f32:0, {0.5, 0.25}>>, tensor<2x!quant.uniform<i8:f32, 0.5:3>>) -> tensor<2x!quant.uniform<i8:f32, 0.5:3>>
  return
}

// -----

func.func @mul_mixed(%l: tensor<2x!quant.uniform<i8:f32, 0.5:3>>, %r: tensor<2x!quant.uniform<i8:f32, 0.5:3>>) {
  // expected-error @+1 {{'nn.mul' op expects operands and result to be all float or all quantized (C2)}}
  %0 = nn.mul %l, %r : (tensor<2x!quant.uniform<i8:f32, 0.5:3>>, tensor<2x!quant.uniform<i8:f32, 0.5:3>>) -> tensor<2xf32>
  return
}

// -----

// clamp, leaky_relu, sigmoid, hard_sigmoid, hard_swish, requantize

func.func @clamp_bounds(%x: tensor<2xf32>) {
  // expected-error @+1 {{'nn.clamp' op expects min <= max, got 1.000000e+00 and 0.000000e+00 (C2)}}
  %0 = nn.clamp %x {min = 1.0 : f32, max = 0.0 : f32} : (tensor<2xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @clamp_shape(%x: tensor<2xf32>) {
  // expected-error @+1 {{'nn.clamp' op expects a result of the operand's shape, got 'tensor<2xf32>' and 'tensor<1x2xf32>' (C1)}}
  %0 = nn.clamp %x : (tensor<2xf32>) -> tensor<1x2xf32>
  return
}

// -----

func.func @leaky_relu_shape(%x: tensor<2xf32>) {
  // expected-error @+1 {{'nn.leaky_relu' op expects a result of the operand's shape, got 'tensor<2xf32>' and 'tensor<1x2xf32>' (C1)}}
  %0 = nn.leaky_relu %x {alpha = 0.1 : f32} : (tensor<2xf32>) -> tensor<1x2xf32>
  return
}

// -----

func.func @sigmoid_shape(%x: tensor<2xf32>) {
  // expected-error @+1 {{'nn.sigmoid' op expects a result of the operand's shape, got 'tensor<2xf32>' and 'tensor<1x2xf32>' (C1)}}
  %0 = nn.sigmoid %x : (tensor<2xf32>) -> tensor<1x2xf32>
  return
}

// -----

func.func @hard_sigmoid_shape(%x: tensor<2xf32>) {
  // expected-error @+1 {{'nn.hard_sigmoid' op expects a result of the operand's shape, got 'tensor<2xf32>' and 'tensor<1x2xf32>' (C1)}}
  %0 = nn.hard_sigmoid %x {alpha = 0.2 : f32, beta = 0.5 : f32} : (tensor<2xf32>) -> tensor<1x2xf32>
  return
}

// -----

func.func @hard_swish_shape(%x: tensor<2xf32>) {
  // expected-error @+1 {{'nn.hard_swish' op expects a result of the operand's shape, got 'tensor<2xf32>' and 'tensor<1x2xf32>' (C1)}}
  %0 = nn.hard_swish %x : (tensor<2xf32>) -> tensor<1x2xf32>
  return
}

// -----

func.func @hard_swish_mixed(%x: tensor<2xf32>) {
  // expected-error @+1 {{'nn.hard_swish' op expects operands and result to be all float or all quantized (C1)}}
  %0 = nn.hard_swish %x : (tensor<2xf32>) -> tensor<2x!quant.uniform<i8:f32, 0.5:3>>
  return
}

// -----

func.func @requantize_float(%x: tensor<2xf32>) {
  // expected-error @+1 {{'nn.requantize' op expects operand and result quantized per tensor, got 'tensor<2xf32>' and 'tensor<2x!quant.uniform<i8:f32, 5.000000e-01:3>>' (C1)}}
  %0 = nn.requantize %x : (tensor<2xf32>) -> tensor<2x!quant.uniform<i8:f32, 0.5:3>>
  return
}

// -----

func.func @requantize_axis(%x: tensor<2x!quant.uniform<i8:f32, 0.5:3>>) {
  // expected-error @+1 {{'nn.requantize' op expects operand and result quantized per tensor, got 'tensor<2x!quant.uniform<i8:f32, 5.000000e-01:3>>' and 'tensor<2x!quant.uniform<i8:f32:0, {5.000000e-01,2.500000e-01}>>' (C1)}}
  %0 = nn.requantize %x : (tensor<2x!quant.uniform<i8:f32, 0.5:3>>) -> tensor<2x!quant.uniform<i8:f32:0, {0.5, 0.25}>>
  return
}

// -----

func.func @requantize_shape(%x: tensor<2x!quant.uniform<i8:f32, 0.5:3>>) {
  // expected-error @+1 {{'nn.requantize' op expects a result of the operand's shape, got 'tensor<2x!quant.uniform<i8:f32, 5.000000e-01:3>>' and 'tensor<1x2x!quant.uniform<i8:f32, 5.000000e-01:3>>' (C1)}}
  %0 = nn.requantize %x : (tensor<2x!quant.uniform<i8:f32, 0.5:3>>) -> tensor<1x2x!quant.uniform<i8:f32, 0.5:3>>
  return
}
