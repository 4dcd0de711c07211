/* softmax int16 over rows; the arithmetic is tinyc_softmax_row_s16 of tinyc/arithmetic.h. */
#include "tinyc/arithmetic.h"
#include "tinyc/kernel_functions.h"

void tinyc_softmax_s16(const tinyc_softmax_s8_params *params, const int16_t *input, const uint16_t *exponentials,
                       int16_t *output, void *scratch, int32_t row_begin, int32_t row_end) {
  (void)scratch;
  for (int32_t row = row_begin; row < row_end; row++)
    tinyc_softmax_row_s16(input + row * params->length, output + row * params->length, exponentials, params);
}
