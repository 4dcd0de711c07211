/* tinyc/pack_x86_64.h - the packing of constants for the kernels of runtime/kernels/x86-64, see tinyc/panels.h. */
#ifndef TINYC_PACK_X86_64_H
#define TINYC_PACK_X86_64_H

#include "tinyc/pack.h"
#include "tinyc/panels.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The bits of a float, little-endian. */
static inline uint8_t *tinyc_put_f32(uint8_t *to, float value) {
  int32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return tinyc_put_s32(to, bits);
}

/* The panels of one group: `filters` outputs from number `first` on, whose weights are `length` elements each. */
static inline uint8_t *tinyc_put_panels_s8(const tinyc_constants *constants, int32_t first, int32_t filters,
                                           int32_t length, int32_t multiplier_step, uint8_t *to) {
  for (int32_t panel = 0; panel < filters; panel += TINYC_PANEL_LANES) {
    for (int32_t lane = panel; lane < panel + TINYC_PANEL_LANES; lane++) {
      uint32_t sum = 0;
      for (int32_t i = 0; lane < filters && i < length; i++)
        sum += (uint32_t)constants->weights[(int64_t)(first + lane) * length + i];
      to = tinyc_put_s32(to, lane < filters ? (int32_t)((uint32_t)constants->bias[first + lane] - 128 * sum) : 0);
    }
    for (int32_t lane = panel; lane < panel + TINYC_PANEL_LANES; lane++)
      to = tinyc_put_s32(to, lane < filters ? constants->multipliers[(first + lane) * multiplier_step] : 0);
    for (int32_t i = 0; i < length; i += 4)
      for (int32_t lane = panel; lane < panel + TINYC_PANEL_LANES; lane++)
        for (int32_t k = i; k < i + 4; k++)
          *to++ = lane < filters && k < length ? (uint8_t)constants->weights[(int64_t)(first + lane) * length + k] : 0;
  }
  return to;
}

static inline uint8_t *tinyc_put_panels_f32(const tinyc_constants *constants, int32_t first, int32_t filters,
                                            int32_t length, uint8_t *to) {
  for (int32_t panel = 0; panel < filters; panel += TINYC_PANEL_LANES) {
    for (int32_t lane = panel; lane < panel + TINYC_PANEL_LANES; lane++)
      to = tinyc_put_f32(to, lane < filters && constants->float_bias ? constants->float_bias[first + lane] : 0.0f);
    for (int32_t i = 0; i < length; i++)
      for (int32_t lane = panel; lane < panel + TINYC_PANEL_LANES; lane++)
        to = tinyc_put_f32(to, lane < filters ? constants->float_weights[(int64_t)(first + lane) * length + i] : 0.0f);
  }
  return to;
}

/* ---- conv2d ------------------------------------------------------------------------------------------------------- */

/* Elements of a filter; the parameters of float kernels begin with the same fields. */
static inline int64_t tinyc_filter_length(const tinyc_conv2d_s8_params *conv) {
  return (int64_t)conv->window.kernel_height * conv->window.kernel_width * (conv->window.input_channels / conv->groups);
}
static inline int64_t tinyc_conv2d_panels(const tinyc_conv2d_s8_params *conv) {
  return (int64_t)conv->groups * tinyc_panel_count(conv->window.output_channels / conv->groups);
}

/* Groups of few outputs would leave most of a panel empty. */
static inline int tinyc_conv2d_fills_panels(const tinyc_conv2d_s8_params *conv) {
  return conv->groups == 1 || conv->window.output_channels / conv->groups >= TINYC_PANEL_LANES / 2;
}

