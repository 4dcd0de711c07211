/* tinyc/armv7e_m_softmax.h - what softmax and log_softmax begin with on Armv7E-M. */
#ifndef TINYC_ARMV7E_M_SOFTMAX_H
#define TINYC_ARMV7E_M_SOFTMAX_H

#include "tinyc/armv7e_m.h"

/* The greatest of `length` > 0 elements. */
static int32_t tinyc_find_greatest_s8(const int8_t *x, int32_t length) {
  int32_t most = -128, i = 0;
  if (length >= 4) {
    uint32_t words = 0x80808080u;
    for (; i + 4 <= length; i += 4)
      words = tinyc_select_greater_s8x4(tinyc_load_s8x4(x + i), words);
    words = tinyc_select_greater_s8x4(words, words >> 16 | words << 16);
    words = tinyc_select_greater_s8x4(words, words >> 8 | words << 24);
    most = (int8_t)words;
  }
  for (; i < length; i++)
    most = tinyc_max_s32(most, x[i]);
  return most;
}

/* The sum of the exponentials of largest - x[i]. */
static uint32_t tinyc_sum_exponentials(const int8_t *x, const uint16_t *exponentials, int32_t largest, int32_t length) {
  uint32_t sum = 0;
  int32_t i = 0;
  for (; i + 4 <= length; i += 4) {
    int32_t x0 = x[i], x1 = x[i + 1], x2 = x[i + 2], x3 = x[i + 3];
    uint32_t first = (uint32_t)exponentials[largest - x0] + exponentials[largest - x1];
    sum += first + exponentials[largest - x2] + exponentials[largest - x3];
  }
  for (; i < length; i++)
    sum += exponentials[largest - x[i]];
  return sum;
}

#endif /* TINYC_ARMV7E_M_SOFTMAX_H */
