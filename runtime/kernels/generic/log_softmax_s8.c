/* log_softmax int8 over rows; the arithmetic is tinyc_log_softmax_row_s8 of tinyc/arithmetic.h. */
#include "tinyc/arithmetic.h"
#include "tinyc/kernel_functions.h"

void tinyc_log_softmax_s8(const tinyc_softmax_s8_params *params, const int8_t *input, const uint16_t *exponentials,
                          int8_t *output, void *scratch, int32_t row_begin, int32_t row_end) {
  (void)scratch;
  for (int32_t row = row_begin; row < row_end; row++)
    tinyc_log_softmax_row_s8(input + row * params->length, output + row * params->length, exponentials, params);
}
