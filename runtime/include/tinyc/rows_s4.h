/* tinyc/rows_s4.h - the kernels with activations of 4 bits: rows are unpacked into scratch, computed by the kernel on int8, and packed
 * again. What such a kernel does to a row of bytes is in the including file: unpackRow, packRow.
 *
 * Scratch: a ring of input rows if the input has 4 bits (two if both operands of a sum have), `rows` rows of the output if it has, each
 * part a multiple of 4 bytes, then the scratch of the kernel on int8. A row is unpacked once in a call: the ring holds all rows that the
 * windows of `rows` output rows touch. */
#ifndef TINYC_ROWS_S4_H
#define TINYC_ROWS_S4_H

#include "tinyc/narrow.h"
#include "tinyc/window.h"

static inline int64_t tinyc_whole_words(int64_t bytes) { return (bytes + 3) & ~(int64_t)3; }

/* Rows of the ring of unpacked input rows: those that `rows` output rows touch. */
static inline int32_t tinyc_unpacked_ring(const tinyc_window *window, int32_t rows) {
  int32_t touched = (rows - 1) * window->stride_height + (window->kernel_height - 1) * window->dilation_height + 1;
  return touched < window->input_height ? touched : window->input_height;
}

/* Bytes of the unpacked input rows; of the unpacked output rows. */
static inline int64_t tinyc_unpacked_input(const tinyc_window *window, const tinyc_rows_s4 *rows) {
  int64_t row = (int64_t)window->input_width * window->input_channels;
  return rows->input_bits == 8 ? 0 : tinyc_whole_words(window->input_ring_rows * row);
}
static inline int64_t tinyc_unpacked_output(const tinyc_window *window, const tinyc_rows_s4 *rows) {
  int64_t row = (int64_t)window->output_width * window->output_channels;
  return rows->output_bits == 8 ? 0 : tinyc_whole_words(rows->rows * row);
}

static inline int64_t tinyc_conv2d_s4_params_unpacked(const tinyc_conv2d_s4_params *params) {
  return tinyc_unpacked_input(&params->kernel.window, &params->rows) +
         tinyc_unpacked_output(&params->kernel.window, &params->rows);
}
static inline int64_t tinyc_pool_s4_params_unpacked(const tinyc_pool_s4_params *params) {
  return tinyc_unpacked_input(&params->kernel.window, &params->rows) +
         tinyc_unpacked_output(&params->kernel.window, &params->rows);
}

/* Bytes of an unpacked row. */
static inline int64_t tinyc_unpacked_line(int32_t bits, int32_t length) {
  return bits == 8 ? 0 : tinyc_whole_words(length);
}
static inline int64_t tinyc_fully_connected_s4_params_unpacked(const tinyc_fully_connected_s4_params *params) {
  return tinyc_unpacked_line(params->input_bits, params->kernel.inputs) +
         tinyc_unpacked_line(params->output_bits, params->kernel.outputs);
}
static inline int64_t tinyc_sum_rows_params_unpacked(const tinyc_sum_rows_params *params) {
  return tinyc_whole_words((int64_t)params->width * params->channels);
}
static inline int64_t tinyc_elementwise_s4_params_unpacked(const tinyc_elementwise_s4_params *params) {
  int32_t length = params->kernel.dims[3];
  return tinyc_unpacked_line(params->lhs_bits, length) + tinyc_unpacked_line(params->rhs_bits, length) +
         tinyc_unpacked_line(params->output_bits, length);
}
static inline int64_t tinyc_requantize_s4_params_unpacked(const tinyc_requantize_s4_params *params) {
  int32_t length = params->kernel.length;
  return tinyc_unpacked_line(params->input_bits, length) + tinyc_unpacked_line(params->output_bits, length);
}

#endif /* TINYC_ROWS_S4_H */
