/* conv2d int8 for Armv7E-M: implicit matrix product, two pixels by two output channels at a time.
 *
 * The patches (window contents) of two output pixels are widened to 16 bits into scratch once and then met by all
 * filters of the group; weights are widened on the fly. Four kernel elements of such a block take 6 loads, 4
 * SXTB16 and 8 SMLAD for 16 multiply-accumulates.
 *
 * Scratch holds both patches interleaved, as int16: elements k = 4b .. 4b + 3 are block b at 8b, in the order
 * SXTB16 leaves them in: patch 0 (k, k+2), patch 1 (k, k+2), patch 0 (k+1, k+3), patch 1 (k+1, k+3). */
#include "tinyc/armv7e_m.h"
#include "tinyc/kernel_functions.h"
#include "tinyc/window.h"

/* A patch being written. */
typedef struct Patch {
  int16_t *block; /* current block, already offset by 2 for patch 1 */
  int32_t lane;   /* 0..3: the next element within it */
} Patch;

static inline void appendOne(Patch *patch, int16_t value) {
  patch->block[(patch->lane & 1) * 4 + (patch->lane >> 1)] = value;
  patch->lane = (patch->lane + 1) & 3;
  if (patch->lane == 0)
    patch->block += 8;
}

static inline void appendRun(Patch *patch, const int8_t *x, int32_t length) {
  for (; length > 0 && patch->lane != 0; length--)
    appendOne(patch, *x++);
  for (; length >= 4; length -= 4, x += 4, patch->block += 8) {
    uint32_t bytes = tinyc_load_s8x4(x);
    tinyc_store_s16x2(patch->block, tinyc_widen_even(bytes));
    tinyc_store_s16x2(patch->block + 4, tinyc_widen_odd(bytes));
  }
  for (; length > 0; length--)
    appendOne(patch, *x++);
}

static inline void appendConstant(Patch *patch, int32_t value, int32_t length) {
  uint32_t pair = ((uint32_t)value & 0xffffu) * 0x10001u;
  for (; length > 0 && patch->lane != 0; length--)
    appendOne(patch, (int16_t)value);
  for (; length >= 4; length -= 4, patch->block += 8) {
    tinyc_store_s16x2(patch->block, pair);
    tinyc_store_s16x2(patch->block + 4, pair);
  }
  for (; length > 0; length--)
    appendOne(patch, (int16_t)value);
}

/* The patch of output pixel (y, x), channels first .. first + channels - 1. */
static void gatherPatch(const tinyc_conv2d_s8_params *params, const int8_t *input, int32_t first, int32_t channels,
                        int32_t y, int32_t x, int16_t *block) {
  const tinyc_window *window = &params->window;
  int32_t zero = params->input_zero_point, pixel = window->input_channels;
  int32_t top = y * window->stride_height - window->pad_top, left = x * window->stride_width - window->pad_left;
  Patch patch = {block, 0};
  tinyc_taps rows = tinyc_inner_taps(top, window->dilation_height, window->kernel_height, window->input_height);
  tinyc_taps columns = tinyc_inner_taps(left, window->dilation_width, window->kernel_width, window->input_width);
  int32_t inside = columns.end - columns.begin, x_step = window->dilation_width * pixel;
  for (int32_t ky = 0; ky < window->kernel_height; ky++) {
    if (ky < rows.begin || ky >= rows.end || inside == 0) {
      appendConstant(&patch, zero, window->kernel_width * channels);
      continue;
    }
    const int8_t *from = tinyc_input_row_s8(window, input, top + ky * window->dilation_height) +
                         (left + columns.begin * window->dilation_width) * pixel + first;
    appendConstant(&patch, zero, columns.begin * channels);
    if (x_step == channels)
      appendRun(&patch, from, inside * channels);
    else
      for (int32_t kx = 0; kx < inside; kx++, from += x_step)
        appendRun(&patch, from, channels);
    appendConstant(&patch, zero, (window->kernel_width - columns.end) * channels);
  }
}

/* Accumulators of two filters and two patches. */
typedef struct Sums {
  int32_t f0p0, f0p1, f1p0, f1p1;
} Sums;

/* One block of four elements: every filter at w meets both patches. */
TINYC_CORE void addBlock(Sums *sums, const int16_t *patches, const int8_t *w0, const int8_t *w1,
                         const int filters) {
  uint32_t even0 = tinyc_load_s16x2(patches), even1 = tinyc_load_s16x2(patches + 2);
  uint32_t odd0 = tinyc_load_s16x2(patches + 4), odd1 = tinyc_load_s16x2(patches + 6);
  uint32_t bytes = tinyc_load_s8x4(w0);
  uint32_t even = tinyc_widen_even(bytes), odd = tinyc_widen_odd(bytes);
  sums->f0p0 = tinyc_dual_multiply_add(even, even0, sums->f0p0);
  sums->f0p1 = tinyc_dual_multiply_add(even, even1, sums->f0p1);
  sums->f0p0 = tinyc_dual_multiply_add(odd, odd0, sums->f0p0);
  sums->f0p1 = tinyc_dual_multiply_add(odd, odd1, sums->f0p1);
  if (filters == 1)
    return;
  bytes = tinyc_load_s8x4(w1);
  even = tinyc_widen_even(bytes);
  odd = tinyc_widen_odd(bytes);
  sums->f1p0 = tinyc_dual_multiply_add(even, even0, sums->f1p0);
  sums->f1p1 = tinyc_dual_multiply_add(even, even1, sums->f1p1);
  sums->f1p0 = tinyc_dual_multiply_add(odd, odd0, sums->f1p0);
  sums->f1p1 = tinyc_dual_multiply_add(odd, odd1, sums->f1p1);
}

