/* sum_rows int8 for Armv7E-M: four channels at a time, summed as pairs of int16 by SXTAB16. */
#include "tinyc/armv7e_m.h"
#include "tinyc/kernel_functions.h"

enum { kMost = 255 /* elements whose sum fits int16 */ };

/* The sums of four channels of `pixels` pixels, `step` bytes apart, plus those at `output` unless this is the beginning. */
static void sumFour(const int8_t *x, int32_t pixels, int32_t step, int32_t *output, int beginning) {
  int32_t sum0 = 0, sum1 = 0, sum2 = 0, sum3 = 0;
  if (!beginning) {
    sum0 = output[0];
    sum1 = output[1];
    sum2 = output[2];
    sum3 = output[3];
  }
  while (pixels > 0) {
    uint32_t even = 0, odd = 0;
    int32_t count = tinyc_min_s32(pixels, kMost);
    pixels -= count;
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
      x += step;
    }
    sum0 += (int16_t)even;
    sum1 += (int16_t)odd;
    sum2 += (int32_t)even >> 16;
    sum3 += (int32_t)odd >> 16;
  }
  output[0] = sum0;
  output[1] = sum1;
  output[2] = sum2;
  output[3] = sum3;
}

void tinyc_sum_rows_s8_armv7e_m(const tinyc_sum_rows_params *params, const int8_t *input, int32_t *output,
                                void *scratch, int32_t row_begin, int32_t row_end) {
  (void)scratch;
  int32_t channels = params->channels, pixels = (row_end - row_begin) * params->width, c = 0;
  for (; c + 4 <= channels; c += 4)
    sumFour(input + c, pixels, channels, output + c, row_begin == 0);
  for (; c < channels; c++) {
    int32_t sum = row_begin == 0 ? 0 : output[c];
    const int8_t *x = input + c;
    for (int32_t i = 0; i < pixels; i++, x += channels)
      sum += *x;
    output[c] = sum;
  }
}
