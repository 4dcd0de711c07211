/* tinyc/packing.h - how the constants of a kernel are packed, and what the packings share. */
#ifndef TINYC_PACKING_H
#define TINYC_PACKING_H

#include "tinyc/kernels.h"
#include "tinyc/layouts.h"

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
  /* At most so many of each four neighbouring weights may be others than zero (tinyc/sparse.h); 0: all. */
  int32_t kept;
} tinyc_packing;

/* Whether an output row is at most as long as an input row. */
static inline int tinyc_is_narrowing(const tinyc_window *window) {
  return window->output_width * window->output_channels <= window->input_width * window->input_channels;
}

/* Of pointwise convolutions: pixels are read before the outputs in their place are written, if these are no more. */
static inline int tinyc_conv2d_overwrites(const void *params) {
  const tinyc_conv2d_s8_params *conv = (const tinyc_conv2d_s8_params *)params;
  const tinyc_window *window = &conv->window;
  return conv->groups == 1 && window->kernel_height == 1 && window->kernel_width == 1 && window->stride_height == 1 &&
         window->stride_width == 1 && !tinyc_is_padded(window) && window->input_width == window->output_width &&
         tinyc_is_narrowing(window);
}

static inline uint8_t *tinyc_put_s16(uint8_t *to, int32_t value) {
  to[0] = (uint8_t)((uint32_t)value & 0xffu);
  to[1] = (uint8_t)((uint32_t)value >> 8 & 0xffu);
  return to + 2;
}
static inline uint8_t *tinyc_put_s32(uint8_t *to, int32_t value) {
  return tinyc_put_s16(tinyc_put_s16(to, value), (int32_t)((uint32_t)value >> 16));
}

/* Whether 2^n times the sum of every filter fits 32 bits for any int8 input, and n is 0 to `most` (tinyc/layouts.h). Weight i of filter o
 * is weights[o * filter + i * next]. */
static inline int tinyc_fits_left_shift(const tinyc_output_s8 *stage, int32_t most, const tinyc_constants *constants,
                                        int32_t filters, int32_t length, int32_t filter, int32_t next) {
  int32_t left = tinyc_left_shift(stage);
  if (left <= 0 || left > most)
    return left == 0;
  for (int32_t o = 0; o < filters; o++) {
    int64_t bound = constants->bias[o] < 0 ? -(int64_t)constants->bias[o] : constants->bias[o];
    const int8_t *weight = constants->weights + (size_t)o * (size_t)filter;
    for (int32_t i = 0; i < length; i++, weight += next)
      bound += 128 * (int64_t)(*weight < 0 ? -*weight : *weight);
    if (bound > INT32_MAX >> left)
      return 0;
  }
  return 1;
}

/* The bias of filter o, times 2^n. */
static inline int32_t tinyc_shifted_bias(const tinyc_constants *constants, int32_t o, const tinyc_output_s8 *stage) {
  return (int32_t)((uint32_t)constants->bias[o] << tinyc_left_shift(stage));
}

/* Whether filters first (low) and first + 1 (high, absent where high is 0) can share halfwords 256 * high + low: every
 * halfword fits 16 bits, and the high sum, for any input, the 24 bits that are left of it after subtracting the low one. Elements
 * are 2^left times int8. */
static inline int tinyc_can_pair_filters(const int8_t *low, const int8_t *high, int32_t length, int32_t left) {
  int64_t least = 0, most = 0;
  for (int32_t i = 0; high && i < length; i++) {
    if (256 * high[i] + low[i] < -32768)
      return 0;
    least += high[i] * (high[i] > 0 ? -128 : 127);
    most += high[i] * (high[i] > 0 ? 127 : -128);
  }
  return least >= -(1 << 23 >> left) && most < 1 << 23 >> left;
}

#ifdef __cplusplus
}
#endif

#endif /* TINYC_PACKING_H */
