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

/* The sums of a vector with the filters u, v, w, x. */
typedef struct tinyc_dots4 {
  int32_t u, v, w, x;
} tinyc_dots4;

/* The products of `length` > 0 elements of a, and the biases, which stand in the order u, w, v, x. */
TINYC_CORE tinyc_dots4 tinyc_dot_1x4_s8(const int8_t *a, const int8_t *u, const int8_t *v, const int8_t *w,
                                        const int8_t *x, int32_t length, const int32_t *bias) {
  tinyc_dots4 sums = {bias[0], bias[2], bias[1], bias[3]};
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
                   : [a] "+r"(a), [u] "+r"(u), [v] "+r"(v), [w] "+r"(w), [x] "+r"(x), [au] "+Te"(sums.u),
                     [av] "+Te"(sums.v), [aw] "+Te"(sums.w), [ax] "+Te"(sums.x)
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

/* tinyc_requantize for any shift but 32, saturated to int32. Beyond 32 the high word of the product is rounded once
 * more: what is below it cannot change the result, as the rounding bit is above. From 10 to 31 the rounding bit is
 * added to the low word, its carry to the high one; high words that leave 32 bits when shifted are far outside int8,
 * and the at most 22 bits that come in from below keep them there. */
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
  int32x4_t q =
      stage->shift == 32 ? vrmulhq_s32(acc, multiplier) : tinyc_requantize_shifted_mve(acc, multiplier, stage->shift);
  q = vqaddq_n_s32(q, stage->zero_point);
  return vminq_s32(vmaxq_s32(q, vdupq_n_s32(stage->clamp_min)), vdupq_n_s32(stage->clamp_max));
}

/* What is the same for all outputs of a matrix product with blocks of filters (tinyc/layouts.h). */
typedef struct tinyc_product_mve {
  int32_t filters, length; /* of a vector and a filter */
  const tinyc_output_s8 *stage;
} tinyc_product_mve;

/* The sums of one and of another vector, four filters each. */
typedef struct tinyc_sums_mve {
  int32x4_t a, b;
} tinyc_sums_mve;

/* The sums of vectors a and b with a block of four filters: filters 0 and 2, then 1 and 3, since two words go to lanes
 * 0 and 2, or 1 and 3, at once. */
TINYC_CORE tinyc_sums_mve tinyc_dot_2x4_s8(const int8_t *a, const int8_t *b, const int8_t *block, int32_t length) {
  const int8_t *const vectors[2] = {a, b};
  const int8_t *x, *y, *u, *v;
  int32_t xu, yu, xv, yv;
  tinyc_sums_mve sums;
#define TINYC_DOT_2X2                                                                                                  \
  "mov         %[yu], %[xu]\n\t"                                                                                       \
  "mov         %[yv], %[xv]\n\t"                                                                                       \
  "add         %[v], %[u], %[length], lsl #1\n\t"                                                                      \
  "ldrd        %[x], %[y], [%[vectors]]\n\t"                                                                           \
  "dlstp.8     lr, %[length]\n"                                                                                        \
  "1:\n\t"                                                                                                             \
  "vldrb.u8    q0, [%[x]], #16\n\t"                                                                                    \
  "vldrb.u8    q1, [%[u]], #16\n\t"                                                                                    \
  "vmladava.s8 %[xu], q0, q1\n\t"                                                                                      \
  "vldrb.u8    q2, [%[y]], #16\n\t"                                                                                    \
  "vmladava.s8 %[yu], q2, q1\n\t"                                                                                      \
  "vldrb.u8    q3, [%[v]], #16\n\t"                                                                                    \
  "vmladava.s8 %[xv], q0, q3\n\t"                                                                                      \
  "vmladava.s8 %[yv], q2, q3\n\t"                                                                                      \
  "letp        lr, 1b\n\t"
  __asm__ volatile(
      "ldrd        %[xu], %[xv], [%[block]]\n\t"
      "add         %[u], %[block], #32\n\t" TINYC_DOT_2X2 "vmov        %q[a][2], %q[a][0], %[xu], %[xv]\n\t"
      "vmov        %q[b][2], %q[b][0], %[yu], %[yv]\n\t"
      "ldrd        %[xu], %[xv], [%[block], #8]\n\t"
      "add         %[u], %[block], #32\n\t"
      "add         %[u], %[u], %[length]\n\t" TINYC_DOT_2X2 "vmov        %q[a][3], %q[a][1], %[xu], %[xv]\n\t"
      "vmov        %q[b][3], %q[b][1], %[yu], %[yv]"
      : [a] "=&w"(sums.a), [b] "=&w"(sums.b), [x] "=&r"(x), [y] "=&r"(y), [u] "=&r"(u), [v] "=&r"(v), [xu] "=&Te"(xu),
        [yu] "=&Te"(yu), [xv] "=&Te"(xv), [yv] "=&Te"(yv)
      : [vectors] "r"(vectors), [block] "r"(block), [length] "r"(length)
      : "q0", "q1", "q2", "q3", "lr", "memory");
#undef TINYC_DOT_2X2
  return sums;
}

