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

/* The patch of output pixel (y, x); input is that of the group's first channel. */
static void gatherPatch(const tinyc_conv2d_s8_params *params, const int8_t *input, int32_t channels, int32_t y,
                        int32_t x, int16_t *block) {
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
    const int8_t *from = input + tinyc_input_offset(window, top + ky * window->dilation_height) +
                         (left + columns.begin * window->dilation_width) * pixel;
    appendConstant(&patch, zero, columns.begin * channels);
    if (x_step == channels)
      appendRun(&patch, from, inside * channels);
    else
      for (int32_t kx = 0; kx < inside; kx++, from += x_step)
        appendRun(&patch, from, channels);
    appendConstant(&patch, zero, (window->kernel_width - columns.end) * channels);
  }
}

/* acc[2 f + p] += filter f at w[f] times patch p, for filters 0 .. filters - 1. */
TINYC_CORE void multiplyBlock(const int16_t *patches, const int8_t *w0, const int8_t *w1, int32_t length,
                              int32_t *acc, const int32_t filters) {
  int32_t acc00 = acc[0], acc01 = acc[1], acc10 = 0, acc11 = 0;
  if (filters == 2) {
    acc10 = acc[2];
    acc11 = acc[3];
  }
#define TINYC_STEP(index)                                                                                          \
  {                                                                                                                \
    uint32_t x0 = tinyc_load_s16x2(patches + 8 * (index)), x1 = tinyc_load_s16x2(patches + 8 * (index) + 2);       \
    uint32_t x2 = tinyc_load_s16x2(patches + 8 * (index) + 4), x3 = tinyc_load_s16x2(patches + 8 * (index) + 6);   \
    uint32_t bytes = tinyc_load_s8x4(w0 + 4 * (index));                                                            \
    uint32_t even = tinyc_widen_even(bytes), odd = tinyc_widen_odd(bytes);                                         \
    acc00 = tinyc_dual_multiply_add(even, x0, acc00);                                                              \
    acc01 = tinyc_dual_multiply_add(even, x1, acc01);                                                              \
    acc00 = tinyc_dual_multiply_add(odd, x2, acc00);                                                               \
    acc01 = tinyc_dual_multiply_add(odd, x3, acc01);                                                               \
    if (filters == 2) {                                                                                            \
      bytes = tinyc_load_s8x4(w1 + 4 * (index));                                                                   \
      even = tinyc_widen_even(bytes), odd = tinyc_widen_odd(bytes);                                                \
      acc10 = tinyc_dual_multiply_add(even, x0, acc10);                                                            \
      acc11 = tinyc_dual_multiply_add(even, x1, acc11);                                                            \
      acc10 = tinyc_dual_multiply_add(odd, x2, acc10);                                                             \
      acc11 = tinyc_dual_multiply_add(odd, x3, acc11);                                                             \
    }                                                                                                              \
  }
  for (; length >= 16; length -= 16, patches += 32, w0 += 16, w1 += 16) {
    TINYC_STEP(0)
    TINYC_STEP(1)
    TINYC_STEP(2)
    TINYC_STEP(3)
  }
  for (; length >= 4; length -= 4, patches += 8, w0 += 4, w1 += 4)
    TINYC_STEP(0)
#undef TINYC_STEP
  for (int32_t lane = 0; lane < length; lane++) {
    int32_t at = (lane & 1) * 4 + (lane >> 1);
    acc00 += w0[lane] * patches[at];
    acc01 += w0[lane] * patches[at + 2];
    if (filters == 2) {
      acc10 += w1[lane] * patches[at];
      acc11 += w1[lane] * patches[at + 2];
    }
  }
  acc[0] = acc00;
  acc[1] = acc01;
  if (filters == 2) {
    acc[2] = acc10;
    acc[3] = acc11;
  }
}

void tinyc_conv2d_s8_s8_armv7e_m(const tinyc_conv2d_s8_params *params, const int8_t *input, const int8_t *weights,
                                 const int32_t *bias, const int32_t *multipliers, int8_t *output, void *scratch,
                                 int32_t row_begin, int32_t row_end) {
  const tinyc_window *window = &params->window;
  const tinyc_output_s8 *stage = &params->output;
  tinyc_fast_stage fast = tinyc_make_fast_stage(stage);
  int32_t groups = params->groups;
  int32_t channels = window->input_channels / groups, filters = window->output_channels / groups;
  int32_t length = window->kernel_height * window->kernel_width * channels;
  int32_t step = stage->multiplier_step;
  int16_t *patches = (int16_t *)scratch;
  int32_t pixels = (row_end - row_begin) * window->output_width;
  int32_t y[2] = {row_begin, row_begin}, x[2] = {0, 0};

  for (int32_t pixel = 0; pixel < pixels; pixel += 2) {
    /* The next two pixels; at an odd end pixel 1 repeats pixel 0 and is overwritten by it. */
    int8_t *out[2];
    for (int32_t p = 0; p < 2; p++) {
      if (p == 1) {
        y[1] = y[0];
        x[1] = x[0];
        if (pixel + 1 < pixels && ++x[1] == window->output_width) {
          x[1] = 0;
          y[1]++;
        }
      }
      out[p] = output + tinyc_output_offset(window, y[p]) + x[p] * window->output_channels;
    }
    for (int32_t group = 0; group < groups; group++) {
      gatherPatch(params, input + group * channels, channels, y[0], x[0], patches);
      gatherPatch(params, input + group * channels, channels, y[1], x[1], patches + 2);
      int32_t o = group * filters, end = o + filters;
      const int8_t *w = weights + o * length;
      for (; o + 2 <= end; o += 2, w += 2 * length) {
        int32_t acc[4] = {bias[o], bias[o], bias[o + 1], bias[o + 1]};
        multiplyBlock(patches, w, w + length, length, acc, 2);
        int32_t multiplier0 = multipliers[o * step], multiplier1 = multipliers[(o + 1) * step];
        out[1][o] = tinyc_fast_output_s8(acc[1], multiplier0, fast, stage);
        out[1][o + 1] = tinyc_fast_output_s8(acc[3], multiplier1, fast, stage);
        out[0][o] = tinyc_fast_output_s8(acc[0], multiplier0, fast, stage);
        out[0][o + 1] = tinyc_fast_output_s8(acc[2], multiplier1, fast, stage);
      }
      if (o < end) {
        int32_t acc[2] = {bias[o], bias[o]};
        multiplyBlock(patches, w, w, length, acc, 1);
        out[1][o] = tinyc_fast_output_s8(acc[1], multipliers[o * step], fast, stage);
        out[0][o] = tinyc_fast_output_s8(acc[0], multipliers[o * step], fast, stage);
      }
    }
    y[0] = y[1];
    x[0] = x[1] + 1;
    if (x[0] == window->output_width) {
      x[0] = 0;
      y[0]++;
    }
  }
}
