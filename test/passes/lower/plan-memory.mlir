// RUN: tinyc-opt %s -lower-plan-memory=alignment=4 -lower-verify-plan=alignment=4 -split-input-file | FileCheck %s

// Most bytes live at once: 140 + 160 = 300 at the last op. By size: 160 (y) at 0, 140 (b) behind it, 120 (a, live with b) in the
// place of y at 0, 100 (x, live with a) behind a at 120.
// CHECK-LABEL: func @model_run(
// CHECK-SAME: %[[ARENA:.*]]: memref<300xi8>
// CHECK-SAME: kernel.inputs = [{bytes = 100 : i64, name = "x", offset = 120 : i64, permutation = array<i64: 1, 0>, type = tensor<10x10xf32>}]
// CHECK-SAME: kernel.outputs = [{bytes = 160 : i64, name = "y", offset = 0 : i64, type = tensor<160xi8>}]
// CHECK-SAME: kernel.plan = {alignment = 4 : i64, bound = 300 : i64, buffers = [
// CHECK-SAME: {bytes = 100 : i64, first = 0 : i64, kind = "input", last = 0 : i64, name = "x", offset = 120 : i64},
// CHECK-SAME: {bytes = 160 : i64, first = 2 : i64, kind = "output", last = 2 : i64, name = "y", offset = 0 : i64},
// CHECK-SAME: {bytes = 120 : i64, first = 0 : i64, kind = "activation", last = 1 : i64, name = "a", offset = 0 : i64},
// CHECK-SAME: {bytes = 140 : i64, first = 1 : i64, kind = "activation", last = 2 : i64, name = "b", offset = 160 : i64}],
// CHECK-SAME: bytes = 300 : i64, ops = [
// CHECK-SAME: {first = 0 : i64, last = 0 : i64, live = 220 : i64, node = "a", op = "pad", rowsPerStep = 0 : i64, stream = -1 : i64}
// CHECK-SAME: {first = 2 : i64, last = 2 : i64, live = 300 : i64, node = "c", op = "pad"
// CHECK-SAME: peak = {bytes = 300 : i64, node = "c", op = "pad", position = 2 : i64}
// CHECK-SAME: peakLive = [{bytes = 160 : i64, heldRows = 0 : i64, kind = "output", name = "y", rows = 0 : i64}
// CHECK: %[[A:.*]] = memref.view %[[ARENA]][%c0
// CHECK: kernel.pad %{{.*}} -> %[[A]]
func.func @alternate(%x: memref<100xi8> {nn.name = "x", nn.permutation = array<i64: 1, 0>, kernel.type = tensor<10x10xf32>},
                     %y: memref<160xi8> {nn.name = "y", kernel.output}) {
  %a = memref.alloc() : memref<120xi8> loc("a")
  kernel.pad %x : memref<100xi8> -> %a : memref<120xi8> {before = array<i32: 0>, after = array<i32: 20>, value = 0 : i32} loc("a")
  %b = memref.alloc() : memref<140xi8> loc("b")
  kernel.pad %a : memref<120xi8> -> %b : memref<140xi8> {before = array<i32: 0>, after = array<i32: 20>, value = 0 : i32} loc("b")
  kernel.pad %b : memref<140xi8> -> %y : memref<160xi8> {before = array<i32: 0>, after = array<i32: 20>, value = 0 : i32} loc("c")
  return
}

// -----

