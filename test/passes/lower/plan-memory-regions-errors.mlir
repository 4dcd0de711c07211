// RUN: tinyc-opt %s -lower-verify-plan="alignment=4 ram=dtcm:64:1:1,sram:128:2:2" -split-input-file -verify-diagnostics

// A memory holds no more than it has: the second region needs 192 bytes.
// expected-error @+1 {{needs 192 bytes of memory 'sram', 64 more than its 128}}
func.func @large(%arena: memref<256xi8>) attributes {
    kernel.inputs = [{name = "x", offset = 64 : i64, bytes = 64 : i64}], kernel.outputs = [],
    kernel.regions = [{name = "dtcm", begin = 0 : i64, bytes = 64 : i64}, {name = "sram", begin = 64 : i64, bytes = 192 : i64}]} {
  %c64 = arith.constant 64 : index
  %c128 = arith.constant 128 : index
  %x = memref.view %arena[%c64][] : memref<256xi8> to memref<64xi8>
  %y = memref.view %arena[%c128][] : memref<256xi8> to memref<64xi8>
  kernel.pad %x : memref<64xi8> -> %y : memref<64xi8> {before = array<i32: 0>, after = array<i32: 0>, value = 0 : i32}
  return
}

// -----

// expected-error @+1 {{has a region in the unknown memory 'ccm'}}
func.func @unknown(%arena: memref<64xi8>) attributes {
    kernel.inputs = [], kernel.outputs = [], kernel.regions = [{name = "ccm", begin = 0 : i64, bytes = 64 : i64}]} {
  return
}

// -----

// expected-error @+1 {{has regions of 32 bytes, but an arena of 64}}
func.func @short(%arena: memref<64xi8>) attributes {
    kernel.inputs = [], kernel.outputs = [], kernel.regions = [{name = "sram", begin = 0 : i64, bytes = 32 : i64}]} {
  return
}

// -----

// expected-error @+1 {{expects region 'sram' from byte 32 of the arena on, got bytes 16 to 48}}
func.func @overlap(%arena: memref<48xi8>) attributes {
    kernel.inputs = [], kernel.outputs = [],
    kernel.regions = [{name = "dtcm", begin = 0 : i64, bytes = 32 : i64}, {name = "sram", begin = 16 : i64, bytes = 32 : i64}]} {
  return
}

// -----

// A buffer that lies across the border of two memories.
func.func @across(%arena: memref<128xi8>) attributes {
    kernel.inputs = [{name = "x", offset = 0 : i64, bytes = 32 : i64}], kernel.outputs = [],
    kernel.regions = [{name = "dtcm", begin = 0 : i64, bytes = 64 : i64}, {name = "sram", begin = 64 : i64, bytes = 64 : i64}]} {
  %c0 = arith.constant 0 : index
  %c48 = arith.constant 48 : index
  %x = memref.view %arena[%c0][] : memref<128xi8> to memref<32xi8>
  // expected-error @+1 {{buffer at bytes 48 to 80 of the arena lies in no region as a whole}}
  %y = memref.view %arena[%c48][] : memref<128xi8> to memref<32xi8>
  kernel.pad %x : memref<32xi8> -> %y : memref<32xi8> {before = array<i32: 0>, after = array<i32: 0>, value = 0 : i32}
  return
}
