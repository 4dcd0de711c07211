/* depthwise conv2d float: up to 16 channels of one pixel at a time, so that a compiler with vectors can use them.
 * Order of the sum: bias + 0.0f, then the taps inside the input, row by row. */
#include "tinyc/arithmetic.h"
#include "tinyc/kernel_functions.h"
#include "tinyc/window.h"

enum { kBlock = 16 };

/* Channels first .. first + count - 1 of the output pixel at column x; rows are the taps inside the input. */
TINYC_CORE void computeBlock(const tinyc_conv2d_f32_params *params, const float *input, const float *weights,
                             const float *bias, float *out, int32_t top, int32_t left, tinyc_taps rows,
                             tinyc_taps columns, int32_t first, const int32_t count,
                             const int32_t depth_multiplier) {
  const tinyc_window *window = &params->window;
  float acc[kBlock];
  for (int32_t c = 0; c < count; c++)
    acc[c] = (bias ? bias[first + c] : 0.0f) + 0.0f;

  int32_t pixel = window->input_channels;
  for (int32_t ky = rows.begin; ky < rows.end; ky++) {
    const float *row = tinyc_input_row_f32(window, input, top + ky * window->dilation_height);
    const float *w = weights + (ky * window->kernel_width + columns.begin) * window->output_channels + first;
    for (int32_t kx = columns.begin; kx < columns.end; kx++, w += window->output_channels) {
      const float *x = row + (left + kx * window->dilation_width) * pixel;
      if (depth_multiplier == 1)
        for (int32_t c = 0; c < count; c++)
          acc[c] += x[first + c] * w[c];
      else
        for (int32_t c = 0; c < count; c++)
          acc[c] += x[(first + c) / depth_multiplier] * w[c];
    }
  }
  for (int32_t c = 0; c < count; c++)
    out[first + c] = tinyc_limit_f32(acc[c], params->output.clamp_min, params->output.clamp_max);
}

void tinyc_depthwise_conv2d_f32_f32(const tinyc_conv2d_f32_params *params, const float *input, const float *weights,
                                    const float *bias, float *output, void *scratch, int32_t row_begin,
                                    int32_t row_end) {
  (void)scratch;
  const tinyc_window *window = &params->window;
  int32_t depth_multiplier = window->output_channels / window->input_channels;

  for (int32_t y = row_begin; y < row_end; y++) {
    float *out = output + tinyc_output_offset(window, y);
    int32_t top = y * window->stride_height - window->pad_top;
    tinyc_taps rows = tinyc_inner_taps(top, window->dilation_height, window->kernel_height, window->input_height);
    for (int32_t x = 0; x < window->output_width; x++, out += window->output_channels) {
      int32_t left = x * window->stride_width - window->pad_left;
      tinyc_taps columns =
          tinyc_inner_taps(left, window->dilation_width, window->kernel_width, window->input_width);
      for (int32_t first = 0; first < window->output_channels; first += kBlock) {
        int32_t count = tinyc_min_s32(kBlock, window->output_channels - first);
        if (depth_multiplier == 1 && count == kBlock)
          computeBlock(params, input, weights, bias, out, top, left, rows, columns, first, kBlock, 1);
        else
          computeBlock(params, input, weights, bias, out, top, left, rows, columns, first, count, depth_multiplier);
      }
    }
  }
}
