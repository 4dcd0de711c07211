/* softmax int8 over rows for Armv7E-M; the arithmetic is that of tinyc_softmax_row_s8 in tinyc/arithmetic.h. A product
 * of exponential and factor is rounded and shifted by SMMLAR, which adds the zero point as well: the factor, below
 * 2^16, is shifted to the left by what is missing from 32. */
#include "tinyc/armv7e_m_softmax.h"
#include "tinyc/kernel_functions.h"

static void computeRow(const tinyc_softmax_s8_params *params, const int8_t *input, const uint16_t *exponentials,
                       int8_t *output) {
  int32_t length = params->length, largest = tinyc_find_greatest_s8(input, length);
  uint32_t sum = tinyc_sum_exponentials(input, exponentials, largest, length);
  int32_t zeros = tinyc_leading_zeros_u32(sum), shift = params->output_shift + 16 - zeros;
  if (shift < 17) {
    tinyc_softmax_row_s8(input, output, exponentials, params);
    return;
  }
  uint32_t divisor = sum << zeros;
  divisor = (divisor >> 16) + ((divisor >> 15) & 1u);
  uint32_t factor = ((uint32_t)params->output_multiplier + divisor / 2) / divisor;
  int32_t scaled = shift > 32 ? 0 : (int32_t)(factor << (32 - shift)), zero_point = params->output_zero_point, i = 0;
  for (; i + 4 <= length; i += 4) {
    int32_t x0 = input[i], x1 = input[i + 1], x2 = input[i + 2], x3 = input[i + 3];
    int32_t e0 = exponentials[largest - x0], e1 = exponentials[largest - x1];
    int32_t e2 = exponentials[largest - x2], e3 = exponentials[largest - x3];
    tinyc_requantize_fast_s8x4(e0, e1, e2, e3, scaled, zero_point, output + i);
  }
  for (; i < length; i++)
    output[i] = (int8_t)tinyc_requantize_fast_s8(exponentials[largest - input[i]], scaled, zero_point);
}

void tinyc_softmax_s8_armv7e_m(const tinyc_softmax_s8_params *params, const int8_t *input, const uint16_t *exponentials,
                               int8_t *output, void *scratch, int32_t row_begin, int32_t row_end) {
  (void)scratch;
  for (int32_t row = row_begin; row < row_end; row++)
    computeRow(params, input + row * params->length, exponentials, output + row * params->length);
}
