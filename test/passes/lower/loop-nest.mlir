// RUN: tinyc-opt %s -lower-convert-nn-to-kernel | FileCheck %s
// RUN: tinyc-opt %s -lower-convert-nn-to-kernel -lower-select-kernels -lower-plan-memory -lower-kernels-to-calls \
// RUN:   -lower-convert-kernel-to-emitc | FileCheck %s --check-prefix=C
// RUN: tinyc-opt %s -lower-convert-nn-to-kernel -lower-select-kernels -lower-plan-memory -lower-kernels-to-calls \
// RUN:   -lower-convert-kernel-to-llvm | FileCheck %s --check-prefix=LLVM

// Booleans are bytes in memory; two nests that do the same share a function; the second runs in place of its input.

// CHECK-LABEL: func.func @main
// CHECK: kernel.loop_nest "Erf"(%{{.*}}) {
// CHECK: loop.call "erf"
// CHECK: -> %{{.*}} : memref<4xf32>
// CHECK: kernel.loop_nest "Greater"(%{{.*}}, %{{.*}}) {
// CHECK: %[[BIT:.*]] = arith.cmpf ogt
// CHECK: %[[BYTE:.*]] = arith.extui %[[BIT]] : i1 to i8
// CHECK: loop.yield %[[BYTE]] : i8
// CHECK: -> %{{.*}} : memref<4xi8>

// C: emitc.include "tinyc/math.h"
// C: emitc.verbatim "static void loops_greater(const tinyc_loop_nest_params *params, const float *x0, const float *x1, int8_t *output, void *scratch, int32_t row_begin, int32_t row_end)
// C-SAME: for (int32_t i0 = 0; i0 < 4; i0++) {
// C-SAME: const int32_t v0 = e0 > e1;
// C: emitc.verbatim "static void loops_erf(
// C-SAME: const float e0 = x0[i0];
// C-SAME: const float v0 = tinyc_math_erf_f32(e0);
// C-SAME: output[i0] = v0;
// C-NOT: static void loops
// C: call_opaque "loops_erf"
// C: call_opaque "loops_erf"
// C: call_opaque "loops_greater"

// LLVM: llvm.func @tinyc_math_erf_f32(f32) -> f32
// LLVM: llvm.func internal @loops_erf(
// LLVM: llvm.call @tinyc_math_erf_f32
// LLVM: llvm.cond_br
// LLVM: llvm.func @model_run
func.func @main(%x: tensor<4xf32>, %z: tensor<4xf32>) -> tensor<4xi1> {
  %y = nn.loop_nest "Erf" (%x) {
  ^bb0(%e: f32):
    %r = loop.call "erf"(%e)
    loop.yield %r : f32
  } {sizes = array<i64: 4>, parallel = 1 : i64, maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>]}
    : (tensor<4xf32>) -> tensor<4xf32>
  %w = nn.loop_nest "Erf" (%y) {
  ^bb0(%e: f32):
    %r = loop.call "erf"(%e)
    loop.yield %r : f32
  } {sizes = array<i64: 4>, parallel = 1 : i64, maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>]}
    : (tensor<4xf32>) -> tensor<4xf32>
  %g = nn.loop_nest "Greater" (%w, %z) {
  ^bb0(%a: f32, %b: f32):
    %r = arith.cmpf ogt, %a, %b : f32
    loop.yield %r : i1
  } {sizes = array<i64: 4>, parallel = 1 : i64, maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>, affine_map<(i) -> (i)>]}
    : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xi1>
  return %g : tensor<4xi1>
}