static inline int tinyc_conv2d_s8_panels_supports(const void *params, const tinyc_constants *constants) {
  const tinyc_conv2d_s8_params *conv = (const tinyc_conv2d_s8_params *)params;
  int64_t length = tinyc_filter_length(conv);
  return constants->weights && tinyc_conv2d_fills_panels(conv) && length < INT32_MAX / 64 &&
         tinyc_conv2d_panels(conv) * tinyc_panel_bytes_s8((int32_t)length) <= INT32_MAX;
}
static inline int32_t tinyc_conv2d_s8_panels_bytes(const void *params) {
  const tinyc_conv2d_s8_params *conv = (const tinyc_conv2d_s8_params *)params;
  return (int32_t)(tinyc_conv2d_panels(conv) * tinyc_panel_bytes_s8((int32_t)tinyc_filter_length(conv)));
}
static inline void tinyc_conv2d_s8_panels_write(const void *params, const tinyc_constants *constants, uint8_t *packed) {
  const tinyc_conv2d_s8_params *conv = (const tinyc_conv2d_s8_params *)params;
  int32_t filters = conv->window.output_channels / conv->groups, length = (int32_t)tinyc_filter_length(conv);
  for (int32_t group = 0; group < conv->groups; group++)
    packed = tinyc_put_panels_s8(constants, group * filters, filters, length, conv->output.multiplier_step, packed);
}
static const tinyc_packing tinyc_conv2d_s8_panels_packing = {
    tinyc_conv2d_s8_panels_supports, tinyc_conv2d_s8_panels_bytes, tinyc_conv2d_s8_panels_write, NULL, 0};

static inline int tinyc_conv2d_f32_panels_supports(const void *params, const tinyc_constants *constants) {
  const tinyc_conv2d_s8_params *conv = (const tinyc_conv2d_s8_params *)params;
  int64_t length = tinyc_filter_length(conv);
  return constants->float_weights && tinyc_conv2d_fills_panels(conv) && length < INT32_MAX / 64 &&
         tinyc_conv2d_panels(conv) * tinyc_panel_bytes_f32((int32_t)length) <= INT32_MAX;
}
static inline int32_t tinyc_conv2d_f32_panels_bytes(const void *params) {
  const tinyc_conv2d_s8_params *conv = (const tinyc_conv2d_s8_params *)params;
  return (int32_t)(tinyc_conv2d_panels(conv) * tinyc_panel_bytes_f32((int32_t)tinyc_filter_length(conv)));
}
static inline void tinyc_conv2d_f32_panels_write(const void *params, const tinyc_constants *constants, uint8_t *packed) {
  const tinyc_conv2d_s8_params *conv = (const tinyc_conv2d_s8_params *)params;
  int32_t filters = conv->window.output_channels / conv->groups, length = (int32_t)tinyc_filter_length(conv);
  for (int32_t group = 0; group < conv->groups; group++)
    packed = tinyc_put_panels_f32(constants, group * filters, filters, length, packed);
}
static const tinyc_packing tinyc_conv2d_f32_panels_packing = {
    tinyc_conv2d_f32_panels_supports, tinyc_conv2d_f32_panels_bytes, tinyc_conv2d_f32_panels_write, NULL, 0};

/* ---- depthwise_conv2d --------------------------------------------------------------------------------------------- */

static inline int tinyc_depthwise_s8_panels_supports(const void *params, const tinyc_constants *constants) {
  const tinyc_window *window = &((const tinyc_conv2d_s8_params *)params)->window;
  return constants->weights && window->input_channels == window->output_channels &&
         tinyc_panel_count(window->output_channels) * tinyc_depthwise_panel_bytes_s8(window) <= INT32_MAX;
}
static inline int32_t tinyc_depthwise_s8_panels_bytes(const void *params) {
  const tinyc_window *window = &((const tinyc_conv2d_s8_params *)params)->window;
  return (int32_t)(tinyc_panel_count(window->output_channels) * tinyc_depthwise_panel_bytes_s8(window));
}
static inline void tinyc_depthwise_s8_panels_write(const void *params, const tinyc_constants *constants,
                                                   uint8_t *packed) {
  const tinyc_conv2d_s8_params *conv = (const tinyc_conv2d_s8_params *)params;
  const tinyc_window *window = &conv->window;
  int32_t channels = window->output_channels, step = conv->output.multiplier_step;
  for (int32_t panel = 0; panel < channels; panel += TINYC_PANEL_LANES) {
    int32_t end = panel + TINYC_PANEL_LANES;
    for (int32_t c = panel; c < end; c++)
      packed = tinyc_put_s32(packed, c < channels ? constants->bias[c] : 0);
    for (int32_t c = panel; c < end; c++)
      packed = tinyc_put_s32(packed, c < channels ? constants->multipliers[c * step] : 0);
    for (int32_t ky = 0; ky < window->kernel_height; ky++)
      for (int32_t kx = 0; kx < window->kernel_width; kx += 2)
        for (int32_t c = panel; c < end; c++)
          for (int32_t tap = kx; tap < kx + 2; tap++) {
            int exists = c < channels && tap < window->kernel_width;
            packed = tinyc_put_s16(
                packed, exists ? constants->weights[(int64_t)(ky * window->kernel_width + tap) * channels + c] : 0);
          }
  }
}
static const tinyc_packing tinyc_depthwise_s8_panels_packing = {
    tinyc_depthwise_s8_panels_supports, tinyc_depthwise_s8_panels_bytes, tinyc_depthwise_s8_panels_write, NULL, 0};

