/* mul int8 with broadcasting for Armv7E-M: four elements at a time, widened minus their zero points by SXTAB16; SMMLAR
 * and SSAT are the output stage. */
#include "tinyc/armv7e_m_elementwise.h"
#include "tinyc/kernel_functions.h"

/* What the assembly reads; the offsets are written in it as numbers. */
typedef struct Product {
  uint32_t lhs_zero, rhs_zero;    /* 0, 4: the negative zero points, twice */
  int32_t multiplier, zero_point; /* 8, 12: of the output */
  int32_t left;                   /* 16: see tinyc_fast_stage_shift */
} Product;

#define FOURS(load_rhs)                    \
  "push     {r4-r11, lr}\n"                \
  "ldr      r12, [sp, #36]\n"              \
  "ldmia.w  r12, {r4-r8}\n"                \
  "1:\n"                                   \
  "ldr      r9, [r0], #4\n"                \
  load_rhs                                 \
  "sxtab16  r11, r4, r9\n"                 \
  "sxtab16  r12, r5, r10\n"                \
  "sxtab16  r9, r4, r9, ror #8\n"          \
  "smulbb   lr, r11, r12\n"                \
  "sxtab16  r10, r5, r10, ror #8\n"        \
  "smultt   r11, r11, r12\n"               \
  "lsl      lr, lr, r8\n"                  \
  "smulbb   r12, r9, r10\n"                \
  "smultt   r9, r9, r10\n"                 \
  "lsl      r11, r11, r8\n"                \
  "smmlar   lr, lr, r6, r7\n"              \
  "lsl      r12, r12, r8\n"                \
  "smmlar   r11, r11, r6, r7\n"            \
  "lsl      r9, r9, r8\n"                  \
  "smmlar   r12, r12, r6, r7\n"            \
  "ssat     lr, #8, lr\n"                  \
  "smmlar   r9, r9, r6, r7\n"              \
  "ssat     r11, #8, r11\n"                \
  "strb     lr, [r2], #4\n"                \
  "ssat     r12, #8, r12\n"                \
  "strb     r11, [r2, #-2]\n"              \
  "ssat     r9, #8, r9\n"                  \
  "strb     r12, [r2, #-3]\n"              \
  "subs     r3, r3, #1\n"                  \
  "strb     r9, [r2, #-1]\n"               \
  "bne      1b\n"                          \
  "pop      {r4-r11, pc}\n"

/* `fours` times four products, without the clamp. The elements are read before their products are written. */
TINYC_ASSEMBLY void multiplyFours(TINYC_IN_REGISTER const int8_t *lhs, TINYC_IN_REGISTER const int8_t *rhs,
                                  TINYC_IN_REGISTER int8_t *output, TINYC_IN_REGISTER int32_t fours,
                                  TINYC_IN_REGISTER const Product *product) {
  __asm__(FOURS("ldr r10, [r1], #4\n"));
}

/* The same with one word of rhs. */
TINYC_ASSEMBLY void multiplyByWord(TINYC_IN_REGISTER const int8_t *lhs, TINYC_IN_REGISTER const int8_t *rhs,
                                   TINYC_IN_REGISTER int8_t *output, TINYC_IN_REGISTER int32_t fours,
                                   TINYC_IN_REGISTER const Product *product) {
  __asm__(FOURS("ldr r10, [r1]\n"));
}

static void multiplyLine(const tinyc_elementwise_s8_params *params, const void *constants, const int8_t *lhs,
                         int32_t lhs_step, const int8_t *rhs, int32_t rhs_step, int8_t *output, int32_t length) {
  Product product = *(const Product *)constants;
  int32_t i = 0;
  if (lhs_step == 0) {
    const int8_t *other = lhs;
    uint32_t zero = product.lhs_zero;
    lhs = rhs;
    lhs_step = rhs_step;
    product.lhs_zero = product.rhs_zero;
    rhs = other;
    rhs_step = 0;
    product.rhs_zero = zero;
  }
  if (product.left >= 0 && lhs_step == 1 && rhs_step <= 1 && length >= 4) {
    uint32_t word = tinyc_repeat_s8(*rhs);
    i = length & ~3;
    if (rhs_step == 1)
      multiplyFours(lhs, rhs, output, length / 4, &product);
    else
      multiplyByWord(lhs, (const int8_t *)(const void *)&word, output, length / 4, &product);
    if (!tinyc_is_wide_clamp(&params->output))
      tinyc_clamp_s8(&params->output, output, i);
  }
  int32_t lhs_zero = (int16_t)product.lhs_zero, rhs_zero = (int16_t)product.rhs_zero;
  for (; i < length; i++)
    output[i] = tinyc_output_stage_s8((lhs[i * lhs_step] + lhs_zero) * (rhs[i * rhs_step] + rhs_zero),
                                      product.multiplier, &params->output);
}

void tinyc_mul_s8_armv7e_m(const tinyc_elementwise_s8_params *params, const int8_t *lhs, const int8_t *rhs,
                           int8_t *output, void *scratch, int32_t row_begin, int32_t row_end) {
  (void)scratch;
  Product product = {((uint32_t)-params->lhs_zero_point & 0xffffu) * 0x10001u,
                     ((uint32_t)-params->rhs_zero_point & 0xffffu) * 0x10001u, params->lhs_multiplier,
                     params->output.zero_point, tinyc_fast_stage_shift(&params->output, 255 * 255)};
  tinyc_for_lines(params, &product, lhs, rhs, output, row_begin, row_end, multiplyLine);
}
