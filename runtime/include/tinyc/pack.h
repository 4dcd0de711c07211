/* tinyc/pack.h - compile-time packing of constants into the layouts that tuned kernels read, and the conditions under
 * which those kernels give the results of the generic ones. For compilers and tests on a host, not for firmware. */
#ifndef TINYC_PACK_H
#define TINYC_PACK_H

#include "tinyc/kernels.h"
#include "tinyc/layouts.h"
#include "tinyc/narrow.h"

#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The constants of a weighted kernel in the layout of tinyc/kernels.h: either those of int8 or those of float, of which
 * the bias may be NULL. */
typedef struct tinyc_constants {
  const int8_t *weights;
  const int32_t *bias, *multipliers;
  const float *float_weights, *float_bias;
} tinyc_constants;

/* How the constants of one kernel are packed; params is the kernel's parameter block. */
typedef struct tinyc_packing {
  /* Whether the kernel takes these parameters and constants. */
  int (*supports)(const void *params, const tinyc_constants *constants);
  /* Size of the packed constants; they are aligned to 4 bytes. Only where supports() holds. */
  int32_t (*bytes)(const void *params);
  /* Writes them, little-endian. */
  void (*write)(const void *params, const tinyc_constants *constants, uint8_t *packed);
  /* Whether the output rows of a call may begin at the address of the first input row of their windows (row_begin *
   * stride - pad_top, if that is not negative), over it and the input rows that lie behind it, where no later window needs
   * these. NULL: no. */
  int (*overwrites)(const void *params);
} tinyc_packing;

/* Whether an output row is at most as long as an input row. */
static inline int tinyc_is_narrowing(const tinyc_window *window) {
  return window->output_width * window->output_channels <= window->input_width * window->input_channels;
}

static inline uint8_t *tinyc_put_s16(uint8_t *to, int32_t value) {
  to[0] = (uint8_t)((uint32_t)value & 0xffu);
  to[1] = (uint8_t)((uint32_t)value >> 8 & 0xffu);
  return to + 2;
}
static inline uint8_t *tinyc_put_s32(uint8_t *to, int32_t value) {
  return tinyc_put_s16(tinyc_put_s16(to, value), (int32_t)((uint32_t)value >> 16));
}

/* Whether filters first (low) and first + 1 (high, absent where high is 0) can share halfwords 256 * high + low: every
 * halfword fits 16 bits, and the high sum, for any input, the 24 bits that are left of it after subtracting the low one. */
static inline int tinyc_can_pair_filters(const int8_t *low, const int8_t *high, int32_t length) {
  int64_t least = 0, most = 0;
  for (int32_t i = 0; high && i < length; i++) {
    if (256 * high[i] + low[i] < -32768)
      return 0;
    least += high[i] * (high[i] > 0 ? -128 : 127);
    most += high[i] * (high[i] > 0 ? 127 : -128);
  }
  return least >= -(1 << 23) && most < (1 << 23);
}

/* ---- conv2d_columns_s8_s8: tinyc/layouts.h ------------------------------------------------------------------------ */

static inline int tinyc_conv2d_columns_supports(const void *params, const tinyc_constants *constants) {
  const tinyc_conv2d_s8_params *conv = (const tinyc_conv2d_s8_params *)params;
  tinyc_window window = tinyc_group_window(conv);
  int64_t length = (int64_t)window.kernel_height * window.kernel_width * window.input_channels;
  if (conv->output.shift != 32 || length > (1 << 20))
    return 0;
  for (int32_t o = 0; o < conv->window.output_channels; o++) {
    int32_t in_group = o % window.output_channels;
    const int8_t *low = constants->weights + o * length;
    if (in_group % 2 == 0 &&
        !tinyc_can_pair_filters(low, in_group + 1 < window.output_channels ? low + length : NULL, (int32_t)length))
      return 0;
  }
  return 1;
}

static inline int32_t tinyc_conv2d_columns_bytes(const void *params) {
  const tinyc_conv2d_s8_params *conv = (const tinyc_conv2d_s8_params *)params;
  tinyc_window window = tinyc_group_window(conv);
  int32_t length = window.kernel_width * tinyc_column_length(&window);
  return conv->groups * ((window.output_channels + 1) / 2) * (16 + 2 * length);
}

/* The constants of `window`, a group, whose filters begin with number `first`; returns behind them. */
static inline uint8_t *tinyc_conv2d_columns_write_group(const tinyc_window *window, const tinyc_constants *constants,
                                                        int32_t first, int32_t step, uint8_t *packed) {
  int32_t channels = window->input_channels, column = window->kernel_height * channels;
  int32_t padded = tinyc_column_length(window);
  for (int32_t o = first; o < first + window->output_channels; o += 2) {
    int32_t has_high = o + 1 < first + window->output_channels;
    packed = tinyc_put_s32(packed, constants->bias[o]);
    const int8_t *low = constants->weights + (size_t)o * (size_t)(window->kernel_width * column);
    const int8_t *high = low + window->kernel_width * column;
    for (int32_t kx = 0; kx < window->kernel_width; kx++)
      for (int32_t i = 0; i < padded; i++) {
        int32_t element = tinyc_column_element(window, i), value = 0;
        if (element < column) {
          int32_t at = (element / channels * window->kernel_width + kx) * channels + element % channels;
          value = low[at] + (has_high ? 256 * high[at] : 0);
        }
        packed = tinyc_put_s16(packed, value);
      }
    packed = tinyc_put_s32(packed, constants->multipliers[o * step]);
    packed = tinyc_put_s32(packed, has_high ? constants->multipliers[(o + 1) * step] : 0);
    packed = tinyc_put_s32(packed, has_high ? constants->bias[o + 1] : 0);
  }
  return packed;
}