/* The whole product; returns the accumulators by value to keep them in registers. */
TINYC_CORE Sums multiply(Sums sums, const int16_t *patches, const int8_t *w0, int32_t length, const int filters) {
  const int8_t *w1 = w0 + length, *end = w0 + (length & ~15);
  while (w0 != end) {
    addBlock(&sums, patches, w0, w1, filters);
    addBlock(&sums, patches + 8, w0 + 4, w1 + 4, filters);
    addBlock(&sums, patches + 16, w0 + 8, w1 + 8, filters);
    addBlock(&sums, patches + 24, w0 + 12, w1 + 12, filters);
    patches += 32;
    w0 += 16;
    w1 += 16;
  }
  if ((length & 15) == 0)
    return sums;
  for (end += length & 12; w0 != end; patches += 8, w0 += 4, w1 += 4)
    addBlock(&sums, patches, w0, w1, filters);
  for (int32_t lane = 0; lane < (length & 3); lane++) {
    int32_t at = (lane & 1) * 4 + (lane >> 1);
    sums.f0p0 += w0[lane] * patches[at];
    sums.f0p1 += w0[lane] * patches[at + 2];
    if (filters == 2) {
      sums.f1p0 += w1[lane] * patches[at];
      sums.f1p1 += w1[lane] * patches[at + 2];
    }
  }
  return sums;
}

/* All filters of a group for the two patches; out0, bias, multipliers and w are those of the group's first filter.
 * out1 may be out0, which then keeps the result of patch 0. */
static void multiplyFilters(const tinyc_output_s8 *stage, const int16_t *patches, const int8_t *w, int32_t length,
                            int32_t filters, const int32_t *bias, const int32_t *multipliers, int8_t *out0,
                            int8_t *out1) {
  int fast = tinyc_is_fast_stage(stage);
  int32_t zero_point = stage->zero_point, step = stage->multiplier_step;
  for (; filters >= 2; filters -= 2) {
    Sums sums = {bias[0], bias[0], bias[1], bias[1]};
    sums = multiply(sums, patches, w, length, 2);
    int32_t multiplier0 = multipliers[0], multiplier1 = multipliers[step];
    if (fast) {
      out1[0] = (int8_t)tinyc_requantize_fast_s8(sums.f0p1, multiplier0, zero_point);
      out1[1] = (int8_t)tinyc_requantize_fast_s8(sums.f1p1, multiplier1, zero_point);
      out0[0] = (int8_t)tinyc_requantize_fast_s8(sums.f0p0, multiplier0, zero_point);
      out0[1] = (int8_t)tinyc_requantize_fast_s8(sums.f1p0, multiplier1, zero_point);
    } else {
      out1[0] = tinyc_output_stage_s8(sums.f0p1, multiplier0, stage);
      out1[1] = tinyc_output_stage_s8(sums.f1p1, multiplier1, stage);
      out0[0] = tinyc_output_stage_s8(sums.f0p0, multiplier0, stage);
      out0[1] = tinyc_output_stage_s8(sums.f1p0, multiplier1, stage);
    }
    w += 2 * length;
    bias += 2;
    multipliers += 2 * step;
    out0 += 2;
    out1 += 2;
  }
  if (filters > 0) {
    Sums sums = {bias[0], bias[0], 0, 0};
    sums = multiply(sums, patches, w, length, 1);
    *out1 = tinyc_output_stage_s8(sums.f0p1, *multipliers, stage);
    *out0 = tinyc_output_stage_s8(sums.f0p0, *multipliers, stage);
  }
}

void tinyc_conv2d_s8_s8_armv7e_m(const tinyc_conv2d_s8_params *params, const int8_t *input, const int8_t *weights,
                                 const int32_t *bias, const int32_t *multipliers, int8_t *output, void *scratch,
                                 int32_t row_begin, int32_t row_end) {
  const tinyc_window *window = &params->window;
  int32_t channels = window->input_channels / params->groups, filters = window->output_channels / params->groups;
  int32_t length = window->kernel_height * window->kernel_width * channels;
  int32_t pixels = (row_end - row_begin) * window->output_width;
  int32_t y0 = row_begin, x0 = 0;
  int16_t *patches = (int16_t *)scratch;

  for (int32_t pixel = 0; pixel < pixels; pixel += 2) {
    /* The next two pixels; an odd last one is computed twice. */
    int32_t y1 = y0, x1 = x0;
    if (pixel + 1 < pixels && ++x1 == window->output_width) {
      x1 = 0;
      y1++;
    }
    int8_t *out0 = output + tinyc_output_offset(window, y0) + x0 * window->output_channels;
    int8_t *out1 = output + tinyc_output_offset(window, y1) + x1 * window->output_channels;
    for (int32_t group = 0; group < params->groups; group++) {
      int32_t first = group * filters;
      gatherPatch(params, input, group * channels, channels, y0, x0, patches);
      gatherPatch(params, input, group * channels, channels, y1, x1, patches + 2);
      multiplyFilters(&params->output, patches, weights + first * length, length, filters, bias + first,
                      multipliers + first * params->output.multiplier_step, out0 + first, out1 + first);
    }
    y0 = y1;
    x0 = x1 + 1;
    if (x0 == window->output_width) {
      x0 = 0;
      y0++;
    }
  }
}
