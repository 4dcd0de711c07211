/* depthwise conv2d int8 for Armv7E-M: four channels of two neighbouring pixels at a time.
 *
 * The weights of four channels are widened into scratch once and used for all rows. Inputs are widened minus the
 * input zero point in one SXTAB16, so that padding contributes nothing: acc = (bias + input_zero_point * sum of the
 * weights) + sum over the taps inside the input of (x - input_zero_point) * w. Channels beyond the last multiple of
 * four, and a channel multiplier other than 1, take the scalar path. */
#include "tinyc/armv7e_m.h"
#include "tinyc/kernel_functions.h"
#include "tinyc/window.h"

enum { kChannels = 4 };

typedef struct Context {
  const tinyc_conv2d_s8_params *params;
  const tinyc_window *window;
  const int8_t *input;    /* first channel of the block */
  const int16_t *weights; /* per tap: (c0, c2) (c1, c3) */
  int32_t bias[kChannels];
  int32_t multipliers[kChannels];
  tinyc_fast_stage fast;
  uint32_t minus_zero; /* a pair of -input_zero_point */
  int32_t top;
  tinyc_taps rows;
} Context;

/* Adds one tap of one pixel: acc[c] += (x[c] - zero point) * w[c]. */
TINYC_CORE void addTap(int32_t *acc, const int8_t *x, uint32_t w_even, uint32_t w_odd, uint32_t minus_zero) {
  uint32_t bytes = tinyc_load_s8x4(x);
  uint32_t even = tinyc_widen_even_add(minus_zero, bytes), odd = tinyc_widen_odd_add(minus_zero, bytes);
  acc[0] = tinyc_multiply_add_low(even, w_even, acc[0]);
  acc[1] = tinyc_multiply_add_low(odd, w_odd, acc[1]);
  acc[2] = tinyc_multiply_add_high(even, w_even, acc[2]);
  acc[3] = tinyc_multiply_add_high(odd, w_odd, acc[3]);
}

static inline void storePixel(const Context *context, const int32_t *acc, int8_t *out) {
  for (int32_t c = 0; c < kChannels; c++)
    out[c] = tinyc_fast_output_s8(acc[c], context->multipliers[c], context->fast, &context->params->output);
}

/* pixels neighbouring outputs that share the taps columns; left is the input column of tap 0 of the first. */
TINYC_CORE void computePixels(const Context *context, int32_t left, tinyc_taps columns, int8_t *out,
                              const int32_t pixels) {
  const tinyc_window *window = context->window;
  int32_t pixel = window->input_channels, x_step = window->dilation_width * pixel;
  int32_t stride = window->stride_width * pixel;
  uint32_t minus_zero = context->minus_zero;
  int32_t acc[2][kChannels];
  for (int32_t c = 0; c < kChannels; c++)
    for (int32_t p = 0; p < pixels; p++)
      acc[p][c] = context->bias[c];
  for (int32_t ky = context->rows.begin; ky < context->rows.end; ky++) {
    const int8_t *x = context->input + tinyc_input_offset(window, context->top + ky * window->dilation_height) +
                      (left + columns.begin * window->dilation_width) * pixel;
    const int16_t *w = context->weights + (ky * window->kernel_width + columns.begin) * 4;
    for (int32_t kx = columns.begin; kx < columns.end; kx++, x += x_step, w += 4) {
      uint32_t w_even = tinyc_load_s16x2(w), w_odd = tinyc_load_s16x2(w + 2);
      for (int32_t p = 0; p < pixels; p++)
        addTap(acc[p], x + p * stride, w_even, w_odd, minus_zero);
    }
  }
  for (int32_t p = 0; p < pixels; p++)
    storePixel(context, acc[p], out + p * window->output_channels);
}

/* The block's rows for any window. */
static void computeBlock(Context *context, int8_t *output, int32_t row_begin, int32_t row_end) {
  const tinyc_window *window = context->window;
  int32_t width = window->output_width, reach = (window->kernel_width - 1) * window->dilation_width;
  tinyc_taps all = {0, window->kernel_width};
  for (int32_t y = row_begin; y < row_end; y++) {
    int8_t *out = output + tinyc_output_offset(window, y);
    context->top = y * window->stride_height - window->pad_top;
    context->rows =
        tinyc_inner_taps(context->top, window->dilation_height, window->kernel_height, window->input_height);
    int32_t left = -window->pad_left;
    for (int32_t x = 0; x < width;) {
      if (left >= 0 && x + 2 <= width && left + window->stride_width + reach < window->input_width) {
        computePixels(context, left, all, out, 2);
        x += 2;
        out += 2 * window->output_channels;
        left += 2 * window->stride_width;
        continue;
      }
      computePixels(context, left,
                    tinyc_inner_taps(left, window->dilation_width, window->kernel_width, window->input_width), out,
                    1);
      x++;
      out += window->output_channels;
      left += window->stride_width;
    }
  }
}

