/* resize float: the columns' weighted sum of each row, then the rows' weighted sum of these. */
#include "tinyc/kernel_functions.h"

void tinyc_resize_f32(const tinyc_resize_params *params, const float *input, const uint16_t *indices,
                      const float *weights, float *output, void *scratch, int32_t row_begin, int32_t row_end) {
  (void)scratch;
  int32_t channels = params->channels, pitch = params->input_width * channels;
  int32_t columns = params->output_height * params->row_taps;
  for (int32_t y = row_begin; y < row_end; y++) {
    float *out = output + y * params->output_width * channels;
    const uint16_t *row = indices + y * params->row_taps;
    const float *row_weight = weights + y * params->row_taps;
    for (int32_t x = 0; x < params->output_width; x++, out += channels) {
      const uint16_t *column = indices + columns + x * params->column_taps;
      const float *column_weight = weights + columns + x * params->column_taps;
      for (int32_t c = 0; c < channels; c++) {
        float acc = 0.0f;
        for (int32_t t = 0; t < params->row_taps; t++) {
          const float *from = input + row[t] * pitch + c;
          float line = 0.0f;
          for (int32_t u = 0; u < params->column_taps; u++)
            line += column_weight[u] * from[column[u] * channels];
          acc += row_weight[t] * line;
        }
        out[c] = acc;
      }
    }
  }
}
