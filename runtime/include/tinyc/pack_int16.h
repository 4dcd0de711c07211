/* tinyc/pack_int16.h - the packings of the kernels for int16 activations. */
#ifndef TINYC_PACK_INT16_H
#define TINYC_PACK_INT16_H

#include "tinyc/packing.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Kernels on int16: tinyc/layouts.h ------------------------------------------------------------------------------ */

/* The word `number` of the weights of a pair of filters, or channels, whose i-th weights are one[i * next] and two[i * next]; two is
 * NULL where there is no second one. Writes it; returns behind it. */
static inline uint8_t *tinyc_put_pair_word_s16(uint8_t *packed, const int8_t *one, const int8_t *two, int32_t next,
                                               int32_t length, int32_t number, int32_t bits) {
  int32_t elements = 16 / bits, offset = bits == 8 ? 0 : 1 << (bits - 1);
  uint32_t word = 0, mask = (1u << bits) - 1u;
  for (int32_t i = 0; i < elements; i++) {
    int32_t at = number * elements + i, place = i % 2 * 16 + i / 2 * 2 * bits;
    uint32_t first = (uint32_t)((at < length ? one[at * next] : 0) + offset) & mask;
    uint32_t second = (uint32_t)((at < length && two ? two[at * next] : 0) + offset) & mask;
    word |= (first | second << bits) << place;
  }
  return tinyc_put_s32(packed, (int32_t)word);
}

