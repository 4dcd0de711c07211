/* tinyc/pack_int16.h - the packings of the kernels for int16 activations. */
#ifndef TINYC_PACK_INT16_H
#define TINYC_PACK_INT16_H

#include "tinyc/packing.h"

#ifdef __cplusplus
extern "C" {
#endif

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

#endif /* TINYC_PACK_INT16_H */
