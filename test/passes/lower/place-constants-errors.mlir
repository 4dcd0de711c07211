// RUN: tinyc-opt %s -lower-place-constants=flash=inside:many:2:1 -verify-diagnostics
// RUN: tinyc-opt %s -lower-plan-memory=ram=inside:many:2:1 -verify-diagnostics

// expected-error @+1 {{expects memories as name:bytes:read:write, got 'inside:many:2:1'}}
module {
  func.func @main(%x: memref<4xi8>) {
    return
  }
}
