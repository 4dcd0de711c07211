/* tinyc/armv7e_m.h - the DSP instructions the Armv7E-M kernels are made of (also in Armv8-M with DSP: Cortex-M33).
 * Cycle counts in comments are those of a Cortex-M4 without wait states. */
#ifndef TINYC_ARMV7E_M_H
#define TINYC_ARMV7E_M_H

#include "tinyc/arithmetic.h"

#include <arm_acle.h>

/* A function of assembly alone, with its parameters where the procedure call standard puts them. */
#define TINYC_ASSEMBLY static __attribute__((naked, noinline))
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

/* The output stage of tinyc_output_stage_s8 for shift 32: SMMLAR rounds, shifts and adds the zero point, SSAT
 * saturates to int8. */
static inline int32_t tinyc_requantize_fast_s8(int32_t acc, int32_t multiplier, int32_t zero_point) {
  int32_t q;
  __asm__("smmlar %0, %1, %2, %3" : "=r"(q) : "r"(acc), "r"(multiplier), "r"(zero_point));
  __asm__("ssat %0, #8, %1" : "=r"(q) : "r"(q));
  return q;
}

/* Whether tinyc_requantize_fast_s8 is the whole output stage: shift 32 and no clamp narrower than int8. */
static inline int tinyc_is_fast_stage(const tinyc_output_s8 *output) {
  return output->shift == 32 && output->clamp_min <= -128 && output->clamp_max >= 127;
}

#endif /* TINYC_ARMV7E_M_H */
