/* add int8 with broadcasting for Armv7E-M: SSAT for the usual clamp, four elements at a time so that loads and
 * multiplications of neighbours overlap. */
#include "tinyc/armv7e_m_elementwise.h"
#include "tinyc/kernel_functions.h"

/* What addFours reads; the offsets are written in it as numbers. */
typedef struct Sum {
  int32_t lhs_multiplier, rhs_multiplier; /* 0, 4 */
  int32_t offset, shift;                  /* 8, 12 */
  const int8_t *end;                      /* 16: of the output */
} Sum;

/* Elements up to sum->end, a multiple of four and at least that, without the clamp. The elements are read
 * before their sums are written: output may be lhs or rhs. */
TINYC_ASSEMBLY void addFours(TINYC_IN_REGISTER const int8_t *lhs, TINYC_IN_REGISTER const int8_t *rhs,
                             TINYC_IN_REGISTER int8_t *output, TINYC_IN_REGISTER const Sum *sum) {
  __asm__("push     {r4-r11, lr}\n"
          "ldmia.w  r3, {r3, r4, r5, r6, r7}\n"
          "1:\n"
          "ldrsb    r8, [r0], #4\n"
          "ldrsb    r12, [r1], #4\n"
          "ldrsb    r9, [r0, #-3]\n"
          "ldrsb    lr, [r1, #-3]\n"
          "mla      r8, r8, r3, r5\n"
          "ldrsb    r10, [r0, #-2]\n"
          "mla      r9, r9, r3, r5\n"
          "ldrsb    r11, [r0, #-1]\n"
          "mla      r8, r12, r4, r8\n"
          "ldrsb    r12, [r1, #-2]\n"
          "mla      r9, lr, r4, r9\n"
          "ldrsb    lr, [r1, #-1]\n"
          "mla      r10, r10, r3, r5\n"
          "mla      r11, r11, r3, r5\n"
          "asr      r8, r8, r6\n"
          "mla      r10, r12, r4, r10\n"
          "asr      r9, r9, r6\n"
          "mla      r11, lr, r4, r11\n"
          "ssat     r8, #8, r8\n"
          "ssat     r9, #8, r9\n"
          "asr      r10, r10, r6\n"
          "strb     r8, [r2], #4\n"
          "asr      r11, r11, r6\n"
          "strb     r9, [r2, #-3]\n"
          "ssat     r10, #8, r10\n"
          "cmp      r2, r7\n"
          "ssat     r11, #8, r11\n"
          "strb     r10, [r2, #-2]\n"
          "strb     r11, [r2, #-1]\n"
          "bne      1b\n"
          "pop      {r4-r11, pc}\n");
}

static void addLine(const tinyc_elementwise_s8_params *params, const void *constants, const int8_t *lhs, int32_t lhs_step,
                    const int8_t *rhs, int32_t rhs_step, int8_t *output, int32_t length) {
  int32_t i = 0;
  if (lhs_step == 1 && rhs_step == 1 && length >= 4) {
    i = length & ~3;
    Sum sum = *(const Sum *)constants;
    sum.end = output + i;
    addFours(lhs, rhs, output, &sum);
    if (!tinyc_is_wide_clamp(&params->output))
      tinyc_clamp_s8(&params->output, output, i);
  }
  for (; i < length; i++)
    output[i] = tinyc_add_stage_s8(lhs[i * lhs_step], rhs[i * rhs_step], params);
}

void tinyc_add_s8_armv7e_m(const tinyc_elementwise_s8_params *params, const int8_t *lhs, const int8_t *rhs,
                           int8_t *output, void *scratch, int32_t row_begin, int32_t row_end) {
  (void)scratch;
  Sum sum = {params->lhs_multiplier, params->rhs_multiplier, params->offset, params->output.shift, NULL};
  tinyc_for_lines(params, &sum, lhs, rhs, output, row_begin, row_end, addLine);
}
