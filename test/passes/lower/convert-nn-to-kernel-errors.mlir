// RUN: tinyc-opt %s -lower-convert-nn-to-kernel -split-input-file -verify-diagnostics

// expected-error @+1 {{input #0 has elements of type '!quant.uniform<i8:f32:1, {5.000000e-01,1.000000e+00}>', kernels hold f32, or signed 4- or 8-bit integers or i16<-32767:32767> with one scale}}
func.func @per_axis(%x: tensor<1x2x!quant.uniform<i8:f32:1, {0.5, 1.0}>>) {
  return
}

// -----

func.func @int16(%x: tensor<4xf32>) {
  // expected-error @+1 {{result has elements of type '!quant.uniform<i16:f32, 5.000000e-01>', kernels hold}}
  %0 = quant.qcast %x : tensor<4xf32> to tensor<4x!quant.uniform<i16:f32, 0.5>>
  return
}

// -----

// expected-error @+1 {{input #0 has 536870912 elements, expects 1 to 2^29 - 1}}
func.func @huge(%x: tensor<536870912xf32>) {
  return
}

// -----

// Every op that cannot be lowered is reported.
func.func @transposes(%x: tensor<2x3x2x3x2x3x2xf32>) -> tensor<2x3x2x3x2x3x2xf32> {
  // expected-error @+1 {{'nn.transpose' op moves 7 separate dimensions, kernels have at most 6}}
  %0 = nn.transpose %x {permutation = array<i64: 6, 5, 4, 3, 2, 1, 0>} : (tensor<2x3x2x3x2x3x2xf32>) -> tensor<2x3x2x3x2x3x2xf32>
  // expected-error @+1 {{'nn.transpose' op moves 7 separate dimensions, kernels have at most 6}}
  %1 = nn.transpose %0 {permutation = array<i64: 6, 5, 4, 3, 2, 1, 0>} : (tensor<2x3x2x3x2x3x2xf32>) -> tensor<2x3x2x3x2x3x2xf32>
  return %0 : tensor<2x3x2x3x2x3x2xf32>
}

// -----

func.func @weights(%x: tensor<1x3x!quant.uniform<i8:f32, 0.5>>, %w: tensor<2x3x!quant.uniform<i8:f32, 0.5>>) {
  // expected-error @+1 {{'nn.fully_connected' op expects constant weights and bias in integer form}}
  %0 = nn.fully_connected %x, %w : (tensor<1x3x!quant.uniform<i8:f32, 0.5>>, tensor<2x3x!quant.uniform<i8:f32, 0.5>>) -> tensor<1x2x!quant.uniform<i8:f32, 0.5>>
  return
}

// -----

func.func @depthwise(%x: tensor<1x4x4x2xf32>, %w: tensor<2x1x1x1xf32>) {
  // expected-error @+1 {{'nn.conv2d' op expects constant weights in depthwise form}}
  %0 = nn.conv2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 2}
    : (tensor<1x4x4x2xf32>, tensor<2x1x1x1xf32>) -> tensor<1x4x4x2xf32>
  return
}

// -----

// The largest bias, minus a zero point of 100 times a weight of -127: beyond 2^31 - 1.
func.func @overflow(%x: tensor<1x1x!quant.uniform<i8:f32, 0.5:100>>) -> tensor<1x1x!quant.uniform<i8:f32, 0.5>> {
  %w = nn.constant dense<-127> : tensor<1x1xi8> -> tensor<1x1x!quant.uniform<i8<-127:127>:f32, 0.5>>
  %b = nn.constant dense<2147483647> : tensor<1xi32> -> tensor<1x!quant.uniform<i32:f32, 0.25>>
  // expected-error @+1 {{has an accumulator that can leave 32 bits in output channel 0}}
  %0 = nn.fully_connected %x, %w, %b : (tensor<1x1x!quant.uniform<i8:f32, 0.5:100>>, tensor<1x1x!quant.uniform<i8<-127:127>:f32, 0.5>>, tensor<1x!quant.uniform<i32:f32, 0.25>>) -> tensor<1x1x!quant.uniform<i8:f32, 0.5>>
  return %0 : tensor<1x1x!quant.uniform<i8:f32, 0.5>>
}

// -----

func.func @no_kernel(%x: tensor<2x3xf32>, %c: tensor<3xf32>) -> tensor<2x3xf32> {
  // expected-error @+1 {{'nn.batch_norm' op has no kernel}}
  %0 = nn.batch_norm %x, %c, %c, %c, %c {epsilon = 0.1 : f32} : (tensor<2x3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}