/* Pairs of `filters` filters of `length` weights from filter `first` on; returns behind them. */
static inline uint8_t *tinyc_put_pairs_s16(uint8_t *packed, const tinyc_constants *constants, int32_t first,
                                           int32_t filters, int32_t length, int32_t step, int32_t bits) {
  for (int32_t o = first; o < first + filters; o += 2) {
    int32_t has_second = o + 1 < first + filters;
    const int8_t *one = constants->weights + (size_t)o * (size_t)length, *two = has_second ? one + length : NULL;
    packed = tinyc_put_s32(packed, constants->bias[o]);
    for (int32_t word = 0; word < tinyc_pair_words_s16(length, bits); word++)
      packed = tinyc_put_pair_word_s16(packed, one, two, 1, length, word, bits);
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

static inline int32_t tinyc_conv2d_pairs_s16_bytes(const void *params, int32_t bits) {
  const tinyc_conv2d_s8_params *conv = (const tinyc_conv2d_s8_params *)params;
  int32_t filters = conv->window.output_channels / conv->groups;
  return conv->groups * ((filters + 1) / 2) * tinyc_pair_bytes_s16((int32_t)tinyc_window_length(conv), bits);
}

static inline void tinyc_conv2d_pairs_s16_write(const void *params, const tinyc_constants *constants, uint8_t *packed,
                                                int32_t bits) {
  const tinyc_conv2d_s8_params *conv = (const tinyc_conv2d_s8_params *)params;
  int32_t filters = conv->window.output_channels / conv->groups;
  for (int32_t group = 0; group < conv->groups; group++)
    packed = tinyc_put_pairs_s16(packed, constants, group * filters, filters, (int32_t)tinyc_window_length(conv),
                                 conv->output.multiplier_step, bits);
}

static inline int tinyc_fully_connected_pairs_s16_supports(const void *params, const tinyc_constants *constants) {
  const tinyc_fully_connected_s8_params *dense = (const tinyc_fully_connected_s8_params *)params;
  (void)constants;
  return dense->output.shift >= 33;
}

static inline int32_t tinyc_fully_connected_pairs_s16_bytes(const void *params, int32_t bits) {
  const tinyc_fully_connected_s8_params *dense = (const tinyc_fully_connected_s8_params *)params;
  return (dense->outputs + 1) / 2 * tinyc_pair_bytes_s16(dense->inputs, bits);
}

static inline void tinyc_fully_connected_pairs_s16_write(const void *params, const tinyc_constants *constants,
                                                         uint8_t *packed, int32_t bits) {
  const tinyc_fully_connected_s8_params *dense = (const tinyc_fully_connected_s8_params *)params;
  tinyc_put_pairs_s16(packed, constants, 0, dense->outputs, dense->inputs, dense->output.multiplier_step, bits);
}

static inline int tinyc_depthwise_conv2d_pairs_s16_supports(const void *params, const tinyc_constants *constants) {
  const tinyc_conv2d_s8_params *conv = (const tinyc_conv2d_s8_params *)params;
  (void)constants;
  return conv->output.shift >= 33 && conv->window.kernel_height <= TINYC_PAIRS_S16_ROWS &&
         conv->window.kernel_width <= (1 << 16) && conv->window.input_channels == conv->window.output_channels;
}

static inline int32_t tinyc_depthwise_conv2d_pairs_s16_bytes(const void *params, int32_t bits) {
  const tinyc_window *window = &((const tinyc_conv2d_s8_params *)params)->window;
  return (window->output_channels + 1) / 2 * tinyc_pair_bytes_s16(window->kernel_height * window->kernel_width, bits);
}

static inline void tinyc_depthwise_conv2d_pairs_s16_write(const void *params, const tinyc_constants *constants,
                                                          uint8_t *packed, int32_t bits) {
  const tinyc_conv2d_s8_params *conv = (const tinyc_conv2d_s8_params *)params;
  const tinyc_window *window = &conv->window;
  int32_t taps = window->kernel_height * window->kernel_width, channels = window->output_channels;
  int32_t step = conv->output.multiplier_step;
  for (int32_t c = 0; c < channels; c += 2) {
    int32_t has_second = c + 1 < channels;
    const int8_t *one = constants->weights + c;
    packed = tinyc_put_s32(packed, constants->bias[c]);
    packed = tinyc_put_s32(packed, has_second ? constants->bias[c + 1] : 0);
    for (int32_t word = 0; word < tinyc_pair_words_s16(taps, bits); word++)
      packed = tinyc_put_pair_word_s16(packed, one, has_second ? one + 1 : NULL, channels, taps, word, bits);
    packed = tinyc_put_s32(packed, constants->multipliers[c * step]);
    packed = tinyc_put_s32(packed, has_second ? constants->multipliers[(c + 1) * step] : 0);
  }
}

/* The packing of one operation for weights of so many bits. */
#define TINYC_PACKING_S16(name, bits)                                                                                  \
  static inline int32_t tinyc_##name##_pairs_s16_s##bits##_bytes(const void *params) {                                 \
    return tinyc_##name##_pairs_s16_bytes(params, bits);                                                               \
  }                                                                                                                    \
  static inline void tinyc_##name##_pairs_s16_s##bits##_write(const void *params, const tinyc_constants *constants,    \
                                                              uint8_t *packed) {                                       \
    tinyc_##name##_pairs_s16_write(params, constants, packed, bits);                                                   \
  }                                                                                                                    \
  static const tinyc_packing tinyc_##name##_pairs_s16_s##bits##_packing = {                                            \
      tinyc_##name##_pairs_s16_supports, tinyc_##name##_pairs_s16_s##bits##_bytes,                                     \
      tinyc_##name##_pairs_s16_s##bits##_write, NULL, 0};
TINYC_PACKING_S16(conv2d, 8)
TINYC_PACKING_S16(conv2d, 4)
TINYC_PACKING_S16(conv2d, 2)
TINYC_PACKING_S16(depthwise_conv2d, 8)
TINYC_PACKING_S16(depthwise_conv2d, 4)
TINYC_PACKING_S16(depthwise_conv2d, 2)
TINYC_PACKING_S16(fully_connected, 8)
TINYC_PACKING_S16(fully_connected, 4)
TINYC_PACKING_S16(fully_connected, 2)
#undef TINYC_PACKING_S16

#ifdef __cplusplus
}
#endif

#endif /* TINYC_PACK_INT16_H */
