/* tinyc/generic_depthwise_conv2d.h - the generic integer depthwise convolution, for one kernel that defines
 * TINYC_WEIGHT_BITS before, and TINYC_ACTIVATION_BITS if these are 16: up to 16 channels of one pixel at a time, so
 * that a compiler with vectors can use them. */
#ifndef TINYC_GENERIC_DEPTHWISE_CONV2D_H
#define TINYC_GENERIC_DEPTHWISE_CONV2D_H

#include "tinyc/activation.h"
#include "tinyc/narrow.h"

enum { kBlock = 16 };

TINYC_CORE int32_t getWeight(const int8_t *weights, int32_t i) { return tinyc_element(weights, i, TINYC_WEIGHT_BITS); }

/* Channels first .. first + count - 1 of the output pixel at column x; rows are the taps inside the input. */
TINYC_CORE void computeBlock(const tinyc_conv2d_s8_params *params, const Activation *input, const int8_t *weights,
                             const int32_t *bias, const int32_t *multipliers, Activation *out, int32_t top,
                             int32_t left, tinyc_taps rows, tinyc_taps columns, int32_t first, const int32_t count,
                             const int32_t depth_multiplier) {
  const tinyc_window *window = &params->window;
  const tinyc_output_s8 *stage = &params->output;
  int32_t acc[kBlock];
  for (int32_t c = 0; c < count; c++)
    acc[c] = bias[first + c];

  int32_t pixel = window->input_channels;
  for (int32_t ky = 0; ky < window->kernel_height; ky++) {
    int inside = ky >= rows.begin && ky < rows.end;
    const Activation *row = inside ? getInputRow(window, input, top + ky * window->dilation_height) : input;
    int32_t at = ky * window->kernel_width * window->output_channels + first;
    for (int32_t kx = 0; kx < window->kernel_width; kx++, at += window->output_channels) {
      if (!inside || kx < columns.begin || kx >= columns.end) {
        for (int32_t c = 0; c < count; c++)
          acc[c] += params->input_zero_point * getWeight(weights, at + c);
        continue;
      }
      const Activation *x = row + (left + kx * window->dilation_width) * pixel;
      if (depth_multiplier == 1)
        for (int32_t c = 0; c < count; c++)
          acc[c] += x[first + c] * getWeight(weights, at + c);
      else
        for (int32_t c = 0; c < count; c++)
          acc[c] += x[(first + c) / depth_multiplier] * getWeight(weights, at + c);
    }
  }
  for (int32_t c = 0; c < count; c++)
    out[first + c] = finish(acc[c], multipliers[(first + c) * stage->multiplier_step], stage);
}

TINYC_CORE void convolve(const tinyc_conv2d_s8_params *params, const Activation *input, const int8_t *weights,
                         const int32_t *bias, const int32_t *multipliers, Activation *output, int32_t row_begin,
                         int32_t row_end) {
  const tinyc_window *window = &params->window;
  int32_t depth_multiplier = window->output_channels / window->input_channels;

  for (int32_t y = row_begin; y < row_end; y++) {
    Activation *out = output + tinyc_output_offset(window, y);
    int32_t top = y * window->stride_height - window->pad_top;
    tinyc_taps rows = tinyc_inner_taps(top, window->dilation_height, window->kernel_height, window->input_height);
    for (int32_t x = 0; x < window->output_width; x++, out += window->output_channels) {
      int32_t left = x * window->stride_width - window->pad_left;
      tinyc_taps columns = tinyc_inner_taps(left, window->dilation_width, window->kernel_width, window->input_width);
      for (int32_t first = 0; first < window->output_channels; first += kBlock) {
        int32_t count = tinyc_min_s32(kBlock, window->output_channels - first);
        if (depth_multiplier == 1 && count == kBlock)
          computeBlock(params, input, weights, bias, multipliers, out, top, left, rows, columns, first, kBlock, 1);
        else
          computeBlock(params, input, weights, bias, multipliers, out, top, left, rows, columns, first, count,
                       depth_multiplier);
      }
    }
  }
}

#endif /* TINYC_GENERIC_DEPTHWISE_CONV2D_H */
