/* tinyc/pack_sparse.h - the packings of sparse weights: tinyc/layouts.h. */
#ifndef TINYC_PACK_SPARSE_H
#define TINYC_PACK_SPARSE_H

#include "tinyc/packing.h"
#include "tinyc/sparse.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Whether at most `kept` of each four neighbours are not zero, in filters * taps runs of `channels` weights. Fewer than
 * four channels are no neighbours to choose from. */
static inline int tinyc_is_sparse(const int8_t *weights, int64_t runs, int32_t channels, int32_t kept) {
  if (channels < TINYC_SPARSE_OF)
    return 0;
  for (int64_t run = 0; run < runs; run++, weights += channels)
    for (int32_t first = 0; first < channels; first += TINYC_SPARSE_OF) {
      int32_t count = 0;
      for (int32_t i = first; i < first + TINYC_SPARSE_OF && i < channels; i++)
        count += weights[i] != 0;
      if (count > kept)
        return 0;
    }
  return 1;
}

/* The channels of the weights of one tap that are stored, in order; where fewer than `kept` of a group are not zero,
 * its last free places go to its first channel, whose weight then counts once: the others are 0. */
static inline void tinyc_choose_sparse(const int8_t *weights, int32_t channels, int32_t kept, int32_t entry,
                                       int32_t *channel, int32_t *value) {
  int32_t first = entry / kept * TINYC_SPARSE_OF, place = entry % kept;
  *channel = first;
  *value = 0;
  for (int32_t i = first; i < first + TINYC_SPARSE_OF && i < channels; i++)
    if (weights[i] != 0 && place-- == 0) {
      *channel = i;
      *value = weights[i];
      return;
    }
}

/* ---- generic: conv2d_1of4, conv2d_2of4, fully_connected_1of4, fully_connected_2of4 --------------------------------
 */

/* Writes filters in the generic layout. */
static inline void tinyc_write_sparse_filters(const tinyc_constants *constants, int32_t filters, int32_t step,
                                              int32_t taps, int32_t channels, int32_t kept, uint8_t *packed) {
  int32_t entries = tinyc_sparse_entries(channels, kept), index_bytes = tinyc_sparse_index_bytes(channels, kept);
  int32_t bytes = (int32_t)tinyc_sparse_filter_bytes(taps, channels, kept);
  const int8_t *weights = constants->weights;
  for (int32_t o = 0; o < filters; o++, packed += bytes) {
    uint8_t *values = tinyc_put_s32(tinyc_put_s32(packed, constants->bias[o]), constants->multipliers[o * step]);
    uint8_t *indices = values + taps * entries;
    memset(values, 0, (size_t)(bytes - 8));
    for (int32_t tap = 0; tap < taps; tap++, weights += channels, indices += index_bytes)
      for (int32_t i = 0; i < entries; i++) {
        int32_t channel, value;
        tinyc_choose_sparse(weights, channels, kept, i, &channel, &value);
        *values++ = (uint8_t)value;
        indices[i / 4] = (uint8_t)(indices[i / 4] | (uint32_t)(channel % TINYC_SPARSE_OF) << (i % 4 * 2));
      }
  }
}

static inline int64_t tinyc_conv2d_sparse_size(const void *params, int32_t kept) {
  const tinyc_conv2d_s8_params *conv = (const tinyc_conv2d_s8_params *)params;
  const tinyc_window *window = &conv->window;
  int64_t taps = (int64_t)window->kernel_height * window->kernel_width;
  return window->output_channels * tinyc_sparse_filter_bytes(taps, window->input_channels / conv->groups, kept);
}
static inline int tinyc_conv2d_sparse_supports(const void *params, const tinyc_constants *constants, int32_t kept) {
  const tinyc_conv2d_s8_params *conv = (const tinyc_conv2d_s8_params *)params;
  const tinyc_window *window = &conv->window;
  int64_t runs = (int64_t)window->output_channels * window->kernel_height * window->kernel_width;
  return tinyc_conv2d_sparse_size(params, kept) <= INT32_MAX &&
         tinyc_is_sparse(constants->weights, runs, window->input_channels / conv->groups, kept);
}
static inline void tinyc_conv2d_sparse_write(const void *params, const tinyc_constants *constants, uint8_t *packed,
                                             int32_t kept) {
  const tinyc_conv2d_s8_params *conv = (const tinyc_conv2d_s8_params *)params;
  const tinyc_window *window = &conv->window;
  tinyc_write_sparse_filters(constants, window->output_channels, conv->output.multiplier_step,
                             window->kernel_height * window->kernel_width, window->input_channels / conv->groups, kept,
                             packed);
}

