/* tinyc/generic_conv2d.h - the generic integer convolution, for one kernel that defines TINYC_WEIGHT_BITS before, and
 * TINYC_ACTIVATION_BITS if these are 16: direct convolution, four output channels of one pixel at a time. */
#ifndef TINYC_GENERIC_CONV2D_H
#define TINYC_GENERIC_CONV2D_H

#include "tinyc/activation.h"
#include "tinyc/narrow.h"

enum { kBlock = 4 };

TINYC_CORE int32_t getWeight(const int8_t *weights, int32_t i) { return tinyc_element(weights, i, TINYC_WEIGHT_BITS); }

/* acc[j] += sum over i < length of x[i] * weight at + j * pitch + i. */
TINYC_CORE void addProducts(const Activation *x, const int8_t *weights, int32_t at, int32_t pitch, int32_t length,
                            int32_t *acc, const int32_t outputs) {
  if (outputs == kBlock) {
    int32_t at1 = at + pitch, at2 = at1 + pitch, at3 = at2 + pitch;
    int32_t acc0 = 0, acc1 = 0, acc2 = 0, acc3 = 0;
    for (int32_t i = 0; i < length; i++) {
      int32_t value = x[i];
      acc0 += value * getWeight(weights, at + i);
      acc1 += value * getWeight(weights, at1 + i);
      acc2 += value * getWeight(weights, at2 + i);
      acc3 += value * getWeight(weights, at3 + i);
    }
    acc[0] += acc0;
    acc[1] += acc1;
    acc[2] += acc2;
    acc[3] += acc3;
  } else {
    int32_t sum = 0;
    for (int32_t i = 0; i < length; i++)
      sum += x[i] * getWeight(weights, at + i);
    acc[0] += sum;
  }
}

/* The same with every x equal to value: the padded part of a window. */
TINYC_CORE void addConstant(int32_t value, const int8_t *weights, int32_t at, int32_t pitch, int32_t length,
                            int32_t *acc, const int32_t outputs) {
  for (int32_t j = 0; j < outputs; j++)
    for (int32_t i = 0; i < length; i++)
      acc[j] += value * getWeight(weights, at + j * pitch + i);
}

/* Where one output pixel's window lies. */
typedef struct Position {
  const Activation *input;
  int32_t channel;   /* first of the group */
  int32_t top, left; /* input coordinates of tap (0, 0), negative in the padding */
  tinyc_taps rows, columns;
} Position;

/* acc[j] += the convolution sum of one pixel for the filters from weight at + j * pitch on. */
TINYC_CORE void accumulate(const tinyc_conv2d_s8_params *params, const Position *position, const int8_t *weights,
                           int32_t at, int32_t channels, int32_t *acc, const int32_t outputs) {
  const tinyc_window *window = &params->window;
  int32_t zero = params->input_zero_point;
  int32_t w_row = window->kernel_width * channels, pitch = window->kernel_height * w_row;
  tinyc_taps columns = position->columns;
  int32_t x_step = window->dilation_width * window->input_channels;
  int contiguous = x_step == channels;

  for (int32_t ky = 0; ky < window->kernel_height; ky++, at += w_row) {
    if (ky < position->rows.begin || ky >= position->rows.end) {
      addConstant(zero, weights, at, pitch, w_row, acc, outputs);
      continue;
    }
    const Activation *x = getInputRow(window, position->input, position->top + ky * window->dilation_height) +
                          (position->left + columns.begin * window->dilation_width) * window->input_channels +
                          position->channel;
    int32_t inner = at + columns.begin * channels;
    if (columns.begin > 0)
      addConstant(zero, weights, at, pitch, columns.begin * channels, acc, outputs);
    if (contiguous)
      addProducts(x, weights, inner, pitch, (columns.end - columns.begin) * channels, acc, outputs);
    else
      for (int32_t kx = columns.begin; kx < columns.end; kx++, x += x_step, inner += channels)
        addProducts(x, weights, inner, pitch, channels, acc, outputs);
    if (columns.end < window->kernel_width)
      addConstant(zero, weights, at + columns.end * channels, pitch, (window->kernel_width - columns.end) * channels,
                  acc, outputs);
  }
}

TINYC_CORE void convolve(const tinyc_conv2d_s8_params *params, const Activation *input, const int8_t *weights,
                         const int32_t *bias, const int32_t *multipliers, Activation *output, int32_t row_begin,
                         int32_t row_end) {
  const tinyc_window *window = &params->window;
  const tinyc_output_s8 *stage = &params->output;
  int32_t channels = window->input_channels / params->groups;
  int32_t filters = window->output_channels / params->groups;
  int32_t pitch = window->kernel_height * window->kernel_width * channels;

  for (int32_t y = row_begin; y < row_end; y++) {
    Activation *out = output + tinyc_output_offset(window, y);
    Position position;
    position.input = input;
    position.top = y * window->stride_height - window->pad_top;
    position.rows =
        tinyc_inner_taps(position.top, window->dilation_height, window->kernel_height, window->input_height);
    for (int32_t x = 0; x < window->output_width; x++, out += window->output_channels) {
      position.left = x * window->stride_width - window->pad_left;
      position.columns =
          tinyc_inner_taps(position.left, window->dilation_width, window->kernel_width, window->input_width);
      for (int32_t group = 0; group < params->groups; group++) {
        int32_t o = group * filters, end = o + filters;
        position.channel = group * channels;
        for (; o + kBlock <= end; o += kBlock) {
          int32_t acc[kBlock] = {bias[o], bias[o + 1], bias[o + 2], bias[o + 3]};
          accumulate(params, &position, weights, o * pitch, channels, acc, kBlock);
          for (int32_t j = 0; j < kBlock; j++)
            out[o + j] = finish(acc[j], multipliers[(o + j) * stage->multiplier_step], stage);
        }
        for (; o < end; o++) {
          int32_t acc = bias[o];
          accumulate(params, &position, weights, o * pitch, channels, &acc, 1);
          out[o] = finish(acc, multipliers[o * stage->multiplier_step], stage);
        }
      }
    }
  }
}

#endif /* TINYC_GENERIC_CONV2D_H */
