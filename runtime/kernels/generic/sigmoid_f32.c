/* sigmoid float. */
#include "tinyc/arithmetic.h"
#include "tinyc/kernel_functions.h"

void tinyc_sigmoid_f32(const tinyc_unary_f32_params *params, const float *input, float *output, void *scratch,
                       int32_t row_begin, int32_t row_end) {
  (void)scratch;
  int32_t end = row_end * params->length;
  for (int32_t i = row_begin * params->length; i < end; i++)
    output[i] = tinyc_logistic_f32(input[i]);
}
