/* requantize int8 for Armv7E-M: four elements at a time, widened minus their zero point by SXTAB16; SMMLAR and SSAT are
 * the output stage. */
#include "tinyc/armv7e_m.h"
#include "tinyc/kernel_functions.h"

/* `fours` times four elements. factor is a power of two below 2^15, twice. */
static void requantizeFours(const tinyc_requantize_s8_params *params, uint32_t factor, const int8_t *input,
                            int8_t *output, int32_t fours) {
  int32_t multiplier = params->multiplier, zero_point = params->output.zero_point;
  uint32_t zero = ((uint32_t)-params->input_zero_point & 0xffffu) * 0x10001u;
  for (int8_t *end = output + 4 * fours; output != end; output += 4, input += 4) {
    uint32_t bytes = tinyc_load_s8x4(input);
    uint32_t even = tinyc_widen_even_add(zero, bytes), odd = tinyc_widen_odd_add(zero, bytes);
    tinyc_requantize_fast_s8x4(tinyc_multiply_low(even, factor), tinyc_multiply_low(odd, factor),
                               tinyc_multiply_high(even, factor), tinyc_multiply_high(odd, factor), multiplier,
                               zero_point, output);
  }
}

void tinyc_requantize_s8_armv7e_m(const tinyc_requantize_s8_params *params, const int8_t *input, int8_t *output,
                                  void *scratch, int32_t row_begin, int32_t row_end) {
  (void)scratch;
  int32_t begin = row_begin * params->length, end = row_end * params->length, i = begin;
  int32_t left = tinyc_fast_stage_shift(&params->output, 255);
  if (left >= 0 && left <= 14) {
    i += (end - begin) & ~3;
    requantizeFours(params, 0x10001u << left, input + begin, output + begin, (end - begin) / 4);
    if (!tinyc_is_wide_clamp(&params->output))
      tinyc_clamp_s8(&params->output, output + begin, i - begin);
  }
  for (; i < end; i++)
    output[i] = tinyc_output_stage_s8(input[i] - params->input_zero_point, params->multiplier, &params->output);
}