static inline void tinyc_conv2d_columns_write(const void *params, const tinyc_constants *constants, uint8_t *packed) {
  const tinyc_conv2d_s8_params *conv = (const tinyc_conv2d_s8_params *)params;
  tinyc_window window = tinyc_group_window(conv);
  for (int32_t group = 0; group < conv->groups; group++)
    packed = tinyc_conv2d_columns_write_group(&window, constants, group * window.output_channels,
                                              conv->output.multiplier_step, packed);
}

/* Pixels are read before the outputs in their place are written, if these are no more. */
static inline int tinyc_conv2d_columns_overwrites(const void *params) {
  const tinyc_conv2d_s8_params *conv = (const tinyc_conv2d_s8_params *)params;
  const tinyc_window *window = &conv->window;
  return conv->groups == 1 && window->kernel_height == 1 && window->kernel_width == 1 && window->stride_height == 1 &&
         window->stride_width == 1 && !tinyc_is_padded(window) && window->input_width == window->output_width &&
         tinyc_is_narrowing(window);
}

static const tinyc_packing tinyc_conv2d_columns_packing = {tinyc_conv2d_columns_supports, tinyc_conv2d_columns_bytes,
                                                           tinyc_conv2d_columns_write, tinyc_conv2d_columns_overwrites};

/* ---- conv2d_columns_s8_s4, _s8_s2: tinyc/layouts.h ---------------------------------------------------------------- */

/* 16 * high sum fits 32 bits. */
static inline int tinyc_conv2d_columns_narrow_supports(const void *params, const tinyc_constants *constants) {
  const tinyc_conv2d_s8_params *conv = (const tinyc_conv2d_s8_params *)params;
  tinyc_window window = tinyc_group_window(conv);
  (void)constants;
  return conv->output.shift == 32 &&
         (int64_t)window.kernel_height * window.kernel_width * window.input_channels <= (1 << 16);
}

static inline int32_t tinyc_conv2d_columns_narrow_bytes(const void *params, int32_t step_words) {
  const tinyc_conv2d_s8_params *conv = (const tinyc_conv2d_s8_params *)params;
  tinyc_window window = tinyc_group_window(conv);
  return conv->groups * ((window.output_channels + 1) / 2) * (16 + 4 * tinyc_narrow_column_words(&window, step_words));
}

/* The weight at `position` of a window in scratch of the filter that begins at `filter`; 0 where there is none. */
static inline int32_t tinyc_column_weight(const tinyc_window *window, const int8_t *filter, int32_t position) {
  int32_t channels = window->input_channels, length = tinyc_column_length(window), kx = position / length;
  int32_t element = tinyc_column_element(window, position % length);
  if (kx >= window->kernel_width || element >= window->kernel_height * channels)
    return 0;
  return filter[(element / channels * window->kernel_width + kx) * channels + element % channels];
}

static inline void tinyc_conv2d_columns_narrow_write(const void *params, const tinyc_constants *constants,
                                                     uint8_t *packed, int32_t step_words) {
  const tinyc_conv2d_s8_params *conv = (const tinyc_conv2d_s8_params *)params;
  tinyc_window window = tinyc_group_window(conv);
  int32_t length = window.kernel_height * window.kernel_width * window.input_channels;
  int32_t filters = window.output_channels, step = conv->output.multiplier_step;
  for (int32_t first = 0; first < conv->window.output_channels; first += filters)
    for (int32_t o = first; o < first + filters; o += 2) {
      int32_t has_high = o + 1 < first + filters;
      const int8_t *filter = constants->weights + (size_t)o * (size_t)length;
      packed = tinyc_put_s32(packed, constants->bias[o]);
      for (int32_t word = 0; word < tinyc_narrow_column_words(&window, step_words); word++) {
        uint32_t value = 0;
        for (int32_t i = 0; i < 2 * step_words; i++) {
          int32_t position = 2 * step_words * word + i, low = tinyc_column_weight(&window, filter, position);
          int32_t high = has_high ? tinyc_column_weight(&window, filter + length, position) : 0;
          uint32_t pair = step_words == 2 ? (uint32_t)(16 * high + low + 8) & 0xffu : (uint32_t)(4 * high + low + 10);
          value |= pair << (i % 2 * 16 + i / 2 * (16 / step_words));
        }
        packed = tinyc_put_s32(packed, (int32_t)value);
      }
      packed = tinyc_put_s32(packed, constants->multipliers[o * step]);
      packed = tinyc_put_s32(packed, has_high ? constants->multipliers[(o + 1) * step] : 0);
      packed = tinyc_put_s32(packed, has_high ? constants->bias[o + 1] : 0);
    }
}

static inline int32_t tinyc_conv2d_columns_s4_bytes(const void *params) {
  return tinyc_conv2d_columns_narrow_bytes(params, 2);
}
static inline void tinyc_conv2d_columns_s4_write(const void *params, const tinyc_constants *constants, uint8_t *packed) {
  tinyc_conv2d_columns_narrow_write(params, constants, packed, 2);
}
static const tinyc_packing tinyc_conv2d_columns_s4_packing = {
    tinyc_conv2d_columns_narrow_supports, tinyc_conv2d_columns_s4_bytes, tinyc_conv2d_columns_s4_write,
    tinyc_conv2d_columns_overwrites};

