/* avg_pool int8 for Armv7E-M: four channels at a time, summed as pairs of int16 by SXTAB16. */
#include "tinyc/armv7e_m.h"
#include "tinyc/kernel_functions.h"
#include "tinyc/window.h"

/* The window of one output pixel: taps inside the input. */
typedef struct Taps {
  const tinyc_window *window;
  const int8_t *input;
  int32_t top, left;
  tinyc_taps rows, columns;
} Taps;

static const int8_t *getRow(const Taps *taps, int32_t ky, int32_t channel) {
  const tinyc_window *window = taps->window;
  return tinyc_input_row_s8(window, taps->input, taps->top + ky * window->dilation_height) +
         (taps->left + taps->columns.begin * window->dilation_width) * window->input_channels + channel;
}

/* acc[0..3] += the sums of four channels. A pair of int16 holds 255 elements. */
static void sumFour(const Taps *taps, int32_t channel, int32_t *acc) {
  int32_t step = taps->window->dilation_width * taps->window->input_channels;
  for (int32_t ky = taps->rows.begin; ky < taps->rows.end;) {
    uint32_t even = 0, odd = 0;
    int32_t room = 255;
    int32_t columns = taps->columns.end - taps->columns.begin;
    do {
      const int8_t *x = getRow(taps, ky, channel);
      int32_t count = columns;
      for (; count >= 2; count -= 2, x += 2 * step) {
        uint32_t first = tinyc_load_s8x4(x), second = tinyc_load_s8x4(x + step);
        even = tinyc_widen_even_add(even, first);
        odd = tinyc_widen_odd_add(odd, first);
        even = tinyc_widen_even_add(even, second);
        odd = tinyc_widen_odd_add(odd, second);
      }
      if (count > 0) {
        uint32_t bytes = tinyc_load_s8x4(x);
        even = tinyc_widen_even_add(even, bytes);
        odd = tinyc_widen_odd_add(odd, bytes);
      }
      room -= columns;
      ky++;
    } while (ky < taps->rows.end && room >= columns);
    acc[0] += (int16_t)even;
    acc[1] += (int16_t)odd;
    acc[2] += (int32_t)even >> 16;
    acc[3] += (int32_t)odd >> 16;
  }
}

static void sumOne(const Taps *taps, int32_t channel, int32_t *acc) {
  int32_t step = taps->window->dilation_width * taps->window->input_channels;
  for (int32_t ky = taps->rows.begin; ky < taps->rows.end; ky++) {
    const int8_t *x = getRow(taps, ky, channel);
    for (int32_t kx = taps->columns.begin; kx < taps->columns.end; kx++, x += step)
      *acc += *x;
  }
}

void tinyc_avg_pool_s8_armv7e_m(const tinyc_pool_s8_params *params, const int8_t *input, const int32_t *multipliers,
                                int8_t *output, void *scratch, int32_t row_begin, int32_t row_end) {
  (void)scratch;
  const tinyc_window *window = &params->window;
  int32_t channels = window->input_channels;
  Taps taps = {window, input, 0, 0, {0, 0}, {0, 0}};
  for (int32_t y = row_begin; y < row_end; y++) {
    int8_t *out = output + tinyc_output_offset(window, y);
    taps.top = y * window->stride_height - window->pad_top;
    taps.rows = tinyc_inner_taps(taps.top, window->dilation_height, window->kernel_height, window->input_height);
    for (int32_t x = 0; x < window->output_width; x++, out += channels) {
      taps.left = x * window->stride_width - window->pad_left;
      taps.columns = tinyc_inner_taps(taps.left, window->dilation_width, window->kernel_width, window->input_width);
      int32_t columns = taps.columns.end - taps.columns.begin;
      int32_t inside = (taps.rows.end - taps.rows.begin) * columns;
      int32_t offset = -inside * params->input_zero_point;
      int32_t multiplier = multipliers[params->include_pad || inside == 0 ? 0 : inside - params->first_count];
      int32_t c = 0;
      for (; c + 4 <= channels && columns <= 255; c += 4) {
        int32_t acc[4] = {offset, offset, offset, offset};
        if (inside > 0)
          sumFour(&taps, c, acc);
        for (int32_t i = 0; i < 4; i++)
          out[c + i] = tinyc_output_stage_s8(acc[i], multiplier, &params->output);
      }
      for (; c < channels; c++) {
        int32_t acc = offset;
        if (inside > 0)
          sumOne(&taps, c, &acc);
        out[c] = tinyc_output_stage_s8(acc, multiplier, &params->output);
      }
    }
  }
}
