// RUN: tinyc-opt %s -split-input-file -verify-diagnostics

func.func @steps(%arena: memref<256xi8>, %x: memref<1x5x4x8xi8>, %table: memref<256xi8>, %y: memref<1x5x4x8xi8>) {
  // expected-error @+1 {{expects steps from 0 to 0, got 1}}
  kernel.stream steps [0, 1] {
    kernel.lookup %x, %table : memref<1x5x4x8xi8>, memref<256xi8> -> %y : memref<1x5x4x8xi8> {rowsPerStep = 5 : i32}
  }
  return
}

// -----

func.func @steps_missing(%arena: memref<256xi8>, %x: memref<1x5x4x8xi8>, %table: memref<256xi8>, %y: memref<1x5x4x8xi8>) {
  kernel.stream steps [0, 0] {
    // expected-error @+1 {{has 2 steps, expects 3: 5 rows, 2 in a step}}
    kernel.lookup %x, %table : memref<1x5x4x8xi8>, memref<256xi8> -> %y : memref<1x5x4x8xi8> {rowsPerStep = 2 : i32}
  }
  return
}

// -----

func.func @other_op(%arena: memref<256xi8>, %x: memref<1x5x4x8xi8>, %table: memref<256xi8>, %y: memref<1x5x4x8xi8>) {
  kernel.stream steps [0] {
    // expected-error @+1 {{is no kernel op, and cannot be in a kernel.stream}}
    %c = arith.constant 0 : index
  }
  return
}

// -----

