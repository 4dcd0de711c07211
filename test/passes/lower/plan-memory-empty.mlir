// A function that computes nothing has a plan, too (found by fuzz-pipeline: no step to be the peak).
// RUN: tinyc-opt %s -lower-plan-memory | FileCheck %s
// CHECK: func.func @model_run({{.*}}kernel.plan = {alignment
func.func @nothing(%x: memref<4xi8>) {
  return
}
