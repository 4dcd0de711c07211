/* add int16 for Armv7E-M: SMLAWB and SMLAWT multiply a half of a word by a multiplier and add; two elements at a time where both
 * operands are contiguous. */
#include "tinyc/armv7e_m_s16.h"
#include "tinyc/elementwise.h"
#include "tinyc/kernel_functions.h"

static void addLine(const tinyc_elementwise_s8_params *params, const int16_t *lhs, const int16_t *rhs, int16_t *out,
                    int32_t length) {
  int32_t left = params->lhs_multiplier, right = params->rhs_multiplier, offset = params->offset;
  int32_t shift = params->output.shift;
  uint32_t lows = tinyc_repeat_s16(params->output.clamp_min), highs = tinyc_repeat_s16(params->output.clamp_max);
  for (; length >= 2; length -= 2, lhs += 2, rhs += 2, out += 2) {
    uint32_t a = tinyc_load_s16x2(lhs), b = tinyc_load_s16x2(rhs);
    int32_t low = tinyc_multiply_add_wide_low(right, b, tinyc_multiply_add_wide_low(left, a, offset)) >> shift;
    int32_t high = tinyc_multiply_add_wide_high(right, b, tinyc_multiply_add_wide_high(left, a, offset)) >> shift;
    uint32_t pair = tinyc_pack_s16x2(tinyc_saturate_s16(low), tinyc_saturate_s16(high));
    tinyc_store_s16x2(out, tinyc_clamp_s16x2(pair, lows, highs));
  }
  if (length > 0)
    *out = tinyc_add_stage_s16(*lhs, *rhs, params);
}

void tinyc_add_s16_armv7e_m(const tinyc_elementwise_s8_params *params, const int16_t *lhs, const int16_t *rhs,
                            int16_t *output, void *scratch, int32_t row_begin, int32_t row_end) {
  (void)scratch;
  const int32_t *dims = params->dims, *ls = params->lhs_strides, *rs = params->rhs_strides;
  if (ls[3] != 1 || rs[3] != 1) {
    tinyc_elementwise_s16(params, lhs, rhs, output, row_begin, row_end, TINYC_ADD);
    return;
  }
  int16_t *out = output + row_begin * dims[1] * dims[2] * dims[3];
  for (int32_t i = row_begin; i < row_end; i++)
    for (int32_t j = 0; j < dims[1]; j++)
      for (int32_t k = 0; k < dims[2]; k++, out += dims[3])
        addLine(params, lhs + i * ls[0] + j * ls[1] + k * ls[2], rhs + i * rs[0] + j * rs[1] + k * rs[2], out, dims[3]);
}
