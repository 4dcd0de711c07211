/* fully_connected int16, int4 weights, for Armv7E-M: pairs of filters, whose weights for four inputs are a word. */
#include "tinyc/armv7e_m_s16.h"
#include "tinyc/kernel_functions.h"

void tinyc_fully_connected_pairs_s16_s4_armv7e_m(const tinyc_fully_connected_s8_params *params, const int16_t *input,
                                                 const int8_t *weights, const int32_t *bias, const int32_t *multipliers,
                                                 int16_t *output, void *scratch, int32_t row_begin, int32_t row_end) {
  (void)bias;
  (void)multipliers;
  tinyc_multiply_rows_s16(params, input, weights, output, (int16_t *)scratch, row_begin, row_end, 4);
}
