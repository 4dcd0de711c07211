/* requantize int16 for Armv7E-M: two elements at a time. */
#include "tinyc/armv7e_m_s16.h"
#include "tinyc/kernel_functions.h"

void tinyc_requantize_s16_armv7e_m(const tinyc_requantize_s8_params *params, const int16_t *input, int16_t *output,
                                   void *scratch, int32_t row_begin, int32_t row_end) {
  (void)scratch;
  const int16_t *x = input + row_begin * params->length;
  int16_t *out = output + row_begin * params->length;
  int32_t count = (row_end - row_begin) * params->length, multiplier = params->multiplier;
  if (tinyc_is_wide_stage(&params->output) && params->output.zero_point == 0 && params->input_zero_point == 0) {
    tinyc_wide_stage stage = tinyc_make_wide_stage(&params->output);
    for (; count >= 2; count -= 2, x += 2, out += 2) {
      uint32_t pair = tinyc_load_s16x2(x);
      tinyc_store_s16x2(out, tinyc_finish_s16x2((int16_t)pair, (int32_t)pair >> 16, multiplier, multiplier, &stage));
    }
  }
  for (; count > 0; count--)
    *out++ = tinyc_output_stage_s16(*x++ - params->input_zero_point, multiplier, &params->output);
}
