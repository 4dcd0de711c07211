/* tinyc/armv7e_m_fours.h - depthwise conv2d int8 of Armv7E-M, four channels of a pixel at a time, with a path of its own for whole 3x3
 * windows, for weights of 8, 4 or 2 bits in the layout of the contract.
 *
 * The weights of four channels are widened into scratch once and used for all rows. Windows inside the input take
 * the plain sum. The general path widens its inputs minus the zero point, in one SXTAB16, so that padding
 * contributes nothing: acc = (bias + input_zero_point * sum of the weights) + sum over the taps inside the input of
 * (x - input_zero_point) * w. Channels beyond the last multiple of four, and a channel multiplier other than 1,
 * take a scalar path. */
#ifndef TINYC_ARMV7E_M_FOURS_H
#define TINYC_ARMV7E_M_FOURS_H

#include "tinyc/armv7e_m.h"
#include "tinyc/narrow.h"
#include "tinyc/window.h"

/* One value per channel of a block of four. */
typedef struct Sums {
  int32_t c0, c1, c2, c3;
} Sums;

/* What stays the same for a block of four channels. */
typedef struct Block {
  const tinyc_conv2d_s8_params *params;
  const int8_t *input;
  int32_t channel;            /* first of the block */
  const uint32_t *weights;    /* per tap: (c0, c2) (c1, c3) */
  const int32_t *multipliers; /* of the block */
  Sums bias, border_bias;     /* border_bias = bias + input_zero_point * sum of the weights */
  uint32_t minus_zero;        /* a pair of -input_zero_point */
  int fast;                   /* tinyc_is_fast_stage */
} Block;

/* sums += x * w for the four channels, x widened. */
TINYC_CORE void addProducts(Sums *sums, uint32_t even, uint32_t odd, uint32_t w_even, uint32_t w_odd) {
  sums->c0 = tinyc_multiply_add_low(even, w_even, sums->c0);
  sums->c2 = tinyc_multiply_add_high(even, w_even, sums->c2);
  sums->c1 = tinyc_multiply_add_low(odd, w_odd, sums->c1);
  sums->c3 = tinyc_multiply_add_high(odd, w_odd, sums->c3);
}

/* One tap; minus_zero is a pair of the negative zero point, not used with `whole`, which takes x as it is. */
TINYC_CORE void addTap(Sums *sums, const int8_t *x, const uint32_t *w, uint32_t minus_zero, const int whole) {
  uint32_t bytes = tinyc_load_s8x4(x);
  uint32_t even = whole ? tinyc_widen_even(bytes) : tinyc_widen_even_add(minus_zero, bytes);
  uint32_t odd = whole ? tinyc_widen_odd(bytes) : tinyc_widen_odd_add(minus_zero, bytes);
  addProducts(sums, even, odd, w[0], w[1]);
}

/* The first 2 or 3 taps of a row, `step` bytes apart. */
TINYC_CORE void addTaps(Sums *sums, const int8_t *x, int32_t step, const uint32_t *w, uint32_t minus_zero,
                        const int columns, const int whole) {
  addTap(sums, x, w, minus_zero, whole);
  addTap(sums, x + step, w + 2, minus_zero, whole);
  if (columns == 3)
    addTap(sums, x + 2 * step, w + 4, minus_zero, whole);
}

/* The output stage where tinyc_is_fast_stage does not hold. */
static __attribute__((noinline)) void storeSlowly(const tinyc_output_s8 *stage, int32_t acc, int32_t multiplier,
                                                  int8_t *out) {
  *out = tinyc_output_stage_s8(acc, multiplier, stage);
}

TINYC_CORE void store(const Block *block, Sums sums, int8_t *out) {
  const tinyc_output_s8 *stage = &block->params->output;
  const int32_t *multipliers = block->multipliers;
  int32_t step = stage->multiplier_step, zero_point = stage->zero_point;
  if (block->fast) {
    out[0] = (int8_t)tinyc_requantize_fast_s8(sums.c0, multipliers[0], zero_point);
    out[1] = (int8_t)tinyc_requantize_fast_s8(sums.c1, multipliers[step], zero_point);
    out[2] = (int8_t)tinyc_requantize_fast_s8(sums.c2, multipliers[2 * step], zero_point);
    out[3] = (int8_t)tinyc_requantize_fast_s8(sums.c3, multipliers[3 * step], zero_point);
  } else {
    storeSlowly(stage, sums.c0, multipliers[0], out);
    storeSlowly(stage, sums.c1, multipliers[step], out + 1);
    storeSlowly(stage, sums.c2, multipliers[2 * step], out + 2);
    storeSlowly(stage, sums.c3, multipliers[3 * step], out + 3);
  }
}

/* Any pixel of any window; (top, left) is the input position of tap (0, 0), rows and columns the taps inside the
 * input. */
