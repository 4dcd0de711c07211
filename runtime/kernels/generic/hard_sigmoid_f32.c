/* hard_sigmoid float: alpha * x + beta limited to 0..1. */
#include "tinyc/arithmetic.h"
#include "tinyc/kernel_functions.h"

void tinyc_hard_sigmoid_f32(const tinyc_unary_f32_params *params, const float *input, float *output, void *scratch,
                            int32_t row_begin, int32_t row_end) {
  (void)scratch;
  int32_t end = row_end * params->length;
  for (int32_t i = row_begin * params->length; i < end; i++)
    output[i] = tinyc_limit_f32(params->alpha * input[i] + params->beta, 0.0f, 1.0f);
}
