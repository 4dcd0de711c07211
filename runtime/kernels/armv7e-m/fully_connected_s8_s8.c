/* fully_connected int8 for Armv7E-M: four outputs of one input vector at a time. Four elements take 5 loads, 10
 * SXTB16 and 8 SMLAD for 16 multiply-accumulates; no scratch. */
#include "tinyc/armv7e_m.h"
#include "tinyc/kernel_functions.h"

enum { kBlock = 4 };

/* acc[f] += x times filter f at w + f * pitch. */
TINYC_CORE void multiplyBlock(const int8_t *x, const int8_t *w, int32_t length, int32_t *acc,
                              const int32_t filters) {
  int32_t i = 0, pitch = length;
  for (; i + 4 <= length; i += 4) {
    uint32_t bytes = tinyc_load_s8x4(x + i);
    uint32_t x_even = tinyc_widen_even(bytes), x_odd = tinyc_widen_odd(bytes);
    for (int32_t f = 0; f < filters; f++) {
      bytes = tinyc_load_s8x4(w + f * pitch + i);
      acc[f] = tinyc_dual_multiply_add(tinyc_widen_even(bytes), x_even, acc[f]);
      acc[f] = tinyc_dual_multiply_add(tinyc_widen_odd(bytes), x_odd, acc[f]);
    }
  }
  for (; i < length; i++)
    for (int32_t f = 0; f < filters; f++)
      acc[f] += x[i] * w[f * pitch + i];
}

void tinyc_fully_connected_s8_s8_armv7e_m(const tinyc_fully_connected_s8_params *params, const int8_t *input,
                                          const int8_t *weights, const int32_t *bias, const int32_t *multipliers,
                                          int8_t *output, void *scratch, int32_t row_begin, int32_t row_end) {
  (void)scratch;
  const tinyc_output_s8 *stage = &params->output;
  tinyc_fast_stage fast = tinyc_make_fast_stage(stage);
  int32_t inputs = params->inputs, outputs = params->outputs, step = stage->multiplier_step;

  for (int32_t row = row_begin; row < row_end; row++) {
    const int8_t *x = input + row * inputs;
    int8_t *out = output + row * outputs;
    int32_t o = 0;
    for (; o + kBlock <= outputs; o += kBlock) {
      int32_t acc[kBlock] = {bias[o], bias[o + 1], bias[o + 2], bias[o + 3]};
      multiplyBlock(x, weights + o * inputs, inputs, acc, kBlock);
      for (int32_t f = 0; f < kBlock; f++)
        out[o + f] = tinyc_fast_output_s8(acc[f], multipliers[(o + f) * step], fast, stage);
    }
    for (; o < outputs; o++) {
      int32_t acc = bias[o];
      multiplyBlock(x, weights + o * inputs, inputs, &acc, 1);
      out[o] = tinyc_fast_output_s8(acc, multipliers[o * step], fast, stage);
    }
  }
}
