/* tinyc/armv7e_m_depthwise_s16.h - depthwise conv2d int16 of Armv7E-M, for weights of 8, 4 or 2 bits: four channels of
 * one pixel, two taps at a time. PKHBT and PKHTB make pairs of one channel's elements of two taps; a word of weights
 * has those of two channels for two, four or eight taps. Taps in the padding are read from a line of zeros in scratch.
 */
#ifndef TINYC_ARMV7E_M_DEPTHWISE_S16_H
#define TINYC_ARMV7E_M_DEPTHWISE_S16_H

#include "tinyc/armv7e_m_s16.h"

/* The weights of the first and of the second channel for two taps. */
TINYC_CORE uint32_t getFirst(uint32_t word, const int32_t bits) {
  return bits == 8 ? tinyc_widen_even(word) : tinyc_narrow_pair(word, bits);
}
TINYC_CORE uint32_t getSecond(uint32_t word, const int32_t bits) {
  return bits == 8 ? tinyc_widen_odd(word) : tinyc_narrow_pair(word >> bits, bits);
}

typedef struct Channels {
  const int32_t *constants; /* of a pair of channels: biases, words of weights, multipliers */
  const int16_t *const *taps;
  int32_t words; /* of weights of a pair of channels */
  const tinyc_wide_stage *stage;
} Channels;

/* Two channels from the c-th on; if the second is missing, whatever lies behind the elements must not be read. */
TINYC_CORE void computeTwo(const Channels *channels, const int32_t *constants, int32_t c, int16_t *out, const int both,
                           const int32_t bits) {
  const int16_t *const *tap = channels->taps;
  const int32_t *w = constants + 2;
  int32_t acc0 = constants[0], acc1 = constants[1];
  for (int32_t i = channels->words; i > 0; i--, w++) {
    uint32_t weights = (uint32_t)*w;
    for (int32_t j = 0; j < 8 / bits; j++, tap += 2, weights >>= 2 * (bits & 7)) {
      uint32_t first = both ? tinyc_load_s16x2(tap[0] + c) : (uint16_t)tap[0][c];
      uint32_t second = both ? tinyc_load_s16x2(tap[1] + c) : (uint16_t)tap[1][c];
      acc0 = tinyc_dual_multiply_add(tinyc_low_halves(first, second), getFirst(weights, bits), acc0);
      acc1 = tinyc_dual_multiply_add(tinyc_high_halves(first, second), getSecond(weights, bits), acc1);
    }
  }
  uint32_t pair = tinyc_finish_s16x2(acc0, acc1, w[0], w[1], channels->stage);
  if (both)
    tinyc_store_s16x2(out + c, pair);
  else
    out[c] = (int16_t)pair;
}

/* Four channels; the constants of the second pair lie `size` words behind. */
TINYC_CORE void computeFour(const Channels *channels, const int32_t *constants, int32_t size, int32_t c, int16_t *out,
                            const int32_t bits) {
  const int16_t *const *tap = channels->taps;
  const int32_t *w = constants + 2, *v = w + size;
  int32_t acc0 = constants[0], acc1 = constants[1], acc2 = constants[size], acc3 = constants[size + 1];
  for (int32_t i = channels->words; i > 0; i--) {
    uint32_t weights = (uint32_t)*w++, others = (uint32_t)*v++;
    for (int32_t j = 0; j < 8 / bits; j++, tap += 2, weights >>= 2 * (bits & 7), others >>= 2 * (bits & 7)) {
      const int16_t *p = tap[0] + c, *q = tap[1] + c;
      uint32_t first = tinyc_load_s16x2(p), second = tinyc_load_s16x2(q);
      uint32_t third = tinyc_load_s16x2(p + 2), fourth = tinyc_load_s16x2(q + 2);
      acc0 = tinyc_dual_multiply_add(tinyc_low_halves(first, second), getFirst(weights, bits), acc0);
      acc1 = tinyc_dual_multiply_add(tinyc_high_halves(first, second), getSecond(weights, bits), acc1);
      acc2 = tinyc_dual_multiply_add(tinyc_low_halves(third, fourth), getFirst(others, bits), acc2);
      acc3 = tinyc_dual_multiply_add(tinyc_high_halves(third, fourth), getSecond(others, bits), acc3);
    }
  }
  tinyc_store_s16x2(out + c, tinyc_finish_s16x2(acc0, acc1, w[0], w[1], channels->stage));
  tinyc_store_s16x2(out + c + 2, tinyc_finish_s16x2(acc2, acc3, v[0], v[1], channels->stage));
}

