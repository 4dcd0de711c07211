// RUN: tinyc-opt %s -lower-convert-kernel-to-emitc | FileCheck %s

// A stream is one function: a loop over the steps, a switch on the op. Bands of contiguous tensors and those at one place
// need no table; t and v have one each, which all their readers share. 5 rows in steps of 2 leave 1 for the last step.
// Rows of x have 4 * 8 = 32 B, those of y 128 B; of a constant they are counted in elements.
memref.global "private" constant @table : memref<256xi8> = dense<7>
memref.global "private" constant @scale : memref<1x5x4x8xf32> = dense<1.5>
func.func @model_run(%arena: memref<2048xi8>) {
  %c0 = arith.constant 0 : index
  %c512 = arith.constant 512 : index
  %x = memref.view %arena[%c0][] : memref<2048xi8> to memref<1x5x4x8xi8>
  %y = memref.view %arena[%c512][] : memref<2048xi8> to memref<1x5x4x8xf32>
  %table = memref.get_global @table : memref<256xi8>
  %scale = memref.get_global @scale : memref<1x5x4x8xf32>
  %t = kernel.rows %arena [160, 192, 256, 288, 160] : memref<2048xi8> to memref<1x5x4x8xi8> loc("/conv/a")
  %u = kernel.rows %arena [320, 320, 320, 320, 320] : memref<2048xi8> to memref<1x5x4x8xi8> loc("/pool/b")
  %v = kernel.rows %arena [1200, 1328, 1200, 1328, 1200] : memref<2048xi8> to memref<1x5x4x8xf32> loc("/deq/c")
  kernel.stream steps [0, 1, 2, 3, 0, 1, 2, 3, 1, 2, 3, 0, 1, 2, 3, 1, 2, 3] {
    kernel.call @tinyc_lookup_s8(%x, %table, %t, null) : memref<1x5x4x8xi8>, memref<256xi8>, memref<1x5x4x8xi8>
      rows [0, 5] params <"tinyc_lookup_s8_params", ["rows", "length"], [2 : i32, 32 : i32]>
      step <rows = 2, scale = 1, bands = [0, 2], tables = []> loc("/conv/a")
    kernel.call @tinyc_max_pool_s8(%t, %u, null) : memref<1x5x4x8xi8>, memref<1x5x4x8xi8>
      rows [0, 5] params <"tinyc_pool_s8_params", ["window.kernel_height", "window.kernel_width"], [3 : i32, 1 : i32]>
      step <rows = 1, scale = 0, bands = [1], tables = [0]> loc("/pool/b")
    kernel.call @tinyc_dequantize_s8_f32(%u, %v, null) : memref<1x5x4x8xi8>, memref<1x5x4x8xf32>
      rows [0, 5] params <"tinyc_quantize_params", ["rows", "length"], [1 : i32, 32 : i32]>
      step <rows = 1, scale = 1, bands = [0, 1], tables = []> loc("/deq/c")
    kernel.call @tinyc_mul_f32(%v, %scale, %y, null) : memref<1x5x4x8xf32>, memref<1x5x4x8xf32>, memref<1x5x4x8xf32>
      rows [0, 5] params <"tinyc_elementwise_f32_params", ["dims[0]"], [1 : i32]>
      step <rows = 1, scale = 1, bands = [0, 1, 2], tables = []> {kernel.macs = 160 : i64} loc("/mul/d")
  }
  return
}
// CHECK:      emitc.global static const @conv_a_rows : !emitc.array<5xui32> = dense<[160, 192, 256, 288, 160]>
// CHECK-NOT:  @pool_b_rows
// CHECK:      emitc.global static const @deq_c_rows : !emitc.array<5xui32> = dense<[1200, 1328, 1200, 1328, 1200]>
// CHECK-NOT:  _rows
// CHECK:      emitc.verbatim "static void model_stream_0(uint8_t *arena) {
// CHECK-SAME: static const uint8_t steps[] = {0, 1, 2, 3, 0, 1, 2, 3, 1, 2, 3, 0, 1, 2, 3, 1, 2, 3};
// CHECK-SAME: int32_t rows[4] = {0};
// CHECK-SAME: tinyc_rows input = {arena, NULL};
// CHECK-SAME: for (int32_t step = 0; step < 18; step++) {
// CHECK-SAME: switch (steps[step]) {
// CHECK-SAME: case 0: { /* /conv/a: lookup */
// CHECK-SAME: const int32_t row = rows[0], end = row + 2 < 5 ? row + 2 : 5;
// CHECK-SAME: tinyc_lookup_s8(&conv_a_params, (int8_t *)(arena + row * 32), table, (int8_t *)(arena + conv_a_rows[row]), NULL, 0, end - row);
// CHECK-SAME: rows[0] = end;
// CHECK-SAME: case 1: { /* /pool/b: max_pool 3x1 */
// CHECK-SAME: input.offsets = conv_a_rows;
// CHECK-SAME: tinyc_max_pool_s8(&pool_b_params, (const int8_t *)(const void *)&input, (int8_t *)(arena + 320), NULL, row, end);
// CHECK-SAME: case 2: { /* /deq/c: dequantize */
// CHECK-SAME: tinyc_dequantize_s8_f32(&deq_c_params, (int8_t *)(arena + 320), (float *)(void *)(arena + deq_c_rows[row]), NULL, 0, 1);
// CHECK-SAME: case 3: { /* /mul/d: mul, 160 MACs */
// CHECK-SAME: tinyc_mul_f32(&mul_d_params, (float *)(void *)(arena + deq_c_rows[row]), scale + row * 32, (float *)(void *)(arena + 512 + row * 128), NULL, 0, 1);
// CHECK-SAME: default:
// CHECK:      emitc.func @model_run
// CHECK-NEXT:   call_opaque "model_stream_0"() {args = [#emitc.opaque<"arena">]}
// CHECK-NEXT:   return
