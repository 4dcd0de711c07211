// RUN: tinyc-opt %s -lower-convert-kernel-to-emitc | FileCheck %s --check-prefix=C
// RUN: tinyc-opt %s -lower-convert-kernel-to-llvm | FileCheck %s

// The program stops in its stream for rows of the image, at places of their own, and of the mask, 16 bytes apart; then
// for the whole image y. It goes on with the stream as stage 1, behind y as stage 2. 5 rows of the image in steps of 2 leave
// 1 for the last one.
!image = tensor<1x5x4x2x!quant.uniform<i8:f32, 0.5:3>>
memref.global "private" constant @table : memref<256xi8> = dense<7>
func.func @net_run(%arena: memref<1024xi8>) {
  %c0 = arith.constant 0 : index
  %c300 = arith.constant 300 : index
  %v = memref.view %arena[%c0][] : memref<1024xi8> to memref<4x16xi8>
  %y = memref.view %arena[%c300][] : memref<1024xi8> to memref<1x5x4x2xi8>
  %table = memref.get_global @table : memref<256xi8>
  %x = kernel.rows %arena [100, 108, 116, 124, 100] : memref<1024xi8> to memref<1x5x4x2xi8> loc("image")
  %m = kernel.rows %arena [200, 216, 232, 248, 264] : memref<1024xi8> to memref<1x5x4x2xi8> loc("mask")
  kernel.call @tinyc_lookup_s8(%v, %table, %v, null) : memref<4x16xi8>, memref<256xi8>, memref<4x16xi8> rows [0, 4]
    params <"tinyc_lookup_s8_params", ["rows", "length"], [4 : i32, 16 : i32]> loc("first")
  kernel.stream steps [0, 1, 1, 2, 2, 0, 1, 1, 2, 2, 0, 1, 2] {
    kernel.receive 0 "image" -> %x : memref<1x5x4x2xi8> {tensorType = !image, rowsPerStep = 2 : i32}
    kernel.call @tinyc_lookup_s8(%x, %table, %m, null) : memref<1x5x4x2xi8>, memref<256xi8>, memref<1x5x4x2xi8>
      rows [0, 5] params <"tinyc_lookup_s8_params", ["rows", "length"], [1 : i32, 8 : i32]>
      step <rows = 1, scale = 1, bands = [0, 2], tables = []> loc("inner")
    kernel.send %m -> 1 "m*/ask" : memref<1x5x4x2xi8> {tensorType = !image, rowsPerStep = 1 : i32}
  }
  kernel.receive 2 "y" -> %y : memref<1x5x4x2xi8> {tensorType = !image}
  kernel.call @tinyc_lookup_s8(%y, %table, %y, null) : memref<1x5x4x2xi8>, memref<256xi8>, memref<1x5x4x2xi8> rows [0, 5]
    params <"tinyc_lookup_s8_params", ["rows", "length"], [5 : i32, 8 : i32]> loc("last")
  return
}
// C:      verbatim "static int32_t net_stop(net_state *state, int32_t request, int32_t port, int32_t row, int32_t count, int32_t offset) {
// C:      verbatim "static int32_t net_stream_0(uint8_t *arena, net_state *state) {
// C-SAME: int32_t *const rows = state->rows;
// C-SAME: while (state->step < 13) {
// C-SAME: switch (steps[state->step++]) {
// C-SAME: case 0: {\0A      const int32_t row = rows[0], end = row + 2 < 5 ? row + 2 : 5;\0A      rows[0] = end;
// C-SAME: return net_stop(state, NET_WANTS_ROWS, 0, row, end - row, (int32_t)image_rows[row]); /* image */
// C-SAME: case 1: { /* inner: lookup */
// C-SAME: case 2: {\0A      const int32_t row = rows[2];\0A      rows[2] = row + 1;
// C-SAME: return net_stop(state, NET_HAS_ROWS, 1, row, 1, 200 + row * 16); /* m*_/ask */
// C-SAME: state->step = 0;\0A  memset(state->rows, 0, sizeof state->rows);\0A  return NET_DONE;
// C:      verbatim "int32_t net_run(uint8_t *arena, net_state *state) {
// C-SAME: if (state->stage == 0) {\0A    /* first: lookup */
// C-SAME: state->stage = 1;\0A  }\0A  if (state->stage == 1) {\0A    if (net_stream_0(arena, state) != NET_DONE)\0A      return state->request;
// C-SAME: state->stage = 2;\0A    return net_stop(state, NET_WANTS_ROWS, 2, 0, 5, 300); /* y */
// C-SAME: if (state->stage == 2) {\0A    /* last: lookup */
// C-SAME: state->stage = 0;\0A  state->request = NET_DONE;\0A  return NET_DONE;

// Words of the state: 0 stage, 1 step, 2 request, 3 port, 4 row, 5 count, 6 offset, 7 rows of op 0.
// CHECK:      llvm.func internal @net_stream_0(%[[ARENA:.*]]: !llvm.ptr, %[[STATE:.*]]: !llvm.ptr) -> i32
// CHECK:        %[[SEVEN:.*]] = llvm.mlir.constant(7 : i32)
// CHECK-NEXT:   %[[ROWS:.*]] = llvm.getelementptr inbounds %[[STATE]][%[[SEVEN]]] : (!llvm.ptr, i32) -> !llvm.ptr, i32
// CHECK:        %[[STEP:.*]] = llvm.load
// CHECK:        llvm.br ^bb1(%[[STEP]] : i32)
// CHECK:        llvm.switch
// The rows of the image.
// CHECK:        %[[AT:.*]] = llvm.getelementptr inbounds %[[ROWS]][
// CHECK-NEXT:   %[[ROW:.*]] = llvm.load %[[AT]]
// CHECK:        %[[END:.*]] = llvm.select 
// CHECK-NEXT:   llvm.store %[[END]], %[[AT]]
// CHECK:        llvm.mlir.addressof @image_rows
// CHECK:        llvm.sub %[[END]], %[[ROW]]
// CHECK:        llvm.return
// CHECK:      llvm.func @net_run(%[[ARENA:.*]]: !llvm.ptr, %[[STATE:.*]]: !llvm.ptr) -> i32
// CHECK:        llvm.switch %{{.*}} : i32, ^bb4 [
// CHECK-NEXT:     0: ^bb1,
// CHECK-NEXT:     1: ^bb2,
// CHECK-NEXT:     2: ^bb3
// CHECK:      ^bb1:
// CHECK:        llvm.call @tinyc_lookup_s8
// CHECK:        llvm.br ^bb2
// CHECK:      ^bb2:
// CHECK:        %[[REQUEST:.*]] = llvm.call @net_stream_0(%[[ARENA]], %[[STATE]])
// CHECK:        llvm.cond_br %{{.*}}, ^bb[[REST:.*]], ^bb[[STOP:.*]]
// CHECK:      ^bb3:
// CHECK:        llvm.call @tinyc_lookup_s8
// CHECK:        llvm.br ^bb4
// CHECK:      ^bb4:
// CHECK:        llvm.return
// CHECK:      ^bb[[STOP]]:
// CHECK-NEXT:   llvm.return %[[REQUEST]]
// CHECK:      ^bb[[REST]]:
// CHECK:        llvm.return
