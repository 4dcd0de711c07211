/* tinyc/pack_armv8_1m.h - the packings of the kernels for Armv8.1-M. */
#ifndef TINYC_PACK_ARMV8_1M_H
#define TINYC_PACK_ARMV8_1M_H

#include "tinyc/packing.h"

#ifdef __cplusplus
extern "C" {
#endif

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
  return ((const tinyc_conv2d_s8_params *)params)->groups == 1 && tinyc_conv2d_overwrites(params);
}

static const tinyc_packing tinyc_conv2d_blocks_packing = {tinyc_conv2d_blocks_supports, tinyc_conv2d_blocks_bytes,
                                                          tinyc_conv2d_blocks_write, tinyc_conv2d_blocks_overwrites, 0};

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
    tinyc_fully_connected_blocks_supports, tinyc_fully_connected_blocks_bytes, tinyc_fully_connected_blocks_write, NULL, 0};

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
    tinyc_depthwise_conv2d_lanes_overwrites, 0};

#ifdef __cplusplus
}
#endif

#endif /* TINYC_PACK_ARMV8_1M_H */
