/* tinyc/armv7e_m_s16.h - what the Armv7E-M kernels on int16 share: SMLAD takes their elements as they are, two in a word. */
#ifndef TINYC_ARMV7E_M_S16_H
#define TINYC_ARMV7E_M_S16_H

#include "tinyc/armv7e_m.h"
#include "tinyc/layouts.h"

/* Shifts of 33 and more leave nothing of the low word of a product but its sum with the rounding bit of the high one: SMMLA, a
 * shift, and SSAT are the output stage but for its clamp. */
typedef struct tinyc_wide_stage {
  int32_t rounding; /* 2^(shift - 33) */
  int32_t right;    /* shift - 32 */
  uint32_t lows, highs; /* the bounds of the clamp, twice each */
} tinyc_wide_stage;

static inline uint32_t tinyc_repeat_s16(int32_t x) { return ((uint32_t)x & 0xffffu) * 0x10001u; }

static inline tinyc_wide_stage tinyc_make_wide_stage(const tinyc_output_s8 *output) {
  tinyc_wide_stage stage = {output->shift < 33 ? 0 : (int32_t)(1u << (output->shift - 33)), output->shift - 32,
                            tinyc_repeat_s16(output->clamp_min), tinyc_repeat_s16(output->clamp_max)};
  return stage;
}

/* Whether that is the output stage but for its zero point. */
static inline int tinyc_is_wide_stage(const tinyc_output_s8 *output) { return output->shift >= 33; }

static inline int32_t tinyc_requantize_wide(int32_t acc, int32_t multiplier, int32_t rounding, int32_t right) {
  int32_t q;
  __asm__("smmla %0, %1, %2, %3" : "=r"(q) : "r"(acc), "r"(multiplier), "r"(rounding));
  return q >> right;
}

static inline int32_t tinyc_saturate_s16(int32_t x) {
  __asm__("ssat %0, #16, %0" : "+r"(x));
  return x;
}

/* The low halves of two words. */
static inline uint32_t tinyc_pack_s16x2(int32_t low, int32_t high) {
  uint32_t pair;
  __asm__("pkhbt %0, %1, %2, lsl #16" : "=r"(pair) : "r"(low), "r"(high));
  return pair;
}

/* The low halves of a and b; their high halves. */
static inline uint32_t tinyc_low_halves(uint32_t a, uint32_t b) {
  uint32_t pair;
  __asm__("pkhbt %0, %1, %2, lsl #16" : "=r"(pair) : "r"(a), "r"(b));
  return pair;
}
static inline uint32_t tinyc_high_halves(uint32_t a, uint32_t b) {
  uint32_t pair;
  __asm__("pkhtb %0, %1, %2, asr #16" : "=r"(pair) : "r"(b), "r"(a));
  return pair;
}

/* Both halves limited to those of lows and highs; the comparison's flags do not outlive the statement. */
static inline uint32_t tinyc_clamp_s16x2(uint32_t x, uint32_t lows, uint32_t highs) {
  uint32_t t;
  __asm__("ssub16 %1, %0, %2\n\tsel %0, %0, %2\n\tssub16 %1, %3, %0\n\tsel %0, %0, %3"
          : "+r"(x), "=&r"(t)
          : "r"(lows), "r"(highs)
          : "cc");
  return x;
}

/* Two outputs from their accumulators. */
static inline uint32_t tinyc_finish_s16x2(int32_t acc0, int32_t acc1, int32_t multiplier0, int32_t multiplier1,
                                          const tinyc_wide_stage *stage) {
  int32_t q0 = tinyc_saturate_s16(tinyc_requantize_wide(acc0, multiplier0, stage->rounding, stage->right));
  int32_t q1 = tinyc_saturate_s16(tinyc_requantize_wide(acc1, multiplier1, stage->rounding, stage->right));
  return tinyc_clamp_s16x2(tinyc_pack_s16x2(q0, q1), stage->lows, stage->highs);
}

/* x * multiplier / 2^16, rounded down, for the low or the high half of x, plus acc. */
static inline int32_t tinyc_multiply_add_wide_low(int32_t multiplier, uint32_t x, int32_t acc) {
  __asm__("smlawb %0, %1, %2, %0" : "+r"(acc) : "r"(multiplier), "r"(x));
  return acc;
}
static inline int32_t tinyc_multiply_add_wide_high(int32_t multiplier, uint32_t x, int32_t acc) {
  __asm__("smlawt %0, %1, %2, %0" : "+r"(acc) : "r"(multiplier), "r"(x));
  return acc;
}

/* count elements, at any addresses of int16. */
static inline void tinyc_copy_elements_s16(int16_t *to, const int16_t *from, int32_t count) {
  for (; count >= 8; count -= 8, to += 8, from += 8) {
    uint32_t a = tinyc_load_s16x2(from), b = tinyc_load_s16x2(from + 2), c = tinyc_load_s16x2(from + 4),
             d = tinyc_load_s16x2(from + 6);
    tinyc_store_s16x2(to, a);
    tinyc_store_s16x2(to + 2, b);
    tinyc_store_s16x2(to + 4, c);
    tinyc_store_s16x2(to + 6, d);
  }
  for (; count >= 2; count -= 2, to += 2, from += 2)
    tinyc_store_s16x2(to, tinyc_load_s16x2(from));
  if (count > 0)
    *to = *from;
}

