// RUN: tinyc-opt %s -lower-verify-plan="alignment=16" -split-input-file | FileCheck %s

// Rows of 16 bytes. Row y of the pool needs rows y - 1 .. y + 1 of t, so t needs three places: its row 3 takes that of row
// 0 after row 1 of y. y itself lies over x: its row 0 is written after row 0 of x was read, and so on.
// CHECK-LABEL: func @line_buffer
memref.global "private" constant @table : memref<256xi8> = dense<1>
func.func @line_buffer(%arena: memref<112xi8>) attributes {
    kernel.inputs = [{name = "x", offset = 0 : i64, bytes = 64 : i64}],
    kernel.outputs = [{name = "y", offset = 0 : i64, bytes = 64 : i64}]} {
  %c0 = arith.constant 0 : index
  %table = memref.get_global @table : memref<256xi8>
  %x = memref.view %arena[%c0][] : memref<112xi8> to memref<1x4x2x8xi8> loc("x")
  %t = kernel.rows %arena [64, 80, 96, 64] : memref<112xi8> to memref<1x4x2x8xi8> loc("t")
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

// Two rows in a step, five rows: the last step has one. The sum of both branches goes over the rows of the left one.
// The right one is contiguous; it is the result of the model at the end.
// CHECK-LABEL: func @bands
memref.global "private" constant @table : memref<256xi8> = dense<1>
func.func @bands(%arena: memref<224xi8>) attributes {
    kernel.inputs = [{name = "x", offset = 0 : i64, bytes = 80 : i64}],
    kernel.outputs = [{name = "z", offset = 112 : i64, bytes = 80 : i64}]} {
  %c0 = arith.constant 0 : index
  %c112 = arith.constant 112 : index
  %c192 = arith.constant 192 : index
  %table = memref.get_global @table : memref<256xi8>
  %x = memref.view %arena[%c0][] : memref<224xi8> to memref<1x5x2x8xi8> loc("x")
  %t = kernel.rows %arena [80, 96, 80, 96, 80] : memref<224xi8> to memref<1x5x2x8xi8> loc("t")
  %s = kernel.rows %arena [80, 96, 80, 96, 80] : memref<224xi8> to memref<1x5x2x8xi8> loc("s")
  %z = memref.view %arena[%c112][] : memref<224xi8> to memref<1x5x2x8xi8> loc("z")
  %scratch = memref.view %arena[%c192][] : memref<224xi8> to memref<32xi8> loc("scratch")
  kernel.stream steps [0, 1, 2, 0, 1, 2, 0, 1, 2] {
    kernel.lookup %x, %table : memref<1x5x2x8xi8>, memref<256xi8> -> %t : memref<1x5x2x8xi8> {rowsPerStep = 2 : i32}
    kernel.add %t, %x : memref<1x5x2x8xi8>, memref<1x5x2x8xi8> -> %s : memref<1x5x2x8xi8> {rowsPerStep = 2 : i32,
      stage = #kernel.output_s8<zeroPoint = 0, clampMin = -128, clampMax = 127, shift = 20>}
    kernel.lookup %s, %table : memref<1x5x2x8xi8>, memref<256xi8> -> %z : memref<1x5x2x8xi8>
      scratch %scratch : memref<32xi8> {rowsPerStep = 2 : i32}
  }
  return
}

// -----

// A global average: the sums live through the stream, the rows of t for two steps each. The average is an op of its own,
// over the dead input.
// CHECK-LABEL: func @average
memref.global "private" constant @table : memref<256xi8> = dense<1>
memref.global "private" constant @m : memref<1xi32> = dense<9>
func.func @average(%arena: memref<112xi8>) attributes {
    kernel.inputs = [{name = "x", offset = 0 : i64, bytes = 64 : i64}],
    kernel.outputs = [{name = "y", offset = 32 : i64, bytes = 8 : i64}]} {
  %c0 = arith.constant 0 : index
  %c32 = arith.constant 32 : index
  %c80 = arith.constant 80 : index
  %table = memref.get_global @table : memref<256xi8>
  %m = memref.get_global @m : memref<1xi32>
  %x = memref.view %arena[%c0][] : memref<112xi8> to memref<1x4x2x8xi8> loc("x")
  %t = kernel.rows %arena [64, 64, 64, 64] : memref<112xi8> to memref<1x4x2x8xi8> loc("t")
  %sums = memref.view %arena[%c80][] : memref<112xi8> to memref<8xi32> loc("sums")
  %y = memref.view %arena[%c32][] : memref<112xi8> to memref<1x1x1x8xi8> loc("y")
  kernel.stream steps [0, 1, 0, 1, 0, 1, 0, 1] {
    kernel.lookup %x, %table : memref<1x4x2x8xi8>, memref<256xi8> -> %t : memref<1x4x2x8xi8> {rowsPerStep = 1 : i32}
    kernel.sum_rows %t : memref<1x4x2x8xi8> -> %sums : memref<8xi32> {rowsPerStep = 1 : i32}
  }
  kernel.average %sums multipliers %m : memref<1xi32> : memref<8xi32> -> %y : memref<1x1x1x8xi8> {count = 8 : i32,
    stage = #kernel.output_s8<zeroPoint = 0, clampMin = -128, clampMax = 127, shift = 32>}
  return
}

// -----

// Stride 2 reads rows 0, 1 | 1, 2, 3 of four: row 0 of x is dead after the first step, and y begins there. The bytes of a
// window that no row of the image has (row -1) are nobody's.
// CHECK-LABEL: func @strided
func.func @strided(%arena: memref<80xi8>) attributes {
    kernel.inputs = [{name = "x", offset = 16 : i64, bytes = 64 : i64}],
    kernel.outputs = [{name = "y", offset = 0 : i64, bytes = 32 : i64}]} {
  %c0 = arith.constant 0 : index
  %c16 = arith.constant 16 : index
  %x = memref.view %arena[%c16][] : memref<80xi8> to memref<1x4x2x8xi8> loc("x")
  %y = memref.view %arena[%c0][] : memref<80xi8> to memref<1x2x2x8xi8> loc("y")
  kernel.stream steps [0, 0] {
    kernel.max_pool %x : memref<1x4x2x8xi8> -> %y : memref<1x2x2x8xi8> {rowsPerStep = 1 : i32,
      window = #kernel.window<kernel = [3, 1], strides = [2, 1], dilations = [1, 1], pads = [1, 0]>,
      stage = #kernel.output_s8<zeroPoint = 0, clampMin = -128, clampMax = 127, shift = 32>}
  }
  return
}

// -----

// A concatenation of channels by rows: each copy writes half of every pixel.
// CHECK-LABEL: func @channels
func.func @channels(%arena: memref<160xi8>) attributes {
    kernel.inputs = [{name = "a", offset = 0 : i64, bytes = 32 : i64}, {name = "b", offset = 32 : i64, bytes = 32 : i64}],
    kernel.outputs = [{name = "z", offset = 96 : i64, bytes = 64 : i64}]} {
  %c0 = arith.constant 0 : index
  %c32 = arith.constant 32 : index
  %c96 = arith.constant 96 : index
  %a = memref.view %arena[%c0][] : memref<160xi8> to memref<1x2x4x4xi8> loc("a")
  %b = memref.view %arena[%c32][] : memref<160xi8> to memref<1x2x4x4xi8> loc("b")
  %y = kernel.rows %arena [64, 64] : memref<160xi8> to memref<1x2x4x8xi8> loc("y")
  %z = memref.view %arena[%c96][] : memref<160xi8> to memref<1x2x4x8xi8> loc("z")
  kernel.stream steps [0, 1, 2, 0, 1, 2] {
    kernel.copy %a : memref<1x2x4x4xi8> -> %y : memref<1x2x4x8xi8> {rowsPerStep = 1 : i32,
      blocks = 8 : i32, length = 4 : i32, inputPitch = 4 : i32, outputPitch = 8 : i32, outputOffset = 0 : i32}
    kernel.copy %b : memref<1x2x4x4xi8> -> %y : memref<1x2x4x8xi8> {rowsPerStep = 1 : i32,
      blocks = 8 : i32, length = 4 : i32, inputPitch = 4 : i32, outputPitch = 8 : i32, outputOffset = 4 : i32}
    kernel.copy %y : memref<1x2x4x8xi8> -> %z : memref<1x2x4x8xi8> {rowsPerStep = 1 : i32,
      blocks = 2 : i32, length = 32 : i32, inputPitch = 32 : i32, outputPitch = 32 : i32, outputOffset = 0 : i32}
  }
  return
}

// -----

// A streamed input and output: the rows that the user writes, and takes, have places like any other. x needs two of them.
// CHECK-LABEL: func @transfers
func.func @transfers(%arena: memref<48xi8>) attributes {
    kernel.inputs = [{name = "x", bytes = 64 : i64, streamed}], kernel.outputs = [{name = "y", bytes = 64 : i64, streamed}]} {
  %x = kernel.rows %arena [0, 16, 0, 16] : memref<48xi8> to memref<1x4x2x8xi8> loc("x")
  %y = kernel.rows %arena [32, 32, 32, 32] : memref<48xi8> to memref<1x4x2x8xi8> loc("y")
  kernel.stream steps [0, 0, 1, 2, 0, 1, 2, 0, 1, 2, 1, 2] {
    kernel.receive 0 "x" -> %x : memref<1x4x2x8xi8> {rowsPerStep = 1 : i32, tensorType = tensor<1x4x2x8xi8>}
    kernel.max_pool %x : memref<1x4x2x8xi8> -> %y : memref<1x4x2x8xi8> {rowsPerStep = 1 : i32,
      window = #kernel.window<kernel = [2, 1], strides = [1, 1], dilations = [1, 1], pads = [0, 0]>,
      stage = #kernel.output_s8<zeroPoint = 0, clampMin = -128, clampMax = 127, shift = 32>}
    kernel.send %y -> 0 "y" : memref<1x4x2x8xi8> {rowsPerStep = 1 : i32, tensorType = tensor<1x4x2x8xi8>}
  }
  return
}
