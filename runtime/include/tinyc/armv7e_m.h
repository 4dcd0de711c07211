/* tinyc/armv7e_m.h - the DSP instructions the Armv7E-M kernels are made of (also in Armv8-M with DSP: Cortex-M33).
 * Cycle counts in comments are those of a Cortex-M4 without wait states. */
#ifndef TINYC_ARMV7E_M_H
#define TINYC_ARMV7E_M_H

#include "tinyc/arithmetic.h"
#include "tinyc/window.h"

#include <arm_acle.h>

/* A function of assembly alone, with its parameters where the procedure call standard puts them. */
#define TINYC_ASSEMBLY static __attribute__((naked, noinline, unused))
#define TINYC_IN_REGISTER __attribute__((unused))

/* Order of instructions in the hot loops: for a core that issues two at once and waits two cycles for a loaded
 * operand of a multiplication (Cortex-M7), or for one whose loads are cheap only one after the other (Cortex-M4, M33).
 * No macro of the compilers names the core; of all these only Cortex-M7 has a unit for doubles. */
#ifndef TINYC_DUAL_ISSUE
#if defined(__ARM_FP) && (__ARM_FP & 8)
#define TINYC_DUAL_ISSUE 1
#else
#define TINYC_DUAL_ISSUE 0
#endif
#endif

/* Four int8, any alignment: one LDR. */
static inline uint32_t tinyc_load_s8x4(const int8_t *from) {
  uint32_t word;
  memcpy(&word, from, sizeof word);
  return word;
}

static inline uint32_t tinyc_load_s16x2(const int16_t *from) {
  uint32_t word;
  memcpy(&word, from, sizeof word);
  return word;
}

/* `count` words of two int16 times 2^left. */
static __attribute__((noinline, unused)) void tinyc_shift_s16x2(uint32_t *word, int32_t count, int32_t left) {
  uint32_t kept = ~(((1u << left) - 1u) << 16); /* bits of the low half leave it upwards */
  for (uint32_t *end = word + count; word != end; word++)
    *word = *word << left & kept;
}

static inline void tinyc_store_s16x2(int16_t *to, uint32_t word) { memcpy(to, &word, sizeof word); }

/* Bytes 0 and 2, and bytes 1 and 3, each widened to a pair of int16. Assembly because arm-none-eabi-gcc 12 does not
 * fold the rotation into its SXTB16 intrinsic. */
static inline uint32_t tinyc_widen_even(uint32_t bytes) {
  uint32_t pair;
  __asm__("sxtb16 %0, %1" : "=r"(pair) : "r"(bytes));
  return pair;
}
static inline uint32_t tinyc_widen_odd(uint32_t bytes) {
  uint32_t pair;
  __asm__("sxtb16 %0, %1, ror #8" : "=r"(pair) : "r"(bytes));
  return pair;
}

/* The same plus a pair of int16: widens and subtracts a zero point in one instruction. */
static inline uint32_t tinyc_widen_even_add(uint32_t pair, uint32_t bytes) {
  uint32_t sum;
  __asm__("sxtab16 %0, %1, %2" : "=r"(sum) : "r"(pair), "r"(bytes));
  return sum;
}
static inline uint32_t tinyc_widen_odd_add(uint32_t pair, uint32_t bytes) {
  uint32_t sum;
  __asm__("sxtab16 %0, %1, %2, ror #8" : "=r"(sum) : "r"(pair), "r"(bytes));
  return sum;
}

/* acc + x.lo * y.lo + x.hi * y.hi; acc + x.lo * y.lo; acc + x.hi * y.hi. They wrap. */
static inline int32_t tinyc_dual_multiply_add(uint32_t x, uint32_t y, int32_t acc) {
  return __smlad((int16x2_t)x, (int16x2_t)y, acc);
}
static inline int32_t tinyc_multiply_add_low(uint32_t x, uint32_t y, int32_t acc) {
  return __smlabb((int32_t)x, (int32_t)y, acc);
}
static inline int32_t tinyc_multiply_add_high(uint32_t x, uint32_t y, int32_t acc) {
  return __smlatt((int32_t)x, (int32_t)y, acc);
}

/* x.lo * y.lo; x.hi * y.hi: SMULBB, SMULTT. */
static inline int32_t tinyc_multiply_low(uint32_t x, uint32_t y) { return (int16_t)x * (int16_t)y; }
static inline int32_t tinyc_multiply_high(uint32_t x, uint32_t y) { return ((int32_t)x >> 16) * ((int32_t)y >> 16); }

/* x * 2^n. */
static inline int32_t tinyc_shift_left(int32_t x, int32_t n) { return (int32_t)((uint32_t)x << n); }

