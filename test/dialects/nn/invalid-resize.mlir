// Every message of the verifier of resize.
// RUN: tinyc-opt %s -split-input-file -verify-diagnostics

func.func @batch(%x: tensor<1x2x2x3xf32>) {
  // expected-error @+1 {{'nn.resize' op expects a result with the input's batch and channels, got 'tensor<1x2x2x3xf32>' and 'tensor<2x1x2x3xf32>' (C1)}}
  %0 = nn.resize %x {rows = array<i64: 0>, columns = array<i64: 0, 1>} : (tensor<1x2x2x3xf32>) -> tensor<2x1x2x3xf32>
  return
}

// -----

func.func @large(%x: tensor<1x65537x2x1xf32>) {
  // expected-error @+1 {{'nn.resize' op expects a height and width of at most 65536, got 'tensor<1x65537x2x1xf32>' (C1)}}
  %0 = nn.resize %x {rows = array<i64: 0>, columns = array<i64: 0, 1>} : (tensor<1x65537x2x1xf32>) -> tensor<1x1x2x1xf32>
  return
}

// -----

func.func @taps(%x: tensor<1x2x2x3xf32>) {
  // expected-error @+1 {{'nn.resize' op expects a multiple of 2 columns, got 3 (C2)}}
  %0 = nn.resize %x {rows = array<i64: 0>, columns = array<i64: 0, 1, 1>} : (tensor<1x2x2x3xf32>) -> tensor<1x1x2x3xf32>
  return
}

// -----

func.func @no_taps(%x: tensor<1x2x2x3xf32>) {
  // expected-error @+1 {{'nn.resize' op expects a multiple of 1 rows, got 0 (C2)}}
  %0 = nn.resize %x {rows = array<i64>, columns = array<i64: 0, 1>} : (tensor<1x2x2x3xf32>) -> tensor<1x1x2x3xf32>
  return
}

// -----

func.func @index(%x: tensor<1x2x2x3xf32>) {
  // expected-error @+1 {{'nn.resize' op expects rows of 0 to 1, got 2 (C2)}}
  %0 = nn.resize %x {rows = array<i64: 2>, columns = array<i64: 0, 1>} : (tensor<1x2x2x3xf32>) -> tensor<1x1x2x3xf32>
  return
}

// -----

func.func @negative(%x: tensor<1x2x2x3xf32>) {
  // expected-error @+1 {{'nn.resize' op expects columns of 0 to 1, got -1 (C2)}}
  %0 = nn.resize %x {rows = array<i64: 0>, columns = array<i64: 0, -1>} : (tensor<1x2x2x3xf32>) -> tensor<1x1x2x3xf32>
  return
}

// -----

func.func @one_direction(%x: tensor<1x2x2x3xf32>) {
  // expected-error @+1 {{'nn.resize' op expects weights of both rows and columns, or of neither (C3)}}
  %0 = nn.resize %x {rows = array<i64: 0>, columns = array<i64: 0, 1>, rowWeights = array<f32: 1.0>} : (tensor<1x2x2x3xf32>) -> tensor<1x1x2x3xf32>
  return
}

// -----

func.func @two_taps(%x: tensor<1x2x2x3xf32>) {
  // expected-error @+1 {{'nn.resize' op expects 1 rows without weights, got 2 (C3)}}
  %0 = nn.resize %x {rows = array<i64: 0, 1>, columns = array<i64: 0, 1>} : (tensor<1x2x2x3xf32>) -> tensor<1x1x2x3xf32>
  return
}

// -----

func.func @weights(%x: tensor<1x2x2x3xf32>) {
  // expected-error @+1 {{'nn.resize' op expects 2 weights of columns, got 1 (C3)}}
  %0 = nn.resize %x {rows = array<i64: 0>, columns = array<i64: 0, 1>, rowWeights = array<f32: 1.0>, columnWeights = array<f32: 1.0>} : (tensor<1x2x2x3xf32>) -> tensor<1x1x2x3xf32>
  return
}

// -----

func.func @elements(%x: tensor<1x2x2x3x!quant.uniform<i8:f32, 0.5:3>>) {
  // expected-error @+1 {{'nn.resize' op expects operand and result of one element type, got 'tensor<1x2x2x3x!quant.uniform<i8:f32, 5.000000e-01:3>>' and 'tensor<1x1x2x3x!quant.uniform<i8:f32, 2.500000e-01:3>>' (C4)}}
  %0 = nn.resize %x {rows = array<i64: 0>, columns = array<i64: 0, 1>} : (tensor<1x2x2x3x!quant.uniform<i8:f32, 0.5:3>>) -> tensor<1x1x2x3x!quant.uniform<i8:f32, 0.25:3>>
  return
}

// -----

func.func @sum(%x: tensor<1x2x2x3xf32>) {
  // expected-error @+1 {{'nn.resize' op expects weights of rows that add up to 1, got 7.500000e-01 (C5)}}
  %0 = nn.resize %x {rows = array<i64: 0, 1>, columns = array<i64: 0, 1>, rowWeights = array<f32: 0.5, 0.25>, columnWeights = array<f32: 1.0, 1.0>} : (tensor<1x2x2x3xf32>) -> tensor<1x1x2x3xf32>
  return
}

// -----

func.func @magnitude(%x: tensor<1x2x2x3xf32>) {
  // expected-error @+1 {{'nn.resize' op expects weights with magnitudes of at most 2 in all, got 2.500000e+00 (C5)}}
  %0 = nn.resize %x {rows = array<i64: 0, 1>, columns = array<i64: 0, 1>, rowWeights = array<f32: 1.75, -0.75>, columnWeights = array<f32: 1.0, 1.0>} : (tensor<1x2x2x3xf32>) -> tensor<1x1x2x3xf32>
  return
}
