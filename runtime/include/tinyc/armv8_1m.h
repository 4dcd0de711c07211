/* tinyc/armv8_1m.h - what the Armv8.1-M kernels are made of: the vector extension MVE ("Helium": Cortex-M55, M85) with
 * eight vectors of 16 bytes, and loops whose last iteration works on the elements that are left (DLSTP, LETP).
 *
 * Byte accesses of MVE need no alignment. Lanes that are off access no memory. */
#ifndef TINYC_ARMV8_1M_H
#define TINYC_ARMV8_1M_H

#include "tinyc/arithmetic.h"

#include <arm_mve.h>

/* The inner loops are assembly: arm-none-eabi-gcc 12 makes no tail-predicated loops. They alternate loads and
 * multiplications, which a Cortex-M55 overlaps. */

/* The sums of a and b with filters u and v: each gets the products of `length` > 0 elements added. */
typedef struct tinyc_dots {
  int32_t au, bu, av, bv;
} tinyc_dots;

TINYC_CORE tinyc_dots tinyc_dot_2x2_s8(const int8_t *a, const int8_t *b, const int8_t *u, const int8_t *v, int32_t length,
                                       int32_t bias_u, int32_t bias_v) {
  tinyc_dots sums = {bias_u, bias_u, bias_v, bias_v};
  __asm__ volatile("dlstp.8     lr, %[length]\n"
          "1:\n\t"
          "vldrb.u8    q0, [%[a]], #16\n\t"
          "vldrb.u8    q1, [%[u]], #16\n\t"
          "vmladava.s8 %[au], q0, q1\n\t"
          "vldrb.u8    q2, [%[b]], #16\n\t"
          "vmladava.s8 %[bu], q2, q1\n\t"
          "vldrb.u8    q3, [%[v]], #16\n\t"
          "vmladava.s8 %[av], q0, q3\n\t"
          "vmladava.s8 %[bv], q2, q3\n\t"
          "letp        lr, 1b"
          : [a] "+r"(a), [b] "+r"(b), [u] "+r"(u), [v] "+r"(v), [au] "+Te"(sums.au), [bu] "+Te"(sums.bu),
            [av] "+Te"(sums.av), [bv] "+Te"(sums.bv)
          : [length] "r"(length)
          : "q0", "q1", "q2", "q3", "lr", "memory");
  return sums;
}

/* The sums of a with the filters u, v, w, x. */
typedef struct tinyc_dots4 {
  int32_t u, v, w, x;
} tinyc_dots4;

TINYC_CORE tinyc_dots4 tinyc_dot_1x4_s8(const int8_t *a, const int8_t *u, const int8_t *v, const int8_t *w,
                                        const int8_t *x, int32_t length, const int32_t *bias) {
  tinyc_dots4 sums = {bias[0], bias[1], bias[2], bias[3]};
  __asm__ volatile("dlstp.8     lr, %[length]\n"
          "1:\n\t"
          "vldrb.u8    q0, [%[a]], #16\n\t"
          "vldrb.u8    q1, [%[u]], #16\n\t"
          "vmladava.s8 %[au], q0, q1\n\t"
          "vldrb.u8    q2, [%[v]], #16\n\t"
          "vmladava.s8 %[av], q0, q2\n\t"
          "vldrb.u8    q3, [%[w]], #16\n\t"
          "vmladava.s8 %[aw], q0, q3\n\t"
          "vldrb.u8    q1, [%[x]], #16\n\t"
          "vmladava.s8 %[ax], q0, q1\n\t"
          "letp        lr, 1b"
          : [a] "+r"(a), [u] "+r"(u), [v] "+r"(v), [w] "+r"(w), [x] "+r"(x), [au] "+Te"(sums.u), [av] "+Te"(sums.v),
            [aw] "+Te"(sums.w), [ax] "+Te"(sums.x)
          : [length] "r"(length)
          : "q0", "q1", "q2", "q3", "lr", "memory");
  return sums;
}

/* Four words in the lanes of a vector: two instructions, where the compilers take four. */
TINYC_CORE int32x4_t tinyc_lanes_s32(int32_t lane0, int32_t lane1, int32_t lane2, int32_t lane3) {
  int32x4_t lanes;
  __asm__("vmov %q0[2], %q0[0], %1, %2" : "=w"(lanes) : "r"(lane0), "r"(lane2));
  __asm__("vmov %q0[3], %q0[1], %1, %2" : "+w"(lanes) : "r"(lane1), "r"(lane3));
  return lanes;
}

/* Copies length > 0 bytes, to where nothing of them lies but behind `to`; returns the end of the copy. */
TINYC_CORE int8_t *tinyc_copy_s8_mve(int8_t *to, const int8_t *from, int32_t length) {
  int8_t *end = to + length;
  __asm__ volatile("dlstp.8  lr, %[length]\n"
          "1:\n\t"
          "vldrb.u8 q0, [%[from]], #16\n\t"
          "vstrb.8  q0, [%[to]], #16\n\t"
          "letp     lr, 1b"
          : [from] "+r"(from), [to] "+r"(to)
          : [length] "r"(length)
          : "q0", "lr", "memory");
  return end;
}

