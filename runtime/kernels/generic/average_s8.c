/* average int8. */
#include "tinyc/arithmetic.h"
#include "tinyc/kernel_functions.h"

void tinyc_average_s8(const tinyc_average_s8_params *params, const int32_t *input, const int32_t *multipliers,
                      int8_t *output, void *scratch, int32_t row_begin, int32_t row_end) {
  (void)scratch;
  int32_t offset = -params->count * params->input_zero_point;
  for (int32_t c = 0; row_begin < row_end && c < params->channels; c++)
    output[c] = tinyc_output_stage_s8(input[c] + offset, multipliers[0], &params->output);
}
