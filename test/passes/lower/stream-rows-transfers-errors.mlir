// RUN: tinyc-opt %s -split-input-file -lower-stream-rows=target=host -verify-diagnostics

// The rows of x would have to wait until all of it is there: softmax over channels runs by rows, transposition does not.
func.func @main(%out: memref<1x4x4x2xf32> {kernel.output}) {
  %x = memref.alloc() : memref<1x4x4x2xf32>
  %t = memref.alloc() : memref<1x4x4x2xf32>
  %u = memref.alloc() : memref<1x4x4x2xf32>
  kernel.receive 0 "image" -> %x : memref<1x4x4x2xf32> {tensorType = tensor<1x4x4x2xf32>} loc("image")
  kernel.softmax %x : memref<1x4x4x2xf32> -> %t : memref<1x4x4x2xf32> {kernel = @tinyc_softmax_f32}
  // expected-error @+1 {{cannot take 'image' in rows: kernel.transpose runs whole before its last row is used}}
  kernel.transpose %t : memref<1x4x4x2xf32> -> %u : memref<1x4x4x2xf32>
    {permutation = array<i32: 0, 2, 1, 3>, kernel = @tinyc_transpose_f32}
  kernel.add %u, %x : memref<1x4x4x2xf32>, memref<1x4x4x2xf32> -> %out : memref<1x4x4x2xf32>
    {stage = #kernel.output_f32<>, kernel = @tinyc_add_f32}
  return
}

// -----

func.func @main(%in: memref<1x4x4x2xf32>) {
  %y = memref.alloc() : memref<1x4x4x2xf32>
  %u = memref.alloc() : memref<1x4x4x2xf32>
  // expected-error @+1 {{cannot hand out 'mask' in rows: kernel.transpose runs whole before its last row is used}}
  kernel.transpose %in : memref<1x4x4x2xf32> -> %y : memref<1x4x4x2xf32>
    {permutation = array<i32: 0, 2, 1, 3>, kernel = @tinyc_transpose_f32}
  kernel.send %y -> 0 "mask" : memref<1x4x4x2xf32> {tensorType = tensor<1x4x4x2xf32>} loc("mask")
  return
}
