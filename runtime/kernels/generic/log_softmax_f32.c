/* log_softmax float over rows: x - max - log(sum). The sum is taken in ascending order. */
#include "tinyc/arithmetic.h"
#include "tinyc/kernel_functions.h"

void tinyc_log_softmax_f32(const tinyc_softmax_f32_params *params, const float *input, float *output, void *scratch,
                           int32_t row_begin, int32_t row_end) {
  (void)scratch;
  int32_t length = params->length;
  for (int32_t row = row_begin; row < row_end; row++) {
    const float *x = input + row * length;
    float *out = output + row * length;
    float largest = x[0];
    for (int32_t i = 1; i < length; i++)
      largest = x[i] > largest ? x[i] : largest;
    float sum = 0.0f;
    for (int32_t i = 0; i < length; i++)
      sum += tinyc_exp_f32(x[i] - largest);
    float log_sum = tinyc_log_f32(sum);
    for (int32_t i = 0; i < length; i++)
      out[i] = (x[i] - largest) - log_sum;
  }
}
