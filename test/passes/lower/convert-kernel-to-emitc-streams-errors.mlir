// RUN: tinyc-opt %s -split-input-file -verify-diagnostics -lower-convert-kernel-to-emitc

func.func @model_run(%arena: memref<16xi8>) {
  %c0 = arith.constant 0 : index
  %x = memref.view %arena[%c0][] : memref<16xi8> to memref<1x2x2x1xf32>
  kernel.stream steps [0, 0] {
    // expected-error @+1 {{is not lowered: expects kernel.call in a kernel.stream}}
    kernel.sigmoid %x : memref<1x2x2x1xf32> -> %x : memref<1x2x2x1xf32> {rowsPerStep = 1 : i32}
  }
  return
}

// -----

func.func @model_run(%arena: memref<16xi8>) {
  %x = kernel.rows %arena [0, 8] : memref<16xi8> to memref<1x2x2x1xf32>
  // A call of the whole buffer.
  // expected-error @+1 {{expects buffers in the arena or in constants, got}}
  kernel.call @tinyc_sigmoid_f32(%x, %x, null) : memref<1x2x2x1xf32>, memref<1x2x2x1xf32> rows [0, 2]
    params <"tinyc_unary_f32_params", ["rows", "length"], [2 : i32, 2 : i32]>
  return
}
