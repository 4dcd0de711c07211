// RUN: tinyc-opt %s -lower-verify-plan="sram=128 flash=64" -split-input-file | FileCheck %s

// A chain in two places, with an in-place sum. Exactly the budgets: 128 bytes of arena, 64 bytes of constants.
// CHECK-LABEL: func @chain
memref.global "private" constant @c : memref<64xi8> = dense<1>
memref.global "private" constant @unused : memref<64xi8> = dense<2>
func.func @chain(%arena: memref<128xi8>) attributes {
    kernel.inputs = [{name = "x", offset = 0 : i64, bytes = 64 : i64}],
    kernel.outputs = [{name = "y", offset = 64 : i64, bytes = 64 : i64}]} {
  %c0 = arith.constant 0 : index
  %c64 = arith.constant 64 : index
  %c = memref.get_global @c : memref<64xi8>
  %x = memref.view %arena[%c0][] : memref<128xi8> to memref<64xi8>
  %a = memref.view %arena[%c64][] : memref<128xi8> to memref<64xi8>
  %y = memref.view %arena[%c64][] : memref<128xi8> to memref<64xi8>
  kernel.transpose %x : memref<64xi8> -> %a : memref<64xi8> {permutation = array<i32: 0>}
  kernel.add %a, %c : memref<64xi8>, memref<64xi8> -> %y : memref<64xi8>
    {stage = #kernel.output_s8<zeroPoint = 0, clampMin = -128, clampMax = 127, shift = 20>}
  return
}

// -----

// A concatenation: two parts of one buffer, written one after the other, with a scratch buffer elsewhere.
// CHECK-LABEL: func @parts
func.func @parts(%arena: memref<128xi8>) attributes {
    kernel.inputs = [{name = "x", offset = 0 : i64, bytes = 16 : i64}],
    kernel.outputs = [{name = "y", offset = 16 : i64, bytes = 32 : i64}]} {
  %c0 = arith.constant 0 : index
  %c16 = arith.constant 16 : index
  %c48 = arith.constant 48 : index
  %x = memref.view %arena[%c0][] : memref<128xi8> to memref<16xi8>
  %y = memref.view %arena[%c16][] : memref<128xi8> to memref<32xi8>
  %s = memref.view %arena[%c48][] : memref<128xi8> to memref<16xi8>
  %left = memref.reinterpret_cast %y to offset: [0], sizes: [16], strides: [1] : memref<32xi8> to memref<16xi8>
  %right = memref.reinterpret_cast %y to offset: [16], sizes: [16], strides: [1] : memref<32xi8> to memref<16xi8, strided<[1], offset: 16>>
  kernel.transpose %x : memref<16xi8> -> %left : memref<16xi8> scratch %s : memref<16xi8> {permutation = array<i32: 0>}
  kernel.transpose %left : memref<16xi8> -> %right : memref<16xi8, strided<[1], offset: 16>> {permutation = array<i32: 0>}
  return
}

// -----

// Functions without a plan are none of its business.
// CHECK-LABEL: func @other
func.func @other(%x: i32) {
  return
}
