/* average float. */
#include "tinyc/arithmetic.h"
#include "tinyc/kernel_functions.h"

void tinyc_average_f32(const tinyc_average_f32_params *params, const float *input, float *output, void *scratch,
                       int32_t row_begin, int32_t row_end) {
  (void)scratch;
  float divisor = (float)params->count;
  for (int32_t c = 0; row_begin < row_end && c < params->channels; c++)
    output[c] = tinyc_limit_f32(input[c] / divisor, params->output.clamp_min, params->output.clamp_max);
}
