/* copy int16: blocks from one pitch to another. */
#include "tinyc/kernel_functions.h"

#include <string.h>

void tinyc_copy_s16(const tinyc_copy_params *params, const int16_t *input, int16_t *output, void *scratch,
                    int32_t row_begin, int32_t row_end) {
  (void)scratch;
  for (int32_t row = row_begin; row < row_end; row++) {
    const int16_t *from = input + params->input_offset + row * params->input_pitch;
    int16_t *to = output + params->output_offset + row * params->output_pitch;
    if (from != to)
      memcpy(to, from, (size_t)params->length * sizeof(int16_t));
  }
}