/* Channel o alone, in plain C. */
static void computeChannel(const tinyc_conv2d_s8_params *params, const int8_t *input, const int8_t *weights,
                           int32_t bias, int32_t multiplier, int8_t *output, int32_t row_begin, int32_t row_end) {
  const tinyc_window *window = &params->window;
  int32_t x_step = window->dilation_width * window->input_channels, w_step = window->output_channels;
  int32_t taps = window->kernel_height * window->kernel_width;
  for (int32_t tap = 0; tap < taps; tap++)
    bias += params->input_zero_point * weights[tap * w_step];
  for (int32_t y = row_begin; y < row_end; y++) {
    int8_t *out = output + tinyc_output_offset(window, y);
    int32_t top = y * window->stride_height - window->pad_top;
    tinyc_taps rows = tinyc_inner_taps(top, window->dilation_height, window->kernel_height, window->input_height);
    for (int32_t x = 0; x < window->output_width; x++, out += window->output_channels) {
      int32_t left = x * window->stride_width - window->pad_left, acc = bias;
      tinyc_taps columns =
          tinyc_inner_taps(left, window->dilation_width, window->kernel_width, window->input_width);
      for (int32_t ky = rows.begin; ky < rows.end; ky++) {
        const int8_t *from = input + tinyc_input_offset(window, top + ky * window->dilation_height) +
                             (left + columns.begin * window->dilation_width) * window->input_channels;
        const int8_t *w = weights + (ky * window->kernel_width + columns.begin) * w_step;
        for (int32_t kx = columns.begin; kx < columns.end; kx++, from += x_step, w += w_step)
          acc += (*from - params->input_zero_point) * *w;
      }
      *out = tinyc_output_stage_s8(acc, multiplier, &params->output);
    }
  }
}

void tinyc_depthwise_conv2d_s8_s8_armv7e_m(const tinyc_conv2d_s8_params *params, const int8_t *input,
                                           const int8_t *weights, const int32_t *bias, const int32_t *multipliers,
                                           int8_t *output, void *scratch, int32_t row_begin, int32_t row_end) {
  const tinyc_window *window = &params->window;
  int32_t taps = window->kernel_height * window->kernel_width, channels = window->output_channels;
  int32_t depth_multiplier = channels / window->input_channels, step = params->output.multiplier_step;
  int32_t zero = params->input_zero_point, o = 0;

  if (depth_multiplier == 1) {
    int16_t *wide = (int16_t *)scratch;
    Context context;
    context.params = params;
    context.window = window;
    context.weights = wide;
    context.fast = tinyc_make_fast_stage(&params->output);
    context.minus_zero = ((uint32_t)-zero & 0xffffu) * 0x10001u;
    for (; o + kChannels <= channels; o += kChannels) {
      int32_t sums[kChannels] = {0, 0, 0, 0};
      for (int32_t tap = 0; tap < taps; tap++) {
        const int8_t *w = weights + tap * channels + o;
        uint32_t bytes = tinyc_load_s8x4(w);
        tinyc_store_s16x2(wide + 4 * tap, tinyc_widen_even(bytes));
        tinyc_store_s16x2(wide + 4 * tap + 2, tinyc_widen_odd(bytes));
        for (int32_t c = 0; c < kChannels; c++)
          sums[c] += w[c];
      }
      for (int32_t c = 0; c < kChannels; c++) {
        context.bias[c] = bias[o + c] + zero * sums[c];
        context.multipliers[c] = multipliers[(o + c) * step];
      }
      context.input = input + o;
      computeBlock(&context, output + o, row_begin, row_end);
    }
  }
  for (; o < channels; o++)
    computeChannel(params, input + o / depth_multiplier, weights + o, bias[o], multipliers[o * step], output + o,
                   row_begin, row_end);
}
