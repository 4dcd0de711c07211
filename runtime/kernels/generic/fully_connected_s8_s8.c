/* fully_connected int8: four outputs of one input vector at a time. */
#include "tinyc/arithmetic.h"
#include "tinyc/kernel_functions.h"

enum { kBlock = 4 };

void tinyc_fully_connected_s8_s8(const tinyc_fully_connected_s8_params *params, const int8_t *input,
                                 const int8_t *weights, const int32_t *bias, const int32_t *multipliers,
                                 int8_t *output, void *scratch, int32_t row_begin, int32_t row_end) {
  (void)scratch;
  const tinyc_output_s8 *stage = &params->output;
  int32_t inputs = params->inputs, outputs = params->outputs;

  for (int32_t row = row_begin; row < row_end; row++) {
    const int8_t *x = input + row * inputs, *w = weights;
    int8_t *out = output + row * outputs;
    int32_t o = 0;
    for (; o + kBlock <= outputs; o += kBlock, w += kBlock * inputs) {
      const int8_t *w1 = w + inputs, *w2 = w1 + inputs, *w3 = w2 + inputs;
      int32_t acc[kBlock] = {bias[o], bias[o + 1], bias[o + 2], bias[o + 3]};
      for (int32_t i = 0; i < inputs; i++) {
        int32_t value = x[i];
        acc[0] += value * w[i];
        acc[1] += value * w1[i];
        acc[2] += value * w2[i];
        acc[3] += value * w3[i];
      }
      for (int32_t j = 0; j < kBlock; j++)
        out[o + j] = tinyc_output_stage_s8(acc[j], multipliers[(o + j) * stage->multiplier_step], stage);
    }
    for (; o < outputs; o++, w += inputs) {
      int32_t acc = bias[o];
      for (int32_t i = 0; i < inputs; i++)
        acc += x[i] * w[i];
      out[o] = tinyc_output_stage_s8(acc, multipliers[o * stage->multiplier_step], stage);
    }
  }
}