/* ---- fully_connected ---------------------------------------------------------------------------------------------- */

static inline int tinyc_fully_connected_s8_panels_supports(const void *params, const tinyc_constants *constants) {
  const tinyc_fully_connected_s8_params *dense = (const tinyc_fully_connected_s8_params *)params;
  return constants->weights && dense->inputs < INT32_MAX / 64 &&
         tinyc_panel_count(dense->outputs) * tinyc_panel_bytes_s8(dense->inputs) <= INT32_MAX;
}
static inline int32_t tinyc_fully_connected_s8_panels_bytes(const void *params) {
  const tinyc_fully_connected_s8_params *dense = (const tinyc_fully_connected_s8_params *)params;
  return (int32_t)(tinyc_panel_count(dense->outputs) * tinyc_panel_bytes_s8(dense->inputs));
}
static inline void tinyc_fully_connected_s8_panels_write(const void *params, const tinyc_constants *constants,
                                                         uint8_t *packed) {
  const tinyc_fully_connected_s8_params *dense = (const tinyc_fully_connected_s8_params *)params;
  tinyc_put_panels_s8(constants, 0, dense->outputs, dense->inputs, dense->output.multiplier_step, packed);
}
static const tinyc_packing tinyc_fully_connected_s8_panels_packing = {
    tinyc_fully_connected_s8_panels_supports, tinyc_fully_connected_s8_panels_bytes,
    tinyc_fully_connected_s8_panels_write, NULL, 0};

static inline int tinyc_fully_connected_f32_panels_supports(const void *params, const tinyc_constants *constants) {
  const tinyc_fully_connected_f32_params *dense = (const tinyc_fully_connected_f32_params *)params;
  return constants->float_weights && dense->inputs < INT32_MAX / 64 &&
         tinyc_panel_count(dense->outputs) * tinyc_panel_bytes_f32(dense->inputs) <= INT32_MAX;
}
static inline int32_t tinyc_fully_connected_f32_panels_bytes(const void *params) {
  const tinyc_fully_connected_f32_params *dense = (const tinyc_fully_connected_f32_params *)params;
  return (int32_t)(tinyc_panel_count(dense->outputs) * tinyc_panel_bytes_f32(dense->inputs));
}
static inline void tinyc_fully_connected_f32_panels_write(const void *params, const tinyc_constants *constants,
                                                          uint8_t *packed) {
  const tinyc_fully_connected_f32_params *dense = (const tinyc_fully_connected_f32_params *)params;
  tinyc_put_panels_f32(constants, 0, dense->outputs, dense->inputs, packed);
}
static const tinyc_packing tinyc_fully_connected_f32_panels_packing = {
    tinyc_fully_connected_f32_panels_supports, tinyc_fully_connected_f32_panels_bytes,
    tinyc_fully_connected_f32_panels_write, NULL, 0};

#ifdef __cplusplus
}
#endif

#endif /* TINYC_PACK_X86_64_H */
