// Every message of the verifiers of constant, reshape, transpose, concat, pad.
// RUN: tinyc-opt %s -split-input-file -verify-diagnostics

// constant

func.func @constant_shape() {
  // expected-error @+1 {{'nn.constant' op expects a value of the result's shape, got 'tensor<2xf32>' for 'tensor<3xf32>' (C1)}}
  %0 = nn.constant dense<1.0> : tensor<2xf32> -> tensor<3xf32>
  return
}

// -----

func.func @constant_element() {
  // expected-error @+1 {{'nn.constant' op expects a value of element type 'i8', got 'i32' (C2)}}
  %0 = nn.constant dense<1> : tensor<2xi32> -> tensor<2x!quant.uniform<i8:f32, 0.5:3>>
  return
}

// -----

func.func @constant_float() {
  // expected-error @+1 {{'nn.constant' op expects a value of element type 'f32', got 'i32' (C2)}}
  %0 = nn.constant dense<1> : tensor<2xi32> -> tensor<2xf32>
  return
}

// -----

func.func @constant_resource() {
  // expected-error @+1 {{'nn.constant' op expects a resource of 8 bytes, got none (C3)}}
  %0 = nn.constant dense_resource<absent> : tensor<2xf32> -> tensor<2xf32>
  return
}

// -----

func.func @constant_resource_bits() {
  // expected-error @+1 {{'nn.constant' op expects a resource of 8, 16 or 32-bit elements, got 4 bits (C3)}}
  %0 = nn.constant dense_resource<absent> : tensor<2xi4> -> tensor<2x!quant.uniform<i4:f32, 0.5>>
  return
}

// -----

func.func @constant_resource_size() {
  // expected-error @+1 {{'nn.constant' op expects a resource of 8 bytes, got 4 (C3)}}
  %0 = nn.constant dense_resource<short> : tensor<2xf32> -> tensor<2xf32>
  return
}
{-# dialect_resources: { builtin: { short: "0x040000000000803F" } } #-}

// -----

// reshape

func.func @reshape_count(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{'nn.reshape' op expects equal numbers of elements, got 'tensor<2x3xf32>' and 'tensor<5xf32>' (C2)}}
  %0 = nn.reshape %x : (tensor<2x3xf32>) -> tensor<5xf32>
  return
}

// -----

func.func @reshape_axis(%x: tensor<2x3x!quant.uniform<i8:f32:0, {0.5, 0.25}>>) {
  // expected-error @+1 {{'nn.reshape' op expects quantization per tensor, got 'tensor<2x3x!quant.uniform<i8:f32:0, {5.000000e-01,2.500000e-01}>>' (C1)}}
  %0 = nn.reshape %x : (tensor<2x3x!quant.uniform<i8:f32:0, {0.5, 0.25}>>) -> tensor<6x!quant.uniform<i8:f32, 0.5:3>>
  return
}

// -----

func.func @reshape_element(%x: tensor<2x3x!quant.uniform<i8:f32, 0.5:3>>) {
  // expected-error @+1 {{'nn.reshape' op expects operands of the result's element type, got 'tensor<2x3x!quant.uniform<i8:f32, 5.000000e-01:3>>' and 'tensor<6x!quant.uniform<i8:f32, 2.500000e-01:-128>>' (C1)}}
  %0 = nn.reshape %x : (tensor<2x3x!quant.uniform<i8:f32, 0.5:3>>) -> tensor<6x!quant.uniform<i8:f32, 0.25:-128>>
  return
}

// -----

// transpose

func.func @transpose_count(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{'nn.transpose' op expects a permutation of 2 dimensions, got 1 (C1)}}
  %0 = nn.transpose %x {permutation = array<i64: 1>} : (tensor<2x3xf32>) -> tensor<3x2xf32>
  return
}

// -----

func.func @transpose_range(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{'nn.transpose' op expects a permutation of 0 to 1, got 2 at 0 (C1)}}
  %0 = nn.transpose %x {permutation = array<i64: 2, 0>} : (tensor<2x3xf32>) -> tensor<3x2xf32>
  return
}

// -----

func.func @transpose_negative(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{'nn.transpose' op expects a permutation of 0 to 1, got -1 at 1 (C1)}}
  %0 = nn.transpose %x {permutation = array<i64: 1, -1>} : (tensor<2x3xf32>) -> tensor<3x2xf32>
  return
}

