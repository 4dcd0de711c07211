/* avg_pool int8 for Armv8.1-M: four channels at a time. */
#include "tinyc/armv8_1m.h"
#include "tinyc/kernel_functions.h"
#include "tinyc/window.h"

void tinyc_avg_pool_s8_armv8_1m(const tinyc_pool_s8_params *params, const int8_t *input, const int32_t *multipliers,
                                int8_t *output, void *scratch, int32_t row_begin, int32_t row_end) {
  (void)scratch;
  const tinyc_window *window = &params->window;
  int32_t channels = window->input_channels, step = window->dilation_width * channels;
  for (int32_t y = row_begin; y < row_end; y++) {
    int8_t *out = output + tinyc_output_offset(window, y);
    int32_t top = y * window->stride_height - window->pad_top;
    tinyc_taps rows = tinyc_inner_taps(top, window->dilation_height, window->kernel_height, window->input_height);
    for (int32_t x = 0; x < window->output_width; x++, out += channels) {
      int32_t left = x * window->stride_width - window->pad_left;
      tinyc_taps columns = tinyc_inner_taps(left, window->dilation_width, window->kernel_width, window->input_width);
      int32_t inside = (rows.end - rows.begin) * (columns.end - columns.begin);
      int32_t index = params->include_pad || inside == 0 ? 0 : inside - params->first_count;
      int32x4_t multiplier = vdupq_n_s32(multipliers[index]);
      for (int32_t c = 0; c < channels; c += 4) {
        mve_pred16_t lanes = vctp32q((uint32_t)(channels - c));
        int32x4_t acc = vdupq_n_s32(-inside * params->input_zero_point);
        for (int32_t ky = rows.begin; inside > 0 && ky < rows.end; ky++) {
          const int8_t *tap = tinyc_input_row_s8(window, input, top + ky * window->dilation_height) +
                              (left + columns.begin * window->dilation_width) * channels + c;
          for (int32_t kx = columns.begin; kx < columns.end; kx++, tap += step)
            acc = vaddq_s32(acc, vldrbq_z_s32(tap, lanes));
        }
        vstrbq_p_s32(out + c, tinyc_output_stage_mve(acc, multiplier, &params->output), lanes);
      }
    }
  }
}
