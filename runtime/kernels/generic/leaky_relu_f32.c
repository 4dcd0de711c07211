/* leaky_relu float: x < 0 ? alpha * x : x. */
#include "tinyc/arithmetic.h"
#include "tinyc/kernel_functions.h"

void tinyc_leaky_relu_f32(const tinyc_unary_f32_params *params, const float *input, float *output, void *scratch,
                          int32_t row_begin, int32_t row_end) {
  (void)scratch;
  int32_t end = row_end * params->length;
  for (int32_t i = row_begin * params->length; i < end; i++)
    output[i] = input[i] < 0.0f ? params->alpha * input[i] : input[i];
}