/* The output stage of tinyc_output_stage_s8 for shift 32: SMMLAR rounds, shifts and adds the zero point, SSAT
 * saturates to int8. */
static inline int32_t tinyc_requantize_fast_s8(int32_t acc, int32_t multiplier, int32_t zero_point) {
  int32_t q;
  __asm__("smmlar %0, %1, %2, %3" : "=r"(q) : "r"(acc), "r"(multiplier), "r"(zero_point));
  __asm__("ssat %0, #8, %1" : "=r"(q) : "r"(q));
  return q;
}

/* The same for four accumulators, in the order that a Cortex-M7 waits for the least, and their bytes to out. */
static inline void tinyc_requantize_fast_s8x4(int32_t q0, int32_t q1, int32_t q2, int32_t q3, int32_t multiplier,
                                              int32_t zero_point, int8_t *out) {
  __asm__("smmlar %0, %0, %4, %5\n\t"
          "smmlar %1, %1, %4, %5\n\t"
          "smmlar %2, %2, %4, %5\n\t"
          "smmlar %3, %3, %4, %5\n\t"
          "ssat %0, #8, %0\n\t"
          "ssat %1, #8, %1\n\t"
          "ssat %2, #8, %2\n\t"
          "ssat %3, #8, %3"
          : "+r"(q0), "+r"(q1), "+r"(q2), "+r"(q3)
          : "r"(multiplier), "r"(zero_point));
  out[0] = (int8_t)q0;
  out[1] = (int8_t)q1;
  out[2] = (int8_t)q2;
  out[3] = (int8_t)q3;
}

/* By how much accumulators of at most `largest` are shifted to the left for tinyc_requantize_fast_s8 to be the output stage but
 * for its clamp; -1 where it never is. */
static inline int32_t tinyc_fast_stage_shift(const tinyc_output_s8 *stage, int32_t largest) {
  int32_t left = 32 - stage->shift;
  return left >= 0 && left <= 30 && largest <= INT32_MAX >> left ? left : -1;
}

/* Whether tinyc_requantize_fast_s8 is the whole output stage: shift 32 and no clamp narrower than int8. */
static inline int tinyc_is_fast_stage(const tinyc_output_s8 *output) {
  return output->shift == 32 && output->clamp_min <= -128 && output->clamp_max >= 127;
}

/* The greater, or smaller, of each pair of bytes; the comparison's flags do not outlive the statement. */
static inline uint32_t tinyc_select_greater_s8x4(uint32_t a, uint32_t b) {
  uint32_t result;
  __asm__("ssub8 %0, %1, %2\n\tsel %0, %1, %2" : "=&r"(result) : "r"(a), "r"(b) : "cc");
  return result;
}
static inline uint32_t tinyc_select_smaller_s8x4(uint32_t a, uint32_t b) {
  uint32_t result;
  __asm__("ssub8 %0, %1, %2\n\tsel %0, %2, %1" : "=&r"(result) : "r"(a), "r"(b) : "cc");
  return result;
}

/* A byte four times. */
static inline uint32_t tinyc_repeat_s8(int32_t byte) { return ((uint32_t)byte & 0xffu) * 0x01010101u; }

/* Limits `count` elements to the stage's clamp, which the fast stage leaves out. */
static __attribute__((noinline, unused)) void tinyc_clamp_s8(const tinyc_output_s8 *stage, int8_t *x, int32_t count) {
  int32_t low = stage->clamp_min, high = stage->clamp_max;
  uint32_t lows = tinyc_repeat_s8(low), highs = tinyc_repeat_s8(high);
  for (int8_t *end = x + count; x != end;) {
    if (((uintptr_t)x & 3u) == 0 && end - x >= 4) {
      uint32_t *word = (uint32_t *)(void *)x;
      *word = tinyc_select_smaller_s8x4(tinyc_select_greater_s8x4(*word, lows), highs);
      x += 4;
    } else {
      *x = (int8_t)tinyc_limit_s32(*x, low, high);
      x++;
    }
  }
}

/* Whether that changes nothing. */
static inline int tinyc_is_wide_clamp(const tinyc_output_s8 *stage) {
  return stage->clamp_min <= -128 && stage->clamp_max >= 127;
}

/* The same for output rows begin .. end - 1 of a window, behind a kernel that wrote them without a clamp. */
static inline void tinyc_clamp_rows_s8(const tinyc_window *window, const tinyc_output_s8 *stage, int8_t *output,
                                       int32_t begin, int32_t end) {
  for (int32_t y = begin; y < end && !tinyc_is_wide_clamp(stage); y++)
    tinyc_clamp_s8(stage, output + tinyc_output_offset(window, y), window->output_width * window->output_channels);
}

#endif /* TINYC_ARMV7E_M_H */