static inline int32_t tinyc_conv2d_columns_s2_bytes(const void *params) {
  return tinyc_conv2d_columns_narrow_bytes(params, 4);
}
static inline void tinyc_conv2d_columns_s2_write(const void *params, const tinyc_constants *constants, uint8_t *packed) {
  tinyc_conv2d_columns_narrow_write(params, constants, packed, 4);
}
static const tinyc_packing tinyc_conv2d_columns_s2_packing = {
    tinyc_conv2d_columns_narrow_supports, tinyc_conv2d_columns_s2_bytes, tinyc_conv2d_columns_s2_write,
    tinyc_conv2d_columns_overwrites};

/* ---- conv2d_direct_s8_s8: tinyc/layouts.h ------------------------------------------------------------------------- */

static inline int tinyc_conv2d_direct_supports(const void *params, const tinyc_constants *constants) {
  const tinyc_conv2d_s8_params *conv = (const tinyc_conv2d_s8_params *)params;
  const tinyc_window *window = &conv->window;
  return conv->groups == 1 && window->input_channels % 4 == 0 && window->kernel_width * window->input_channels < 65536 &&
         tinyc_conv2d_columns_supports(params, constants);
}

static inline void tinyc_conv2d_direct_write(const void *params, const tinyc_constants *constants, uint8_t *packed) {
  const tinyc_conv2d_s8_params *conv = (const tinyc_conv2d_s8_params *)params;
  const tinyc_window *window = &conv->window;
  int32_t length = window->kernel_height * window->kernel_width * window->input_channels;
  int32_t step = conv->output.multiplier_step;
  for (int32_t o = 0; o < window->output_channels; o += 2) {
    int32_t has_high = o + 1 < window->output_channels;
    const int8_t *low = constants->weights + (size_t)o * (size_t)length, *high = low + length;
    packed = tinyc_put_s32(packed, constants->bias[o]);
    for (int32_t i = 0; i < length; i++) {
      int32_t at = tinyc_column_element(window, i);
      packed = tinyc_put_s16(packed, low[at] + (has_high ? 256 * high[at] : 0));
    }
    packed = tinyc_put_s32(packed, constants->multipliers[o * step]);
    packed = tinyc_put_s32(packed, has_high ? constants->multipliers[(o + 1) * step] : 0);
    packed = tinyc_put_s32(packed, has_high ? constants->bias[o + 1] : 0);
  }
}

/* As many bytes as for conv2d_columns. */
static const tinyc_packing tinyc_conv2d_direct_packing = {tinyc_conv2d_direct_supports, tinyc_conv2d_columns_bytes,
                                                          tinyc_conv2d_direct_write, NULL};

/* ---- fully_connected_pairs_s8_s8: tinyc/layouts.h ----------------------------------------------------------------- */

static inline int tinyc_fully_connected_pairs_supports(const void *params, const tinyc_constants *constants) {
  const tinyc_fully_connected_s8_params *dense = (const tinyc_fully_connected_s8_params *)params;
  if (dense->inputs > (1 << 20) || dense->output.shift != 32)
    return 0;
  for (int32_t o = 0; o < dense->outputs; o += 2) {
    const int8_t *low = constants->weights + (size_t)o * (size_t)dense->inputs;
    if (!tinyc_can_pair_filters(low, o + 1 < dense->outputs ? low + dense->inputs : NULL, dense->inputs))
      return 0;
  }
  return 1;
}

static inline int32_t tinyc_fully_connected_pairs_bytes(const void *params) {
  const tinyc_fully_connected_s8_params *dense = (const tinyc_fully_connected_s8_params *)params;
  return (dense->outputs + 1) / 2 * (8 + 2 * ((dense->inputs + 3) & ~3)) + 4 * (dense->output.multiplier_step ? dense->outputs : 1);
}

static inline void tinyc_fully_connected_pairs_write(const void *params, const tinyc_constants *constants,
                                                     uint8_t *packed) {
  const tinyc_fully_connected_s8_params *dense = (const tinyc_fully_connected_s8_params *)params;
  int32_t inputs = dense->inputs, outputs = dense->outputs;
  for (int32_t o = 0; o < (dense->output.multiplier_step ? outputs : 1); o++)
    packed = tinyc_put_s32(packed, constants->multipliers[o]);
  for (int32_t o = 0; o < outputs; o += 2 * TINYC_FULLY_CONNECTED_PAIRS) {
    int32_t end = o + 2 * TINYC_FULLY_CONNECTED_PAIRS < outputs ? o + 2 * TINYC_FULLY_CONNECTED_PAIRS : outputs;
    for (int32_t low = o; low < end; low += 2)
      packed = tinyc_put_s32(packed, constants->bias[low]);
    for (int32_t word = 0; word < (inputs + 3) / 4 * 2; word++)
      for (int32_t low = o; low < end; low += 2)
        for (int32_t half = 0; half < 2; half++) {
          int32_t i = word / 2 * 4 + word % 2 + 2 * half, value = 0;
          if (i < inputs) {
            const int8_t *w = constants->weights + (size_t)low * (size_t)inputs + i;
            value = w[0] + (low + 1 < outputs ? 256 * w[inputs] : 0);
          }
          packed = tinyc_put_s16(packed, value);
        }
    for (int32_t low = o; low < end; low += 2)
      packed = tinyc_put_s32(packed, constants->bias[low + 1 < outputs ? low + 1 : low]);
  }
}

