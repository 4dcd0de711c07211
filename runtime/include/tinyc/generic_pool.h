/* tinyc/generic_pool.h - the generic integer pooling, for one kernel that defines TINYC_ACTIVATION_BITS before if it is
 * 16: up to 16 channels of one pixel at a time. */
#ifndef TINYC_GENERIC_POOL_H
#define TINYC_GENERIC_POOL_H

#include "tinyc/activation.h"

enum { kBlock = 16 };

TINYC_CORE void average(const tinyc_pool_s8_params *params, const Activation *input, const int32_t *multipliers,
                        Activation *output, int32_t row_begin, int32_t row_end) {
  const tinyc_window *window = &params->window;
  int32_t channels = window->input_channels, x_step = window->dilation_width * channels;
  for (int32_t y = row_begin; y < row_end; y++) {
    Activation *out = output + tinyc_output_offset(window, y);
    int32_t top = y * window->stride_height - window->pad_top;
    tinyc_taps rows = tinyc_inner_taps(top, window->dilation_height, window->kernel_height, window->input_height);
    for (int32_t x = 0; x < window->output_width; x++, out += channels) {
      int32_t left = x * window->stride_width - window->pad_left;
      tinyc_taps columns = tinyc_inner_taps(left, window->dilation_width, window->kernel_width, window->input_width);
      int32_t inside = (rows.end - rows.begin) * (columns.end - columns.begin);
      int32_t offset = -inside * params->input_zero_point;
      int32_t index = params->include_pad || inside == 0 ? 0 : inside - params->first_count;
      for (int32_t first = 0; first < channels; first += kBlock) {
        int32_t count = tinyc_min_s32(kBlock, channels - first);
        int32_t acc[kBlock];
        for (int32_t c = 0; c < count; c++)
          acc[c] = offset;
        for (int32_t ky = rows.begin; ky < rows.end; ky++) {
          const Activation *tap = getInputRow(window, input, top + ky * window->dilation_height) +
                                  (left + columns.begin * window->dilation_width) * channels + first;
          for (int32_t kx = columns.begin; kx < columns.end; kx++, tap += x_step)
            for (int32_t c = 0; c < count; c++)
              acc[c] += tap[c];
        }
        for (int32_t c = 0; c < count; c++)
          out[first + c] = finish(acc[c], multipliers[index], &params->output);
      }
    }
  }
}

TINYC_CORE void maximize(const tinyc_pool_s8_params *params, const Activation *input, Activation *output,
                         int32_t row_begin, int32_t row_end) {
  const tinyc_window *window = &params->window;
  int32_t channels = window->input_channels, x_step = window->dilation_width * channels;
  for (int32_t y = row_begin; y < row_end; y++) {
    Activation *out = output + tinyc_output_offset(window, y);
    int32_t top = y * window->stride_height - window->pad_top;
    tinyc_taps rows = tinyc_inner_taps(top, window->dilation_height, window->kernel_height, window->input_height);
    for (int32_t x = 0; x < window->output_width; x++, out += channels) {
      int32_t left = x * window->stride_width - window->pad_left;
      tinyc_taps columns = tinyc_inner_taps(left, window->dilation_width, window->kernel_width, window->input_width);
      for (int32_t first = 0; first < channels; first += kBlock) {
        int32_t count = tinyc_min_s32(kBlock, channels - first);
        int32_t acc[kBlock];
        for (int32_t c = 0; c < count; c++)
          acc[c] = kLeastActivation;
        for (int32_t ky = rows.begin; ky < rows.end; ky++) {
          const Activation *tap = getInputRow(window, input, top + ky * window->dilation_height) +
                                  (left + columns.begin * window->dilation_width) * channels + first;
          for (int32_t kx = columns.begin; kx < columns.end; kx++, tap += x_step)
            for (int32_t c = 0; c < count; c++)
              acc[c] = tinyc_max_s32(acc[c], tap[c]);
        }
        for (int32_t c = 0; c < count; c++)
          out[first + c] = (Activation)tinyc_limit_s32(acc[c], params->output.clamp_min, params->output.clamp_max);
      }
    }
  }
}

#endif /* TINYC_GENERIC_POOL_H */
