/* tinyc/pack_columns.h - the packings of conv2d for Armv7E-M. */
#ifndef TINYC_PACK_COLUMNS_H
#define TINYC_PACK_COLUMNS_H

#include "tinyc/packing.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- conv2d_columns_s8_s8: tinyc/layouts.h ------------------------------------------------------------------------ */

static inline int tinyc_conv2d_columns_supports(const void *params, const tinyc_constants *constants) {
  const tinyc_conv2d_s8_params *conv = (const tinyc_conv2d_s8_params *)params;
  tinyc_window window = tinyc_group_window(conv);
  int64_t length = (int64_t)window.kernel_height * window.kernel_width * window.input_channels;
  if (length > (1 << 20) ||
      !tinyc_fits_left_shift(&conv->output, TINYC_MOST_LEFT_SHIFT, constants, conv->window.output_channels, (int32_t)length,
                             (int32_t)length, 1))
    return 0;
  for (int32_t o = 0; o < conv->window.output_channels; o++) {
    int32_t in_group = o % window.output_channels;
    const int8_t *low = constants->weights + o * length;
    if (in_group % 2 == 0 &&
        !tinyc_can_pair_filters(low, in_group + 1 < window.output_channels ? low + length : NULL, (int32_t)length,
                                tinyc_left_shift(&conv->output)))
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
static inline uint8_t *tinyc_conv2d_columns_write_group(const tinyc_window *window, const tinyc_output_s8 *stage,
                                                        const tinyc_constants *constants, int32_t first, uint8_t *packed) {
  int32_t step = stage->multiplier_step, channels = window->input_channels, column = window->kernel_height * channels;
  int32_t padded = tinyc_column_length(window);
  for (int32_t o = first; o < first + window->output_channels; o += 2) {
    int32_t has_high = o + 1 < first + window->output_channels;
    packed = tinyc_put_s32(packed, tinyc_shifted_bias(constants, o, stage));
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
    packed = tinyc_put_s32(packed, has_high ? tinyc_shifted_bias(constants, o + 1, stage) : 0);
  }
  return packed;
}

static inline void tinyc_conv2d_columns_write(const void *params, const tinyc_constants *constants, uint8_t *packed) {
  const tinyc_conv2d_s8_params *conv = (const tinyc_conv2d_s8_params *)params;
  tinyc_window window = tinyc_group_window(conv);
  for (int32_t group = 0; group < conv->groups; group++)
    packed = tinyc_conv2d_columns_write_group(&window, &conv->output, constants, group * window.output_channels, packed);
}

static const tinyc_packing tinyc_conv2d_columns_packing = {tinyc_conv2d_columns_supports, tinyc_conv2d_columns_bytes,
                                                           tinyc_conv2d_columns_write, tinyc_conv2d_overwrites, 0};

/* ---- conv2d_columns_s8_s4, _s8_s2: tinyc/layouts.h ---------------------------------------------------------------- */

/* 2^n times 16 * high sum fits 32 bits. */
static inline int tinyc_conv2d_columns_narrow_supports(const void *params, const tinyc_constants *constants) {
  const tinyc_conv2d_s8_params *conv = (const tinyc_conv2d_s8_params *)params;
  tinyc_window window = tinyc_group_window(conv);
  int64_t length = (int64_t)window.kernel_height * window.kernel_width * window.input_channels;
  return length <= (1 << 16) &&
         tinyc_fits_left_shift(&conv->output, TINYC_MOST_LEFT_SHIFT, constants, conv->window.output_channels, (int32_t)length,
                               (int32_t)length, 1) &&
         length <= (1 << 16) >> tinyc_left_shift(&conv->output);
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
      packed = tinyc_put_s32(packed, tinyc_shifted_bias(constants, o, &conv->output));
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
      packed = tinyc_put_s32(packed, has_high ? tinyc_shifted_bias(constants, o + 1, &conv->output) : 0);
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
    tinyc_conv2d_overwrites, 0};

static inline int32_t tinyc_conv2d_columns_s2_bytes(const void *params) {
  return tinyc_conv2d_columns_narrow_bytes(params, 4);
}
static inline void tinyc_conv2d_columns_s2_write(const void *params, const tinyc_constants *constants, uint8_t *packed) {
  tinyc_conv2d_columns_narrow_write(params, constants, packed, 4);
}
static const tinyc_packing tinyc_conv2d_columns_s2_packing = {
    tinyc_conv2d_columns_narrow_supports, tinyc_conv2d_columns_s2_bytes, tinyc_conv2d_columns_s2_write,
    tinyc_conv2d_overwrites, 0};

/* ---- conv2d_direct_s8_s8: tinyc/layouts.h ------------------------------------------------------------------------- */

static inline int tinyc_conv2d_direct_supports(const void *params, const tinyc_constants *constants) {
  const tinyc_conv2d_s8_params *conv = (const tinyc_conv2d_s8_params *)params;
  const tinyc_window *window = &conv->window;
  return conv->output.shift == 32 && conv->groups == 1 && window->input_channels % 4 == 0 && window->kernel_width * window->input_channels < 65536 &&
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
                                                          tinyc_conv2d_direct_write, NULL, 0};

#ifdef __cplusplus
}
#endif

#endif /* TINYC_PACK_COLUMNS_H */
