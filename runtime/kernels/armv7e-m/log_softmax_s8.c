/* log_softmax int8 over rows for Armv7E-M; the arithmetic is that of tinyc_log_softmax_row_s8 in tinyc/arithmetic.h. */
#include "tinyc/armv7e_m_softmax.h"
#include "tinyc/kernel_functions.h"

static void computeRow(const tinyc_softmax_s8_params *params, const int8_t *input, const uint16_t *exponentials,
                       int8_t *output) {
  int32_t length = params->length, largest = tinyc_find_greatest_s8(input, length);
  uint32_t sum = tinyc_sum_exponentials(input, exponentials, largest, length);
  int32_t log2_sum = tinyc_max_s32(tinyc_log2_q16(sum) - ((1 << 20) - 1), 0);
  int32_t offset = (int32_t)(((int64_t)log2_sum * params->output_multiplier + (1 << 15)) >> 16);
  /* half - (largest - x) * multiplier - offset; every term is below 2^30. */
  int32_t multiplier = params->input_multiplier, shift = params->output_shift, zero_point = params->output_zero_point;
  int32_t constant = (1 << (shift - 1)) - offset;
  for (int32_t i = 0; i < length; i++)
    output[i] =
        (int8_t)tinyc_limit_s32(zero_point + (((input[i] - largest) * multiplier + constant) >> shift), -128, 127);
}

void tinyc_log_softmax_s8_armv7e_m(const tinyc_softmax_s8_params *params, const int8_t *input,
                                   const uint16_t *exponentials, int8_t *output, void *scratch, int32_t row_begin,
                                   int32_t row_end) {
  (void)scratch;
  for (int32_t row = row_begin; row < row_end; row++)
    computeRow(params, input + row * params->length, exponentials, output + row * params->length);
}
