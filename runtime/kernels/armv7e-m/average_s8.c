/* average int8 for Armv7E-M: SMMLAR and SSAT are the output stage. */
#include "tinyc/armv7e_m.h"
#include "tinyc/kernel_functions.h"

void tinyc_average_s8_armv7e_m(const tinyc_average_s8_params *params, const int32_t *input, const int32_t *multipliers,
                               int8_t *output, void *scratch, int32_t row_begin, int32_t row_end) {
  (void)scratch;
  if (row_begin >= row_end)
    return;
  const tinyc_output_s8 *stage = &params->output;
  int32_t offset = -params->count * params->input_zero_point, channels = params->channels, multiplier = multipliers[0];
  int32_t left = params->count <= (1 << 22) ? tinyc_fast_stage_shift(stage, 255 * params->count) : -1;
  if (left < 0) {
    for (int32_t c = 0; c < channels; c++)
      output[c] = tinyc_output_stage_s8(input[c] + offset, multiplier, stage);
    return;
  }
  int32_t c = 0;
  for (; c + 4 <= channels; c += 4)
    tinyc_requantize_fast_s8x4(tinyc_shift_left(input[c] + offset, left), tinyc_shift_left(input[c + 1] + offset, left),
                               tinyc_shift_left(input[c + 2] + offset, left),
                               tinyc_shift_left(input[c + 3] + offset, left), multiplier, stage->zero_point,
                               output + c);
  for (; c < channels; c++)
    output[c] =
        (int8_t)tinyc_requantize_fast_s8(tinyc_shift_left(input[c] + offset, left), multiplier, stage->zero_point);
  if (!tinyc_is_wide_clamp(stage))
    tinyc_clamp_s8(stage, output, channels);
}
