/* sum_rows int16. */
#include "tinyc/kernel_functions.h"

#include <string.h>

void tinyc_sum_rows_s16(const tinyc_sum_rows_params *params, const int16_t *input, int32_t *output, void *scratch,
                        int32_t row_begin, int32_t row_end) {
  (void)scratch;
  int32_t channels = params->channels, pixels = (row_end - row_begin) * params->width;
  if (row_begin == 0)
    memset(output, 0, (size_t)channels * sizeof *output);
  for (; pixels > 0; pixels--, input += channels)
    for (int32_t c = 0; c < channels; c++)
      output[c] += input[c];
}
