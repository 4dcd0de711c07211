/* conv_transpose2d float: every output element gathers its own products. The sum begins with bias + 0.0f and goes on in
 * the order of the weights: row by row, column by column, channel by channel. */
#include "tinyc/arithmetic.h"
#include "tinyc/kernel_functions.h"
#include "tinyc/window.h"

static float addProducts(float sum, const float *x, const float *w, int32_t length) {
  for (int32_t i = 0; i < length; i++)
    sum += x[i] * w[i];
  return sum;
}

void tinyc_conv_transpose2d_f32_f32(const tinyc_conv2d_f32_params *params, const float *input, const float *weights,
                                    const float *bias, float *output, void *scratch, int32_t row_begin,
                                    int32_t row_end) {
  (void)scratch;
  const tinyc_window *window = &params->window;
  int32_t channels = window->input_channels / params->groups, filters = window->output_channels / params->groups;
  int32_t taps = window->kernel_height * window->kernel_width;
  for (int32_t y = row_begin; y < row_end; y++) {
    float *out = output + y * window->output_width * window->output_channels;
    for (int32_t x = 0; x < window->output_width; x++, out += window->output_channels)
      for (int32_t o = 0; o < window->output_channels; o++) {
        float sum = (bias ? bias[o] : 0.0f) + 0.0f;
        for (int32_t tap = 0; tap < taps; tap++) {
          int32_t row =
              tinyc_transposed_index(y + window->pad_top - tap / window->kernel_width * window->dilation_height,
                                     window->stride_height, window->input_height);
          int32_t column =
              tinyc_transposed_index(x + window->pad_left - tap % window->kernel_width * window->dilation_width,
                                     window->stride_width, window->input_width);
          if (row >= 0 && column >= 0)
            sum = addProducts(
                sum, input + (row * window->input_width + column) * window->input_channels + o / filters * channels,
                weights + (o * taps + tap) * channels, channels);
        }
        out[o] = tinyc_limit_f32(sum, params->output.clamp_min, params->output.clamp_max);
      }
  }
}