static inline int64_t tinyc_fully_connected_sparse_size(const void *params, int32_t kept) {
  const tinyc_fully_connected_s8_params *dense = (const tinyc_fully_connected_s8_params *)params;
  return dense->outputs * tinyc_sparse_filter_bytes(1, dense->inputs, kept);
}
static inline int tinyc_fully_connected_sparse_supports(const void *params, const tinyc_constants *constants,
                                                        int32_t kept) {
  const tinyc_fully_connected_s8_params *dense = (const tinyc_fully_connected_s8_params *)params;
  return tinyc_fully_connected_sparse_size(params, kept) <= INT32_MAX &&
         tinyc_is_sparse(constants->weights, dense->outputs, dense->inputs, kept);
}
static inline void tinyc_fully_connected_sparse_write(const void *params, const tinyc_constants *constants,
                                                      uint8_t *packed, int32_t kept) {
  const tinyc_fully_connected_s8_params *dense = (const tinyc_fully_connected_s8_params *)params;
  tinyc_write_sparse_filters(constants, dense->outputs, dense->output.multiplier_step, 1, dense->inputs, kept, packed);
}

#define TINYC_SPARSE_PACKING(op, kept)                                                                                 \
  static inline int tinyc_##op##_##kept##of4_supports(const void *params, const tinyc_constants *constants) {          \
    return tinyc_##op##_sparse_supports(params, constants, kept);                                                      \
  }                                                                                                                    \
  static inline int32_t tinyc_##op##_##kept##of4_bytes(const void *params) {                                           \
    return (int32_t)tinyc_##op##_sparse_size(params, kept);                                                            \
  }                                                                                                                    \
  static inline void tinyc_##op##_##kept##of4_write(const void *params, const tinyc_constants *constants,              \
                                                    uint8_t *packed) {                                                 \
    tinyc_##op##_sparse_write(params, constants, packed, kept);                                                        \
  }                                                                                                                    \
  static const tinyc_packing tinyc_##op##_##kept##of4_packing = {                                                      \
      tinyc_##op##_##kept##of4_supports, tinyc_##op##_##kept##of4_bytes, tinyc_##op##_##kept##of4_write, NULL, kept};
TINYC_SPARSE_PACKING(conv2d, 1)
TINYC_SPARSE_PACKING(conv2d, 2)
TINYC_SPARSE_PACKING(fully_connected, 1)
TINYC_SPARSE_PACKING(fully_connected, 2)
#undef TINYC_SPARSE_PACKING

/* ---- conv2d_1of4_s8_s8 of Armv7E-M ------------------------------------------------------------------------ */

static inline int tinyc_conv2d_1of4_words_supports(const void *params, const tinyc_constants *constants) {
  const tinyc_conv2d_s8_params *conv = (const tinyc_conv2d_s8_params *)params;
  const tinyc_window *window = &conv->window;
  int64_t length = (int64_t)window->kernel_height * window->kernel_width * window->input_channels;
  return conv->groups == 1 && window->input_channels % TINYC_SPARSE_OF == 0 && length <= 1 << 20 &&
         tinyc_fits_left_shift(&conv->output, TINYC_MOST_LEFT_SHIFT, constants, window->output_channels,
                               (int32_t)length, (int32_t)length, 1) &&
         tinyc_conv2d_sparse_supports(params, constants, 1);
}

static inline int32_t tinyc_conv2d_1of4_words_bytes(const void *params) {
  const tinyc_window *window = &((const tinyc_conv2d_s8_params *)params)->window;
  int64_t taps = (int64_t)window->kernel_height * window->kernel_width;
  return (int32_t)(window->output_channels * (8 + 4 * tinyc_sparse_conv2d_words(taps, window->input_channels)));
}

