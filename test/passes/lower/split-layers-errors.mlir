// RUN: tinyc-opt %s -lower-split-layers=columns=0:2:1:1 -split-input-file -verify-diagnostics

// expected-error @+1 {{has 1 ops, got a split of ops 0 to 2}}
func.func @few(%x: memref<1x2x2x2xf32>, %y: memref<1x2x2x2xf32> {kernel.output}) {
  kernel.sigmoid %x : memref<1x2x2x2xf32> -> %y : memref<1x2x2x2xf32>
  return
}

// -----

func.func @output(%x: memref<1x2x2x2xf32>, %y: memref<1x2x2x2xf32> {kernel.output}) {
  %a = memref.alloc() : memref<1x2x2x2xf32>
  // expected-error @+1 {{and those behind it cannot be computed in stripes of columns}}
  kernel.sigmoid %x : memref<1x2x2x2xf32> -> %a : memref<1x2x2x2xf32>
  kernel.sigmoid %a : memref<1x2x2x2xf32> -> %y : memref<1x2x2x2xf32>
  return
}

// -----

// expected-error @+1 {{expects parts of 3 columns in all, got 2}}
func.func @widths(%x: memref<1x2x3x2xf32>, %y: memref<1x2x3x2xf32> {kernel.output}) {
  %a = memref.alloc() : memref<1x2x3x2xf32>
  %b = memref.alloc() : memref<1x2x3x2xf32>
  kernel.sigmoid %x : memref<1x2x3x2xf32> -> %a : memref<1x2x3x2xf32>
  kernel.sigmoid %a : memref<1x2x3x2xf32> -> %b : memref<1x2x3x2xf32>
  kernel.sigmoid %b : memref<1x2x3x2xf32> -> %y : memref<1x2x3x2xf32>
  return
}
