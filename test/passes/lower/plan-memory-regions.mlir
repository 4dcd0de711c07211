// RUN: tinyc-opt %s -lower-plan-memory="alignment=4 ram=dtcm:300:1:1,sram:1000:2:2" -lower-verify-plan="alignment=4 ram=dtcm:300:1:1,sram:1000:2:2" -split-input-file | FileCheck %s --check-prefixes=CHECK,FITS
// RUN: tinyc-opt %s -lower-plan-memory="alignment=4 ram=dtcm:240:1:1,sram:1000:2:2" -lower-verify-plan="alignment=4 ram=dtcm:240:1:1,sram:1000:2:2" -split-input-file | FileCheck %s --check-prefixes=CHECK,SPLIT
// RUN: tinyc-opt %s -lower-plan-memory="alignment=4 ram=dtcm:240:1:1,sram:1000:2:2" -lower-split-arena -split-input-file | FileCheck %s --check-prefix=PARTS

// RUN: tinyc-opt %s -lower-plan-memory="alignment=4 whole ram=dtcm:240:1:1,sram:1000:2:2" -split-input-file | FileCheck %s --check-prefixes=CHECK,WHOLE

// 100 (x), 120 (a), 140 (b) and 160 (y) bytes, live together: x a, a b, b y: at most 300 bytes, which the first board's fast
// memory has.
//
// In 240 bytes: x and a, or one of b and y with some of them, but not a and b (260), nor b and y (300). x is read and y is
// written, a and b are written and read: fast words save x 25, a 60, b 70, y 40 cycles. x a y together: 125 (x and a at once:
// 220; y 160); x b: 95; b alone with x is less. So b alone lies in the slow memory: bytes 220 on.
// CHECK-LABEL: func @model_run(
// FITS-SAME: memref<300xi8>
// FITS-SAME: kernel.regions = [{begin = 0 : i64, bytes = 300 : i64, name = "dtcm"}]
// WHOLE-SAME: memref<300xi8>
// WHOLE-SAME: kernel.regions = [{begin = 0 : i64, bytes = 300 : i64, name = "sram"}]
// SPLIT-SAME: memref<360xi8>
// SPLIT-SAME: kernel.regions = [{begin = 0 : i64, bytes = 220 : i64, name = "dtcm"}, {begin = 220 : i64, bytes = 140 : i64, name = "sram"}]
// SPLIT: %[[B:.*]] = arith.constant 220 : index
// SPLIT: memref.view %{{.*}}[%[[B]]][] : memref<360xi8> to memref<140xi8>

// The program gets both parts; offsets count from the begin of each.
// PARTS-LABEL: func @model_run(
// PARTS-SAME: %[[DTCM:.*]]: memref<220xi8>, %[[SRAM:.*]]: memref<140xi8>)
// PARTS-DAG: %[[X:.*]] = memref.view %[[DTCM]][%{{.*}}][]{{.*}} : memref<220xi8> to memref<100xi8>
// PARTS-DAG: %[[Y:.*]] = memref.view %[[DTCM]][%{{.*}}][]{{.*}} : memref<220xi8> to memref<160xi8>
// PARTS-DAG: %[[A:.*]] = memref.view %[[DTCM]][%{{.*}}][]{{.*}} : memref<220xi8> to memref<120xi8>
// PARTS-DAG: %[[B:.*]] = memref.view %[[SRAM]][%[[BEGIN:.*]]][] : memref<140xi8> to memref<140xi8>
// PARTS-DAG: %[[BEGIN]] = arith.constant 0 : index
// PARTS-DAG: kernel.pad %[[X]] : memref<100xi8> -> %[[A]]
// PARTS-DAG: kernel.pad %[[A]] : memref<120xi8> -> %[[B]]
// PARTS: kernel.pad %[[B]] : memref<140xi8> -> %[[Y]]
func.func @alternate(%x: memref<100xi8> {nn.name = "x"}, %y: memref<160xi8> {nn.name = "y", kernel.output}) {
  %a = memref.alloc() : memref<120xi8> loc("a")
  kernel.pad %x : memref<100xi8> -> %a : memref<120xi8> {before = array<i32: 0>, after = array<i32: 20>, value = 0 : i32} loc("a")
  %b = memref.alloc() : memref<140xi8> loc("b")
  kernel.pad %a : memref<120xi8> -> %b : memref<140xi8> {before = array<i32: 0>, after = array<i32: 20>, value = 0 : i32} loc("b")
  kernel.pad %b : memref<140xi8> -> %y : memref<160xi8> {before = array<i32: 0>, after = array<i32: 20>, value = 0 : i32} loc("c")
  return
}