static __attribute__((noinline)) void computePixel(const Block *block, int32_t top, int32_t left, tinyc_taps rows,
                                                   tinyc_taps columns, int8_t *out) {
  const tinyc_conv2d_s8_params *params = block->params;
  const tinyc_window *window = &params->window;
  int32_t x_step = window->dilation_width * window->input_channels;
  uint32_t minus_zero = block->minus_zero;
  Sums sums = block->border_bias;
  for (int32_t ky = rows.begin; ky < rows.end; ky++) {
    const int8_t *x = tinyc_input_row_s8(window, block->input, top + ky * window->dilation_height) +
                      (left + columns.begin * window->dilation_width) * window->input_channels + block->channel;
    const uint32_t *w = block->weights + 2 * (ky * window->kernel_width + columns.begin);
    for (int32_t kx = columns.end - columns.begin; kx > 0; kx--, x += x_step, w += 2)
      addTap(&sums, x, w, minus_zero, 0);
  }
  store(block, sums, out);
}

/* Neighbouring pixels whose 3x3 windows have the same taps inside the input. */
typedef struct Span {
  const int8_t *x[3];      /* first pixel's first tap inside, of each tap row inside */
  const uint32_t *weights; /* of that tap */
  int8_t *out;
  int32_t pixels;
} Span;

TINYC_CORE void computeSpan(const Block *block, const Span *span, const int rows, const int columns) {
  const tinyc_window *window = &block->params->window;
  int32_t x_step = window->dilation_width * window->input_channels;
  int32_t stride = window->stride_width * window->input_channels;
  const int8_t *x0 = span->x[0], *x1 = span->x[1], *x2 = span->x[2];
  const uint32_t *w = span->weights;
  int8_t *out = span->out;
  const int whole = rows == 3 && columns == 3;
  uint32_t minus_zero = whole ? 0 : block->minus_zero;
  const Sums *bias = whole ? &block->bias : &block->border_bias;
  for (int32_t pixels = span->pixels; pixels > 0; pixels--, out += window->output_channels) {
    Sums sums = {bias->c0, bias->c1, bias->c2, bias->c3};
    addTaps(&sums, x0, x_step, w, minus_zero, columns, whole);
    addTaps(&sums, x1, x_step, w + 6, minus_zero, columns, whole);
    if (rows == 3)
      addTaps(&sums, x2, x_step, w + 12, minus_zero, columns, whole);
    store(block, sums, out);
    x0 += stride;
    x1 += stride;
    x2 += stride;
  }
}

/* Functions of their own, so that each has all registers to itself. */
static __attribute__((noinline)) void computeSpan3x3(const Block *block, const Span *span) {
  computeSpan(block, span, 3, 3);
}
static __attribute__((noinline)) void computeSpan2x3(const Block *block, const Span *span) {
  computeSpan(block, span, 2, 3);
}
static __attribute__((noinline)) void computeSpan3x2(const Block *block, const Span *span) {
  computeSpan(block, span, 3, 2);
}
static __attribute__((noinline)) void computeSpan2x2(const Block *block, const Span *span) {
  computeSpan(block, span, 2, 2);
}

static void computeRow(const Block *block, int32_t y, int8_t *out) {
  const tinyc_window *window = &block->params->window;
  int32_t pixel = window->input_channels, stride = window->stride_width, width = window->output_width;
  int32_t top = y * window->stride_height - window->pad_top, left = -window->pad_left;
  tinyc_taps rows = tinyc_inner_taps(top, window->dilation_height, window->kernel_height, window->input_height);
  int32_t row_count = rows.end - rows.begin;
  int spans = window->kernel_width == 3 && window->kernel_height == 3 && row_count >= 2;
  const int8_t *input_rows[3] = {block->input, block->input, block->input};
  for (int32_t ky = 0; spans && ky < row_count; ky++)
    input_rows[ky] = tinyc_input_row_s8(window, block->input, top + (rows.begin + ky) * window->dilation_height) +
                     block->channel;

  for (int32_t x = 0, pixels; x < width;
       x += pixels, left += pixels * stride, out += pixels * window->output_channels) {
    tinyc_taps columns = tinyc_inner_taps(left, window->dilation_width, window->kernel_width, window->input_width);
    int32_t column_count = columns.end - columns.begin;
    pixels = 1;
    if (!spans || column_count < 2) {
      computePixel(block, top, left, rows, columns, out);
      continue;
    }
    if (column_count == 3)
      pixels = tinyc_min_s32((window->input_width - 1 - 2 * window->dilation_width - left) / stride + 1, width - x);
    int32_t offset = (left + columns.begin * window->dilation_width) * pixel;
    Span span = {{input_rows[0] + offset, input_rows[1] + offset, input_rows[2] + offset},
                 block->weights + 2 * (rows.begin * 3 + columns.begin),
                 out,
                 pixels};
    if (column_count == 3)
      (row_count == 3 ? computeSpan3x3 : computeSpan2x3)(block, &span);
    else
      (row_count == 3 ? computeSpan3x2 : computeSpan2x2)(block, &span);
  }
}