static const tinyc_packing tinyc_fully_connected_pairs_packing = {
    tinyc_fully_connected_pairs_supports, tinyc_fully_connected_pairs_bytes, tinyc_fully_connected_pairs_write, NULL};

/* ---- fully_connected_pairs_s8_s4: tinyc/layouts.h ----------------------------------------------------------------- */

/* 16 * high sum fits 32 bits. */
static inline int tinyc_fully_connected_pairs_s4_supports(const void *params, const tinyc_constants *constants) {
  const tinyc_fully_connected_s8_params *dense = (const tinyc_fully_connected_s8_params *)params;
  (void)constants;
  return dense->inputs <= (1 << 16) && dense->output.shift == 32;
}

static inline int32_t tinyc_fully_connected_pairs_s4_bytes(const void *params) {
  const tinyc_fully_connected_s8_params *dense = (const tinyc_fully_connected_s8_params *)params;
  return (dense->outputs + 1) / 2 * (8 + ((dense->inputs + 3) & ~3)) + 4 * (dense->output.multiplier_step ? dense->outputs : 1);
}

static inline void tinyc_fully_connected_pairs_s4_write(const void *params, const tinyc_constants *constants,
                                                        uint8_t *packed) {
  const tinyc_fully_connected_s8_params *dense = (const tinyc_fully_connected_s8_params *)params;
  int32_t inputs = dense->inputs, outputs = dense->outputs;
  for (int32_t o = 0; o < (dense->output.multiplier_step ? outputs : 1); o++)
    packed = tinyc_put_s32(packed, constants->multipliers[o]);
  for (int32_t o = 0; o < outputs; o += 2 * TINYC_FULLY_CONNECTED_PAIRS) {
    int32_t end = o + 2 * TINYC_FULLY_CONNECTED_PAIRS < outputs ? o + 2 * TINYC_FULLY_CONNECTED_PAIRS : outputs;
    for (int32_t low = o; low < end; low += 2)
      packed = tinyc_put_s32(packed, constants->bias[low]);
    for (int32_t word = 0; word < (inputs + 3) / 4; word++)
      for (int32_t low = o; low < end; low += 2)
        for (int32_t i = 4 * word; i < 4 * word + 4; i++) {
          const int8_t *w = constants->weights + (size_t)low * (size_t)inputs + i;
          int32_t value = i < inputs ? w[0] + (low + 1 < outputs ? 16 * w[inputs] : 0) : 0;
          *packed++ = (uint8_t)((value + 8) & 0xff);
        }
    for (int32_t low = o; low < end; low += 2)
      packed = tinyc_put_s32(packed, constants->bias[low + 1 < outputs ? low + 1 : low]);
  }
}

static const tinyc_packing tinyc_fully_connected_pairs_s4_packing = {
    tinyc_fully_connected_pairs_s4_supports, tinyc_fully_connected_pairs_s4_bytes, tinyc_fully_connected_pairs_s4_write,
    NULL};

/* ---- depthwise_conv2d_3x3_s8_s8: tinyc/layouts.h ------------------------------------------------------------------ */

/* How far the last of `outputs` windows of 3 elements reaches beyond `inputs`; negative where it does not. */
static inline int32_t tinyc_reach_beyond(int32_t outputs, int32_t stride, int32_t pad, int32_t inputs) {
  return (outputs - 1) * stride - pad + 3 - inputs;
}

static inline int tinyc_depthwise_conv2d_3x3_supports(const void *params, const tinyc_constants *constants) {
  const tinyc_conv2d_s8_params *conv = (const tinyc_conv2d_s8_params *)params;
  const tinyc_window *window = &conv->window;
  int32_t stride = window->stride_width;
  (void)constants;
  int32_t right = tinyc_reach_beyond(window->output_width, stride, window->pad_left, window->input_width);
  int32_t bottom = tinyc_reach_beyond(window->output_height, stride, window->pad_top, window->input_height);
  return window->input_channels == window->output_channels && window->dilation_height == 1 &&
         window->dilation_width == 1 && window->kernel_height == 3 && window->kernel_width == 3 &&
         window->stride_height == stride && stride <= 2 && window->pad_top <= 1 && window->pad_left <= 1 && right <= 1 &&
         bottom <= 1 && window->output_width - (right == 1) >= 1 && conv->output.shift == 32;
}

static inline int32_t tinyc_depthwise_conv2d_3x3_bytes(const void *params) {
  return ((const tinyc_conv2d_s8_params *)params)->window.output_channels * 20;
}

static inline void tinyc_depthwise_conv2d_3x3_write(const void *params, const tinyc_constants *constants,
                                                    uint8_t *packed) {
  const tinyc_conv2d_s8_params *conv = (const tinyc_conv2d_s8_params *)params;
  static const uint8_t order[8] = {0, 1, 3, 4, 2, 6, 5, 7};
  int32_t channels = conv->window.output_channels;
  for (int32_t c = 0; c < channels; c++) {
    packed = tinyc_put_s32(packed, constants->bias[c]);
    packed = tinyc_put_s32(packed, constants->multipliers[c * conv->output.multiplier_step]);
    for (int32_t i = 0; i < 8; i++)
      *packed++ = (uint8_t)constants->weights[order[i] * channels + c];
    packed = tinyc_put_s32(packed, constants->weights[8 * channels + c]);
  }
}

/* A channel's elements are read before the outputs in their place are written, if these are one channel too. */
static inline int tinyc_depthwise_conv2d_overwrites(const void *params) {
  const tinyc_window *window = &((const tinyc_conv2d_s8_params *)params)->window;
  return window->input_channels == window->output_channels && tinyc_is_narrowing(window);
}