func.func @no_rows(%x: memref<2x2xf32>, %y: memref<2x2xf32>) {
  kernel.stream steps [0] {
    // expected-error @+1 {{cannot be executed by rows}}
    kernel.matmul %x, %y : memref<2x2xf32>, memref<2x2xf32> -> %x : memref<2x2xf32> {rowsPerStep = 1 : i32,
      stage = #kernel.output_f32<>}
  }
  return
}

// -----

func.func @rows_per_step(%arena: memref<256xi8>, %x: memref<1x5x4x8xi8>, %table: memref<256xi8>, %y: memref<1x5x4x8xi8>) {
  kernel.stream steps [0] {
    // expected-error @+1 {{expects rowsPerStep >= 1 in a kernel.stream, got 0}}
    kernel.lookup %x, %table : memref<1x5x4x8xi8>, memref<256xi8> -> %y : memref<1x5x4x8xi8>
  }
  return
}

// -----

func.func @rows_outside(%arena: memref<256xi8>, %x: memref<1x5x4x8xi8>, %table: memref<256xi8>, %y: memref<1x5x4x8xi8>) {
  // expected-error @+1 {{expects no rowsPerStep outside of a kernel.stream, got 1}}
  kernel.lookup %x, %table : memref<1x5x4x8xi8>, memref<256xi8> -> %y : memref<1x5x4x8xi8> {rowsPerStep = 1 : i32}
  return
}

// -----

func.func @bands(%arena: memref<256xi8>, %x: memref<1x5x4x8xi8>, %table: memref<256xi8>, %y: memref<1x5x4x8xi8>) {
  %t = kernel.rows %arena [0, 32, 64, 100, 0] : memref<256xi8> to memref<1x5x4x8xi8>
  kernel.stream steps [0, 0, 0] {
    // expected-error @+1 {{expects rows 2 to 3 of operand #2 side by side}}
    kernel.lookup %x, %table : memref<1x5x4x8xi8>, memref<256xi8> -> %t : memref<1x5x4x8xi8> {rowsPerStep = 2 : i32}
  }
  return
}

// -----

func.func @whole(%arena: memref<256xi8>, %x: memref<1x5x4x8xi8>, %table: memref<256xi8>, %y: memref<1x5x4x8xi8>) {
  %t = kernel.rows %arena [0, 32, 64, 96, 0] : memref<256xi8> to memref<1x5x4x8xi8>
  // expected-error @+1 {{touches operand #0 as a whole, expects no kernel.rows there}}
  kernel.lookup %t, %table : memref<1x5x4x8xi8>, memref<256xi8> -> %y : memref<1x5x4x8xi8>
  return
}

// -----

func.func @broadcast(%arena: memref<256xi8>, %x: memref<1x5x4x8xi8>, %table: memref<256xi8>, %y: memref<1x5x4x8xi8>) {
  %k = kernel.rows %arena [0] : memref<256xi8> to memref<1x1x4x8xi8>
  kernel.stream steps [0] {
    // expected-error @+1 {{touches operand #1 as a whole, expects no kernel.rows there}}
    kernel.add %x, %k : memref<1x5x4x8xi8>, memref<1x1x4x8xi8> -> %y : memref<1x5x4x8xi8> {rowsPerStep = 5 : i32,
      stage = #kernel.output_s8<zeroPoint = 0, clampMin = -128, clampMax = 127, shift = 20>}
  }
  return
}

// -----

func.func @offsets(%arena: memref<256xi8>, %x: memref<1x5x4x8xi8>, %table: memref<256xi8>, %y: memref<1x5x4x8xi8>) {
  // expected-error @+1 {{expects 5 offsets, got 4}}
  %t = kernel.rows %arena [0, 32, 64, 96] : memref<256xi8> to memref<1x5x4x8xi8>
  return
}

// -----

func.func @outside(%arena: memref<256xi8>, %x: memref<1x5x4x8xi8>, %table: memref<256xi8>, %y: memref<1x5x4x8xi8>) {
  // expected-error @+1 {{expects row 3, 32 bytes, inside of 'memref<256xi8>' at a multiple of 1, got the offset 225}}
  %t = kernel.rows %arena [0, 32, 64, 225, 0] : memref<256xi8> to memref<1x5x4x8xi8>
  return
}

// -----

func.func @negative(%arena: memref<256xi8>, %x: memref<1x5x4x8xi8>, %table: memref<256xi8>, %y: memref<1x5x4x8xi8>) {
  // expected-error @+1 {{expects row 1, 32 bytes, inside of 'memref<256xi8>' at a multiple of 1, got the offset -1}}
  %t = kernel.rows %arena [0, -1, 64, 96, 0] : memref<256xi8> to memref<1x5x4x8xi8>
  return
}

// -----

func.func @elements(%arena: memref<256xi8>, %x: memref<1x5x4x8xi8>, %table: memref<256xi8>, %y: memref<1x5x4x8xi8>) {
  // expected-error @+1 {{expects row 1, 16 bytes, inside of 'memref<256xi8>' at a multiple of 4, got the offset 18}}
  %t = kernel.rows %arena [0, 18] : memref<256xi8> to memref<1x2x2x2xf32>
  return
}

// -----

func.func @rank(%arena: memref<256xi8>, %x: memref<1x5x4x8xi8>, %table: memref<256xi8>, %y: memref<1x5x4x8xi8>) {
  // expected-error @+1 {{expects a result [1, height, width, channels] without an offset, got 'memref<5x32xi8>'}}
  %t = kernel.rows %arena [0, 32, 64, 96, 0] : memref<256xi8> to memref<5x32xi8>
  return
}

// -----

func.func @sum_shape(%x: memref<1x3x4x8xi8>, %s: memref<4xi32>) {
  // expected-error @+1 {{expects input [1, H, W, C] and output [C], got 'memref<1x3x4x8xi8>' and 'memref<4xi32>'}}
  kernel.sum_rows %x : memref<1x3x4x8xi8> -> %s : memref<4xi32>
  return
}

// -----

func.func @sum_type(%x: memref<1x3x4x8xi8>, %s: memref<8xf32>) {
  // expected-error @+1 {{expects i8 input and i32 output, or f32 for both, got 'i8' and 'f32'}}
  kernel.sum_rows %x : memref<1x3x4x8xi8> -> %s : memref<8xf32>
  return
}

// -----

func.func @average_shape(%s: memref<8xf32>, %y: memref<1x1x2x4xf32>) {
  // expected-error @+1 {{expects input [C] and output [1, 1, 1, C], got 'memref<8xf32>' and 'memref<1x1x2x4xf32>'}}
  kernel.average %s : memref<8xf32> -> %y : memref<1x1x2x4xf32> {count = 1 : i32, stage = #kernel.output_f32<>}
  return
}

// -----

func.func @average_type(%s: memref<8xi32>, %y: memref<1x1x1x8xf32>) {
  // expected-error @+1 {{expects i32 input and i8 output, or f32 for both, got 'i32' and 'f32'}}
  kernel.average %s : memref<8xi32> -> %y : memref<1x1x1x8xf32> {count = 1 : i32, stage = #kernel.output_f32<>}
  return
}

// -----

func.func @average_multipliers(%s: memref<8xf32>, %m: memref<1xi32>, %y: memref<1x1x1x8xf32>) {
  // expected-error @+1 {{expects multipliers for i8 buffers and none for f32 buffers}}
  kernel.average %s multipliers %m : memref<1xi32> : memref<8xf32> -> %y : memref<1x1x1x8xf32> {count = 1 : i32, stage = #kernel.output_f32<>}
  return
}

// -----

func.func @average_multiplier(%s: memref<8xi32>, %m: memref<2xi32>, %y: memref<1x1x1x8xi8>) {
  // expected-error @+1 {{expects 1 multiplier, got 'memref<2xi32>'}}
  kernel.average %s multipliers %m : memref<2xi32> : memref<8xi32> -> %y : memref<1x1x1x8xi8> {count = 1 : i32, stage = #kernel.output_s8<zeroPoint = 0, clampMin = -128, clampMax = 127, shift = 32>}
  return
}

// -----

func.func @average_count(%s: memref<8xf32>, %y: memref<1x1x1x8xf32>) {
  // expected-error @+1 {{expects count >= 1, got 0}}
  kernel.average %s : memref<8xf32> -> %y : memref<1x1x1x8xf32> {count = 0 : i32, stage = #kernel.output_f32<>}
  return
}

// -----

func.func @call_without_step(%arena: memref<256xi8>, %x: memref<1x5x4x8xi8>, %table: memref<256xi8>, %y: memref<1x5x4x8xi8>) {
  kernel.stream steps [0] {
    // expected-error @+1 {{expects a step in a kernel.stream}}
    kernel.call @f(%x, %table, null) : memref<1x5x4x8xi8>, memref<256xi8> rows [0, 5] params <"t", [], []>
  }
  return
}

// -----

func.func @call_outside(%arena: memref<256xi8>, %x: memref<1x5x4x8xi8>, %table: memref<256xi8>, %y: memref<1x5x4x8xi8>) {
    // expected-error @+1 {{expects to be in a kernel.stream: it has a step}}
    kernel.call @f(%x, %table, null) : memref<1x5x4x8xi8>, memref<256xi8> rows [0, 5] params <"t", [], []> step <rows = 1, scale = 1, bands = [], tables = []>
  return
}

// -----

func.func @call_band(%arena: memref<256xi8>, %x: memref<1x5x4x8xi8>, %table: memref<256xi8>, %y: memref<1x5x4x8xi8>) {
  kernel.stream steps [0] {
    // expected-error @+1 {{expects argument #1 to be a buffer [1, height, width, channels]}}
    kernel.call @f(%x, %table, null) : memref<1x5x4x8xi8>, memref<256xi8> rows [0, 5] params <"t", [], []> step <rows = 5, scale = 1, bands = [1], tables = []>
  }
  return
}

// -----

func.func @call_null_band(%arena: memref<256xi8>, %x: memref<1x5x4x8xi8>, %table: memref<256xi8>, %y: memref<1x5x4x8xi8>) {
  kernel.stream steps [0] {
    // expected-error @+1 {{expects argument #2 to be a buffer [1, height, width, channels]}}
    kernel.call @f(%x, %table, null) : memref<1x5x4x8xi8>, memref<256xi8> rows [0, 5] params <"t", [], []> step <rows = 5, scale = 1, bands = [2], tables = []>
  }
  return
}

// -----

func.func @call_table(%arena: memref<256xi8>, %x: memref<1x5x4x8xi8>, %table: memref<256xi8>, %y: memref<1x5x4x8xi8>) {
  kernel.stream steps [0] {
    // expected-error @+1 {{expects argument #0 to be a kernel.rows}}
    kernel.call @f(%x, %table, null) : memref<1x5x4x8xi8>, memref<256xi8> rows [0, 5] params <"t", [], []> step <rows = 5, scale = 0, bands = [], tables = [0]>
  }
  return
}

// -----

func.func @call_steps(%arena: memref<256xi8>, %x: memref<1x5x4x8xi8>, %table: memref<256xi8>, %y: memref<1x5x4x8xi8>) {
  kernel.stream steps [0] {
    // expected-error @+1 {{has 1 steps, expects 2: 5 rows, 3 in a step}}
    kernel.call @f(%x, %table, null) : memref<1x5x4x8xi8>, memref<256xi8> rows [0, 5] params <"t", [], []> step <rows = 3, scale = 0, bands = [0], tables = []>
  }
  return
}

// -----

func.func @step_rows(%arena: memref<256xi8>, %x: memref<1x5x4x8xi8>, %table: memref<256xi8>, %y: memref<1x5x4x8xi8>) {
  kernel.stream steps [0] {
    // expected-error @+1 {{expects rows >= 1 and scale >= 0, got 0 and 1}}
    kernel.call @f(%x, %table, null) : memref<1x5x4x8xi8>, memref<256xi8> rows [0, 5] params <"t", [], []> step <rows = 0, scale = 1, bands = [], tables = []>
  }
  return
}

// -----

// Rows of the output that come from other rows of the input, or from none.
func.func @padded_rows(%x: memref<1x5x4x8xi8>, %y: memref<1x6x4x8xi8>) {
  kernel.stream steps [0, 0, 0, 0, 0, 0] {
    // expected-error @+1 {{cannot be executed by rows}}
    kernel.pad %x : memref<1x5x4x8xi8> -> %y : memref<1x6x4x8xi8> {rowsPerStep = 1 : i32,
      before = array<i32: 0, 1, 0, 0>, after = array<i32: 0, 0, 0, 0>, value = 0 : i32}
  }
  return
}

// -----

func.func @moved_rows(%x: memref<1x5x4x8xi8>, %y: memref<1x5x4x8xi8>) {
  kernel.stream steps [0, 0, 0, 0, 0] {
    // expected-error @+1 {{cannot be executed by rows}}
    kernel.copy %x : memref<1x5x4x8xi8> -> %y : memref<1x5x4x8xi8> {rowsPerStep = 1 : i32,
      blocks = 5 : i32, length = 16 : i32, inputPitch = 16 : i32, outputPitch = 32 : i32, outputOffset = 0 : i32}
  }
  return
}

// -----

func.func @transposed_rows(%x: memref<1x5x4x8xi8>, %y: memref<1x4x5x8xi8>) {
  kernel.stream steps [0, 0, 0, 0] {
    // expected-error @+1 {{cannot be executed by rows}}
    kernel.transpose %x : memref<1x5x4x8xi8> -> %y : memref<1x4x5x8xi8> {rowsPerStep = 1 : i32,
      permutation = array<i32: 0, 2, 1, 3>}
  }
  return
}
