// Every message of the verifier of recurrent.
// RUN: tinyc-opt %s -split-input-file -verify-diagnostics

func.func @cell(%x: tensor<5x1x3xf32>, %w: tensor<1x6x3xf32>, %r: tensor<1x6x2xf32>) {
  // expected-error @+1 {{'nn.recurrent' op expects the cell "lstm", "gru" or "rnn", got "mgu" (C1)}}
  %0 = nn.recurrent "mgu" %x, %w, %r  {functions = ["Sigmoid", "Tanh"], alphas = array<f32: 0.0, 0.0>, betas = array<f32: 0.0, 0.0>, keepHidden} : (tensor<5x1x3xf32>, tensor<1x6x3xf32>, tensor<1x6x2xf32>) -> tensor<1x1x1x2xf32>
  return
}

// -----

func.func @rank(%x: tensor<5x3xf32>, %w: tensor<1x6x3xf32>, %r: tensor<1x6x2xf32>) {
  // expected-error @+1 {{'nn.recurrent' op expects an input, weights and a recurrence of rank 3, got 'tensor<5x3xf32>', 'tensor<1x6x3xf32>' and 'tensor<1x6x2xf32>' (C1)}}
  %0 = nn.recurrent "gru" %x, %w, %r  {functions = ["Sigmoid", "Tanh"], alphas = array<f32: 0.0, 0.0>, betas = array<f32: 0.0, 0.0>, keepHidden} : (tensor<5x3xf32>, tensor<1x6x3xf32>, tensor<1x6x2xf32>) -> tensor<1x1x1x2xf32>
  return
}

// -----

func.func @sizes(%x: tensor<5x1x3xf32>, %w: tensor<1x5x3xf32>, %r: tensor<1x6x2xf32>) {
  // expected-error @+1 {{'nn.recurrent' op expects weights [D, 3 * H, 3] and a recurrence [D, 3 * H, H], D 1 or 2, got 'tensor<1x5x3xf32>' and 'tensor<1x6x2xf32>' (C1)}}
  %0 = nn.recurrent "gru" %x, %w, %r  {functions = ["Sigmoid", "Tanh"], alphas = array<f32: 0.0, 0.0>, betas = array<f32: 0.0, 0.0>, keepHidden} : (tensor<5x1x3xf32>, tensor<1x5x3xf32>, tensor<1x6x2xf32>) -> tensor<1x1x1x2xf32>
  return
}

// -----

func.func @directions(%x: tensor<5x1x3xf32>, %w: tensor<2x6x3xf32>, %r: tensor<2x6x2xf32>) {
  // expected-error @+1 {{'nn.recurrent' op expects weights [D, 3 * H, 3] and a recurrence [D, 3 * H, H], D 1 or 2, got 'tensor<2x6x3xf32>' and 'tensor<2x6x2xf32>' (C1)}}
  %0 = nn.recurrent "gru" %x, %w, %r  {functions = ["Sigmoid", "Tanh"], alphas = array<f32: 0.0, 0.0>, betas = array<f32: 0.0, 0.0>, reverse, keepHidden} : (tensor<5x1x3xf32>, tensor<2x6x3xf32>, tensor<2x6x2xf32>) -> tensor<1x1x1x2xf32>
  return
}

// -----

func.func @quantized(%x: tensor<5x1x3x!quant.uniform<i8:f32, 0.5>>, %w: tensor<1x6x3xf32>, %r: tensor<1x6x2xf32>) {
  // expected-error @+1 {{'nn.recurrent' op has a float form only, got 'tensor<5x1x3x!quant.uniform<i8:f32, 5.000000e-01>>' (C1)}}
  %0 = nn.recurrent "gru" %x, %w, %r  {functions = ["Sigmoid", "Tanh"], alphas = array<f32: 0.0, 0.0>, betas = array<f32: 0.0, 0.0>, keepHidden} : (tensor<5x1x3x!quant.uniform<i8:f32, 0.5>>, tensor<1x6x3xf32>, tensor<1x6x2xf32>) -> tensor<1x1x1x2xf32>
  return
}

// -----

func.func @bias(%x: tensor<5x1x3xf32>, %w: tensor<1x6x3xf32>, %r: tensor<1x6x2xf32>, %b: tensor<1x6xf32>) {
  // expected-error @+1 {{'nn.recurrent' op expects a bias [1, 12], got 'tensor<1x6xf32>' (C2)}}
  %0 = nn.recurrent "gru" %x, %w, %r bias(%b : tensor<1x6xf32>) {functions = ["Sigmoid", "Tanh"], alphas = array<f32: 0.0, 0.0>, betas = array<f32: 0.0, 0.0>, keepHidden} : (tensor<5x1x3xf32>, tensor<1x6x3xf32>, tensor<1x6x2xf32>) -> tensor<1x1x1x2xf32>
  return
}

// -----

func.func @lengths(%x: tensor<5x1x3xf32>, %w: tensor<1x6x3xf32>, %r: tensor<1x6x2xf32>, %l: tensor<1xi64>) {
  // expected-error @+1 {{'nn.recurrent' op expects lengths i32 [1], got 'tensor<1xi64>' (C3)}}
  %0 = nn.recurrent "gru" %x, %w, %r lengths(%l : tensor<1xi64>) {functions = ["Sigmoid", "Tanh"], alphas = array<f32: 0.0, 0.0>, betas = array<f32: 0.0, 0.0>, keepHidden} : (tensor<5x1x3xf32>, tensor<1x6x3xf32>, tensor<1x6x2xf32>) -> tensor<1x1x1x2xf32>
  return
}

// -----