static const tinyc_packing tinyc_depthwise_conv2d_3x3_packing = {
    tinyc_depthwise_conv2d_3x3_supports, tinyc_depthwise_conv2d_3x3_bytes, tinyc_depthwise_conv2d_3x3_write,
    tinyc_depthwise_conv2d_overwrites};

/* ---- depthwise_conv2d_lines_s8_s8: tinyc/layouts.h ---------------------------------------------------------------- */

static inline int tinyc_depthwise_conv2d_lines_supports(const void *params, const tinyc_constants *constants) {
  const tinyc_conv2d_s8_params *conv = (const tinyc_conv2d_s8_params *)params;
  const tinyc_window *window = &conv->window;
  (void)constants;
  return window->kernel_height == 1 && window->kernel_width > 7 && window->kernel_width <= 256 &&
         (window->stride_width == 1 || (window->stride_width == 2 && window->dilation_width == 1)) &&
         conv->output.shift == 32;
}

static inline int32_t tinyc_depthwise_conv2d_3x3_s4_bytes(const void *params) {
  int32_t channels = ((const tinyc_conv2d_s8_params *)params)->window.output_channels;
  return 12 * channels + (channels + 1) / 2;
}

static inline void tinyc_depthwise_conv2d_3x3_s4_write(const void *params, const tinyc_constants *constants,
                                                       uint8_t *packed) {
  const tinyc_conv2d_s8_params *conv = (const tinyc_conv2d_s8_params *)params;
  static const uint8_t order[8] = {0, 1, 3, 4, 2, 6, 5, 7};
  int32_t channels = conv->window.output_channels;
  uint8_t *ninths = packed + 12 * channels;
  memset(ninths, 0, (size_t)((channels + 1) / 2));
  for (int32_t c = 0; c < channels; c++) {
    packed = tinyc_put_s32(packed, constants->bias[c]);
    packed = tinyc_put_s32(packed, constants->multipliers[c * conv->output.multiplier_step]);
    for (int32_t i = 0; i < 4; i++)
      *packed++ = (uint8_t)(constants->weights[order[i] * channels + c] + 8 +
                            16 * (constants->weights[order[i + 4] * channels + c] + 8));
    tinyc_put_element(ninths, c, 4, constants->weights[8 * channels + c]);
  }
}

static const tinyc_packing tinyc_depthwise_conv2d_3x3_s4_packing = {
    tinyc_depthwise_conv2d_3x3_supports, tinyc_depthwise_conv2d_3x3_s4_bytes, tinyc_depthwise_conv2d_3x3_s4_write,
    tinyc_depthwise_conv2d_overwrites};

/* ---- depthwise_conv2d_planes_s8_s8: tinyc/layouts.h --------------------------------------------------------------- */

static inline int tinyc_depthwise_conv2d_planes_supports(const void *params, const tinyc_constants *constants) {
  const tinyc_conv2d_s8_params *conv = (const tinyc_conv2d_s8_params *)params;
  const tinyc_window *window = &conv->window;
  (void)constants;
  return window->dilation_height == 1 && window->dilation_width == 1 && window->stride_height <= 3 &&
         window->stride_width <= 2 && window->kernel_width <= 7 && window->kernel_height <= 7 && window->output_width <= 1024 &&
         conv->output.shift == 32;
}

static inline int32_t tinyc_depthwise_conv2d_planes_bytes(const void *params) {
  const tinyc_window *window = &((const tinyc_conv2d_s8_params *)params)->window;
  return window->output_channels * (8 + window->kernel_height * window->kernel_width);
}

static inline void tinyc_depthwise_conv2d_planes_write(const void *params, const tinyc_constants *constants,
                                                       uint8_t *packed) {
  const tinyc_conv2d_s8_params *conv = (const tinyc_conv2d_s8_params *)params;
  int32_t channels = conv->window.output_channels, taps = conv->window.kernel_height * conv->window.kernel_width;
  for (int32_t c = 0; c < channels; c++) {
    packed = tinyc_put_s32(packed, constants->bias[c]);
    packed = tinyc_put_s32(packed, constants->multipliers[c * conv->output.multiplier_step]);
  }
  for (int32_t c = 0; c < channels; c++)
    for (int32_t tap = 0; tap < taps; tap++)
      *packed++ = (uint8_t)constants->weights[tap * channels + c];
}

static const tinyc_packing tinyc_depthwise_conv2d_planes_packing = {
    tinyc_depthwise_conv2d_planes_supports, tinyc_depthwise_conv2d_planes_bytes, tinyc_depthwise_conv2d_planes_write,
    tinyc_depthwise_conv2d_overwrites};

static const tinyc_packing tinyc_depthwise_conv2d_lines_packing = {
    tinyc_depthwise_conv2d_lines_supports, tinyc_depthwise_conv2d_planes_bytes, tinyc_depthwise_conv2d_planes_write, NULL};

/* Weights of less than 8 bits: the same, in fewer bytes. */
static inline int32_t tinyc_depthwise_conv2d_planes_narrow_bytes(const void *params, int32_t bits) {
  const tinyc_window *window = &((const tinyc_conv2d_s8_params *)params)->window;
  int64_t weights = (int64_t)window->output_channels * window->kernel_height * window->kernel_width;
  return 8 * window->output_channels + (int32_t)tinyc_narrow_bytes(weights, bits);
}