/* One output channel, from input channel `channel`, in plain C; its weights are those of its taps. */
static void computeChannel(const tinyc_conv2d_s8_params *params, const int8_t *input, int32_t channel,
                           const int8_t *weights, int32_t bias, int32_t multiplier, int8_t *output, int32_t row_begin,
                           int32_t row_end) {
  const tinyc_window *window = &params->window;
  int32_t x_step = window->dilation_width * window->input_channels;
  int32_t taps = window->kernel_height * window->kernel_width;
  for (int32_t tap = 0; tap < taps; tap++)
    bias += params->input_zero_point * weights[tap];
  for (int32_t y = row_begin; y < row_end; y++) {
    int8_t *out = output + tinyc_output_offset(window, y);
    int32_t top = y * window->stride_height - window->pad_top;
    tinyc_taps rows = tinyc_inner_taps(top, window->dilation_height, window->kernel_height, window->input_height);
    for (int32_t x = 0; x < window->output_width; x++, out += window->output_channels) {
      int32_t left = x * window->stride_width - window->pad_left, acc = bias;
      tinyc_taps columns =
          tinyc_inner_taps(left, window->dilation_width, window->kernel_width, window->input_width);
      for (int32_t ky = rows.begin; ky < rows.end; ky++) {
        const int8_t *from = tinyc_input_row_s8(window, input, top + ky * window->dilation_height) +
                             (left + columns.begin * window->dilation_width) * window->input_channels + channel;
        const int8_t *w = weights + ky * window->kernel_width + columns.begin;
        for (int32_t kx = columns.begin; kx < columns.end; kx++, from += x_step, w++)
          acc += (*from - params->input_zero_point) * *w;
      }
      *out = tinyc_output_stage_s8(acc, multiplier, &params->output);
    }
  }
}

/* Weights at .. at + 3 as bytes. */
TINYC_CORE uint32_t loadFour(const int8_t *weights, int32_t at, const int32_t bits) {
  if (bits == 8)
    return tinyc_load_s8x4(weights + at);
  uint32_t bytes = 0;
  for (int32_t i = 0; i < 4; i++)
    bytes |= ((uint32_t)tinyc_element(weights, at + i, bits) & 0xffu) << 8 * i;
  return bytes;
}

/* The whole kernel, for weights of so many bits. */
TINYC_CORE void convolveFours(const tinyc_conv2d_s8_params *params, const int8_t *input, const int8_t *weights,
                              const int32_t *bias, const int32_t *multipliers, int8_t *output, void *scratch,
                              int32_t row_begin, int32_t row_end, const int32_t bits) {
  const tinyc_window *window = &params->window;
  int32_t taps = window->kernel_height * window->kernel_width, channels = window->output_channels;
  int32_t depth_multiplier = channels / window->input_channels, step = params->output.multiplier_step;
  int32_t o = 0;

  for (; depth_multiplier == 1 && o + 4 <= channels; o += 4) {
    uint32_t *wide = (uint32_t *)scratch;
    for (int32_t tap = 0; tap < taps; tap++) {
      uint32_t bytes = loadFour(weights, tap * channels + o, bits);
      wide[2 * tap] = tinyc_widen_even(bytes);
      wide[2 * tap + 1] = tinyc_widen_odd(bytes);
    }
    Block block = {params,
                   input,
                   o,
                   wide,
                   multipliers + o * step,
                   {bias[o], bias[o + 1], bias[o + 2], bias[o + 3]},
                   {0, 0, 0, 0},
                   ((uint32_t)-params->input_zero_point & 0xffffu) * 0x10001u,
                   tinyc_is_fast_stage(&params->output)};
    uint32_t zero = ((uint32_t)params->input_zero_point & 0xffffu) * 0x10001u;
    block.border_bias = block.bias;
    for (int32_t tap = 0; tap < taps; tap++)
      addProducts(&block.border_bias, zero, zero, wide[2 * tap], wide[2 * tap + 1]);
    for (int32_t y = row_begin; y < row_end; y++)
      computeRow(&block, y, output + o + tinyc_output_offset(window, y));
  }
  for (; o < channels; o++) {
    int8_t *of_channel = (int8_t *)scratch;
    for (int32_t tap = 0; tap < taps; tap++)
      of_channel[tap] = (int8_t)tinyc_element(weights, tap * channels + o, bits);
    computeChannel(params, input, o / depth_multiplier, of_channel, bias[o], multipliers[o * step], output + o, row_begin,
                   row_end);
  }
}

#endif /* TINYC_ARMV7E_M_FOURS_H */
