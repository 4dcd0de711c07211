/* tinyc/generic_conv_transpose2d.h - the generic integer transposed convolution, for one kernel that defines
 * TINYC_WEIGHT_BITS before. Every output element gathers its own products, so that none is written twice. */
#ifndef TINYC_GENERIC_CONV_TRANSPOSE2D_H
#define TINYC_GENERIC_CONV_TRANSPOSE2D_H

#include "tinyc/arithmetic.h"
#include "tinyc/narrow.h"
#include "tinyc/window.h"

/* The sum of `length` elements at x, minus their zero point, times the weights from number `at` on. */
static int32_t multiply(const int8_t *x, int32_t zero_point, const int8_t *weights, int32_t at, int32_t length) {
  int32_t sum = 0;
  for (int32_t i = 0; i < length; i++)
    sum += (x[i] - zero_point) * tinyc_element(weights, at + i, TINYC_WEIGHT_BITS);
  return sum;
}

TINYC_CORE void convolveTransposed(const tinyc_conv2d_s8_params *params, const int8_t *input, const int8_t *weights,
                                   const int32_t *bias, const int32_t *multipliers, int8_t *output, int32_t row_begin,
                                   int32_t row_end) {
  const tinyc_window *window = &params->window;
  const tinyc_output_s8 *stage = &params->output;
  int32_t channels = window->input_channels / params->groups, filters = window->output_channels / params->groups;
  int32_t taps = window->kernel_height * window->kernel_width;
  for (int32_t y = row_begin; y < row_end; y++) {
    int8_t *out = output + y * window->output_width * window->output_channels;
    for (int32_t x = 0; x < window->output_width; x++, out += window->output_channels)
      for (int32_t o = 0; o < window->output_channels; o++) {
        int32_t acc = bias[o];
        for (int32_t tap = 0; tap < taps; tap++) {
          int32_t row =
              tinyc_transposed_index(y + window->pad_top - tap / window->kernel_width * window->dilation_height,
                                     window->stride_height, window->input_height);
          int32_t column =
              tinyc_transposed_index(x + window->pad_left - tap % window->kernel_width * window->dilation_width,
                                     window->stride_width, window->input_width);
          if (row >= 0 && column >= 0)
            acc +=
                multiply(input + (row * window->input_width + column) * window->input_channels + o / filters * channels,
                         params->input_zero_point, weights, (o * taps + tap) * channels, channels);
        }
        out[o] = tinyc_output_stage_s8(acc, multipliers[o * stage->multiplier_step], stage);
      }
  }
}

#endif /* TINYC_GENERIC_CONV_TRANSPOSE2D_H */
