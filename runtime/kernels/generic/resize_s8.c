/* resize int8: the columns' weighted sum of each row, then the rows' weighted sum of these; exact in 32 bits, rounded
 * once. */
#include "tinyc/arithmetic.h"
#include "tinyc/kernel_functions.h"

void tinyc_resize_s8(const tinyc_resize_params *params, const int8_t *input, const uint16_t *indices,
                     const int16_t *weights, int8_t *output, void *scratch, int32_t row_begin, int32_t row_end) {
  (void)scratch;
  int32_t channels = params->channels, pitch = params->input_width * channels;
  int32_t columns = params->output_height * params->row_taps;
  for (int32_t y = row_begin; y < row_end; y++) {
    int8_t *out = output + y * params->output_width * channels;
    const uint16_t *row = indices + y * params->row_taps;
    const int16_t *row_weight = weights + y * params->row_taps;
    for (int32_t x = 0; x < params->output_width; x++, out += channels) {
      const uint16_t *column = indices + columns + x * params->column_taps;
      const int16_t *column_weight = weights + columns + x * params->column_taps;
      for (int32_t c = 0; c < channels; c++) {
        int32_t acc = 0;
        for (int32_t t = 0; t < params->row_taps; t++) {
          const int8_t *from = input + row[t] * pitch + c;
          int32_t line = 0;
          for (int32_t u = 0; u < params->column_taps; u++)
            line += column_weight[u] * (from[column[u] * channels] - params->zero_point);
          acc += row_weight[t] * line;
        }
        out[c] = tinyc_resize_stage_s8(acc, params->zero_point);
      }
    }
  }
}
