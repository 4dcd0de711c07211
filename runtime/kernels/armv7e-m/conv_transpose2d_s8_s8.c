/* conv_transpose2d int8 for Armv7E-M: four filters of one pixel at a time; only the taps that meet an input element are
 * visited. Four elements, widened minus their zero point by SXTAB16, serve 16 multiply-accumulates. */
#include "tinyc/armv7e_m.h"
#include "tinyc/kernel_functions.h"

/* Taps first, first + step ... < end of one direction meet the input elements index, index - back ... */
typedef struct Meeting {
  int32_t first, step, end;
  int32_t index, back;
} Meeting;

/* `at` is the output index plus the padding. Neighbouring taps that meet anything are stride / gcd(stride, dilation)
 * apart. */
static Meeting findTaps(int32_t at, int32_t stride, int32_t dilation, int32_t kernel, int32_t size) {
  Meeting taps = {0, 1, kernel, 0, 0};
  while (taps.first < kernel && tinyc_transposed_index(at - taps.first * dilation, stride, size) < 0)
    taps.first++;
  taps.index = (at - taps.first * dilation) / stride;
  while (taps.step * dilation % stride != 0)
    taps.step++;
  taps.back = taps.step * dilation / stride;
  return taps;
}

typedef struct Sums {
  int32_t f0, f1, f2, f3;
} Sums;

/* sum + four elements of x (widened) times those at w. */
TINYC_CORE int32_t addBlock(int32_t sum, uint32_t even, uint32_t odd, const int8_t *w) {
  uint32_t bytes = tinyc_load_s8x4(w);
  sum = tinyc_dual_multiply_add(tinyc_widen_even(bytes), even, sum);
  return tinyc_dual_multiply_add(tinyc_widen_odd(bytes), odd, sum);
}

/* The products of `length` elements with the filters at w, `pitch` bytes apart. zero is minus the zero point, twice. */
TINYC_CORE Sums addProducts(Sums sums, const int8_t *x, uint32_t zero, const int8_t *w, int32_t pitch, int32_t length,
                            const int32_t filters) {
  const int8_t *w1 = w + pitch, *w2 = w1 + pitch, *w3 = w2 + pitch;
  int32_t i = 0;
  for (; i + 4 <= length; i += 4) {
    uint32_t bytes = tinyc_load_s8x4(x + i);
    uint32_t even = tinyc_widen_even_add(zero, bytes), odd = tinyc_widen_odd_add(zero, bytes);
    sums.f0 = addBlock(sums.f0, even, odd, w + i);
    if (filters == 4) {
      sums.f1 = addBlock(sums.f1, even, odd, w1 + i);
      sums.f2 = addBlock(sums.f2, even, odd, w2 + i);
      sums.f3 = addBlock(sums.f3, even, odd, w3 + i);
    }
  }
  for (; i < length; i++) {
    int32_t value = x[i] + (int16_t)zero;
    sums.f0 += value * w[i];
    if (filters == 4) {
      sums.f1 += value * w1[i];
      sums.f2 += value * w2[i];
      sums.f3 += value * w3[i];
    }
  }
  return sums;
}

/* Where the taps of one output pixel lie. */
typedef struct Pixel {
  const tinyc_window *window;
  Meeting rows, columns;
  uint32_t zero;
  int32_t channels; /* of a group */
} Pixel;

/* The sums of the filters at w; input is that of the group's first channel. */
TINYC_CORE Sums accumulate(const Pixel *pixel, Sums sums, const int8_t *input, const int8_t *w, int32_t pitch,
                           const int32_t filters) {
  const tinyc_window *window = pixel->window;
  int32_t row = pixel->rows.index;
  for (int32_t ky = pixel->rows.first; ky < pixel->rows.end && row >= 0;
       ky += pixel->rows.step, row -= pixel->rows.back) {
    int32_t column = pixel->columns.index;
    for (int32_t kx = pixel->columns.first; kx < pixel->columns.end && column >= 0;
         kx += pixel->columns.step, column -= pixel->columns.back)
      sums = addProducts(sums, input + (row * window->input_width + column) * window->input_channels, pixel->zero,
                         w + (ky * window->kernel_width + kx) * pixel->channels, pitch, pixel->channels, filters);
  }
  return sums;
}

static __attribute__((noinline)) Sums accumulateFour(const Pixel *pixel, const int32_t *bias, const int8_t *input,
                                                     const int8_t *w, int32_t pitch) {
  Sums sums = {bias[0], bias[1], bias[2], bias[3]};
  return accumulate(pixel, sums, input, w, pitch, 4);
}
static __attribute__((noinline)) int32_t accumulateOne(const Pixel *pixel, int32_t bias, const int8_t *input,
                                                       const int8_t *w) {
  Sums sums = {bias, 0, 0, 0};
  return accumulate(pixel, sums, input, w, 0, 1).f0;
}

void tinyc_conv_transpose2d_s8_s8_armv7e_m(const tinyc_conv2d_s8_params *params, const int8_t *input,
                                           const int8_t *weights, const int32_t *bias, const int32_t *multipliers,
                                           int8_t *output, void *scratch, int32_t row_begin, int32_t row_end) {
  (void)scratch;
  const tinyc_window *window = &params->window;
  const tinyc_output_s8 *stage = &params->output;
  int32_t channels = window->input_channels / params->groups, filters = window->output_channels / params->groups;
  int32_t pitch = window->kernel_height * window->kernel_width * channels, step = stage->multiplier_step;
  Pixel pixel = {
      window, {0, 0, 0, 0, 0}, {0, 0, 0, 0, 0}, ((uint32_t)-params->input_zero_point & 0xffffu) * 0x10001u, channels};
  for (int32_t y = row_begin; y < row_end; y++) {
    int8_t *out = output + y * window->output_width * window->output_channels;
    pixel.rows = findTaps(y + window->pad_top, window->stride_height, window->dilation_height, window->kernel_height,
                          window->input_height);
    for (int32_t x = 0; x < window->output_width; x++, out += window->output_channels) {
      pixel.columns = findTaps(x + window->pad_left, window->stride_width, window->dilation_width, window->kernel_width,
                               window->input_width);
      for (int32_t group = 0; group < params->groups; group++) {
        const int8_t *from = input + group * channels;
        int32_t o = group * filters, end = o + filters;
        for (; o + 4 <= end; o += 4) {
          Sums sums = accumulateFour(&pixel, bias + o, from, weights + o * pitch, pitch);
          const int32_t *multiplier = multipliers + o * step;
          out[o] = tinyc_output_stage_s8(sums.f0, multiplier[0], stage);
          out[o + 1] = tinyc_output_stage_s8(sums.f1, multiplier[step], stage);
          out[o + 2] = tinyc_output_stage_s8(sums.f2, multiplier[2 * step], stage);
          out[o + 3] = tinyc_output_stage_s8(sums.f3, multiplier[3 * step], stage);
        }
        for (; o < end; o++)
          out[o] = tinyc_output_stage_s8(accumulateOne(&pixel, bias[o], from, weights + o * pitch),
                                         multipliers[o * step], stage);
      }
    }
  }
}
