/* tinyc/sparse.h - weights of which at most `kept` of each four neighbours are not zero: the sizes that their kernels,
 * packings and scratch agree on (tinyc/layouts.h says what stands where). Neighbours are input channels of one filter
 * that follow each other at one tap, from the first on; the last ones of a tap may be fewer than four. */
#ifndef TINYC_SPARSE_H
#define TINYC_SPARSE_H

#include "tinyc/kernels.h"

/* Neighbours of which at most some are not zero. */
enum { TINYC_SPARSE_OF = 4 };

/* Weights of one tap that are stored. */
static inline int32_t tinyc_sparse_entries(int32_t channels, int32_t kept) {
  return (channels + TINYC_SPARSE_OF - 1) / TINYC_SPARSE_OF * kept;
}

/* Bytes of their indices, two bits each. */
static inline int32_t tinyc_sparse_index_bytes(int32_t channels, int32_t kept) {
  return (tinyc_sparse_entries(channels, kept) + 3) / 4;
}

/* Bytes of a filter in the layout of the generic kernels: bias, multiplier, weights, indices. */
static inline int64_t tinyc_sparse_filter_bytes(int64_t taps, int32_t channels, int32_t kept) {
  int64_t bytes = taps * (tinyc_sparse_entries(channels, kept) + tinyc_sparse_index_bytes(channels, kept));
  return 8 + ((bytes + 3) & ~(int64_t)3);
}

/* Pixels that the convolution of Armv7E-M computes together. */
enum { TINYC_SPARSE_PIXELS = 8 };

/* Bytes of one channel of these pixels in its scratch. */
enum { TINYC_SPARSE_CHANNEL_BYTES = 2 * TINYC_SPARSE_PIXELS };

/* What the low half of the word behind a filter's last weight has: no distance between two channels, and a whole word
 * of scratch. */
enum { TINYC_SPARSE_LAST = 4 };

/* Words of a filter's weights in the layout of Armv7E-M's convolution (an even number, and one to end with) and fully
 * connected layer (a multiple of four). */
static inline int64_t tinyc_sparse_conv2d_words(int64_t taps, int32_t channels) {
  return ((taps * tinyc_sparse_entries(channels, 1) + 1) & ~(int64_t)1) + 1;
}
static inline int64_t tinyc_sparse_fully_connected_words(int32_t inputs) {
  return (tinyc_sparse_entries(inputs, 1) + 3) & ~3;
}

#endif /* TINYC_SPARSE_H */
