/* requantize int16: another scale and zero point. */
#include "tinyc/arithmetic.h"
#include "tinyc/kernel_functions.h"

void tinyc_requantize_s16(const tinyc_requantize_s8_params *params, const int16_t *input, int16_t *output,
                          void *scratch, int32_t row_begin, int32_t row_end) {
  (void)scratch;
  int32_t end = row_end * params->length;
  for (int32_t i = row_begin * params->length; i < end; i++)
    output[i] = tinyc_output_stage_s16(input[i] - params->input_zero_point, params->multiplier, &params->output);
}