// The sums are written over operands that are needed no more: %a over nothing (the input is needed again), %b over %a, the output
// over %b. 64 + 64 bytes.
// CHECK-LABEL: func @model_run(
// CHECK-SAME: memref<128xi8>
// CHECK: %[[X:.*]] = memref.view %{{.*}}[%[[ZERO:.*]]][]
// CHECK: %[[A:.*]] = memref.view %{{.*}}[%[[OTHER:.*]]][]
// CHECK: %[[B:.*]] = memref.view %{{.*}}[%[[OTHER]]][]
func.func @in_place(%x: memref<64xi8> {nn.name = "x"}, %y: memref<64xi8> {nn.name = "y", kernel.output}) {
  %a = memref.alloc() : memref<64xi8>
  kernel.add %x, %x : memref<64xi8>, memref<64xi8> -> %a : memref<64xi8> {stage = #kernel.output_s8<zeroPoint = 0, clampMin = -128, clampMax = 127, shift = 20>}
  %b = memref.alloc() : memref<64xi8>
  kernel.add %x, %a : memref<64xi8>, memref<64xi8> -> %b : memref<64xi8> {stage = #kernel.output_s8<zeroPoint = 0, clampMin = -128, clampMax = 127, shift = 20>}
  kernel.add %b, %b : memref<64xi8>, memref<64xi8> -> %y : memref<64xi8> {stage = #kernel.output_s8<zeroPoint = 0, clampMin = -128, clampMax = 127, shift = 20>}
  return
}

// -----

// Not in place: an operand that is broadcast. 4 + 64 bytes.
// CHECK-LABEL: func @model_run(
// CHECK-SAME: memref<68xi8>
func.func @broadcast(%x: memref<4x1xi8> {nn.name = "x"}, %y: memref<4x16xi8> {nn.name = "y", kernel.output}) {
  kernel.add %x, %x : memref<4x1xi8>, memref<4x1xi8> -> %y : memref<4x16xi8> {stage = #kernel.output_s8<zeroPoint = 0, clampMin = -128, clampMax = 127, shift = 20>}
  return
}

// -----

// Not in place: an operand's buffer that is read at another place as well. 32 + 16 bytes.
// CHECK-LABEL: func @model_run(
// CHECK-SAME: memref<48xi8>
func.func @parts(%x: memref<32xi8> {nn.name = "x"}, %y: memref<16xi8> {nn.name = "y", kernel.output}) {
  %a = memref.reinterpret_cast %x to offset: [0], sizes: [16], strides: [1] : memref<32xi8> to memref<16xi8>
  %b = memref.reinterpret_cast %x to offset: [16], sizes: [16], strides: [1] : memref<32xi8> to memref<16xi8, strided<[1], offset: 16>>
  kernel.add %a, %b : memref<16xi8>, memref<16xi8, strided<[1], offset: 16>> -> %y : memref<16xi8> {stage = #kernel.output_s8<zeroPoint = 0, clampMin = -128, clampMax = 127, shift = 20>}
  return
}

// -----

// Views are the buffer itself: the input lives until its reshaped form is read. Scratch lives for one op. The transpose
// needs 40 + 40 + 8 bytes, the sum 40 + 40, in place.
// CHECK-LABEL: func @model_run(
// CHECK-SAME: memref<88xi8>
// CHECK-SAME: {bytes = 8 : i64, first = 0 : i64, kind = "scratch", last = 0 : i64
func.func @views(%x: memref<5x8xi8> {nn.name = "x"}, %y: memref<40xi8> {nn.name = "y", kernel.output}) {
  %v = memref.reinterpret_cast %x to offset: [0], sizes: [40], strides: [1] : memref<5x8xi8> to memref<40xi8>
  %s = memref.alloc() : memref<8xi8>
  %t = memref.alloc() : memref<8x5xi8>
  kernel.transpose %x : memref<5x8xi8> -> %t : memref<8x5xi8> scratch %s : memref<8xi8> {permutation = array<i32: 1, 0>}
  %w = memref.reinterpret_cast %t to offset: [0], sizes: [40], strides: [1] : memref<8x5xi8> to memref<40xi8>
  kernel.add %v, %w : memref<40xi8>, memref<40xi8> -> %y : memref<40xi8> {stage = #kernel.output_s8<zeroPoint = 0, clampMin = -128, clampMax = 127, shift = 20>}
  return
}

// -----

// The larger buffer last: 3 bytes, rounded up to 4, then 5.
// CHECK-LABEL: func @model_run(
// CHECK-SAME: memref<9xi8>
func.func @alignment(%x: memref<5xi8> {nn.name = "x"}, %y: memref<3xi8> {nn.name = "y", kernel.output}) {
  kernel.copy %x : memref<5xi8> -> %y : memref<3xi8>
    {blocks = 1 : i32, length = 3 : i32, inputPitch = 3 : i32, outputPitch = 3 : i32, outputOffset = 0 : i32}
  return
}

// -----

// Constants stay where they are; a module without functions is left alone.
// CHECK: memref.global
// CHECK-NOT: func
memref.global "private" constant @c : memref<4xi8> = dense<1>
