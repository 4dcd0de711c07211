// RUN: tinyc-opt %s -lower-kernels-to-calls -verify-diagnostics

func.func @unselected(%x: memref<4xf32>) {
  // expected-error @+1 {{'kernel.sigmoid' op has no kernel chosen: run lower-select-kernels first}}
  kernel.sigmoid %x : memref<4xf32> -> %x : memref<4xf32>
  return
}
