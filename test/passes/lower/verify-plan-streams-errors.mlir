// RUN: tinyc-opt %s -lower-verify-plan="alignment=16 sram=256" -split-input-file -verify-diagnostics
// The plans of verify-plan-streams.mlir, each with one fault. Rows have 16 bytes.

// Row 0 of y before row 1 of t.
memref.global "private" constant @table : memref<256xi8> = dense<1>
func.func @early(%arena: memref<112xi8>) attributes {
    kernel.inputs = [{name = "x", offset = 0 : i64, bytes = 64 : i64}],
    kernel.outputs = [{name = "y", offset = 0 : i64, bytes = 64 : i64}]} {
  %c0 = arith.constant 0 : index
  %table = memref.get_global @table : memref<256xi8>
  %x = memref.view %arena[%c0][] : memref<112xi8> to memref<1x4x2x8xi8> loc("x")
  %t = kernel.rows %arena [64, 80, 96, 64] : memref<112xi8> to memref<1x4x2x8xi8> loc("t")
  %y = memref.view %arena[%c0][] : memref<112xi8> to memref<1x4x2x8xi8> loc("y")
  kernel.stream steps [0, 1, 0, 0, 1, 0, 1, 1] {
    kernel.lookup %x, %table : memref<1x4x2x8xi8>, memref<256xi8> -> %t : memref<1x4x2x8xi8> {rowsPerStep = 1 : i32}
    // expected-error @+1 {{'kernel.max_pool' op in step 1, for its rows [0, 1), reads row 1 of the buffer 't' before anything wrote it}}
    kernel.max_pool %t : memref<1x4x2x8xi8> -> %y : memref<1x4x2x8xi8> {rowsPerStep = 1 : i32,
      window = #kernel.window<kernel = [3, 1], strides = [1, 1], dilations = [1, 1], pads = [1, 0]>,
      stage = #kernel.output_s8<zeroPoint = 0, clampMin = -128, clampMax = 127, shift = 32>}
  }
  return
}

// -----

// Two places are not enough for three rows.
memref.global "private" constant @table : memref<256xi8> = dense<1>
func.func @ring(%arena: memref<112xi8>) attributes {
    kernel.inputs = [{name = "x", offset = 0 : i64, bytes = 64 : i64}],
    kernel.outputs = [{name = "y", offset = 0 : i64, bytes = 64 : i64}]} {
  %c0 = arith.constant 0 : index
  %table = memref.get_global @table : memref<256xi8>
  %x = memref.view %arena[%c0][] : memref<112xi8> to memref<1x4x2x8xi8> loc("x")
  %t = kernel.rows %arena [64, 80, 64, 80] : memref<112xi8> to memref<1x4x2x8xi8> loc("t")
  %y = memref.view %arena[%c0][] : memref<112xi8> to memref<1x4x2x8xi8> loc("y")
  kernel.stream steps [0, 0, 1, 0, 1, 0, 1, 1] {
    kernel.lookup %x, %table : memref<1x4x2x8xi8>, memref<256xi8> -> %t : memref<1x4x2x8xi8> {rowsPerStep = 1 : i32}
    // expected-error @+1 {{'kernel.max_pool' op in step 4, for its rows [1, 2), reads row 0 of the buffer 't', which row 2 of 't' has overwritten}}
    kernel.max_pool %t : memref<1x4x2x8xi8> -> %y : memref<1x4x2x8xi8> {rowsPerStep = 1 : i32,
      window = #kernel.window<kernel = [3, 1], strides = [1, 1], dilations = [1, 1], pads = [1, 0]>,
      stage = #kernel.output_s8<zeroPoint = 0, clampMin = -128, clampMax = 127, shift = 32>}
  }
  return
}

// -----

// Row 3 of t takes the place of row 0 before the last step that needs it.
memref.global "private" constant @table : memref<256xi8> = dense<1>
func.func @late(%arena: memref<112xi8>) attributes {
    kernel.inputs = [{name = "x", offset = 0 : i64, bytes = 64 : i64}],
    kernel.outputs = [{name = "y", offset = 0 : i64, bytes = 64 : i64}]} {
  %c0 = arith.constant 0 : index
  %table = memref.get_global @table : memref<256xi8>
  %x = memref.view %arena[%c0][] : memref<112xi8> to memref<1x4x2x8xi8> loc("x")
  %t = kernel.rows %arena [64, 80, 96, 64] : memref<112xi8> to memref<1x4x2x8xi8> loc("t")
  %y = memref.view %arena[%c0][] : memref<112xi8> to memref<1x4x2x8xi8> loc("y")
  kernel.stream steps [0, 0, 1, 0, 0, 1, 1, 1] {
    kernel.lookup %x, %table : memref<1x4x2x8xi8>, memref<256xi8> -> %t : memref<1x4x2x8xi8> {rowsPerStep = 1 : i32}
    // expected-error @+1 {{'kernel.max_pool' op in step 5, for its rows [1, 2), reads row 0 of the buffer 't', which row 3 of 't' has overwritten}}
    kernel.max_pool %t : memref<1x4x2x8xi8> -> %y : memref<1x4x2x8xi8> {rowsPerStep = 1 : i32,
      window = #kernel.window<kernel = [3, 1], strides = [1, 1], dilations = [1, 1], pads = [1, 0]>,
      stage = #kernel.output_s8<zeroPoint = 0, clampMin = -128, clampMax = 127, shift = 32>}
  }
  return
}

// -----

// y runs two rows ahead of the place of x that is free: its row 0 lies over row 2 of x.
memref.global "private" constant @table : memref<256xi8> = dense<1>
func.func @input(%arena: memref<144xi8>) attributes {
    kernel.inputs = [{name = "x", offset = 0 : i64, bytes = 64 : i64}],
    kernel.outputs = [{name = "y", offset = 32 : i64, bytes = 64 : i64}]} {
  %c0 = arith.constant 0 : index
  %c32 = arith.constant 32 : index
  %table = memref.get_global @table : memref<256xi8>
  %x = memref.view %arena[%c0][] : memref<144xi8> to memref<1x4x2x8xi8> loc("x")
  %t = kernel.rows %arena [96, 112, 128, 96] : memref<144xi8> to memref<1x4x2x8xi8> loc("t")
  %y = memref.view %arena[%c32][] : memref<144xi8> to memref<1x4x2x8xi8> loc("y")
  kernel.stream steps [0, 0, 1, 0, 1, 0, 1, 1] {
    // expected-error @+1 {{'kernel.lookup' op in step 3, for its rows [2, 3), reads row 2 of the buffer 'x', which 'y' has overwritten}}
    kernel.lookup %x, %table : memref<1x4x2x8xi8>, memref<256xi8> -> %t : memref<1x4x2x8xi8> {rowsPerStep = 1 : i32}
    kernel.max_pool %t : memref<1x4x2x8xi8> -> %y : memref<1x4x2x8xi8> {rowsPerStep = 1 : i32,
      window = #kernel.window<kernel = [3, 1], strides = [1, 1], dilations = [1, 1], pads = [1, 0]>,
      stage = #kernel.output_s8<zeroPoint = 0, clampMin = -128, clampMax = 127, shift = 32>}
  }
  return
}

// -----

// Row 0 of y over row 1 of t, which the same step reads.
memref.global "private" constant @table : memref<256xi8> = dense<1>
func.func @operand(%arena: memref<144xi8>) attributes {
    kernel.inputs = [{name = "x", offset = 0 : i64, bytes = 64 : i64}],
    kernel.outputs = [{name = "y", offset = 80 : i64, bytes = 64 : i64}]} {
  %c0 = arith.constant 0 : index
  %c80 = arith.constant 80 : index
  %table = memref.get_global @table : memref<256xi8>
  %x = memref.view %arena[%c0][] : memref<144xi8> to memref<1x4x2x8xi8> loc("x")
  %t = kernel.rows %arena [64, 80, 96, 64] : memref<144xi8> to memref<1x4x2x8xi8> loc("t")
  %y = memref.view %arena[%c80][] : memref<144xi8> to memref<1x4x2x8xi8> loc("y")
  kernel.stream steps [0, 0, 1, 0, 1, 0, 1, 1] {
    kernel.lookup %x, %table : memref<1x4x2x8xi8>, memref<256xi8> -> %t : memref<1x4x2x8xi8> {rowsPerStep = 1 : i32}
    // expected-error @+1 {{'kernel.max_pool' op in step 2, for its rows [0, 1), writes its output over operand #0, which it may not}}
    kernel.max_pool %t : memref<1x4x2x8xi8> -> %y : memref<1x4x2x8xi8> {rowsPerStep = 1 : i32,
      window = #kernel.window<kernel = [3, 1], strides = [1, 1], dilations = [1, 1], pads = [1, 0]>,
      stage = #kernel.output_s8<zeroPoint = 0, clampMin = -128, clampMax = 127, shift = 32>}
  }
  return
}

// -----

// Row 3 of t, which the last step reads, would be fine; but row 2 of it lies over row 0 of y, which is a result.
memref.global "private" constant @table : memref<256xi8> = dense<1>
// expected-error @+1 {{does not leave the output 'y' at its place at the end}}
func.func @output(%arena: memref<112xi8>) attributes {
    kernel.inputs = [{name = "x", offset = 0 : i64, bytes = 64 : i64}],
    kernel.outputs = [{name = "y", offset = 0 : i64, bytes = 64 : i64}]} {
  %c0 = arith.constant 0 : index
  %table = memref.get_global @table : memref<256xi8>
  %x = memref.view %arena[%c0][] : memref<112xi8> to memref<1x4x2x8xi8> loc("x")
  %t = kernel.rows %arena [64, 80, 0, 64] : memref<112xi8> to memref<1x4x2x8xi8> loc("t")
  %y = memref.view %arena[%c0][] : memref<112xi8> to memref<1x4x2x8xi8> loc("y")
  kernel.stream steps [0, 0, 1, 0, 1, 0, 1, 1] {
    kernel.lookup %x, %table : memref<1x4x2x8xi8>, memref<256xi8> -> %t : memref<1x4x2x8xi8> {rowsPerStep = 1 : i32}
    kernel.max_pool %t : memref<1x4x2x8xi8> -> %y : memref<1x4x2x8xi8> {rowsPerStep = 1 : i32,
      window = #kernel.window<kernel = [3, 1], strides = [1, 1], dilations = [1, 1], pads = [1, 0]>,
      stage = #kernel.output_s8<zeroPoint = 0, clampMin = -128, clampMax = 127, shift = 32>}
  }
  return
}

// -----

// A kernel that loads words expects them aligned.
memref.global "private" constant @table : memref<256xi8> = dense<1>
func.func @misaligned(%arena: memref<128xi8>) attributes {
    kernel.inputs = [{name = "x", offset = 0 : i64, bytes = 64 : i64}],
    kernel.outputs = [{name = "y", offset = 0 : i64, bytes = 64 : i64}]} {
  %c0 = arith.constant 0 : index
  %table = memref.get_global @table : memref<256xi8>
  %x = memref.view %arena[%c0][] : memref<128xi8> to memref<1x4x2x8xi8> loc("x")
  // expected-error @unknown {{row 1 lies at byte 82, expects a multiple of 4}}
  %t = kernel.rows %arena [64, 82, 100, 64] : memref<128xi8> to memref<1x4x2x8xi8> loc("t")
  %y = memref.view %arena[%c0][] : memref<128xi8> to memref<1x4x2x8xi8> loc("y")
  kernel.stream steps [0, 0, 1, 0, 1, 0, 1, 1] {
    kernel.lookup %x, %table : memref<1x4x2x8xi8>, memref<256xi8> -> %t : memref<1x4x2x8xi8> {rowsPerStep = 1 : i32}
    kernel.max_pool %t : memref<1x4x2x8xi8> -> %y : memref<1x4x2x8xi8> {rowsPerStep = 1 : i32,
      window = #kernel.window<kernel = [3, 1], strides = [1, 1], dilations = [1, 1], pads = [1, 0]>,
      stage = #kernel.output_s8<zeroPoint = 0, clampMin = -128, clampMax = 127, shift = 32>}
  }
  return
}

// -----

// Scratch over a row that the step reads: row 1 of t.
memref.global "private" constant @table : memref<256xi8> = dense<1>
func.func @scratch_operand(%arena: memref<112xi8>) attributes {
    kernel.inputs = [{name = "x", offset = 0 : i64, bytes = 64 : i64}],
    kernel.outputs = [{name = "y", offset = 0 : i64, bytes = 64 : i64}]} {
  %c0 = arith.constant 0 : index
  %c80 = arith.constant 80 : index
  %table = memref.get_global @table : memref<256xi8>
  %x = memref.view %arena[%c0][] : memref<112xi8> to memref<1x4x2x8xi8> loc("x")
  %t = kernel.rows %arena [64, 80, 96, 64] : memref<112xi8> to memref<1x4x2x8xi8> loc("t")
  %y = memref.view %arena[%c0][] : memref<112xi8> to memref<1x4x2x8xi8> loc("y")
  %s = memref.view %arena[%c80][] : memref<112xi8> to memref<16xi8> loc("s")
  kernel.stream steps [0, 0, 1, 0, 1, 0, 1, 1] {
    kernel.lookup %x, %table : memref<1x4x2x8xi8>, memref<256xi8> -> %t : memref<1x4x2x8xi8> {rowsPerStep = 1 : i32}
    // expected-error @+1 {{'kernel.max_pool' op in step 2, for its rows [0, 1), has a scratch buffer that overlaps operand #0}}
    kernel.max_pool %t : memref<1x4x2x8xi8> -> %y : memref<1x4x2x8xi8>
      scratch %s : memref<16xi8> {rowsPerStep = 1 : i32,
      window = #kernel.window<kernel = [3, 1], strides = [1, 1], dilations = [1, 1], pads = [1, 0]>,
      stage = #kernel.output_s8<zeroPoint = 0, clampMin = -128, clampMax = 127, shift = 32>}
  }
  return
}

// -----

// Scratch over the row that the step writes: row 0 of t.
memref.global "private" constant @table : memref<256xi8> = dense<1>
func.func @scratch_output(%arena: memref<112xi8>) attributes {
    kernel.inputs = [{name = "x", offset = 0 : i64, bytes = 64 : i64}],
    kernel.outputs = [{name = "y", offset = 0 : i64, bytes = 64 : i64}]} {
  %c0 = arith.constant 0 : index
  %c64 = arith.constant 64 : index
  %table = memref.get_global @table : memref<256xi8>
  %x = memref.view %arena[%c0][] : memref<112xi8> to memref<1x4x2x8xi8> loc("x")
  %t = kernel.rows %arena [64, 80, 96, 64] : memref<112xi8> to memref<1x4x2x8xi8> loc("t")
  %y = memref.view %arena[%c0][] : memref<112xi8> to memref<1x4x2x8xi8> loc("y")
  %s = memref.view %arena[%c64][] : memref<112xi8> to memref<16xi8> loc("s")
  kernel.stream steps [0, 0, 1, 0, 1, 0, 1, 1] {
    // expected-error @+1 {{'kernel.lookup' op in step 0, for its rows [0, 1), has a scratch buffer that overlaps its output}}
    kernel.lookup %x, %table : memref<1x4x2x8xi8>, memref<256xi8> -> %t : memref<1x4x2x8xi8> scratch %s : memref<16xi8> {rowsPerStep = 1 : i32}
    kernel.max_pool %t : memref<1x4x2x8xi8> -> %y : memref<1x4x2x8xi8> {rowsPerStep = 1 : i32,
      window = #kernel.window<kernel = [3, 1], strides = [1, 1], dilations = [1, 1], pads = [1, 0]>,
      stage = #kernel.output_s8<zeroPoint = 0, clampMin = -128, clampMax = 127, shift = 32>}
  }
  return
}

// -----

// Scratch of the first op over row 0 of t, found when that is read.
memref.global "private" constant @table : memref<256xi8> = dense<1>
func.func @scratch_row(%arena: memref<128xi8>) attributes {
    kernel.inputs = [{name = "x", offset = 0 : i64, bytes = 64 : i64}],
    kernel.outputs = [{name = "y", offset = 0 : i64, bytes = 64 : i64}]} {
  %c0 = arith.constant 0 : index
  %c112 = arith.constant 112 : index
  %table = memref.get_global @table : memref<256xi8>
  %x = memref.view %arena[%c0][] : memref<128xi8> to memref<1x4x2x8xi8> loc("x")
  %t = kernel.rows %arena [64, 112, 80, 96] : memref<128xi8> to memref<1x4x2x8xi8> loc("t")
  %y = memref.view %arena[%c0][] : memref<128xi8> to memref<1x4x2x8xi8> loc("y")
  %s = memref.view %arena[%c112][] : memref<128xi8> to memref<16xi8> loc("s")
  kernel.stream steps [0, 0, 1, 0, 1, 0, 1, 1] {
    // expected-error @+1 {{'kernel.lookup' op in step 1, for its rows [1, 2), has a scratch buffer that overlaps its output}}
    kernel.lookup %x, %table : memref<1x4x2x8xi8>, memref<256xi8> -> %t : memref<1x4x2x8xi8> scratch %s : memref<16xi8> {rowsPerStep = 1 : i32}
    kernel.max_pool %t : memref<1x4x2x8xi8> -> %y : memref<1x4x2x8xi8> {rowsPerStep = 1 : i32,
      window = #kernel.window<kernel = [3, 1], strides = [1, 1], dilations = [1, 1], pads = [1, 0]>,
      stage = #kernel.output_s8<zeroPoint = 0, clampMin = -128, clampMax = 127, shift = 32>}
  }
  return
}

// -----

// The scratch of the pool, 16 bytes over row 3 of x, which a later step reads.
memref.global "private" constant @table : memref<256xi8> = dense<1>
func.func @scratch_later(%arena: memref<176xi8>) attributes {
    kernel.inputs = [{name = "x", offset = 0 : i64, bytes = 64 : i64}],
    kernel.outputs = [{name = "y", offset = 112 : i64, bytes = 64 : i64}]} {
  %c0 = arith.constant 0 : index
  %c48 = arith.constant 48 : index
  %c112 = arith.constant 112 : index
  %table = memref.get_global @table : memref<256xi8>
  %x = memref.view %arena[%c0][] : memref<176xi8> to memref<1x4x2x8xi8> loc("x")
  %t = kernel.rows %arena [64, 80, 96, 64] : memref<176xi8> to memref<1x4x2x8xi8> loc("t")
  %y = memref.view %arena[%c112][] : memref<176xi8> to memref<1x4x2x8xi8> loc("y")
  %s = memref.view %arena[%c48][] : memref<176xi8> to memref<16xi8> loc("s")
  kernel.stream steps [0, 0, 1, 0, 1, 0, 1, 1] {
    // expected-error @+1 {{'kernel.lookup' op in step 5, for its rows [3, 4), reads row 3 of the buffer 'x', which 's' has overwritten}}
    kernel.lookup %x, %table : memref<1x4x2x8xi8>, memref<256xi8> -> %t : memref<1x4x2x8xi8> {rowsPerStep = 1 : i32}
    kernel.max_pool %t : memref<1x4x2x8xi8> -> %y : memref<1x4x2x8xi8>
      scratch %s : memref<16xi8> {rowsPerStep = 1 : i32,
      window = #kernel.window<kernel = [3, 1], strides = [1, 1], dilations = [1, 1], pads = [1, 0]>,
      stage = #kernel.output_s8<zeroPoint = 0, clampMin = -128, clampMax = 127, shift = 32>}
  }
  return
}

// -----

// The sum in place over t, two rows at a time, but one row further.
memref.global "private" constant @table : memref<256xi8> = dense<1>
func.func @shifted(%arena: memref<224xi8>) attributes {
    kernel.inputs = [{name = "x", offset = 0 : i64, bytes = 64 : i64}],
    kernel.outputs = [{name = "z", offset = 128 : i64, bytes = 64 : i64}]} {
  %c0 = arith.constant 0 : index
  %c128 = arith.constant 128 : index
  %table = memref.get_global @table : memref<256xi8>
  %x = memref.view %arena[%c0][] : memref<224xi8> to memref<1x4x2x8xi8> loc("x")
  %t = kernel.rows %arena [64, 80, 64, 80] : memref<224xi8> to memref<1x4x2x8xi8> loc("t")
  %s = kernel.rows %arena [64, 80, 80, 96] : memref<224xi8> to memref<1x4x2x8xi8> loc("s")
  %z = memref.view %arena[%c128][] : memref<224xi8> to memref<1x4x2x8xi8> loc("z")
  kernel.stream steps [0, 1, 2, 0, 1, 2] {
    kernel.lookup %x, %table : memref<1x4x2x8xi8>, memref<256xi8> -> %t : memref<1x4x2x8xi8> {rowsPerStep = 2 : i32}
    // expected-error @+1 {{'kernel.add' op in step 4, for its rows [2, 4), writes its output over operand #0 at another address}}
    kernel.add %t, %x : memref<1x4x2x8xi8>, memref<1x4x2x8xi8> -> %s : memref<1x4x2x8xi8> {rowsPerStep = 2 : i32,
      stage = #kernel.output_s8<zeroPoint = 0, clampMin = -128, clampMax = 127, shift = 20>}
    kernel.lookup %s, %table : memref<1x4x2x8xi8>, memref<256xi8> -> %z : memref<1x4x2x8xi8> {rowsPerStep = 2 : i32}
  }
  return
}

// -----

// Row 2 of t lies over the sums of rows 0 and 1.
memref.global "private" constant @table : memref<256xi8> = dense<1>
func.func @sums(%arena: memref<112xi8>) attributes {
    kernel.inputs = [{name = "x", offset = 0 : i64, bytes = 64 : i64}],
    kernel.outputs = [{name = "sums", offset = 80 : i64, bytes = 32 : i64}]} {
  %c0 = arith.constant 0 : index
  %c80 = arith.constant 80 : index
  %table = memref.get_global @table : memref<256xi8>
  %x = memref.view %arena[%c0][] : memref<112xi8> to memref<1x4x2x8xi8> loc("x")
  %t = kernel.rows %arena [64, 64, 96, 64] : memref<112xi8> to memref<1x4x2x8xi8> loc("t")
  %sums = memref.view %arena[%c80][] : memref<112xi8> to memref<8xi32> loc("sums")
  kernel.stream steps [0, 1, 0, 1, 0, 1, 0, 1] {
    kernel.lookup %x, %table : memref<1x4x2x8xi8>, memref<256xi8> -> %t : memref<1x4x2x8xi8> {rowsPerStep = 1 : i32}
    // expected-error @+1 {{'kernel.sum_rows' op in step 5, for its rows [2, 3), reads the buffer 'sums', which row 2 of 't' has overwritten}}
    kernel.sum_rows %t : memref<1x4x2x8xi8> -> %sums : memref<8xi32> {rowsPerStep = 1 : i32}
  }
  return
}

// -----

// One copy of two is missing: every pixel of y has its first half alone.
func.func @channels(%arena: memref<160xi8>) attributes {
    kernel.inputs = [{name = "a", offset = 0 : i64, bytes = 32 : i64}],
    kernel.outputs = [{name = "z", offset = 96 : i64, bytes = 64 : i64}]} {
  %c0 = arith.constant 0 : index
  %c96 = arith.constant 96 : index
  %a = memref.view %arena[%c0][] : memref<160xi8> to memref<1x2x4x4xi8> loc("a")
  %y = kernel.rows %arena [64, 64] : memref<160xi8> to memref<1x2x4x8xi8> loc("y")
  %z = memref.view %arena[%c96][] : memref<160xi8> to memref<1x2x4x8xi8> loc("z")
  kernel.stream steps [0, 1, 0, 1] {
    kernel.copy %a : memref<1x2x4x4xi8> -> %y : memref<1x2x4x8xi8> {rowsPerStep = 1 : i32,
      blocks = 8 : i32, length = 4 : i32, inputPitch = 4 : i32, outputPitch = 8 : i32, outputOffset = 0 : i32}
    // expected-error @+1 {{'kernel.copy' op in step 1, for its rows [0, 1), reads row 0 of the buffer 'y' outside of what was written}}
    kernel.copy %y : memref<1x2x4x8xi8> -> %z : memref<1x2x4x8xi8> {rowsPerStep = 1 : i32,
      blocks = 2 : i32, length = 32 : i32, inputPitch = 32 : i32, outputPitch = 32 : i32, outputOffset = 0 : i32}
  }
  return
}

// -----

// 272 bytes of arena. Most are needed in step 2, the first of the sum: all of x (4 * 16), of which it is the last to read row
// 0, both rows of t, and row 0 of s.
memref.global "private" constant @table : memref<256xi8> = dense<1>
func.func @budget(%arena: memref<272xi8>) attributes {
    kernel.inputs = [{name = "x", offset = 0 : i64, bytes = 64 : i64}],
    kernel.outputs = [{name = "y", offset = 208 : i64, bytes = 64 : i64}]} {
  %c0 = arith.constant 0 : index
  %c208 = arith.constant 208 : index
  %table = memref.get_global @table : memref<256xi8>
  %x = memref.view %arena[%c0][] : memref<272xi8> to memref<1x4x2x8xi8> loc("x")
  %t = kernel.rows %arena [64, 80, 64, 80] : memref<272xi8> to memref<1x4x2x8xi8> loc("t")
  %s = kernel.rows %arena [96, 112, 96, 112] : memref<272xi8> to memref<1x4x2x8xi8> loc("s")
  %y = memref.view %arena[%c208][] : memref<272xi8> to memref<1x4x2x8xi8> loc("y")
  kernel.stream steps [0, 0, 1, 1, 2, 2, 0, 0, 1, 1, 2, 2] {
    kernel.lookup %x, %table : memref<1x4x2x8xi8>, memref<256xi8> -> %t : memref<1x4x2x8xi8> {rowsPerStep = 1 : i32}
    // expected-error @unknown {{needs 272 bytes of SRAM, 16 more than the budget of 256; peak at op 'sum' (kernel.add), 112 bytes live: 'x' (64), 't' (32), 's' (16)}}
    kernel.add %t, %x : memref<1x4x2x8xi8>, memref<1x4x2x8xi8> -> %s : memref<1x4x2x8xi8> {rowsPerStep = 1 : i32,
      stage = #kernel.output_s8<zeroPoint = 0, clampMin = -128, clampMax = 127, shift = 20>} loc("sum")
    kernel.lookup %s, %table : memref<1x4x2x8xi8>, memref<256xi8> -> %y : memref<1x4x2x8xi8> {rowsPerStep = 1 : i32}
  }
  return
}

// -----

// Row 2 of the input arrives before row 0 of y, which needs rows 0 and 1, in the place of row 0.
func.func @received(%arena: memref<48xi8>) attributes {
    kernel.inputs = [{name = "x", bytes = 64 : i64, streamed}], kernel.outputs = [{name = "y", bytes = 64 : i64, streamed}]} {
  %x = kernel.rows %arena [0, 16, 0, 16] : memref<48xi8> to memref<1x4x2x8xi8> loc("x")
  %y = kernel.rows %arena [32, 32, 32, 32] : memref<48xi8> to memref<1x4x2x8xi8> loc("y")
  kernel.stream steps [0, 0, 0, 1, 2, 1, 2, 0, 1, 2, 1, 2] {
    kernel.receive 0 "x" -> %x : memref<1x4x2x8xi8> {rowsPerStep = 1 : i32, tensorType = tensor<1x4x2x8xi8>}
    // expected-error @+1 {{'kernel.max_pool' op in step 3, for its rows [0, 1), reads row 0 of the buffer 'x', which row 2 of 'x' has overwritten}}
    kernel.max_pool %x : memref<1x4x2x8xi8> -> %y : memref<1x4x2x8xi8> {rowsPerStep = 1 : i32,
      window = #kernel.window<kernel = [2, 1], strides = [1, 1], dilations = [1, 1], pads = [0, 0]>,
      stage = #kernel.output_s8<zeroPoint = 0, clampMin = -128, clampMax = 127, shift = 32>}
    kernel.send %y -> 0 "y" : memref<1x4x2x8xi8> {rowsPerStep = 1 : i32, tensorType = tensor<1x4x2x8xi8>}
  }
  return
}

// -----

// Row 1 of y is computed over row 0 before that is sent.
func.func @sent(%arena: memref<48xi8>) attributes {
    kernel.inputs = [{name = "x", bytes = 64 : i64, streamed}], kernel.outputs = [{name = "y", bytes = 64 : i64, streamed}]} {
  %x = kernel.rows %arena [0, 16, 0, 16] : memref<48xi8> to memref<1x4x2x8xi8> loc("x")
  %y = kernel.rows %arena [32, 32, 32, 32] : memref<48xi8> to memref<1x4x2x8xi8> loc("y")
  kernel.stream steps [0, 0, 1, 0, 1, 2, 2, 0, 1, 2, 1, 2] {
    kernel.receive 0 "x" -> %x : memref<1x4x2x8xi8> {rowsPerStep = 1 : i32, tensorType = tensor<1x4x2x8xi8>}
    kernel.max_pool %x : memref<1x4x2x8xi8> -> %y : memref<1x4x2x8xi8> {rowsPerStep = 1 : i32,
      window = #kernel.window<kernel = [2, 1], strides = [1, 1], dilations = [1, 1], pads = [0, 0]>,
      stage = #kernel.output_s8<zeroPoint = 0, clampMin = -128, clampMax = 127, shift = 32>}
    // expected-error @+1 {{'kernel.send' op in step 5, for its rows [0, 1), reads row 0 of the buffer 'y', which row 1 of 'y' has overwritten}}
    kernel.send %y -> 0 "y" : memref<1x4x2x8xi8> {rowsPerStep = 1 : i32, tensorType = tensor<1x4x2x8xi8>}
  }
  return
}
