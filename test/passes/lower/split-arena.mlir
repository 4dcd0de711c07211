// RUN: tinyc-opt %s -lower-split-arena | FileCheck %s

// Offsets count from the begin of each region: 96 bytes are the first one's. Rows move as a whole.
// CHECK-LABEL: func @model_run(
// CHECK-SAME: %[[DTCM:.*]]: memref<96xi8>, %[[SRAM:.*]]: memref<64xi8>)
// CHECK: kernel.rows %[[SRAM]] [0, 48, 16] : memref<64xi8> to memref<1x3x4x4xi8>
// CHECK-DAG: %[[X:.*]] = memref.view %[[DTCM]][%[[AT:.*]]][] : memref<96xi8> to memref<1x3x4x4xi8>
// CHECK-DAG: %[[AT]] = arith.constant 48 : index
func.func @model_run(%arena: memref<160xi8>) attributes {
    kernel.regions = [{name = "dtcm", begin = 0 : i64, bytes = 96 : i64}, {name = "sram", begin = 96 : i64, bytes = 64 : i64}]} {
  %c48 = arith.constant 48 : index
  %t = kernel.rows %arena [96, 144, 112] : memref<160xi8> to memref<1x3x4x4xi8>
  %x = memref.view %arena[%c48][] : memref<160xi8> to memref<1x3x4x4xi8>
  return
}