static inline void tinyc_conv2d_1of4_words_write(const void *params, const tinyc_constants *constants,
                                                 uint8_t *packed) {
  const tinyc_conv2d_s8_params *conv = (const tinyc_conv2d_s8_params *)params;
  const tinyc_window *window = &conv->window;
  int32_t taps = window->kernel_height * window->kernel_width, channels = window->input_channels;
  int32_t words = (int32_t)tinyc_sparse_conv2d_words(taps, channels), entries = tinyc_sparse_entries(channels, 1);
  const int8_t *filter = constants->weights;
  for (int32_t o = 0; o < window->output_channels; o++, filter += taps * channels) {
    int32_t at = 0;
    packed = tinyc_put_s32(packed, tinyc_shifted_bias(constants, o, &conv->output));
    for (int32_t i = 0; i < words - 1; i++) {
      int32_t tap = i / entries, channel = 0, value = 0, to = at;
      if (tap < taps) {
        tinyc_choose_sparse(filter + tap * channels, channels, 1, i % entries, &channel, &value);
        to = (tap * channels + channel) * TINYC_SPARSE_CHANNEL_BYTES;
      }
      packed = tinyc_put_s16(tinyc_put_s16(packed, to - at), value);
      at = to;
    }
    packed = tinyc_put_s32(packed, TINYC_SPARSE_LAST);
    packed = tinyc_put_s32(packed, constants->multipliers[o * conv->output.multiplier_step]);
  }
}

static const tinyc_packing tinyc_conv2d_1of4_words_packing = {
    tinyc_conv2d_1of4_words_supports, tinyc_conv2d_1of4_words_bytes, tinyc_conv2d_1of4_words_write,
    tinyc_conv2d_overwrites, 1};

/* ---- fully_connected_1of4_s8_s8 of Armv7E-M ----------------------------------------------------------------- */

static inline int tinyc_fully_connected_1of4_words_supports(const void *params, const tinyc_constants *constants) {
  const tinyc_fully_connected_s8_params *dense = (const tinyc_fully_connected_s8_params *)params;
  return dense->inputs <= 1 << 16 &&
         dense->outputs * (8 + 4 * tinyc_sparse_fully_connected_words(dense->inputs)) <= INT32_MAX &&
         tinyc_fits_left_shift(&dense->output, 30, constants, dense->outputs, dense->inputs, dense->inputs, 1) &&
         tinyc_fully_connected_sparse_supports(params, constants, 1);
}

static inline int32_t tinyc_fully_connected_1of4_words_bytes(const void *params) {
  const tinyc_fully_connected_s8_params *dense = (const tinyc_fully_connected_s8_params *)params;
  return (int32_t)(dense->outputs * (8 + 4 * tinyc_sparse_fully_connected_words(dense->inputs)));
}

static inline void tinyc_fully_connected_1of4_words_write(const void *params, const tinyc_constants *constants,
                                                          uint8_t *packed) {
  const tinyc_fully_connected_s8_params *dense = (const tinyc_fully_connected_s8_params *)params;
  int32_t entries = tinyc_sparse_entries(dense->inputs, 1),
          words = (int32_t)tinyc_sparse_fully_connected_words(dense->inputs);
  const int8_t *weights = constants->weights;
  for (int32_t o = 0; o < dense->outputs; o++, weights += dense->inputs) {
    packed = tinyc_put_s32(packed, constants->bias[o]);
    for (int32_t i = 0; i < words; i++) {
      int32_t input = 0, value = 0;
      if (i < entries)
        tinyc_choose_sparse(weights, dense->inputs, 1, i, &input, &value);
      packed = tinyc_put_s16(tinyc_put_s16(packed, input), value);
    }
    packed = tinyc_put_s32(packed, constants->multipliers[o * dense->output.multiplier_step]);
  }
}

static const tinyc_packing tinyc_fully_connected_1of4_words_packing = {tinyc_fully_connected_1of4_words_supports,
                                                                       tinyc_fully_connected_1of4_words_bytes,
                                                                       tinyc_fully_connected_1of4_words_write, NULL, 1};

#ifdef __cplusplus
}
#endif

#endif /* TINYC_PACK_SPARSE_H */
