/* fully_connected int8 for Armv7E-M: four outputs of one input vector at a time. Four elements take 5 loads, 10
 * SXTB16 and 8 SMLAD for 16 multiply-accumulates; no scratch. */
#include "tinyc/armv7e_m.h"
#include "tinyc/kernel_functions.h"

typedef struct Sums {
  int32_t f0, f1, f2, f3;
} Sums;

/* sum + four elements of x (widened) times those at w. */
TINYC_CORE int32_t addBlock(int32_t sum, uint32_t x_even, uint32_t x_odd, const int8_t *w) {
  uint32_t bytes = tinyc_load_s8x4(w);
  sum = tinyc_dual_multiply_add(tinyc_widen_even(bytes), x_even, sum);
  return tinyc_dual_multiply_add(tinyc_widen_odd(bytes), x_odd, sum);
}

/* One input vector times the filters at w; length bytes apart. */
TINYC_CORE Sums multiply(Sums sums, const int8_t *x, const int8_t *w, int32_t length, const int filters) {
  const int8_t *w1 = w + length, *w2 = w1 + length, *w3 = w2 + length;
  const int8_t *end = x + (length & ~3);
  while (x != end) {
    uint32_t bytes = tinyc_load_s8x4(x);
    uint32_t even = tinyc_widen_even(bytes), odd = tinyc_widen_odd(bytes);
    sums.f0 = addBlock(sums.f0, even, odd, w);
    if (filters == 4) {
      sums.f1 = addBlock(sums.f1, even, odd, w1);
      sums.f2 = addBlock(sums.f2, even, odd, w2);
      sums.f3 = addBlock(sums.f3, even, odd, w3);
      w1 += 4;
      w2 += 4;
      w3 += 4;
    }
    x += 4;
    w += 4;
  }
  for (int32_t i = 0; i < (length & 3); i++) {
    sums.f0 += x[i] * w[i];
    if (filters == 4) {
      sums.f1 += x[i] * w1[i];
      sums.f2 += x[i] * w2[i];
      sums.f3 += x[i] * w3[i];
    }
  }
  return sums;
}

void tinyc_fully_connected_s8_s8_armv7e_m(const tinyc_fully_connected_s8_params *params, const int8_t *input,
                                          const int8_t *weights, const int32_t *bias, const int32_t *multipliers,
                                          int8_t *output, void *scratch, int32_t row_begin, int32_t row_end) {
  (void)scratch;
  const tinyc_output_s8 *stage = &params->output;
  int fast = tinyc_is_fast_stage(stage);
  int32_t inputs = params->inputs, outputs = params->outputs, step = stage->multiplier_step;

  for (int32_t row = row_begin; row < row_end; row++) {
    const int8_t *x = input + row * inputs, *w = weights;
    const int32_t *multiplier = multipliers;
    int8_t *out = output + row * outputs;
    int32_t o = 0;
    for (; o + 4 <= outputs; o += 4, w += 4 * inputs, multiplier += 4 * step) {
      Sums sums = {bias[o], bias[o + 1], bias[o + 2], bias[o + 3]};
      sums = multiply(sums, x, w, inputs, 4);
      if (fast) {
        out[o] = (int8_t)tinyc_requantize_fast_s8(sums.f0, multiplier[0], stage->zero_point);
        out[o + 1] = (int8_t)tinyc_requantize_fast_s8(sums.f1, multiplier[step], stage->zero_point);
        out[o + 2] = (int8_t)tinyc_requantize_fast_s8(sums.f2, multiplier[2 * step], stage->zero_point);
        out[o + 3] = (int8_t)tinyc_requantize_fast_s8(sums.f3, multiplier[3 * step], stage->zero_point);
      } else {
        out[o] = tinyc_output_stage_s8(sums.f0, multiplier[0], stage);
        out[o + 1] = tinyc_output_stage_s8(sums.f1, multiplier[step], stage);
        out[o + 2] = tinyc_output_stage_s8(sums.f2, multiplier[2 * step], stage);
        out[o + 3] = tinyc_output_stage_s8(sums.f3, multiplier[3 * step], stage);
      }
    }
    for (; o < outputs; o++, w += inputs, multiplier += step) {
      Sums sums = {bias[o], 0, 0, 0};
      sums = multiply(sums, x, w, inputs, 1);
      out[o] = tinyc_output_stage_s8(sums.f0, *multiplier, stage);
    }
  }
}