// -----

func.func @transpose_twice(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{'nn.transpose' op expects a permutation of 0 to 1, got 0 at 1 (C1)}}
  %0 = nn.transpose %x {permutation = array<i64: 0, 0>} : (tensor<2x3xf32>) -> tensor<2x2xf32>
  return
}

// -----

func.func @transpose_shape(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{'nn.transpose' op expects a result dimension 0 of 3, got 2 (C2)}}
  %0 = nn.transpose %x {permutation = array<i64: 1, 0>} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @transpose_element(%x: tensor<2x3x!quant.uniform<i8:f32, 0.5:3>>) {
  // expected-error @+1 {{'nn.transpose' op expects operands of the result's element type, got 'tensor<2x3x!quant.uniform<i8:f32, 5.000000e-01:3>>' and 'tensor<3x2x!quant.uniform<i8:f32, 2.500000e-01:-128>>' (C3)}}
  %0 = nn.transpose %x {permutation = array<i64: 1, 0>} : (tensor<2x3x!quant.uniform<i8:f32, 0.5:3>>) -> tensor<3x2x!quant.uniform<i8:f32, 0.25:-128>>
  return
}

// -----

func.func @transpose_axis(%x: tensor<2x2x!quant.uniform<i8:f32:0, {0.5, 0.25}>>) {
  // expected-error @+1 {{'nn.transpose' op expects the quantized axis to follow the permutation, got 'tensor<2x2x!quant.uniform<i8:f32:0, {5.000000e-01,2.500000e-01}>>' and 'tensor<2x2x!quant.uniform<i8:f32:0, {5.000000e-01,2.500000e-01}>>' (C3)}}
  %0 = nn.transpose %x {permutation = array<i64: 1, 0>} : (tensor<2x2x!quant.uniform<i8:f32:0, {0.5, 0.25}>>) -> tensor<2x2x!quant.uniform<i8:f32:0, {0.5, 0.25}>>
  return
}

// -----

func.func @transpose_zero_points(%x: tensor<2x3x!quant.uniform<i8:f32:0, {0.5, 0.25}>>) {
  // expected-error @+1 {{'nn.transpose' op expects the quantized axis to follow the permutation, got 'tensor<2x3x!quant.uniform<i8:f32:0, {5.000000e-01,2.500000e-01}>>' and 'tensor<3x2x!quant.uniform<i8:f32:1, {5.000000e-01:1,2.500000e-01:1}>>' (C3)}}
  %0 = nn.transpose %x {permutation = array<i64: 1, 0>} : (tensor<2x3x!quant.uniform<i8:f32:0, {0.5, 0.25}>>) -> tensor<3x2x!quant.uniform<i8:f32:1, {0.5:1, 0.25:1}>>
  return
}

// -----

// concat

func.func @concat_nothing() {
  // expected-error @+1 {{'nn.concat' op expects at least one operand (C1)}}
  %0 = "nn.concat"() <{axis = 0 : i64}> : () -> tensor<2xf32>
  return
}

// -----

