/* sum_rows int8 for Armv8.1-M: four channels at a time. */
#include "tinyc/armv8_1m.h"
#include "tinyc/kernel_functions.h"

void tinyc_sum_rows_s8_armv8_1m(const tinyc_sum_rows_params *params, const int8_t *input, int32_t *output,
                                void *scratch, int32_t row_begin, int32_t row_end) {
  (void)scratch;
  int32_t channels = params->channels, pixels = (row_end - row_begin) * params->width;
  for (int32_t c = 0; c < channels; c += 4) {
    mve_pred16_t lanes = vctp32q((uint32_t)(channels - c));
    int32x4_t sum = row_begin == 0 ? vdupq_n_s32(0) : vldrwq_z_s32(output + c, lanes);
    const int8_t *x = input + c;
    for (int32_t i = 0; i < pixels; i++, x += channels)
      sum = vaddq_s32(sum, vldrbq_z_s32(x, lanes));
    vstrwq_p_s32(output + c, sum, lanes);
  }
}