/* Fills length > 0 bytes; returns their end. */
TINYC_CORE int8_t *tinyc_fill_s8_mve(int8_t *to, int32_t value, int32_t length) {
  int8_t *end = to + length;
  __asm__ volatile("vdup.8   q0, %[value]\n\t"
          "dlstp.8  lr, %[length]\n"
          "1:\n\t"
          "vstrb.8  q0, [%[to]], #16\n\t"
          "letp     lr, 1b"
          : [to] "+r"(to)
          : [value] "r"(value), [length] "r"(length)
          : "q0", "lr", "memory");
  return end;
}

/* tinyc_requantize for any shift but 32, saturated to int32. Beyond 32 the high word of the product is rounded once more:
 * what is below it cannot change the result, as the rounding bit is above. From 10 to 31 the rounding bit is added to the
 * low word, its carry to the high one; high words that leave 32 bits when shifted are far outside int8, and the at most
 * 22 bits that come in from below keep them there. */
static __attribute__((noinline, unused)) int32x4_t tinyc_requantize_shifted_mve(int32x4_t acc, int32x4_t multiplier,
                                                                                int32_t shift) {
  if (shift < 10) {
    int32_t sums[4], multipliers[4];
    vst1q_s32(sums, acc);
    vst1q_s32(multipliers, multiplier);
    for (int32_t i = 0; i < 4; i++) {
      int64_t q = tinyc_requantize(sums[i], multipliers[i], shift);
      sums[i] = q > INT32_MAX ? INT32_MAX : q < INT32_MIN ? INT32_MIN : (int32_t)q;
    }
    return vld1q_s32(sums);
  }
  int32x4_t high = vmulhq_s32(acc, multiplier);
  if (shift > 32)
    return vrshlq_n_s32(high, 32 - shift);
  uint32x4_t low = vreinterpretq_u32_s32(vmulq_s32(acc, multiplier)), half = vdupq_n_u32((uint32_t)1 << (shift - 1));
  low = vaddq_u32(low, half);
  high = vaddq_m_n_s32(high, high, 1, vcmphiq_u32(half, low));
  high = vqshlq_r_s32(high, 32 - shift);
  return vorrq_s32(high, vreinterpretq_s32_u32(vshlq_r_u32(low, -shift)));
}

/* clamp(requantize(acc, multiplier) + zero point) in int32 lanes: tinyc_output_stage_s8. VRMULH is the requantization
 * itself where the shift is 32. */
TINYC_CORE int32x4_t tinyc_output_stage_mve(int32x4_t acc, int32x4_t multiplier, const tinyc_output_s8 *stage) {
  int32x4_t q = stage->shift == 32 ? vrmulhq_s32(acc, multiplier)
                                   : tinyc_requantize_shifted_mve(acc, multiplier, stage->shift);
  q = vqaddq_n_s32(q, stage->zero_point);
  return vminq_s32(vmaxq_s32(q, vdupq_n_s32(stage->clamp_min)), vdupq_n_s32(stage->clamp_max));
}

/* What is the same for all outputs of a matrix product with blocks of filters (tinyc/layouts.h). */
typedef struct tinyc_product_mve {
  int32_t filters, length; /* of a vector and a filter */
  const tinyc_output_s8 *stage;
} tinyc_product_mve;

/* One block: the outputs of `count` filters, 1..4, for a and b, or for a alone. */
TINYC_CORE void tinyc_multiply_block_mve(const tinyc_product_mve *product, const int8_t *block, const int8_t *a,
                                         const int8_t *b, int8_t *out_a, int8_t *out_b, int32_t count, const int two) {
  const int32_t *bias = (const int32_t *)(const void *)block, length = product->length;
  const int8_t *u = block + 32;
  const int8_t *v = count > 1 ? u + length : u, *w = count > 2 ? v + length : v, *x = count > 3 ? w + length : w;
  int32x4_t sums, others;
  if (two) {
    tinyc_dots even = tinyc_dot_2x2_s8(a, b, u, w, length, bias[0], bias[2]);
    tinyc_dots odd = tinyc_dot_2x2_s8(a, b, v, x, length, bias[1], bias[3]);
    sums = tinyc_lanes_s32(even.au, odd.au, even.av, odd.av);
    others = tinyc_lanes_s32(even.bu, odd.bu, even.bv, odd.bv);
  } else {
    tinyc_dots4 dots = tinyc_dot_1x4_s8(a, u, v, w, x, length, bias);
    sums = tinyc_lanes_s32(dots.u, dots.v, dots.w, dots.x);
  }
  int32x4_t multiplier = vldrwq_s32(bias + 4);
  mve_pred16_t lanes = vctp32q((uint32_t)count);
  vstrbq_p_s32(out_a, tinyc_output_stage_mve(sums, multiplier, product->stage), lanes);
  if (two)
    vstrbq_p_s32(out_b, tinyc_output_stage_mve(others, multiplier, product->stage), lanes);
}

/* The outputs of all filters, from their blocks, for a and b, or for a alone. */
TINYC_CORE void tinyc_multiply_mve(const tinyc_product_mve *product, const int8_t *blocks, const int8_t *a,
                                   const int8_t *b, int8_t *out_a, int8_t *out_b, const int two) {
  int32_t missing = product->filters;
  for (; missing >= 4; missing -= 4, blocks += 32 + 4 * product->length, out_a += 4, out_b += 4)
    tinyc_multiply_block_mve(product, blocks, a, b, out_a, out_b, 4, two);
  if (missing > 0)
    tinyc_multiply_block_mve(product, blocks, a, b, out_a, out_b, missing, two);
}

#endif /* TINYC_ARMV8_1M_H */