static inline void tinyc_depthwise_conv2d_planes_narrow_write(const void *params, const tinyc_constants *constants,
                                                              uint8_t *packed, int32_t bits) {
  const tinyc_conv2d_s8_params *conv = (const tinyc_conv2d_s8_params *)params;
  int32_t channels = conv->window.output_channels, taps = conv->window.kernel_height * conv->window.kernel_width;
  memset(packed, 0, (size_t)tinyc_depthwise_conv2d_planes_narrow_bytes(params, bits));
  for (int32_t c = 0; c < channels; c++) {
    packed = tinyc_put_s32(packed, constants->bias[c]);
    packed = tinyc_put_s32(packed, constants->multipliers[c * conv->output.multiplier_step]);
  }
  for (int32_t c = 0; c < channels; c++)
    for (int32_t tap = 0; tap < taps; tap++)
      tinyc_put_element(packed, (int64_t)c * taps + tap, bits, constants->weights[tap * channels + c]);
}

static inline int32_t tinyc_depthwise_conv2d_planes_s4_bytes(const void *params) {
  return tinyc_depthwise_conv2d_planes_narrow_bytes(params, 4);
}
static inline void tinyc_depthwise_conv2d_planes_s4_write(const void *params, const tinyc_constants *constants,
                                                          uint8_t *packed) {
  tinyc_depthwise_conv2d_planes_narrow_write(params, constants, packed, 4);
}
static inline int32_t tinyc_depthwise_conv2d_planes_s2_bytes(const void *params) {
  return tinyc_depthwise_conv2d_planes_narrow_bytes(params, 2);
}
static inline void tinyc_depthwise_conv2d_planes_s2_write(const void *params, const tinyc_constants *constants,
                                                          uint8_t *packed) {
  tinyc_depthwise_conv2d_planes_narrow_write(params, constants, packed, 2);
}

static const tinyc_packing tinyc_depthwise_conv2d_planes_s4_packing = {
    tinyc_depthwise_conv2d_planes_supports, tinyc_depthwise_conv2d_planes_s4_bytes,
    tinyc_depthwise_conv2d_planes_s4_write, tinyc_depthwise_conv2d_overwrites};
static const tinyc_packing tinyc_depthwise_conv2d_planes_s2_packing = {
    tinyc_depthwise_conv2d_planes_supports, tinyc_depthwise_conv2d_planes_s2_bytes,
    tinyc_depthwise_conv2d_planes_s2_write, tinyc_depthwise_conv2d_overwrites};

/* ---- filter blocks of Armv8.1-M: tinyc/layouts.h ------------------------------------------------------------------ */

static inline uint8_t *tinyc_put_filter_blocks(uint8_t *packed, const tinyc_constants *constants, int32_t first,
                                               int32_t filters, int32_t length, int32_t multiplier_step) {
  static const uint8_t order[4] = {0, 2, 1, 3}; /* of the biases */
  for (int32_t o = first, end = first + filters; o < end; o += 4) {
    int32_t count = end - o < 4 ? end - o : 4;
    for (int32_t i = 0; i < 4; i++)
      packed = tinyc_put_s32(packed, order[i] < count ? constants->bias[o + order[i]] : 0);
    for (int32_t i = 0; i < 4; i++)
      packed = tinyc_put_s32(packed, i < count ? constants->multipliers[(o + i) * multiplier_step] : 0);
    const int8_t *weights = constants->weights + (size_t)o * (size_t)length;
    for (int32_t i = 0; i < ((count * length + 3) & ~3); i++)
      *packed++ = i < count * length ? (uint8_t)weights[i] : 0;
  }
  return packed;
}

static inline int32_t tinyc_conv2d_blocks_length(const tinyc_conv2d_s8_params *conv) {
  return conv->window.kernel_height * conv->window.kernel_width * (conv->window.input_channels / conv->groups);
}

static inline int tinyc_conv2d_blocks_supports(const void *params, const tinyc_constants *constants) {
  const tinyc_conv2d_s8_params *conv = (const tinyc_conv2d_s8_params *)params;
  const tinyc_window *window = &conv->window;
  (void)constants;
  return (int64_t)window->kernel_height * window->kernel_width * window->input_channels <= (1 << 20);
}

static inline int32_t tinyc_conv2d_blocks_bytes(const void *params) {
  const tinyc_conv2d_s8_params *conv = (const tinyc_conv2d_s8_params *)params;
  return conv->groups *
         tinyc_filter_blocks_bytes(conv->window.output_channels / conv->groups, tinyc_conv2d_blocks_length(conv));
}

static inline void tinyc_conv2d_blocks_write(const void *params, const tinyc_constants *constants, uint8_t *packed) {
  const tinyc_conv2d_s8_params *conv = (const tinyc_conv2d_s8_params *)params;
  int32_t filters = conv->window.output_channels / conv->groups;
  for (int32_t group = 0; group < conv->groups; group++)
    packed = tinyc_put_filter_blocks(packed, constants, group * filters, filters, tinyc_conv2d_blocks_length(conv),
                                     conv->output.multiplier_step);
}

static inline int tinyc_conv2d_blocks_overwrites(const void *params) {
  return ((const tinyc_conv2d_s8_params *)params)->groups == 1 && tinyc_conv2d_columns_overwrites(params);
}

static const tinyc_packing tinyc_conv2d_blocks_packing = {tinyc_conv2d_blocks_supports, tinyc_conv2d_blocks_bytes,
                                                          tinyc_conv2d_blocks_write, tinyc_conv2d_blocks_overwrites};

