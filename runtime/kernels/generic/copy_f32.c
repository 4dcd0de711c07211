/* copy float: blocks from one pitch to another. */
#include "tinyc/kernel_functions.h"

#include <string.h>

void tinyc_copy_f32(const tinyc_copy_params *params, const float *input, float *output, void *scratch,
                    int32_t row_begin, int32_t row_end) {
  (void)scratch;
  for (int32_t row = row_begin; row < row_end; row++) {
    const float *from = input + params->input_offset + row * params->input_pitch;
    float *to = output + params->output_offset + row * params->output_pitch;
    if (from != to)
      memcpy(to, from, (size_t)params->length * sizeof(float));
  }
}
