/* sum_rows int8 for Armv7E-M: four channels at a time, summed as pairs of int16 by SXTAB16. */
#include "tinyc/armv7e_m_pool.h"
#include "tinyc/kernel_functions.h"

void tinyc_sum_rows_s8_armv7e_m(const tinyc_sum_rows_params *params, const int8_t *input, int32_t *output,
                                void *scratch, int32_t row_begin, int32_t row_end) {
  (void)scratch;
  int32_t channels = params->channels, pixels = (row_end - row_begin) * params->width, c = 0;
  if (row_begin == 0)
    memset(output, 0, (size_t)channels * sizeof *output);
  for (; c + 4 <= channels; c += 4) {
    tinyc_four_sums acc = {output[c], output[c + 1], output[c + 2], output[c + 3]};
    acc = tinyc_sum_pixels(acc, input + c, channels, pixels);
    output[c] = acc.c0;
    output[c + 1] = acc.c1;
    output[c + 2] = acc.c2;
    output[c + 3] = acc.c3;
  }
  for (; c < channels; c++) {
    int32_t sum = output[c];
    const int8_t *x = input + c;
    for (int32_t i = 0; i < pixels; i++, x += channels)
      sum += *x;
    output[c] = sum;
  }
}
