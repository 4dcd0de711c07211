// RUN: tinyc-opt %s -split-input-file -verify-diagnostics

func.func @shape(%x: memref<4x8xi8>) {
  // expected-error @+1 {{expects a buffer [1, height, width, channels], got 'memref<4x8xi8>'}}
  kernel.receive 0 "x" -> %x : memref<4x8xi8> {tensorType = tensor<4x8x!quant.uniform<i8:f32, 0.5>>}
  return
}

// -----

func.func @type(%x: memref<1x4x8x1xi8>) {
  // expected-error @+1 {{expects a tensorType as 'memref<1x4x8x1xi8>', got 'tensor<1x8x4x1x!quant.uniform<i8:f32, 5.000000e-01>>'}}
  kernel.receive 0 "x" -> %x : memref<1x4x8x1xi8> {tensorType = tensor<1x8x4x1x!quant.uniform<i8:f32, 0.5>>}
  return
}

// -----

func.func @elements(%x: memref<1x4x8x1xi8>) {
  // expected-error @+1 {{expects a tensorType as 'memref<1x4x8x1xi8>', got 'tensor<1x4x8x1xf32>'}}
  kernel.send %x -> 0 "x" : memref<1x4x8x1xi8> {tensorType = tensor<1x4x8x1xf32>}
  return
}

// -----

func.func @port(%x: memref<1x4x8x1xf32>) {
  // expected-error @+1 {{expects a port >= 0, got -1}}
  kernel.send %x -> -1 "x" : memref<1x4x8x1xf32> {tensorType = tensor<1x4x8x1xf32>}
  return
}

// -----

func.func @rows(%x: memref<1x4x8x1xf32>) {
  // expected-error @+1 {{expects no rowsPerStep outside of a kernel.stream, got 2}}
  kernel.send %x -> 0 "x" : memref<1x4x8x1xf32> {tensorType = tensor<1x4x8x1xf32>, rowsPerStep = 2 : i32}
  return
}