func.func @concat_axis(%x0: tensor<2xf32>) {
  // expected-error @+1 {{'nn.concat' op expects an axis of 0 to 0, got 1 (C1)}}
  %0 = nn.concat %x0 {axis = 1} : (tensor<2xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @concat_negative_axis(%x0: tensor<2xf32>) {
  // expected-error @+1 {{'nn.concat' op expects an axis of 0 to 0, got -1 (C1)}}
  %0 = nn.concat %x0 {axis = -1} : (tensor<2xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @concat_rank(%x0: tensor<2xf32>, %x1: tensor<1x2xf32>) {
  // expected-error @+1 {{'nn.concat' op expects operands of rank 1, got 'tensor<1x2xf32>' (C2)}}
  %0 = nn.concat %x0, %x1 {axis = 0} : (tensor<2xf32>, tensor<1x2xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @concat_dimension(%x0: tensor<2x3xf32>, %x1: tensor<2x4xf32>) {
  // expected-error @+1 {{'nn.concat' op expects operand dimension 1 of 3, got 4 (C2)}}
  %0 = nn.concat %x0, %x1 {axis = 0} : (tensor<2x3xf32>, tensor<2x4xf32>) -> tensor<4x3xf32>
  return
}

// -----

func.func @concat_sum(%x0: tensor<2x3xf32>, %x1: tensor<2x3xf32>) {
  // expected-error @+1 {{'nn.concat' op expects a result dimension 0 of 4, got 5 (C2)}}
  %0 = nn.concat %x0, %x1 {axis = 0} : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<5x3xf32>
  return
}

// -----

func.func @concat_element(%x0: tensor<2x!quant.uniform<i8:f32, 0.5:3>>, %x1: tensor<2x!quant.uniform<i8:f32, 0.25:-128>>) {
  // expected-error @+1 {{'nn.concat' op expects operands of the result's element type, got 'tensor<2x!quant.uniform<i8:f32, 2.500000e-01:-128>>' and 'tensor<4x!quant.uniform<i8:f32, 5.000000e-01:3>>' (C3)}}
  %0 = nn.concat %x0, %x1 {axis = 0} : (tensor<2x!quant.uniform<i8:f32, 0.5:3>>, tensor<2x!quant.uniform<i8:f32, 0.25:-128>>) -> tensor<4x!quant.uniform<i8:f32, 0.5:3>>
  return
}

// -----

func.func @concat_per_axis(%x0: tensor<2x1x!quant.uniform<i8:f32:0, {0.5, 0.25}>>, %x1: tensor<2x1x!quant.uniform<i8:f32:0, {0.5, 0.25}>>) {
  // expected-error @+1 {{'nn.concat' op expects quantization per tensor, got 'tensor<2x1x!quant.uniform<i8:f32:0, {5.000000e-01,2.500000e-01}>>' (C3)}}
  %0 = nn.concat %x0, %x1 {axis = 1} : (tensor<2x1x!quant.uniform<i8:f32:0, {0.5, 0.25}>>, tensor<2x1x!quant.uniform<i8:f32:0, {0.5, 0.25}>>) -> tensor<2x2x!quant.uniform<i8:f32:0, {0.5, 0.25}>>
  return
}

// -----

// pad

func.func @pad_count(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{'nn.pad' op expects 2 numbers before and after, got 1 and 2 (C1)}}
  %0 = nn.pad %x {before = array<i64: 0>, after = array<i64: 0, 0>, value = 0.0 : f32} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @pad_negative(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{'nn.pad' op expects padding of 0 to 2147483647, got -1 (C1)}}
  %0 = nn.pad %x {before = array<i64: 0, 0>, after = array<i64: 0, -1>, value = 0.0 : f32} : (tensor<2x3xf32>) -> tensor<2x2xf32>
  return
}

// -----

func.func @pad_shape(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{'nn.pad' op expects a result dimension 1 of 4, got 5 (C2)}}
  %0 = nn.pad %x {before = array<i64: 0, 1>, after = array<i64: 0, 0>, value = 0.0 : f32} : (tensor<2x3xf32>) -> tensor<2x5xf32>
  return
}

// -----

func.func @pad_element(%x: tensor<2x!quant.uniform<i8:f32, 0.5:3>>) {
  // expected-error @+1 {{'nn.pad' op expects operands of the result's element type, got 'tensor<2x!quant.uniform<i8:f32, 5.000000e-01:3>>' and 'tensor<2x!quant.uniform<i8:f32, 2.500000e-01:-128>>' (C3)}}
  %0 = nn.pad %x {before = array<i64: 0>, after = array<i64: 0>, value = 0.0 : f32} : (tensor<2x!quant.uniform<i8:f32, 0.5:3>>) -> tensor<2x!quant.uniform<i8:f32, 0.25:-128>>
  return
}

// -----

func.func @pad_axis(%x: tensor<2x3x!quant.uniform<i8:f32:0, {0.5, 0.25}>>) {
  // expected-error @+1 {{'nn.pad' op expects quantization per tensor, got 'tensor<2x3x!quant.uniform<i8:f32:0, {5.000000e-01,2.500000e-01}>>' (C3)}}
  %0 = nn.pad %x {before = array<i64: 0, 0>, after = array<i64: 0, 0>, value = 0.0 : f32} : (tensor<2x3x!quant.uniform<i8:f32:0, {0.5, 0.25}>>) -> tensor<2x3x!quant.uniform<i8:f32:0, {0.5, 0.25}>>
  return
}
