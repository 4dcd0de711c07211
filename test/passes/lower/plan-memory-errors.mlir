// RUN: tinyc-opt %s -lower-plan-memory -split-input-file -verify-diagnostics

// expected-error @+1 {{expects a function of one block on buffers, without results}}
func.func @result(%x: memref<4xi8>) -> i32 {
  %0 = arith.constant 0 : i32
  return %0 : i32
}

// -----

// expected-error @+1 {{expects a contiguous buffer of static shape, got 'tensor<4xf32>'}}
func.func @tensor(%x: tensor<4xf32>) {
  return
}

// -----

func.func @other(%x: memref<4xi8>) {
  // expected-error @+1 {{'arith.constant' op is not expected among kernel ops}}
  %0 = arith.constant 0 : i32
  return
}

// -----

func.func @dynamic(%x: memref<4xi8>, %n: memref<4xi8>) {
  // expected-error @+1 {{'memref.reinterpret_cast' op expects a contiguous view}}
  %0 = memref.reinterpret_cast %x to offset: [0], sizes: [2], strides: [2] : memref<4xi8> to memref<2xi8, strided<[2]>>
  return
}

// -----

func.func @first(%x: memref<4xi8>) {
  return
}
// expected-error @+1 {{expects one function in the module, got a second one}}
func.func @second(%x: memref<4xi8>) {
  return
}

// -----

// expected-error @+1 {{needs an arena of 4000000000 bytes, more than 2^31 - 1}}
func.func @huge(%x: memref<2000000000xi8>, %y: memref<2000000000xi8> {kernel.output}) {
  kernel.transpose %x : memref<2000000000xi8> -> %y : memref<2000000000xi8> {permutation = array<i32: 0>}
  return
}
