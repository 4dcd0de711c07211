/* resize int8 with one tap: pixels are copied, and a row that repeats the one before it is copied from there. */
#include "tinyc/kernel_functions.h"

#include <string.h>

void tinyc_resize_nearest_s8(const tinyc_resize_params *params, const int8_t *input, const uint16_t *indices,
                             int8_t *output, void *scratch, int32_t row_begin, int32_t row_end) {
  (void)scratch;
  int32_t channels = params->channels, length = params->output_width * channels;
  const uint16_t *columns = indices + params->output_height;
  for (int32_t y = row_begin; y < row_end; y++) {
    int8_t *out = output + y * length;
    if (y > row_begin && indices[y] == indices[y - 1]) {
      memcpy(out, out - length, (size_t)length * sizeof *out);
      continue;
    }
    const int8_t *row = input + indices[y] * params->input_width * channels;
    for (int32_t x = 0; x < params->output_width; x++, out += channels)
      memcpy(out, row + columns[x] * channels, (size_t)channels * sizeof *out);
  }
}
