/* requantize int8 for Armv8.1-M: four elements at a time. */
#include "tinyc/armv8_1m.h"
#include "tinyc/kernel_functions.h"

void tinyc_requantize_s8_armv8_1m(const tinyc_requantize_s8_params *params, const int8_t *input, int8_t *output,
                                  void *scratch, int32_t row_begin, int32_t row_end) {
  (void)scratch;
  int32x4_t multiplier = vdupq_n_s32(params->multiplier);
  int32_t missing = (row_end - row_begin) * params->length;
  const int8_t *x = input + row_begin * params->length;
  int8_t *out = output + row_begin * params->length;
  for (; missing > 0; missing -= 4, x += 4, out += 4) {
    mve_pred16_t lanes = vctp32q((uint32_t)missing);
    int32x4_t acc = vsubq_n_s32(vldrbq_z_s32(x, lanes), params->input_zero_point);
    vstrbq_p_s32(out, tinyc_output_stage_mve(acc, multiplier, &params->output), lanes);
  }
}
