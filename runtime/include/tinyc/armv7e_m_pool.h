/* tinyc/armv7e_m_pool.h - the windows of the pooling kernels for Armv7E-M: four channels of an output pixel at a time,
 * and sums of four channels as two pairs of int16. */
#ifndef TINYC_ARMV7E_M_POOL_H
#define TINYC_ARMV7E_M_POOL_H

#include "tinyc/armv7e_m.h"
#include "tinyc/window.h"

enum {
  TINYC_POOL_ROWS = 16 /* input rows whose addresses are kept */,
  TINYC_SUM_MOST = 255 /* int8 whose sum fits int16 */
};

/* The window of an output pixel: its taps inside the input. */
typedef struct tinyc_pool {
  const tinyc_window *window;
  const int8_t *input;
  int32_t top;                        /* input row of tap row 0 */
  tinyc_taps rows, columns;           /* taps inside the input */
  int32_t offset, step;               /* bytes from a row's beginning to its first tap; between taps */
  const int8_t *row[TINYC_POOL_ROWS]; /* of tap rows rows.begin and up */
} tinyc_pool;

static inline const int8_t *tinyc_pool_row(const tinyc_pool *pool, int32_t ky) {
  int32_t i = ky - pool->rows.begin;
  return i < TINYC_POOL_ROWS
             ? pool->row[i]
             : tinyc_input_row_s8(pool->window, pool->input, pool->top + ky * pool->window->dilation_height);
}

static inline tinyc_pool tinyc_begin_pool(const tinyc_window *window, const int8_t *input) {
  tinyc_pool pool;
  pool.window = window;
  pool.input = input;
  pool.step = window->dilation_width * window->input_channels;
  return pool;
}

/* Goes to output row y. */
static inline void tinyc_begin_pool_row(tinyc_pool *pool, int32_t y) {
  const tinyc_window *window = pool->window;
  pool->top = y * window->stride_height - window->pad_top;
  pool->rows = tinyc_inner_taps(pool->top, window->dilation_height, window->kernel_height, window->input_height);
  int32_t count = tinyc_min_s32(pool->rows.end - pool->rows.begin, TINYC_POOL_ROWS);
  for (int32_t i = 0; i < count; i++)
    pool->row[i] =
        tinyc_input_row_s8(window, pool->input, pool->top + (pool->rows.begin + i) * window->dilation_height);
}

/* Goes to output column x; returns the number of taps inside the input. */
static inline int32_t tinyc_begin_pool_pixel(tinyc_pool *pool, int32_t x) {
  const tinyc_window *window = pool->window;
  int32_t left = x * window->stride_width - window->pad_left;
  pool->columns = tinyc_inner_taps(left, window->dilation_width, window->kernel_width, window->input_width);
  pool->offset = (left + pool->columns.begin * window->dilation_width) * window->input_channels;
  return (pool->rows.end - pool->rows.begin) * (pool->columns.end - pool->columns.begin);
}

/* Sums of channels 0 and 2, and of 1 and 3. */
typedef struct tinyc_pair_sums {
  uint32_t even, odd;
} tinyc_pair_sums;

TINYC_CORE tinyc_pair_sums tinyc_add_pixel(tinyc_pair_sums sums, const int8_t *x) {
  uint32_t bytes = tinyc_load_s8x4(x);
  sums.even = tinyc_widen_even_add(sums.even, bytes);
  sums.odd = tinyc_widen_odd_add(sums.odd, bytes);
  return sums;
}

/* sums + four channels of `count` pixels, `step` bytes apart. */
TINYC_CORE tinyc_pair_sums tinyc_add_pixels(tinyc_pair_sums sums, const int8_t *x, int32_t step, int32_t count) {
  for (; count >= 4; count -= 4, x += 4 * step) {
    sums = tinyc_add_pixel(tinyc_add_pixel(sums, x), x + step);
    sums = tinyc_add_pixel(tinyc_add_pixel(sums, x + 2 * step), x + 3 * step);
  }
  if (count & 2) {
    sums = tinyc_add_pixel(tinyc_add_pixel(sums, x), x + step);
    x += 2 * step;
  }
  if (count & 1)
    sums = tinyc_add_pixel(sums, x);
  return sums;
}

/* Sums of four channels. */
typedef struct tinyc_four_sums {
  int32_t c0, c1, c2, c3;
} tinyc_four_sums;

TINYC_CORE tinyc_four_sums tinyc_add_pairs(tinyc_four_sums acc, tinyc_pair_sums sums) {
  acc.c0 += (int16_t)sums.even;
  acc.c1 += (int16_t)sums.odd;
  acc.c2 += (int32_t)sums.even >> 16;
  acc.c3 += (int32_t)sums.odd >> 16;
  return acc;
}

/* acc + the sums of four channels of any number of pixels, `step` bytes apart. */
static inline tinyc_four_sums tinyc_sum_pixels(tinyc_four_sums acc, const int8_t *x, int32_t step, int32_t pixels) {
  for (int32_t count; pixels > 0; pixels -= count, x += count * step) {
    count = tinyc_min_s32(pixels, TINYC_SUM_MOST);
    acc = tinyc_add_pairs(acc, tinyc_add_pixels((tinyc_pair_sums){0, 0}, x, step, count));
  }
  return acc;
}

#endif /* TINYC_ARMV7E_M_POOL_H */
