/* mul int16 for Armv7E-M: two elements at a time where both operands are contiguous, or the right one is one element for a line. */
#include "tinyc/armv7e_m_s16.h"
#include "tinyc/elementwise.h"
#include "tinyc/kernel_functions.h"

/* A line times as many elements, or times one if rhs_step is 0, with a wide stage. */
TINYC_CORE void multiplyLine(const tinyc_elementwise_s8_params *params, const tinyc_wide_stage *stage, const int16_t *lhs,
                             const int16_t *rhs, int16_t *out, int32_t length, const int32_t rhs_step) {
  int32_t multiplier = params->lhs_multiplier;
  uint32_t b = tinyc_repeat_s16(*rhs);
  for (; length >= 2; length -= 2, lhs += 2, out += 2) {
    uint32_t a = tinyc_load_s16x2(lhs);
    if (rhs_step != 0) {
      b = tinyc_load_s16x2(rhs);
      rhs += 2;
    }
    tinyc_store_s16x2(out, tinyc_finish_s16x2(tinyc_multiply_low(a, b), tinyc_multiply_high(a, b), multiplier,
                                              multiplier, stage));
  }
  if (length > 0)
    *out = tinyc_output_stage_s16(*lhs * *rhs, multiplier, &params->output);
}

void tinyc_mul_s16_armv7e_m(const tinyc_elementwise_s8_params *params, const int16_t *lhs, const int16_t *rhs,
                            int16_t *output, void *scratch, int32_t row_begin, int32_t row_end) {
  (void)scratch;
  const int32_t *dims = params->dims, *ls = params->lhs_strides, *rs = params->rhs_strides;
  if (!tinyc_is_wide_stage(&params->output) || params->output.zero_point != 0 || ls[3] != 1 || (rs[3] & ~1) != 0) {
    tinyc_elementwise_s16(params, lhs, rhs, output, row_begin, row_end, TINYC_MUL);
    return;
  }
  tinyc_wide_stage stage = tinyc_make_wide_stage(&params->output);
  int16_t *out = output + row_begin * dims[1] * dims[2] * dims[3];
  for (int32_t i = row_begin; i < row_end; i++)
    for (int32_t j = 0; j < dims[1]; j++)
      for (int32_t k = 0; k < dims[2]; k++, out += dims[3]) {
        const int16_t *a = lhs + i * ls[0] + j * ls[1] + k * ls[2], *b = rhs + i * rs[0] + j * rs[1] + k * rs[2];
        if (rs[3] == 1)
          multiplyLine(params, &stage, a, b, out, dims[3], 1);
        else
          multiplyLine(params, &stage, a, b, out, dims[3], 0);
      }
}
