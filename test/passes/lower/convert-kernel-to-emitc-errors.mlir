// RUN: tinyc-opt %s -split-input-file -verify-diagnostics -lower-convert-kernel-to-emitc
// RUN: tinyc-opt %s -split-input-file -verify-diagnostics -lower-convert-kernel-to-llvm

// The conversions to C and to LLVM have their checks in common.

// expected-error@+1 {{expects a lowered program: a function of the arena}}
module {
}

// -----

func.func @one(%arena: memref<16xi8>) {
  return
}
// expected-error@+1 {{is not part of a lowered program: expects constants and one function}}
func.func @two(%arena: memref<16xi8>) {
  return
}

// -----

// expected-error@+1 {{expects the arena as its only argument, or its regions, and no result, got '(memref<16xi8>, index) -> ()'}}
func.func @model_run(%arena: memref<16xi8>, %x: index) {
  return
}

// -----

func.func @model_run(%arena: memref<16xi8>) {
  %c0 = arith.constant 0 : index
  %x = memref.view %arena[%c0][] : memref<16xi8> to memref<4xf32>
  // expected-error@+1 {{is not lowered: expects kernel.call and addresses only}}
  kernel.sigmoid %x : memref<4xf32> -> %x : memref<4xf32>
  return
}

// -----

func.func @model_run(%arena: memref<16xi8>) {
  // expected-error@+1 {{is not lowered: expects kernel.call and addresses only}}
  %x = memref.alloc() : memref<4xi8>
  return
}

// -----

func.func @model_run(%arena: memref<?xi8, strided<[1], offset: ?>>) {
  // expected-error@+1 {{expects buffers at a constant offset, got 'memref<?xi8, strided<[1], offset: ?>>'}}
  kernel.call @tinyc_one(%arena)
    : memref<?xi8, strided<[1], offset: ?>>
    rows [0, 1] params <"tinyc_copy_params", ["rows"], [1 : i32]>
  return
}

// -----

// expected-error@+1 {{expects its values as dense integers or floats}}
memref.global "private" @state : memref<4xi8>
func.func @model_run(%arena: memref<16xi8>) {
  %state = memref.get_global @state : memref<4xi8>
  return
}