static inline int tinyc_fully_connected_blocks_supports(const void *params, const tinyc_constants *constants) {
  (void)constants;
  return ((const tinyc_fully_connected_s8_params *)params)->inputs <= (1 << 20);
}

static inline int32_t tinyc_fully_connected_blocks_bytes(const void *params) {
  const tinyc_fully_connected_s8_params *dense = (const tinyc_fully_connected_s8_params *)params;
  return tinyc_filter_blocks_bytes(dense->outputs, dense->inputs);
}

static inline void tinyc_fully_connected_blocks_write(const void *params, const tinyc_constants *constants,
                                                      uint8_t *packed) {
  const tinyc_fully_connected_s8_params *dense = (const tinyc_fully_connected_s8_params *)params;
  tinyc_put_filter_blocks(packed, constants, 0, dense->outputs, dense->inputs, dense->output.multiplier_step);
}

static const tinyc_packing tinyc_fully_connected_blocks_packing = {
    tinyc_fully_connected_blocks_supports, tinyc_fully_connected_blocks_bytes, tinyc_fully_connected_blocks_write, NULL};

/* ---- depthwise_conv2d of Armv8.1-M: tinyc/layouts.h --------------------------------------------------------------- */

/* The tap that stands at position i of the packed weights: one kernel column after the other. */
static inline int32_t tinyc_lanes_tap(const tinyc_window *window, int32_t i) {
  return i % window->kernel_height * window->kernel_width + i / window->kernel_height;
}

/* Two products of neighbouring taps have to fit int16 together, whatever the inputs are: only two weights of -128 do not. */
static inline int tinyc_depthwise_conv2d_lanes_supports(const void *params, const tinyc_constants *constants) {
  const tinyc_window *window = &((const tinyc_conv2d_s8_params *)params)->window;
  int32_t channels = window->output_channels, taps = window->kernel_height * window->kernel_width;
  if (window->input_channels != channels || taps > 4096)
    return 0;
  for (int32_t i = 0; i + 1 < taps; i += 2)
    for (int32_t c = 0; c < channels; c++)
      if (constants->weights[tinyc_lanes_tap(window, i) * channels + c] == -128 &&
          constants->weights[tinyc_lanes_tap(window, i + 1) * channels + c] == -128)
        return 0;
  return 1;
}

static inline int32_t tinyc_depthwise_conv2d_lanes_bytes(const void *params) {
  const tinyc_window *window = &((const tinyc_conv2d_s8_params *)params)->window;
  return tinyc_depthwise_lanes_bytes(window->output_channels, window->kernel_height * window->kernel_width);
}

static inline void tinyc_depthwise_conv2d_lanes_write(const void *params, const tinyc_constants *constants,
                                                      uint8_t *packed) {
  static const uint8_t order[4] = {0, 2, 1, 3}; /* of the first channels of the vectors of int32 */
  const tinyc_conv2d_s8_params *conv = (const tinyc_conv2d_s8_params *)params;
  const tinyc_window *window = &conv->window;
  int32_t channels = window->output_channels, taps = window->kernel_height * window->kernel_width;
  for (int32_t first = 0; first < channels; first += TINYC_LANES_CHANNELS) {
    for (int32_t i = 0; i < 2 * TINYC_LANES_CHANNELS; i++) {
      int32_t at = i % TINYC_LANES_CHANNELS, c = first + order[at / 4] + at % 4 * 4;
      packed = tinyc_put_s32(packed, c >= channels               ? 0
                                     : i < TINYC_LANES_CHANNELS ? constants->bias[c]
                                                                 : constants->multipliers[c * conv->output.multiplier_step]);
    }
    for (int32_t i = 0; i < taps; i++)
      for (int32_t c = first; c < first + TINYC_LANES_CHANNELS; c++)
        *packed++ = c < channels ? (uint8_t)constants->weights[tinyc_lanes_tap(window, i) * channels + c] : 0;
  }
}

/* Windows of neighbouring columns share what was read of them before the outputs in their place are written. */
static inline int tinyc_depthwise_conv2d_lanes_overwrites(const void *params) {
  const tinyc_window *window = &((const tinyc_conv2d_s8_params *)params)->window;
  return window->dilation_height == 1 && window->dilation_width == 1 && window->pad_left < window->kernel_width &&
         tinyc_is_narrowing(window);
}

static const tinyc_packing tinyc_depthwise_conv2d_lanes_packing = {
    tinyc_depthwise_conv2d_lanes_supports, tinyc_depthwise_conv2d_lanes_bytes, tinyc_depthwise_conv2d_lanes_write,
    tinyc_depthwise_conv2d_lanes_overwrites};

/* ---- Kernels on int16: tinyc/layouts.h ------------------------------------------------------------------------------ */

/* Pairs of `filters` filters of `length` weights from filter `first` on; returns behind them. */
static inline uint8_t *tinyc_put_pairs_s16(uint8_t *packed, const tinyc_constants *constants, int32_t first,
                                           int32_t filters, int32_t length, int32_t step) {
  for (int32_t o = first; o < first + filters; o += 2) {
    int32_t has_second = o + 1 < first + filters;
    const int8_t *one = constants->weights + (size_t)o * (size_t)length, *two = one + length;
    packed = tinyc_put_s32(packed, constants->bias[o]);
    for (int32_t i = 0; i < 2 * ((length + 1) / 2); i++) {
      *packed++ = (uint8_t)(i < length ? one[i] : 0);
      *packed++ = (uint8_t)(i < length && has_second ? two[i] : 0);
    }
    packed = tinyc_put_s32(packed, constants->multipliers[o * step]);
    packed = tinyc_put_s32(packed, has_second ? constants->multipliers[(o + 1) * step] : 0);
    packed = tinyc_put_s32(packed, has_second ? constants->bias[o + 1] : 0);
  }
  return packed;
}

