// RUN: tinyc-opt %s -lower-verify-plan="alignment=16 sram=256 flash=64" -split-input-file -verify-diagnostics

// The op with the most live bytes is named: 192 + 64 + 16 = 272 > 256 bytes.
func.func @budget(%arena: memref<272xi8>) attributes {
    kernel.inputs = [{name = "x", offset = 0 : i64, bytes = 64 : i64}],
    kernel.outputs = [{name = "y", offset = 0 : i64, bytes = 64 : i64}]} {
  %c0 = arith.constant 0 : index
  %c64 = arith.constant 64 : index
  %c256 = arith.constant 256 : index
  %x = memref.view %arena[%c0][] : memref<272xi8> to memref<64xi8>
  %a = memref.view %arena[%c64][] : memref<272xi8> to memref<192xi8> loc("widen")
  %s = memref.view %arena[%c256][] : memref<272xi8> to memref<16xi8> loc("narrow")
  %y = memref.view %arena[%c0][] : memref<272xi8> to memref<64xi8> loc("narrow")
  kernel.pad %x : memref<64xi8> -> %a : memref<192xi8> {before = array<i32: 0>, after = array<i32: 128>, value = 0 : i32} loc("widen")
  // expected-error @unknown {{needs 272 bytes of SRAM, 16 more than the budget of 256; peak at op 'narrow' (kernel.copy), 272 bytes live: 'widen' (192), 'narrow' (64), 'narrow' (16)}}
  kernel.copy %a : memref<192xi8> -> %y : memref<64xi8> scratch %s : memref<16xi8>
    {blocks = 3 : i32, length = 64 : i32, inputPitch = 64 : i32, outputPitch = 0 : i32, outputOffset = 0 : i32} loc("narrow")
  return
}

// -----

memref.global "private" constant @a : memref<20xi8> = dense<1>
// expected-error @+1 {{needs 66 bytes of flash for constants, 2 more than the budget of 64; the largest is 'b' (46)}}
memref.global "private" constant @b : memref<46xi8> = dense<2>
func.func @flash(%arena: memref<64xi8>) attributes {
    kernel.inputs = [], kernel.outputs = [{name = "y", offset = 0 : i64, bytes = 64 : i64}]} {
  %c0 = arith.constant 0 : index
  %a = memref.get_global @a : memref<20xi8>
  %b = memref.get_global @b : memref<46xi8>
  %y = memref.view %arena[%c0][] : memref<64xi8> to memref<64xi8>
  kernel.copy %a : memref<20xi8> -> %y : memref<64xi8>
    {blocks = 1 : i32, length = 20 : i32, inputPitch = 20 : i32, outputPitch = 20 : i32, outputOffset = 0 : i32}
  kernel.copy %b : memref<46xi8> -> %y : memref<64xi8>
    {blocks = 1 : i32, length = 44 : i32, inputPitch = 44 : i32, outputPitch = 44 : i32, outputOffset = 20 : i32}
  return
}

// -----

