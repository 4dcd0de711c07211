/* tinyc/pack_depthwise.h - the packings of depthwise_conv2d for Armv7E-M. */
#ifndef TINYC_PACK_DEPTHWISE_H
#define TINYC_PACK_DEPTHWISE_H

#include "tinyc/narrow.h"
#include "tinyc/packing.h"

#ifdef __cplusplus
extern "C" {
#endif

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
    tinyc_depthwise_conv2d_overwrites, 0};

/* ---- depthwise_conv2d_3x3_s8_s4: tinyc/layouts.h ------------------------------------------------------------------ */

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
    tinyc_depthwise_conv2d_overwrites, 0};

/* ---- depthwise_conv2d_planes_s8_s8: tinyc/layouts.h --------------------------------------------------------------- */

static inline int tinyc_depthwise_conv2d_planes_supports(const void *params, const tinyc_constants *constants) {
  const tinyc_conv2d_s8_params *conv = (const tinyc_conv2d_s8_params *)params;
  const tinyc_window *window = &conv->window;
  return window->dilation_height == 1 && window->dilation_width == 1 && window->stride_height <= 3 &&
         window->stride_width <= 2 && window->kernel_width <= 7 && window->kernel_height <= 7 && window->output_width <= 1024 &&
         tinyc_fits_left_shift(&conv->output, TINYC_MOST_LEFT_SHIFT, constants, window->output_channels,
                               window->kernel_height * window->kernel_width, 1, window->output_channels);
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
    packed = tinyc_put_s32(packed, tinyc_shifted_bias(constants, c, &conv->output));
    packed = tinyc_put_s32(packed, constants->multipliers[c * conv->output.multiplier_step]);
  }
  for (int32_t c = 0; c < channels; c++)
    for (int32_t tap = 0; tap < taps; tap++)
      *packed++ = (uint8_t)constants->weights[tap * channels + c];
}

static const tinyc_packing tinyc_depthwise_conv2d_planes_packing = {
    tinyc_depthwise_conv2d_planes_supports, tinyc_depthwise_conv2d_planes_bytes, tinyc_depthwise_conv2d_planes_write,
    tinyc_depthwise_conv2d_overwrites, 0};

/* ---- depthwise_conv2d_planes_s8_s4, _s8_s2: the same, in fewer bytes ---------------------------------------------- */

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
    packed = tinyc_put_s32(packed, tinyc_shifted_bias(constants, c, &conv->output));
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
    tinyc_depthwise_conv2d_planes_s4_write, tinyc_depthwise_conv2d_overwrites, 0};
static const tinyc_packing tinyc_depthwise_conv2d_planes_s2_packing = {
    tinyc_depthwise_conv2d_planes_supports, tinyc_depthwise_conv2d_planes_s2_bytes,
    tinyc_depthwise_conv2d_planes_s2_write, tinyc_depthwise_conv2d_overwrites, 0};

/* ---- depthwise_conv2d_lines_s8_s8: tinyc/layouts.h ---------------------------------------------------------------- */

static inline int tinyc_depthwise_conv2d_lines_supports(const void *params, const tinyc_constants *constants) {
  const tinyc_conv2d_s8_params *conv = (const tinyc_conv2d_s8_params *)params;
  const tinyc_window *window = &conv->window;
  return window->kernel_height == 1 && window->kernel_width > 7 && window->kernel_width <= 256 &&
         (window->stride_width == 1 || (window->stride_width == 2 && window->dilation_width == 1)) &&
         tinyc_fits_left_shift(&conv->output, TINYC_MOST_LEFT_SHIFT, constants, window->output_channels, window->kernel_width, 1,
                               window->output_channels);
}

static const tinyc_packing tinyc_depthwise_conv2d_lines_packing = {
    tinyc_depthwise_conv2d_lines_supports, tinyc_depthwise_conv2d_planes_bytes, tinyc_depthwise_conv2d_planes_write, NULL, 0};

#ifdef __cplusplus
}
#endif

#endif /* TINYC_PACK_DEPTHWISE_H */