/* A block of less than four filters for a and b, or for a alone. */
TINYC_CORE void tinyc_multiply_rest_mve(const tinyc_product_mve *product, const int8_t *block, const int8_t *a,
                                        const int8_t *b, int8_t *out_a, int8_t *out_b, int32_t count, const int two) {
  const int32_t *bias = (const int32_t *)(const void *)block, length = product->length;
  const int8_t *u = block + 32, *v = count > 1 ? u + length : u, *w = count > 2 ? v + length : v;
  int32x4_t multiplier = vldrwq_s32(bias + 4);
  mve_pred16_t lanes = vctp32q((uint32_t)count);
  tinyc_dots4 dots = tinyc_dot_1x4_s8(a, u, v, w, w, length, bias);
  int32x4_t sums = tinyc_lanes_s32(dots.u, dots.v, dots.w, dots.x);
  vstrbq_p_s32(out_a, tinyc_output_stage_mve(sums, multiplier, product->stage), lanes);
  if (two) {
    dots = tinyc_dot_1x4_s8(b, u, v, w, w, length, bias);
    sums = tinyc_lanes_s32(dots.u, dots.v, dots.w, dots.x);
    vstrbq_p_s32(out_b, tinyc_output_stage_mve(sums, multiplier, product->stage), lanes);
  }
}

/* The outputs of all filters, from their blocks, for a and b, or for a alone; fast: the shift is 32. */
TINYC_CORE void tinyc_multiply_all_mve(const tinyc_product_mve *product, const int8_t *blocks, const int8_t *a,
                                       const int8_t *b, int8_t *out_a, int8_t *out_b, const int two, const int fast) {
  int32_t missing = product->filters, length = product->length;
  const int32_t zero = product->stage->zero_point, shift = product->stage->shift;
  const int32x4_t low = vdupq_n_s32(product->stage->clamp_min), high = vdupq_n_s32(product->stage->clamp_max);
  for (; missing >= 4; missing -= 4, blocks += 32 + 4 * length, out_a += 4, out_b += 4) {
    const int32_t *header = (const int32_t *)(const void *)blocks;
    tinyc_sums_mve sums;
    if (two) {
      sums = tinyc_dot_2x4_s8(a, b, blocks, length);
    } else {
      const int8_t *u = blocks + 32, *v = u + length, *w = v + length, *x = w + length;
      tinyc_dots4 dots = tinyc_dot_1x4_s8(a, u, v, w, x, length, header);
      sums.a = tinyc_lanes_s32(dots.u, dots.v, dots.w, dots.x);
    }
    int32x4_t multiplier = vldrwq_s32(header + 4);
    sums.a = fast ? vrmulhq_s32(sums.a, multiplier) : tinyc_requantize_shifted_mve(sums.a, multiplier, shift);
    vstrbq_s32(out_a, vminq_s32(vmaxq_s32(vqaddq_n_s32(sums.a, zero), low), high));
    if (two) {
      sums.b = fast ? vrmulhq_s32(sums.b, multiplier) : tinyc_requantize_shifted_mve(sums.b, multiplier, shift);
      vstrbq_s32(out_b, vminq_s32(vmaxq_s32(vqaddq_n_s32(sums.b, zero), low), high));
    }
  }
  if (missing > 0)
    tinyc_multiply_rest_mve(product, blocks, a, b, out_a, out_b, missing, two);
}

TINYC_CORE void tinyc_multiply_mve(const tinyc_product_mve *product, const int8_t *blocks, const int8_t *a,
                                   const int8_t *b, int8_t *out_a, int8_t *out_b, const int two) {
  if (product->stage->shift == 32)
    tinyc_multiply_all_mve(product, blocks, a, b, out_a, out_b, two, 1);
  else
    tinyc_multiply_all_mve(product, blocks, a, b, out_a, out_b, two, 0);
}

#endif /* TINYC_ARMV8_1M_H */
