// RUN: not tinyc-opt %s -lower-select-kernels=target=cortex-m99 2>&1 | FileCheck %s

// CHECK: error: unknown target 'cortex-m99', expects one of cortex-m0plus, cortex-m3, cortex-m4, cortex-m7, cortex-m33, cortex-m55, host
func.func @nothing() {
  return
}
