/* depthwise conv2d int8 for Armv7E-M: four channels of two neighbouring pixels at a time.
 *
 * The weights of four channels are widened into scratch once and used for all rows. Windows inside the input take
 * the plain sum. At the border inputs are widened minus the zero point, in one SXTAB16, so that padding contributes
 * nothing: acc = (bias + input_zero_point * sum of the weights) + sum over the taps inside the input of
 * (x - input_zero_point) * w. Channels beyond the last multiple of four, and a channel multiplier other than 1,
 * take a scalar path. */
#include "tinyc/armv7e_m.h"
#include "tinyc/kernel_functions.h"
#include "tinyc/window.h"

/* One value per channel of a block of four. */
typedef struct Sums {
  int32_t c0, c1, c2, c3;
} Sums;

/* What stays the same for a block of four channels. */
typedef struct Block {
  const tinyc_conv2d_s8_params *params;
  const int8_t *input;        /* first channel of the block, row 0, column 0 */
  const int16_t *weights;     /* per tap: (c0, c2) (c1, c3) */
  const int32_t *bias;        /* of the block */
  const int32_t *multipliers; /* of the block */
  Sums border_bias;           /* bias + input_zero_point * sum of the weights */
} Block;

/* sums += x * w for the four channels, x widened. */
TINYC_CORE void addProducts(Sums *sums, uint32_t even, uint32_t odd, uint32_t w_even, uint32_t w_odd) {
  sums->c0 = tinyc_multiply_add_low(even, w_even, sums->c0);
  sums->c2 = tinyc_multiply_add_high(even, w_even, sums->c2);
  sums->c1 = tinyc_multiply_add_low(odd, w_odd, sums->c1);
  sums->c3 = tinyc_multiply_add_high(odd, w_odd, sums->c3);
}

TINYC_CORE void addTap(Sums *sums, const int8_t *x, uint32_t w_even, uint32_t w_odd) {
  uint32_t bytes = tinyc_load_s8x4(x);
  addProducts(sums, tinyc_widen_even(bytes), tinyc_widen_odd(bytes), w_even, w_odd);
}

static inline void storePixel(const Block *block, Sums sums, int8_t *out) {
  const tinyc_output_s8 *stage = &block->params->output;
  const int32_t *multipliers = block->multipliers;
  int32_t step = stage->multiplier_step;
  if (tinyc_is_fast_stage(stage)) {
    out[0] = (int8_t)tinyc_requantize_fast_s8(sums.c0, multipliers[0], stage->zero_point);
    out[1] = (int8_t)tinyc_requantize_fast_s8(sums.c1, multipliers[step], stage->zero_point);
    out[2] = (int8_t)tinyc_requantize_fast_s8(sums.c2, multipliers[2 * step], stage->zero_point);
    out[3] = (int8_t)tinyc_requantize_fast_s8(sums.c3, multipliers[3 * step], stage->zero_point);
  } else {
    out[0] = tinyc_output_stage_s8(sums.c0, multipliers[0], stage);
    out[1] = tinyc_output_stage_s8(sums.c1, multipliers[step], stage);
    out[2] = tinyc_output_stage_s8(sums.c2, multipliers[2 * step], stage);
    out[3] = tinyc_output_stage_s8(sums.c3, multipliers[3 * step], stage);
  }
}

/* One pixel whose window may leave the input; (top, left) is the input position of tap (0, 0). */
static void computeBorderPixel(const Block *block, int32_t top, int32_t left, tinyc_taps rows, int8_t *out) {
  const tinyc_conv2d_s8_params *params = block->params;
  const tinyc_window *window = &params->window;
  tinyc_taps columns = tinyc_inner_taps(left, window->dilation_width, window->kernel_width, window->input_width);
  int32_t pixel = window->input_channels, x_step = window->dilation_width * pixel;
  uint32_t minus_zero = ((uint32_t)-params->input_zero_point & 0xffffu) * 0x10001u;
  Sums sums = block->border_bias;
  for (int32_t ky = rows.begin; ky < rows.end; ky++) {
    const int8_t *x = block->input + tinyc_input_offset(window, top + ky * window->dilation_height) +
                      (left + columns.begin * window->dilation_width) * pixel;
    const int16_t *w = block->weights + (ky * window->kernel_width + columns.begin) * 4;
    for (int32_t kx = columns.begin; kx < columns.end; kx++, x += x_step, w += 4) {
      uint32_t bytes = tinyc_load_s8x4(x);
      addProducts(&sums, tinyc_widen_even_add(minus_zero, bytes), tinyc_widen_odd_add(minus_zero, bytes),
                  tinyc_load_s16x2(w), tinyc_load_s16x2(w + 2));
    }
  }
  storePixel(block, sums, out);
}

