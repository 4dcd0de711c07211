// RUN: tinyc-opt %s -split-input-file -lower-convert-kernel-to-emitc | FileCheck %s

// Addresses are offsets into the arena or names of constants; the node's name, cleaned, names the parameter block. Of
// the comment, only the kernel is known: no window, no MACs.
memref.global "private" constant @activation_table : memref<256xi8> = dense<7>
func.func @model_run(%arena: memref<128xi8>) {
  %c64 = arith.constant 64 : index
  %c0 = arith.constant 0 : index
  %x = memref.view %arena[%c0][] : memref<128xi8> to memref<4x16xi8>
  %y = memref.view %arena[%c64][] : memref<128xi8> to memref<4x16xi8>
  %table = memref.get_global @activation_table : memref<256xi8>
  kernel.call @tinyc_lookup_s8(%x, %table, %y, null)
    : memref<4x16xi8>, memref<256xi8>, memref<4x16xi8>
    rows [0, 4] params <"tinyc_lookup_s8_params", ["rows", "length"], [4 : i32, 16 : i32]> loc("/act/Sigmoid")
  return
}
// CHECK:      emitc.include "model.h"
// CHECK-NEXT: emitc.include "tinyc/kernel_functions.h"
// CHECK-NOT:  INFINITY
// CHECK-NOT:  @unused
// CHECK:      emitc.verbatim "_Alignas(4)"
// CHECK-NEXT: emitc.global static const @activation_table : !emitc.array<256xi8> = dense<7>
// CHECK:      emitc.global static const @act_Sigmoid_params : !emitc.opaque<"tinyc_lookup_s8_params">
// CHECK-SAME:   = #emitc.opaque<"{\0A    .rows = 4,\0A    .length = 16,\0A}">
// CHECK:      emitc.func @model_run(%{{.*}}: !emitc.ptr<ui8>)
// CHECK-NEXT:   verbatim "/* /act/Sigmoid: lookup */"
// CHECK-NEXT:   call_opaque "tinyc_lookup_s8"() {args = [#emitc.opaque<"&act_Sigmoid_params">,
// CHECK-SAME:     #emitc.opaque<"(int8_t *)(arena + 0)">, #emitc.opaque<"activation_table">,
// CHECK-SAME:     #emitc.opaque<"(int8_t *)(arena + 64)">, #emitc.opaque<"NULL">, 0 : i32, 4 : i32]}
// CHECK-NEXT:   return

// -----

// Offsets of views, in bytes: 32 + 2 rows of 4 floats * 4 B = 64; the constant's are in elements. Fields are nested as in
// the struct. A name without a lower-case letter could be a macro, and gets a prefix; so do names of kernels. The
// comment cannot be ended by a node's name.
memref.global "private" constant @BIAS : memref<8xf32> = dense<[1.0, -2.5, 0.1, 0x7F800000, 0.0, 0.0, 0.0, 0.0]> {alignment = 16 : i64}
func.func @model_run(%arena: memref<128xi8>) {
  %c32 = arith.constant 32 : index
  %all = memref.view %arena[%c32][] : memref<128xi8> to memref<4x4xf32>
  %x = memref.subview %all[2, 0] [2, 4] [1, 1] : memref<4x4xf32> to memref<2x4xf32, strided<[4, 1], offset: 8>>
  %bias = memref.get_global @BIAS : memref<8xf32>
  %y = memref.reinterpret_cast %bias to offset: [4], sizes: [1, 4], strides: [4, 1]
    : memref<8xf32> to memref<1x4xf32, strided<[4, 1], offset: 4>>
  kernel.call @tinyc_add_f32(%x, %y, %x, null)
    : memref<2x4xf32, strided<[4, 1], offset: 8>>, memref<1x4xf32, strided<[4, 1], offset: 4>>, memref<2x4xf32, strided<[4, 1], offset: 8>>
    rows [1, 2] params <"tinyc_elementwise_f32_params", ["dims[0]", "dims[1]", "output.clamp_min", "output.clamp_max"], [2 : i32, 4 : i32, 0xFF800000 : f32, 6.0 : f32]> {kernel.macs = 12 : i64} loc("a*/b")
  kernel.call @tinyc_pad_f32(%x, %x, null)
    : memref<2x4xf32, strided<[4, 1], offset: 8>>, memref<2x4xf32, strided<[4, 1], offset: 8>>
    rows [0, 1] params <"tinyc_pad_f32_params", ["value"], [0.1 : f32]> loc("a_/b")
  return
}
// CHECK:      emitc.verbatim "#define INFINITY ((float)(1e300 * 1e300))"
// CHECK:      emitc.verbatim "_Alignas(16)"
// CHECK-NEXT: emitc.global static const @node_BIAS : !emitc.array<8xf32>
// CHECK:      @a__b_params : !emitc.opaque<"tinyc_elementwise_f32_params"> =
// CHECK-SAME:   "{\0A    .dims = {2, 4},\0A    .output = {.clamp_min = -INFINITY, .clamp_max = 6.0f},\0A}"
// The next node's name would be the same.
// CHECK:      @a__b_params_2 : !emitc.opaque<"tinyc_pad_f32_params"> = #emitc.opaque<"{\0A    .value = 0.100000001f,\0A}">
// CHECK:      verbatim "/* a*_/b: add, 12 MACs */"
// CHECK-NEXT: "tinyc_add_f32"
// CHECK-SAME:   "(float *)(void *)(arena + 64)">, #emitc.opaque<"node_BIAS + 4">,
// CHECK-SAME:   "(float *)(void *)(arena + 64)">, #emitc.opaque<"NULL">, 1 : i32, 2 : i32]

// -----

// 16-bit tables are signed or unsigned, as their elements are.
memref.global "private" constant @table : memref<2xui16> = dense<[65535, 3]>
memref.global "private" constant @line : memref<2xi16> = dense<[-1, 3]>
func.func @net_run(%arena: memref<16xi8>) {
  %table = memref.get_global @table : memref<2xui16>
  %line = memref.get_global @line : memref<2xi16>
  %c0 = arith.constant 0 : index
  %x = memref.view %arena[%c0][] : memref<16xi8> to memref<1x16xi8>
  kernel.call @tinyc_softmax_s8(%x, %table, %x, null)
    : memref<1x16xi8>, memref<2xui16>, memref<1x16xi8>
    rows [0, 1] params <"tinyc_softmax_s8_params", ["rows"], [1 : i32]>
  %y = memref.view %arena[%c0][] : memref<16xi8> to memref<1x8xi16>
  kernel.call @tinyc_lookup_s16(%y, %line, %y, null)
    : memref<1x8xi16>, memref<2xi16>, memref<1x8xi16>
    rows [0, 1] params <"tinyc_lookup_s8_params", ["rows"], [1 : i32]>
  return
}
// CHECK: emitc.global static const @table : !emitc.array<2xui16> = dense<[65535, 3]>
// CHECK: emitc.global static const @line : !emitc.array<2xi16> = dense<[-1, 3]>
// A call without a node's name is named after its kernel, which is a name of the runtime's.
// CHECK: emitc.global static const @node_tinyc_softmax_s8_params
// CHECK: emitc.func @net_run
// CHECK: verbatim "/* softmax */"
