/* fully_connected int8. */
#define TINYC_WEIGHT_BITS 8
#include "tinyc/generic_fully_connected.h"
#include "tinyc/kernel_functions.h"

void tinyc_fully_connected_s8_s8(const tinyc_fully_connected_s8_params *params, const int8_t *input,
                                 const int8_t *weights, const int32_t *bias, const int32_t *multipliers, int8_t *output,
                                 void *scratch, int32_t row_begin, int32_t row_end) {
  (void)scratch;
  multiply(params, input, weights, bias, multipliers, output, row_begin, row_end);
}
