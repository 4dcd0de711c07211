// Messages common to all ops of the nn dialect.
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
  // expected-error @+1 {{'nn.add' op expects operands and result to be all float or all quantized (C2)}}
  %0 = nn.add %x, %y : (tensor<4xf32>, tensor<4x!quant.uniform<i8:f32, 0.5:3>>) -> tensor<4xf32>
  return
}

// -----

func.func @not_per_tensor(%x: tensor<2x!quant.uniform<i8:f32:0, {0.5, 0.25}>>) {
  // expected-error @+1 {{'nn.sigmoid' op expects quantization per tensor, got 'tensor<2x!quant.uniform<i8:f32:0, {5.000000e-01,2.500000e-01}>>' (C1)}}
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

func.func @widths(%x: tensor<2x!quant.uniform<i8:f32, 0.5>>) {
  // expected-error @+1 {{'nn.sigmoid' op expects activations of one width, got 'tensor<2x!quant.uniform<i8:f32, 5.000000e-01>>' and 'tensor<2x!quant.uniform<i16<-32767:32767>:f32, 5.000000e-01>>' (A1)}}
  %0 = nn.sigmoid %x : (tensor<2x!quant.uniform<i8:f32, 0.5>>) -> tensor<2x!quant.uniform<i16<-32767:32767>:f32, 0.5>>
  return
}

// -----

func.func @asymmetric(%x: tensor<2x!quant.uniform<i16<-32767:32767>:f32, 0.5:1>>) {
  // expected-error @+1 {{'nn.sigmoid' op expects activations of at most 8 bits or of i16<-32767:32767> with a zero point of 0, got 'tensor<2x!quant.uniform<i16<-32767:32767>:f32, 5.000000e-01:1>>' (A1)}}
  %0 = nn.sigmoid %x : (tensor<2x!quant.uniform<i16<-32767:32767>:f32, 0.5:1>>) -> tensor<2x!quant.uniform<i16<-32767:32767>:f32, 0.5:1>>
  return
}

// -----

func.func @full_range(%x: tensor<2x!quant.uniform<i16:f32, 0.5>>) {
  // expected-error @+1 {{'nn.sigmoid' op expects activations of at most 8 bits or of i16<-32767:32767> with a zero point of 0, got 'tensor<2x!quant.uniform<i16:f32, 5.000000e-01>>' (A1)}}
  %0 = nn.sigmoid %x : (tensor<2x!quant.uniform<i16:f32, 0.5>>) -> tensor<2x!quant.uniform<i16:f32, 0.5>>
  return
}

// -----

func.func @no_wide_form(%x: tensor<2x2x!quant.uniform<i16<-32767:32767>:f32, 0.5>>) {
  // expected-error @+1 {{'nn.matmul' op has no integer form of 16 bits, got 'tensor<2x2x!quant.uniform<i16<-32767:32767>:f32, 5.000000e-01>>' (A1)}}
  %0 = nn.matmul %x, %x : (tensor<2x2x!quant.uniform<i16<-32767:32767>:f32, 0.5>>, tensor<2x2x!quant.uniform<i16<-32767:32767>:f32, 0.5>>) -> tensor<2x2x!quant.uniform<i16<-32767:32767>:f32, 0.5>>
  return
}

// -----

func.func @narrow_weight(%x: tensor<1x2x!quant.uniform<i8:f32, 0.5>>, %w: tensor<1x2x!quant.uniform<i4:f32, 0.5:1>>) {
  // expected-error @+1 {{'nn.fully_connected' op expects weight zero points of 0, got 1 (C3)}}
  %0 = nn.fully_connected %x, %w : (tensor<1x2x!quant.uniform<i8:f32, 0.5>>, tensor<1x2x!quant.uniform<i4:f32, 0.5:1>>) -> tensor<1x1x!quant.uniform<i8:f32, 0.5>>
  return
}