/* Two neighbouring pixels with both windows inside the input. kernel_width is a constant where it is 3. */
TINYC_CORE void computePixelPair(const Block *block, int32_t top, int32_t left, int8_t *out,
                                 const int32_t kernel_width) {
  const tinyc_window *window = &block->params->window;
  int32_t pixel = window->input_channels, x_step = window->dilation_width * pixel;
  int32_t stride = window->stride_width * pixel;
  const int32_t *bias = block->bias;
  const int16_t *w = block->weights;
  Sums first = {bias[0], bias[1], bias[2], bias[3]}, second = first;
  for (int32_t ky = 0; ky < window->kernel_height; ky++) {
    const int8_t *x = block->input + tinyc_input_offset(window, top + ky * window->dilation_height) + left * pixel;
    if (kernel_width == 3) {
      const int8_t *x1 = x + x_step, *x2 = x1 + x_step;
      uint32_t even = tinyc_load_s16x2(w), odd = tinyc_load_s16x2(w + 2);
      addTap(&first, x, even, odd);
      addTap(&second, x + stride, even, odd);
      even = tinyc_load_s16x2(w + 4);
      odd = tinyc_load_s16x2(w + 6);
      addTap(&first, x1, even, odd);
      addTap(&second, x1 + stride, even, odd);
      even = tinyc_load_s16x2(w + 8);
      odd = tinyc_load_s16x2(w + 10);
      addTap(&first, x2, even, odd);
      addTap(&second, x2 + stride, even, odd);
      w += 12;
    } else {
      for (int32_t kx = 0; kx < kernel_width; kx++, x += x_step, w += 4) {
        uint32_t even = tinyc_load_s16x2(w), odd = tinyc_load_s16x2(w + 2);
        addTap(&first, x, even, odd);
        addTap(&second, x + stride, even, odd);
      }
    }
  }
  storePixel(block, first, out);
  storePixel(block, second, out + window->output_channels);
}

static void computeBlock(const Block *block, int8_t *output, int32_t row_begin, int32_t row_end) {
  const tinyc_window *window = &block->params->window;
  int32_t width = window->output_width, reach = (window->kernel_width - 1) * window->dilation_width;
  for (int32_t y = row_begin; y < row_end; y++) {
    int8_t *out = output + tinyc_output_offset(window, y);
    int32_t top = y * window->stride_height - window->pad_top, left = -window->pad_left;
    tinyc_taps rows = tinyc_inner_taps(top, window->dilation_height, window->kernel_height, window->input_height);
    int inside = rows.end - rows.begin == window->kernel_height;
    int32_t x = 0;
    while (x < width) {
      if (!inside || left < 0 || x + 2 > width || left + window->stride_width + reach >= window->input_width) {
        computeBorderPixel(block, top, left, rows, out);
        x++;
        out += window->output_channels;
        left += window->stride_width;
        continue;
      }
      if (window->kernel_width == 3)
        computePixelPair(block, top, left, out, 3);
      else
        computePixelPair(block, top, left, out, window->kernel_width);
      x += 2;
      out += 2 * window->output_channels;
      left += 2 * window->stride_width;
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

  for (; depth_multiplier == 1 && o + 4 <= channels; o += 4) {
    int16_t *wide = (int16_t *)scratch;
    Sums sums = {0, 0, 0, 0};
    for (int32_t tap = 0; tap < taps; tap++, wide += 4) {
      const int8_t *w = weights + tap * channels + o;
      uint32_t bytes = tinyc_load_s8x4(w);
      tinyc_store_s16x2(wide, tinyc_widen_even(bytes));
      tinyc_store_s16x2(wide + 2, tinyc_widen_odd(bytes));
      sums.c0 += w[0];
      sums.c1 += w[1];
      sums.c2 += w[2];
      sums.c3 += w[3];
    }
    Block block = {params,
                   input + o,
                   (const int16_t *)scratch,
                   bias + o,
                   multipliers + o * step,
                   {bias[o] + zero * sums.c0, bias[o + 1] + zero * sums.c1, bias[o + 2] + zero * sums.c2,
                    bias[o + 3] + zero * sums.c3}};
    computeBlock(&block, output + o, row_begin, row_end);
  }
  for (; o < channels; o++)
    computeChannel(params, input + o / depth_multiplier, weights + o, bias[o], multipliers[o * step], output + o,
                   row_begin, row_end);
}