func.func @hidden(%x: tensor<5x1x3xf32>, %w: tensor<1x6x3xf32>, %r: tensor<1x6x2xf32>, %h: tensor<1x2xf32>) {
  // expected-error @+1 {{'nn.recurrent' op expects an initial state [1, 1, 2], got 'tensor<1x2xf32>' (C4)}}
  %0 = nn.recurrent "gru" %x, %w, %r hidden(%h : tensor<1x2xf32>) {functions = ["Sigmoid", "Tanh"], alphas = array<f32: 0.0, 0.0>, betas = array<f32: 0.0, 0.0>, keepHidden} : (tensor<5x1x3xf32>, tensor<1x6x3xf32>, tensor<1x6x2xf32>) -> tensor<1x1x1x2xf32>
  return
}

// -----

func.func @cell_state(%x: tensor<5x1x3xf32>, %w: tensor<1x6x3xf32>, %r: tensor<1x6x2xf32>, %c: tensor<1x1x2xf32>) {
  // expected-error @+1 {{'nn.recurrent' op has a cell state of "lstm" only, got "gru" (C4)}}
  %0 = nn.recurrent "gru" %x, %w, %r cell(%c : tensor<1x1x2xf32>) {functions = ["Sigmoid", "Tanh"], alphas = array<f32: 0.0, 0.0>, betas = array<f32: 0.0, 0.0>, keepHidden} : (tensor<5x1x3xf32>, tensor<1x6x3xf32>, tensor<1x6x2xf32>) -> tensor<1x1x1x2xf32>
  return
}

// -----

func.func @peepholes(%x: tensor<5x1x3xf32>, %w: tensor<1x8x3xf32>, %r: tensor<1x8x2xf32>, %p: tensor<1x4xf32>) {
  // expected-error @+1 {{'nn.recurrent' op expects peepholes [1, 6] of "lstm", got 'tensor<1x4xf32>' (C5)}}
  %0 = nn.recurrent "lstm" %x, %w, %r peepholes(%p : tensor<1x4xf32>) {functions = ["Sigmoid", "Tanh", "Tanh"], alphas = array<f32: 0.0, 0.0, 0.0>, betas = array<f32: 0.0, 0.0, 0.0>, keepHidden} : (tensor<5x1x3xf32>, tensor<1x8x3xf32>, tensor<1x8x2xf32>) -> tensor<1x1x1x2xf32>
  return
}

// -----

func.func @count(%x: tensor<5x1x3xf32>, %w: tensor<1x6x3xf32>, %r: tensor<1x6x2xf32>) {
  // expected-error @+1 {{'nn.recurrent' op expects 2 functions, alphas and betas, got 2, 1 and 2 (C6)}}
  %0 = nn.recurrent "gru" %x, %w, %r  {functions = ["Sigmoid", "Tanh"], alphas = array<f32: 0.0>, betas = array<f32: 0.0, 0.0>, keepHidden} : (tensor<5x1x3xf32>, tensor<1x6x3xf32>, tensor<1x6x2xf32>) -> tensor<1x1x1x2xf32>
  return
}

// -----

func.func @function(%x: tensor<5x1x3xf32>, %w: tensor<1x6x3xf32>, %r: tensor<1x6x2xf32>) {
  // expected-error @+1 {{'nn.recurrent' op has the unknown function "Sign" (C6)}}
  %0 = nn.recurrent "gru" %x, %w, %r  {functions = ["Sign", "Tanh"], alphas = array<f32: 0.0, 0.0>, betas = array<f32: 0.0, 0.0>, keepHidden} : (tensor<5x1x3xf32>, tensor<1x6x3xf32>, tensor<1x6x2xf32>) -> tensor<1x1x1x2xf32>
  return
}

// -----

func.func @clip(%x: tensor<5x1x3xf32>, %w: tensor<1x6x3xf32>, %r: tensor<1x6x2xf32>) {
  // expected-error @+1 {{'nn.recurrent' op expects a clip above 0, got -1.000000e+00 (C6)}}
  %0 = nn.recurrent "gru" %x, %w, %r  {functions = ["Sigmoid", "Tanh"], alphas = array<f32: 0.0, 0.0>, betas = array<f32: 0.0, 0.0>, clip = -1.0 : f32, keepHidden} : (tensor<5x1x3xf32>, tensor<1x6x3xf32>, tensor<1x6x2xf32>) -> tensor<1x1x1x2xf32>
  return
}

// -----

func.func @result(%x: tensor<5x1x3xf32>, %w: tensor<1x6x3xf32>, %r: tensor<1x6x2xf32>) {
  // expected-error @+1 {{'nn.recurrent' op expects a float result [6, 1, 1, 2], got 'tensor<1x1x1x2xf32>' (C7)}}
  %0 = nn.recurrent "gru" %x, %w, %r  {functions = ["Sigmoid", "Tanh"], alphas = array<f32: 0.0, 0.0>, betas = array<f32: 0.0, 0.0>, keepSequence, keepHidden} : (tensor<5x1x3xf32>, tensor<1x6x3xf32>, tensor<1x6x2xf32>) -> tensor<1x1x1x2xf32>
  return
}

// -----

func.func @coupled(%x: tensor<5x1x3xf32>, %w: tensor<1x6x3xf32>, %r: tensor<1x6x2xf32>) {
  // expected-error @+1 {{'nn.recurrent' op expects resetAfter of "gru" and coupled of "lstm" only, got "gru" (C8)}}
  %0 = nn.recurrent "gru" %x, %w, %r  {functions = ["Sigmoid", "Tanh"], alphas = array<f32: 0.0, 0.0>, betas = array<f32: 0.0, 0.0>, coupled, keepHidden} : (tensor<5x1x3xf32>, tensor<1x6x3xf32>, tensor<1x6x2xf32>) -> tensor<1x1x1x2xf32>
  return
}
