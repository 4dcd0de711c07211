/* tinyc/window.h - addressing of sliding windows and ring buffers, shared by the kernels. */
#ifndef TINYC_WINDOW_H
#define TINYC_WINDOW_H

#include "tinyc/kernels.h"

/* Kernel taps begin <= tap < end that fall inside the input. */
typedef struct tinyc_taps {
  int32_t begin, end;
} tinyc_taps;

/* The taps t of 0..kernel-1 with 0 <= start + t * dilation < size; empty ranges have begin == end. */
static inline tinyc_taps tinyc_inner_taps(int32_t start, int32_t dilation, int32_t kernel, int32_t size) {
  tinyc_taps taps = {0, kernel};
  if (start < 0)
    taps.begin = dilation == 1 ? -start : (dilation - 1 - start) / dilation;
  if (start + (kernel - 1) * dilation >= size)
    taps.end = start >= size ? 0 : dilation == 1 ? size - start : (size - 1 - start) / dilation + 1;
  if (taps.begin > taps.end)
    taps.begin = taps.end;
  return taps;
}

/* The input index that a tap of a transposed convolution multiplies: at is the output index plus padding minus the tap's
 * dilated offset. -1: none, because at lies between two input elements or outside. */
static inline int32_t tinyc_transposed_index(int32_t at, int32_t stride, int32_t size) {
  if (at < 0 || at % stride != 0)
    return -1;
  int32_t index = at / stride;
  return index < size ? index : -1;
}

/* Where logical row y of a buffer of ring_rows > 0 rows lies. */
static inline int32_t tinyc_ring_row(int32_t y, int32_t ring_rows) { return y < ring_rows ? y : y % ring_rows; }

/* Logical row y of the window's input, whose elements have the size given: resident, in a ring, or anywhere. */
static inline const void *tinyc_input_row(const tinyc_window *window, const void *input, int32_t y, int32_t size) {
  if (y >= window->input_ring_rows) {
    if (window->input_ring_rows == 0) {
      const tinyc_rows *rows = (const tinyc_rows *)input;
      return (const char *)rows->base + rows->offsets[y];
    }
    y %= window->input_ring_rows;
  }
  return (const char *)input + y * window->input_width * window->input_channels * size;
}
static inline const int8_t *tinyc_input_row_s8(const tinyc_window *window, const int8_t *input, int32_t y) {
  return (const int8_t *)tinyc_input_row(window, input, y, 1);
}
static inline const int16_t *tinyc_input_row_s16(const tinyc_window *window, const int16_t *input, int32_t y) {
  return (const int16_t *)tinyc_input_row(window, input, y, (int32_t)sizeof(int16_t));
}
static inline const float *tinyc_input_row_f32(const tinyc_window *window, const float *input, int32_t y) {
  return (const float *)tinyc_input_row(window, input, y, (int32_t)sizeof(float));
}

/* Element offset of logical row y of the window's output. */
static inline int32_t tinyc_output_offset(const tinyc_window *window, int32_t y) {
  return tinyc_ring_row(y, window->output_ring_rows) * window->output_width * window->output_channels;
}

#endif /* TINYC_WINDOW_H */