// %b is written over %a, which is read afterwards.
func.func @overwritten(%arena: memref<128xi8>) attributes {
    kernel.inputs = [{name = "x", offset = 0 : i64, bytes = 32 : i64}],
    kernel.outputs = [{name = "y", offset = 96 : i64, bytes = 32 : i64}]} {
  %c0 = arith.constant 0 : index
  %c32 = arith.constant 32 : index
  %c48 = arith.constant 48 : index
  %c96 = arith.constant 96 : index
  %x = memref.view %arena[%c0][] : memref<128xi8> to memref<32xi8>
  %a = memref.view %arena[%c32][] : memref<128xi8> to memref<32xi8> loc("a")
  %b = memref.view %arena[%c48][] : memref<128xi8> to memref<32xi8> loc("b")
  %y = memref.view %arena[%c96][] : memref<128xi8> to memref<32xi8> loc("y")
  kernel.transpose %x : memref<32xi8> -> %a : memref<32xi8> {permutation = array<i32: 0>}
  kernel.transpose %x : memref<32xi8> -> %b : memref<32xi8> {permutation = array<i32: 0>}
  // expected-error @+1 {{'kernel.add' op reads the buffer 'a', which 'b' has overwritten}}
  kernel.add %a, %b : memref<32xi8>, memref<32xi8> -> %y : memref<32xi8>
    {stage = #kernel.output_s8<zeroPoint = 0, clampMin = -128, clampMax = 127, shift = 20>}
  return
}

// -----

// The same for the input.
func.func @input(%arena: memref<96xi8>) attributes {
    kernel.inputs = [{name = "x", offset = 0 : i64, bytes = 32 : i64}, {name = "z", offset = 32 : i64, bytes = 32 : i64}],
    kernel.outputs = [{name = "y", offset = 64 : i64, bytes = 32 : i64}]} {
  %c0 = arith.constant 0 : index
  %c32 = arith.constant 32 : index
  %c64 = arith.constant 64 : index
  %x = memref.view %arena[%c0][] : memref<96xi8> to memref<32xi8>
  %z = memref.view %arena[%c32][] : memref<96xi8> to memref<32xi8> loc("z")
  %a = memref.view %arena[%c32][] : memref<96xi8> to memref<32xi8> loc("a")
  %y = memref.view %arena[%c64][] : memref<96xi8> to memref<32xi8> loc("y")
  kernel.transpose %x : memref<32xi8> -> %a : memref<32xi8> {permutation = array<i32: 0>}
  // expected-error @+1 {{'kernel.add' op reads the buffer 'z', which 'a' has overwritten}}
  kernel.add %a, %z : memref<32xi8>, memref<32xi8> -> %y : memref<32xi8>
    {stage = #kernel.output_s8<zeroPoint = 0, clampMin = -128, clampMax = 127, shift = 20>}
  return
}

// -----

// A part of a concatenation is lost between two writes.
// expected-error @+1 {{does not leave the output 'y' at its place at the end}}
func.func @part(%arena: memref<64xi8>) attributes {
    kernel.inputs = [{name = "x", offset = 0 : i64, bytes = 16 : i64}],
    kernel.outputs = [{name = "y", offset = 16 : i64, bytes = 32 : i64}]} {
  %c0 = arith.constant 0 : index
  %c16 = arith.constant 16 : index
  %x = memref.view %arena[%c0][] : memref<64xi8> to memref<16xi8>
  %y = memref.view %arena[%c16][] : memref<64xi8> to memref<32xi8> loc("y")
  %a = memref.view %arena[%c16][] : memref<64xi8> to memref<16xi8> loc("a")
  %left = memref.reinterpret_cast %y to offset: [0], sizes: [16], strides: [1] : memref<32xi8> to memref<16xi8>
  %right = memref.reinterpret_cast %y to offset: [16], sizes: [16], strides: [1] : memref<32xi8> to memref<16xi8, strided<[1], offset: 16>>
  kernel.transpose %x : memref<16xi8> -> %left : memref<16xi8> {permutation = array<i32: 0>}
  kernel.transpose %x : memref<16xi8> -> %a : memref<16xi8> {permutation = array<i32: 0>}
  kernel.copy %x : memref<16xi8> -> %y : memref<32xi8>
    {blocks = 1 : i32, length = 16 : i32, inputPitch = 16 : i32, outputPitch = 16 : i32, outputOffset = 16 : i32}
  return
}

// -----

func.func @not_in_place(%arena: memref<48xi8>) attributes {
    kernel.inputs = [{name = "x", offset = 0 : i64, bytes = 32 : i64}],
    kernel.outputs = [{name = "y", offset = 16 : i64, bytes = 32 : i64}]} {
  %c0 = arith.constant 0 : index
  %c16 = arith.constant 16 : index
  %x = memref.view %arena[%c0][] : memref<48xi8> to memref<32xi8>
  %y = memref.view %arena[%c16][] : memref<48xi8> to memref<32xi8>
  // expected-error @+1 {{'kernel.transpose' op writes its output over operand #0, which it may not}}
  kernel.transpose %x : memref<32xi8> -> %y : memref<32xi8> {permutation = array<i32: 0>}
  return
}

// -----

func.func @shifted(%arena: memref<48xi8>) attributes {
    kernel.inputs = [{name = "x", offset = 0 : i64, bytes = 32 : i64}],
    kernel.outputs = [{name = "y", offset = 16 : i64, bytes = 32 : i64}]} {
  %c0 = arith.constant 0 : index
  %c16 = arith.constant 16 : index
  %x = memref.view %arena[%c0][] : memref<48xi8> to memref<32xi8>
  %y = memref.view %arena[%c16][] : memref<48xi8> to memref<32xi8>
  // expected-error @+1 {{'kernel.add' op writes its output over operand #0 at another address}}
  kernel.add %x, %x : memref<32xi8>, memref<32xi8> -> %y : memref<32xi8>
    {stage = #kernel.output_s8<zeroPoint = 0, clampMin = -128, clampMax = 127, shift = 20>}
  return
}

// -----

// A broadcast operand may not be overwritten, even where its address is the same.
func.func @broadcast(%arena: memref<48xi8>) attributes {
    kernel.inputs = [{name = "x", offset = 0 : i64, bytes = 4 : i64}],
    kernel.outputs = [{name = "y", offset = 0 : i64, bytes = 32 : i64}]} {
  %c0 = arith.constant 0 : index
  %x = memref.view %arena[%c0][] : memref<48xi8> to memref<4x1xi8>
  %y = memref.view %arena[%c0][] : memref<48xi8> to memref<4x8xi8>
  // expected-error @+1 {{'kernel.add' op writes its output over operand #0, which it may not}}
  kernel.add %x, %x : memref<4x1xi8>, memref<4x1xi8> -> %y : memref<4x8xi8>
    {stage = #kernel.output_s8<zeroPoint = 0, clampMin = -128, clampMax = 127, shift = 20>}
  return
}

// -----

func.func @scratch_output(%arena: memref<64xi8>) attributes {
    kernel.inputs = [{name = "x", offset = 0 : i64, bytes = 16 : i64}],
    kernel.outputs = [{name = "y", offset = 16 : i64, bytes = 16 : i64}]} {
  %c0 = arith.constant 0 : index
  %c16 = arith.constant 16 : index
  %x = memref.view %arena[%c0][] : memref<64xi8> to memref<16xi8>
  %y = memref.view %arena[%c16][] : memref<64xi8> to memref<16xi8>
  %s = memref.view %arena[%c16][] : memref<64xi8> to memref<4xi8>
  // expected-error @+1 {{'kernel.transpose' op has a scratch buffer that overlaps its output}}
  kernel.transpose %x : memref<16xi8> -> %y : memref<16xi8> scratch %s : memref<4xi8> {permutation = array<i32: 0>}
  return
}

// -----

func.func @scratch_input(%arena: memref<64xi8>) attributes {
    kernel.inputs = [{name = "x", offset = 0 : i64, bytes = 16 : i64}],
    kernel.outputs = [{name = "y", offset = 16 : i64, bytes = 16 : i64}]} {
  %c0 = arith.constant 0 : index
  %c16 = arith.constant 16 : index
  %x = memref.view %arena[%c0][] : memref<64xi8> to memref<16xi8>
  %y = memref.view %arena[%c16][] : memref<64xi8> to memref<16xi8>
  %s = memref.view %arena[%c0][] : memref<64xi8> to memref<4xi8>
  // expected-error @+1 {{'kernel.transpose' op has a scratch buffer that overlaps operand #0}}
  kernel.transpose %x : memref<16xi8> -> %y : memref<16xi8> scratch %s : memref<4xi8> {permutation = array<i32: 0>}
  return
}

// -----

func.func @alignment(%arena: memref<64xi8>) attributes {kernel.inputs = [], kernel.outputs = []} {
  %c8 = arith.constant 8 : index
  // expected-error @+1 {{buffer lies at byte 8, expects a multiple of 16}}
  %x = memref.view %arena[%c8][] : memref<64xi8> to memref<16xi8>
  return
}

// -----

func.func @bounds(%arena: memref<64xi8>) attributes {kernel.inputs = [], kernel.outputs = []} {
  %c48 = arith.constant 48 : index
  // expected-error @+1 {{buffer ends at byte 68 of an arena of 64 bytes}}
  %x = memref.view %arena[%c48][] : memref<64xi8> to memref<20xi8>
  return
}

// -----

func.func @offset(%arena: memref<64xi8>, %i: index) attributes {kernel.plan = {}} {
  return
}
// expected-error @+1 {{expects one argument, the arena of type memref<Nxi8>}}
func.func @two(%arena: memref<64xi8>, %i: index) attributes {kernel.inputs = [], kernel.outputs = []} {
  return
}

// -----

// expected-error @+1 {{does not leave the output 'y' at its place at the end}}
func.func @lost(%arena: memref<64xi8>) attributes {
    kernel.inputs = [{name = "x", offset = 0 : i64, bytes = 16 : i64}],
    kernel.outputs = [{name = "y", offset = 16 : i64, bytes = 16 : i64}]} {
  %c0 = arith.constant 0 : index
  %c16 = arith.constant 16 : index
  %x = memref.view %arena[%c0][] : memref<64xi8> to memref<16xi8>
  %y = memref.view %arena[%c16][] : memref<64xi8> to memref<16xi8>
  %s = memref.view %arena[%c16][] : memref<64xi8> to memref<20xi8>
  kernel.transpose %x : memref<16xi8> -> %y : memref<16xi8> {permutation = array<i32: 0>}
  kernel.pad %x : memref<16xi8> -> %s : memref<20xi8> {before = array<i32: 0>, after = array<i32: 4>, value = 0 : i32}
  return
}

// -----

// expected-error @+1 {{places 'z' over 'x' in kernel.inputs}}
func.func @ports(%arena: memref<64xi8>) attributes {
    kernel.inputs = [{name = "x", offset = 0 : i64, bytes = 32 : i64}, {name = "z", offset = 16 : i64, bytes = 16 : i64}],
    kernel.outputs = []} {
  return
}

// -----

func.func @unknown(%arena: memref<64xi8>) attributes {kernel.inputs = [], kernel.outputs = []} {
  // expected-error @+1 {{'memref.alloc' op is not expected in a planned function}}
  %0 = memref.alloc() : memref<4xi8>
  return
}

// -----

// One half of a concatenation is missing.
func.func @half(%arena: memref<96xi8>) attributes {
    kernel.inputs = [{name = "x", offset = 0 : i64, bytes = 16 : i64}],
    kernel.outputs = [{name = "z", offset = 48 : i64, bytes = 32 : i64}]} {
  %c0 = arith.constant 0 : index
  %c16 = arith.constant 16 : index
  %c48 = arith.constant 48 : index
  %x = memref.view %arena[%c0][] : memref<96xi8> to memref<16xi8>
  %y = memref.view %arena[%c16][] : memref<96xi8> to memref<32xi8> loc("y")
  %z = memref.view %arena[%c48][] : memref<96xi8> to memref<32xi8> loc("z")
  kernel.copy %x : memref<16xi8> -> %y : memref<32xi8>
    {blocks = 8 : i32, length = 2 : i32, inputPitch = 2 : i32, outputPitch = 4 : i32, outputOffset = 0 : i32}
  // expected-error @+1 {{'kernel.transpose' op reads the buffer 'y' outside of what was written}}
  kernel.transpose %y : memref<32xi8> -> %z : memref<32xi8> {permutation = array<i32: 0>}
  return
}

// -----

// Nothing wrote %y, and it is no input.
func.func @unwritten(%arena: memref<96xi8>) attributes {
    kernel.inputs = [], kernel.outputs = [{name = "z", offset = 48 : i64, bytes = 32 : i64}]} {
  %c16 = arith.constant 16 : index
  %c48 = arith.constant 48 : index
  %y = memref.view %arena[%c16][] : memref<96xi8> to memref<32xi8> loc("y")
  %z = memref.view %arena[%c48][] : memref<96xi8> to memref<32xi8> loc("z")
  // expected-error @+1 {{'kernel.transpose' op reads the buffer 'y' before anything wrote it}}
  kernel.transpose %y : memref<32xi8> -> %z : memref<32xi8> {permutation = array<i32: 0>}
  return
}