static inline int tinyc_conv2d_pairs_s16_supports(const void *params, const tinyc_constants *constants) {
  const tinyc_conv2d_s8_params *conv = (const tinyc_conv2d_s8_params *)params;
  (void)constants;
  return conv->output.shift >= 33 && conv->window.kernel_height <= TINYC_PAIRS_S16_ROWS &&
         tinyc_window_length(conv) <= (1 << 20);
}

static inline int32_t tinyc_conv2d_pairs_s16_bytes(const void *params) {
  const tinyc_conv2d_s8_params *conv = (const tinyc_conv2d_s8_params *)params;
  int32_t filters = conv->window.output_channels / conv->groups;
  int32_t words = (int32_t)((tinyc_window_length(conv) + 1) / 2);
  return conv->groups * ((filters + 1) / 2) * (16 + 4 * words);
}

static inline void tinyc_conv2d_pairs_s16_write(const void *params, const tinyc_constants *constants, uint8_t *packed) {
  const tinyc_conv2d_s8_params *conv = (const tinyc_conv2d_s8_params *)params;
  int32_t filters = conv->window.output_channels / conv->groups;
  for (int32_t group = 0; group < conv->groups; group++)
    packed = tinyc_put_pairs_s16(packed, constants, group * filters, filters, (int32_t)tinyc_window_length(conv),
                                 conv->output.multiplier_step);
}

static const tinyc_packing tinyc_conv2d_pairs_s16_packing = {
    tinyc_conv2d_pairs_s16_supports, tinyc_conv2d_pairs_s16_bytes, tinyc_conv2d_pairs_s16_write, NULL};

static inline int tinyc_fully_connected_pairs_s16_supports(const void *params, const tinyc_constants *constants) {
  const tinyc_fully_connected_s8_params *dense = (const tinyc_fully_connected_s8_params *)params;
  (void)constants;
  return dense->output.shift >= 33 && dense->inputs % 2 == 0;
}

static inline int32_t tinyc_fully_connected_pairs_s16_bytes(const void *params) {
  const tinyc_fully_connected_s8_params *dense = (const tinyc_fully_connected_s8_params *)params;
  return (dense->outputs + 1) / 2 * (16 + 2 * dense->inputs);
}

static inline void tinyc_fully_connected_pairs_s16_write(const void *params, const tinyc_constants *constants,
                                                         uint8_t *packed) {
  const tinyc_fully_connected_s8_params *dense = (const tinyc_fully_connected_s8_params *)params;
  tinyc_put_pairs_s16(packed, constants, 0, dense->outputs, dense->inputs, dense->output.multiplier_step);
}

static const tinyc_packing tinyc_fully_connected_pairs_s16_packing = {
    tinyc_fully_connected_pairs_s16_supports, tinyc_fully_connected_pairs_s16_bytes,
    tinyc_fully_connected_pairs_s16_write, NULL};

static inline int tinyc_depthwise_conv2d_pairs_s16_supports(const void *params, const tinyc_constants *constants) {
  const tinyc_conv2d_s8_params *conv = (const tinyc_conv2d_s8_params *)params;
  (void)constants;
  return conv->output.shift >= 33 && conv->window.kernel_height <= TINYC_PAIRS_S16_ROWS &&
         conv->window.kernel_width <= (1 << 16) && conv->window.input_channels == conv->window.output_channels;
}

static inline int32_t tinyc_depthwise_conv2d_pairs_s16_bytes(const void *params) {
  const tinyc_window *window = &((const tinyc_conv2d_s8_params *)params)->window;
  int32_t taps = window->kernel_height * window->kernel_width;
  return (window->output_channels + 1) / 2 * (16 + 4 * ((taps + 1) / 2));
}

static inline void tinyc_depthwise_conv2d_pairs_s16_write(const void *params, const tinyc_constants *constants,
                                                          uint8_t *packed) {
  const tinyc_conv2d_s8_params *conv = (const tinyc_conv2d_s8_params *)params;
  const tinyc_window *window = &conv->window;
  int32_t taps = window->kernel_height * window->kernel_width, channels = window->output_channels;
  int32_t step = conv->output.multiplier_step;
  for (int32_t c = 0; c < channels; c += 2) {
    int32_t has_second = c + 1 < channels;
    packed = tinyc_put_s32(packed, constants->bias[c]);
    packed = tinyc_put_s32(packed, has_second ? constants->bias[c + 1] : 0);
    for (int32_t tap = 0; tap < 2 * ((taps + 1) / 2); tap++)
      for (int32_t i = 0; i < 2; i++)
        *packed++ = (uint8_t)(tap < taps && c + i < channels ? constants->weights[tap * channels + c + i] : 0);
    packed = tinyc_put_s32(packed, constants->multipliers[c * step]);
    packed = tinyc_put_s32(packed, has_second ? constants->multipliers[(c + 1) * step] : 0);
  }
}

static const tinyc_packing tinyc_depthwise_conv2d_pairs_s16_packing = {
    tinyc_depthwise_conv2d_pairs_s16_supports, tinyc_depthwise_conv2d_pairs_s16_bytes,
    tinyc_depthwise_conv2d_pairs_s16_write, NULL};

#ifdef __cplusplus
}
#endif

#endif /* TINYC_PACK_H */