/* The pointers to the taps of the pixel whose window begins in input column `left`; rows of the kernel outside `inside`
 * are padding. */
static void findTaps(const tinyc_window *window, const int16_t *const *rows, tinyc_taps inside, int32_t left,
                     const int16_t *zeros, const int16_t **taps, const int16_t **end) {
  tinyc_taps columns = tinyc_inner_taps(left, window->dilation_width, window->kernel_width, window->input_width);
  int32_t channels = window->input_channels, step = window->dilation_width * channels;
  for (int32_t ky = 0; ky < window->kernel_height; ky++) {
    const int16_t *from = ky >= inside.begin && ky < inside.end ? rows[ky - inside.begin] + left * channels : NULL;
    for (int32_t kx = 0; kx < window->kernel_width; kx++)
      *taps++ = from && kx >= columns.begin && kx < columns.end ? from + kx * step : zeros;
  }
  while (taps != end) /* those that fill up the last word of weights */
    *taps++ = zeros;
}

TINYC_CORE void convolveDepthwise(const tinyc_conv2d_s8_params *params, const int16_t *input, const int8_t *weights,
                                  int16_t *output, void *scratch, int32_t row_begin, int32_t row_end,
                                  const int32_t bits) {
  const tinyc_window *window = &params->window;
  int32_t count = window->output_channels, taps = window->kernel_height * window->kernel_width;
  const int16_t **pointers = (const int16_t **)scratch;
  const int32_t words = tinyc_pair_words_s16(taps, bits), filled = words * (16 / bits);
  int16_t *zeros = (int16_t *)(void *)(pointers + filled);
  tinyc_zero_elements_s16(zeros, (count + 1) & ~1);
  tinyc_wide_stage stage = tinyc_make_wide_stage(&params->output);
  Channels channels = {(const int32_t *)(const void *)weights, pointers, words, &stage};
  int32_t size = channels.words + 4;
  for (int32_t y = row_begin; y < row_end; y++) {
    enum { kMostRows = TINYC_PAIRS_S16_ROWS };
    const int16_t *rows[kMostRows];
    int32_t top = y * window->stride_height - window->pad_top, left = -window->pad_left;
    tinyc_taps inside = tinyc_inner_taps(top, window->dilation_height, window->kernel_height, window->input_height);
    for (int32_t ky = inside.begin; ky < inside.end; ky++)
      rows[ky - inside.begin] = tinyc_input_row_s16(window, input, top + ky * window->dilation_height);
    int16_t *out = output + tinyc_output_offset(window, y);
    for (int32_t x = window->output_width; x > 0; x--, left += window->stride_width, out += count) {
      findTaps(window, rows, inside, left, zeros, pointers, pointers + filled);
      const int32_t *constants = channels.constants;
      int32_t c = 0;
      for (; c + 4 <= count; c += 4, constants += 2 * size)
        computeFour(&channels, constants, size, c, out, bits);
      if (c + 2 <= count) {
        computeTwo(&channels, constants, c, out, 1, bits);
        c += 2;
        constants += size;
      }
      if (c < count)
        computeTwo(&channels, constants, c, out, 0, bits);
    }
  }
}

#endif /* TINYC_ARMV7E_M_DEPTHWISE_S16_H */
