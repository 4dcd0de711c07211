// RUN: tinyc-opt %s -split-input-file -lower-stream-ports=outputs=true -verify-diagnostics

// expected-error @+1 {{cannot stream the input: 'x' has the shape [1, 640], 'y' has the shape [2, 4, 4, 1], expects [1, height, width, channels] with a height of at least 2}}
func.func @shapes(%x: memref<1x640xi8> {nn.name = "x"}, %y: memref<2x4x4x1xi8> {nn.name = "y"}) {
  return
}

// -----

// expected-error @+1 {{cannot stream the input: the model has none}}
func.func @none(%x: memref<1x4x4x1xi8> {nn.name = "x", kernel.output}) {
  return
}

// -----

// Transposition needs the whole image, and so does a fully connected layer.
func.func @whole(%x: memref<1x4x6x2xi8> {nn.name = "x"}, %y: memref<1x6x4x2xi8> {kernel.output}) {
  // expected-error @+1 {{cannot take 'x' in rows: kernel.transpose needs it as a whole}}
  kernel.transpose %x : memref<1x4x6x2xi8> -> %y : memref<1x6x4x2xi8> {permutation = array<i32: 0, 2, 1, 3>}
  return
}

// -----

func.func @view(%x: memref<1x4x6x2xf32> {nn.name = "x"}, %y: memref<1x48xf32> {kernel.output}) {
  // expected-error @+1 {{cannot take 'x' in rows: memref.reinterpret_cast sees it under another shape}}
  %flat = memref.reinterpret_cast %x to offset: [0], sizes: [1, 48], strides: [48, 1] : memref<1x4x6x2xf32> to memref<1x48xf32>
  kernel.clamp %flat : memref<1x48xf32> -> %y : memref<1x48xf32> {stage = #kernel.output_f32<clampMin = 0.0 : f32>}
  return
}

// -----

func.func @window(%x: memref<1x4x6x2xf32> {nn.name = "x"}, %y: memref<1x1x1x2xf32> {kernel.output}) {
  // expected-error @+1 {{cannot take 'x' in rows: kernel.max_pool needs all 4 rows at once}}
  kernel.max_pool %x : memref<1x4x6x2xf32> -> %y : memref<1x1x1x2xf32> {window = #kernel.window<kernel = [4, 6],
    strides = [1, 1], dilations = [1, 1], pads = [0, 0]>, stage = #kernel.output_f32<>}
  return
}

// -----

// expected-error @+1 {{cannot take 'x' in rows: no node reads it}}
func.func @unused(%x: memref<1x4x6x2xf32> {nn.name = "x"}) {
  return
}

// -----

// expected-error @+1 {{cannot hand out 'y' in rows: no node computes it}}
func.func @uncomputed(%x: memref<1x4x6x2xf32> {nn.name = "x"}, %z: memref<1x4x6x2xf32> {nn.name = "z", kernel.output},
                      %y: memref<1x4x6x2xf32> {nn.name = "y", kernel.output}) {
  kernel.clamp %x : memref<1x4x6x2xf32> -> %z : memref<1x4x6x2xf32> {stage = #kernel.output_f32<clampMin = 0.0 : f32>}
  return
}

// -----

// expected-error @+1 {{cannot stream the output: 'y' has the shape [1, 1, 6, 2], expects [1, height, width, channels] with a height of at least 2}}
func.func @output(%x: memref<1x4x6x2xf32> {nn.name = "x"}, %y: memref<1x1x6x2xf32> {nn.name = "y", kernel.output}) {
  kernel.max_pool %x : memref<1x4x6x2xf32> -> %y : memref<1x1x6x2xf32> {window = #kernel.window<kernel = [3, 1],
    strides = [2, 1], dilations = [1, 1], pads = [0, 0]>, stage = #kernel.output_f32<>}
  return
}
