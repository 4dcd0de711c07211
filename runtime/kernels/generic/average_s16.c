/* average int16. */
#include "tinyc/arithmetic.h"
#include "tinyc/kernel_functions.h"

void tinyc_average_s16(const tinyc_average_s8_params *params, const int32_t *input, const int32_t *multipliers,
                       int16_t *output, void *scratch, int32_t row_begin, int32_t row_end) {
  (void)scratch;
  for (int32_t c = 0; row_begin < row_end && c < params->channels; c++)
    output[c] = tinyc_output_stage_s16(input[c], multipliers[0], &params->output);
}
