/* tinyc/layouts.h - the layouts of packed constants and of scratch that tuned kernels, their packing (tinyc/pack.h) and
 * their scratch sizes (tinyc/scratch.h) agree on.
 *
 * conv2d_columns: a matrix product of the windows of three neighbouring output pixels with pairs of filters. Scratch
 * holds, as int16, the input columns that these windows cover, one after the other; a column is kernel_height x
 * channels elements, so that a window is kernel_width columns without gaps, and the windows start `shift` columns apart. A
 * column is padded to an even number of elements. Channels that are a multiple of four lie in the order SXTB16 leaves
 * them in: 0, 2, 1, 3.
 * Packed constants, per pair of filters (low, high): int32 bias of low, int32 bias of low + 256 * bias of high, one int16
 * 256 * high + low per element in the same order as in scratch, int32 multiplier of low and of high. The accumulator of
 * the halfwords holds 256 * high sum + low sum. */
#ifndef TINYC_LAYOUTS_H
#define TINYC_LAYOUTS_H

#include "tinyc/kernels.h"

enum { TINYC_COLUMNS_PIXELS = 3 };

/* Elements of a column in scratch. */
static inline int32_t tinyc_column_length(const tinyc_window *window) {
  return (window->kernel_height * window->input_channels + 1) & ~1;
}

/* Which element of the column, counted row by row, stands at position i. */
static inline int32_t tinyc_column_element(const tinyc_window *window, int32_t i) {
  if (window->input_channels % 4 != 0)
    return i;
  int32_t lane = i & 3;
  return i - lane + (lane == 1 ? 2 : lane == 2 ? 1 : lane);
}

/* Columns between the first columns of neighbouring windows in scratch: windows that do not touch are put side by side. */
static inline int32_t tinyc_column_shift(const tinyc_window *window) {
  return window->stride_width < window->kernel_width ? window->stride_width : window->kernel_width;
}

/* Columns in scratch. */
static inline int32_t tinyc_column_count(const tinyc_window *window) {
  return window->kernel_width + (TINYC_COLUMNS_PIXELS - 1) * tinyc_column_shift(window);
}

#endif /* TINYC_LAYOUTS_H */