static inline void tinyc_zero_elements_s16(int16_t *to, int32_t count) {
  for (; count >= 2; count -= 2, to += 2)
    tinyc_store_s16x2(to, 0);
  if (count > 0)
    *to = 0;
}

/* The weights of less than 8 bits of two elements in the lowest bits of the halves of a word, which are plus 8 or 2 there. */
TINYC_CORE uint32_t tinyc_narrow_pair(uint32_t word, const int32_t bits) {
  uint32_t pair = word & (bits == 4 ? 0x000f000fu : 0x00030003u), less = bits == 4 ? 0x00080008u : 0x00020002u, result;
  __asm__("ssub16 %0, %1, %2" : "=r"(result) : "r"(pair), "r"(less));
  return result;
}

/* One vector of `words` pairs of elements, whole steps, times all filters, packed in pairs (tinyc/layouts.h); the outputs lie side by
 * side. */
TINYC_CORE void tinyc_multiply_vector_s16(const uint8_t *packed, const int16_t *x, int16_t *out, int32_t words,
                                          int32_t filters, const tinyc_wide_stage *stage, const int32_t bits) {
  const int32_t step = 8 / bits, weights = words / step;
  for (int32_t o = 0; o < filters; o += 2, out += 2) {
    const int32_t *constants = (const int32_t *)(const void *)packed;
    const uint32_t *w = (const uint32_t *)(const void *)(constants + 1);
    const int16_t *element = x;
    int32_t low = constants[0], high = constants[weights + 3];
    int32_t count = weights;
    for (; bits == 8 && count >= 4; count -= 4, element += 8, w += 4) {
      uint32_t w0 = w[0], w1 = w[1], w2 = w[2], w3 = w[3];
      uint32_t x0 = tinyc_load_s16x2(element), x1 = tinyc_load_s16x2(element + 2), x2 = tinyc_load_s16x2(element + 4),
               x3 = tinyc_load_s16x2(element + 6);
      low = tinyc_dual_multiply_add(x0, tinyc_widen_even(w0), low);
      high = tinyc_dual_multiply_add(x0, tinyc_widen_odd(w0), high);
      low = tinyc_dual_multiply_add(x1, tinyc_widen_even(w1), low);
      high = tinyc_dual_multiply_add(x1, tinyc_widen_odd(w1), high);
      low = tinyc_dual_multiply_add(x2, tinyc_widen_even(w2), low);
      high = tinyc_dual_multiply_add(x2, tinyc_widen_odd(w2), high);
      low = tinyc_dual_multiply_add(x3, tinyc_widen_even(w3), low);
      high = tinyc_dual_multiply_add(x3, tinyc_widen_odd(w3), high);
    }
    for (; count > 0; count--, w++) {
      uint32_t word = w[0];
      for (int32_t i = 0; i < step; i++, element += 2) {
        uint32_t pair = tinyc_load_s16x2(element);
        low = tinyc_dual_multiply_add(pair, bits == 8 ? tinyc_widen_even(word) : tinyc_narrow_pair(word, bits), low);
        high = tinyc_dual_multiply_add(pair, bits == 8 ? tinyc_widen_odd(word) : tinyc_narrow_pair(word >> bits, bits), high);
        word >>= 2 * (bits & 7);
      }
    }
    uint32_t both = tinyc_finish_s16x2(low, high, constants[weights + 1], constants[weights + 2], stage);
    if (o + 1 < filters)
      tinyc_store_s16x2(out, both);
    else
      *out = (int16_t)both;
    packed += 16 + 4 * weights;
  }
}

/* fully_connected of weights of so many bits; vectors that are not whole words of weights are copied to scratch. */
TINYC_CORE void tinyc_multiply_rows_s16(const tinyc_fully_connected_s8_params *params, const int16_t *input,
                                        const int8_t *weights, int16_t *output, int16_t *scratch, int32_t row_begin,
                                        int32_t row_end, const int32_t bits) {
  tinyc_wide_stage stage = tinyc_make_wide_stage(&params->output);
  int32_t inputs = params->inputs, filled = tinyc_pair_words_s16(inputs, bits) * (16 / bits);
  for (int32_t row = row_begin; row < row_end; row++) {
    const int16_t *x = input + row * inputs;
    if (filled != inputs) {
      tinyc_copy_elements_s16(scratch, x, inputs);
      tinyc_zero_elements_s16(scratch + inputs, filled - inputs);
      x = scratch;
    }
    tinyc_multiply_vector_s16((const uint8_t *)weights, x, output + row * params->outputs, filled / 2, params->outputs,
                              &stage, bits);
  }
}

#endif /* TINYC_ARMV7E_M_S16_H */
