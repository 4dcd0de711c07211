// RUN: tinyc-opt %s -split-input-file -lower-verify-plan -verify-diagnostics

// Row 1 of the image has not been taken when the first row of the pool reads it.
!image = tensor<1x4x2x2x!quant.uniform<i8:f32, 0.5>>
func.func @model_run(%arena: memref<64xi8>) attributes {kernel.inputs = [{name = "image", type = !image, streamed, bytes = 16 : i64}],
    kernel.outputs = [{name = "y", type = !image, offset = 32 : i64, bytes = 16 : i64}]} {
  %c32 = arith.constant 32 : index
  %x = kernel.rows %arena [0, 4, 8, 12] : memref<64xi8> to memref<1x4x2x2xi8> loc("image")
  %y = memref.view %arena[%c32][] : memref<64xi8> to memref<1x4x2x2xi8> loc("y")
  kernel.stream steps [0, 1, 0, 0, 0, 1, 1, 1] {
    kernel.receive 0 "image" -> %x : memref<1x4x2x2xi8> {tensorType = !image, rowsPerStep = 1 : i32}
    // expected-error @+1 {{reads row 1 of the buffer 'image' before anything wrote it}}
    kernel.max_pool %x : memref<1x4x2x2xi8> -> %y : memref<1x4x2x2xi8> {window = #kernel.window<kernel = [3, 1], strides = [1, 1],
      dilations = [1, 1], pads = [1, 0]>, stage = #kernel.output_s8<zeroPoint = 0, clampMin = -128, clampMax = 127, shift = 0>,
      rowsPerStep = 1 : i32}
  }
  return
}

// -----

// The mask is handed out before it is computed; behind the stream it may lie anywhere.
!image = tensor<1x4x2x2x!quant.uniform<i8:f32, 0.5>>
func.func @model_run(%arena: memref<64xi8>) attributes {kernel.inputs = [{name = "image", type = !image, offset = 0 : i64, bytes = 16 : i64}],
    kernel.outputs = [{name = "mask", type = !image, streamed, bytes = 16 : i64}]} {
  %c0 = arith.constant 0 : index
  %x = memref.view %arena[%c0][] : memref<64xi8> to memref<1x4x2x2xi8> loc("image")
  %y = kernel.rows %arena [32, 32, 32, 32] : memref<64xi8> to memref<1x4x2x2xi8> loc("mask")
  kernel.stream steps [0, 1, 1, 0, 0, 1, 0, 1] {
    kernel.max_pool %x : memref<1x4x2x2xi8> -> %y : memref<1x4x2x2xi8> {window = #kernel.window<kernel = [3, 1], strides = [1, 1],
      dilations = [1, 1], pads = [1, 0]>, stage = #kernel.output_s8<zeroPoint = 0, clampMin = -128, clampMax = 127, shift = 0>,
      rowsPerStep = 1 : i32}
    // expected-error @+1 {{reads row 1 of the buffer 'mask' before anything wrote it}}
    kernel.send %y -> 0 "mask" : memref<1x4x2x2xi8> {tensorType = !image, rowsPerStep = 1 : i32}
  }
  return
}

// -----

// The row of the image lies where an input that is read later does.
!image = tensor<1x2x2x2x!quant.uniform<i8:f32, 0.5>>
func.func @model_run(%arena: memref<64xi8>) attributes {kernel.inputs = [
      {name = "image", type = !image, streamed, bytes = 8 : i64}, {name = "skip", type = !image, offset = 0 : i64, bytes = 8 : i64}],
    kernel.outputs = [{name = "y", type = !image, offset = 32 : i64, bytes = 8 : i64}]} {
  %c0 = arith.constant 0 : index
  %c32 = arith.constant 32 : index
  %s = memref.view %arena[%c0][] : memref<64xi8> to memref<1x2x2x2xi8> loc("skip")
  %x = kernel.rows %arena [4, 8] : memref<64xi8> to memref<1x2x2x2xi8> loc("image")
  %y = memref.view %arena[%c32][] : memref<64xi8> to memref<1x2x2x2xi8> loc("y")
  kernel.stream steps [0, 1, 0, 1] {
    kernel.receive 0 "image" -> %x : memref<1x2x2x2xi8> {tensorType = !image, rowsPerStep = 1 : i32}
    // expected-error @+1 {{reads row 1 of the buffer 'skip', which row 0 of 'image' has overwritten}}
    kernel.add %x, %s : memref<1x2x2x2xi8>, memref<1x2x2x2xi8> -> %y : memref<1x2x2x2xi8>
      {stage = #kernel.output_s8<zeroPoint = 0, clampMin = -128, clampMax = 127, shift = 20>, rowsPerStep = 1 : i32}
  }
  return
}
