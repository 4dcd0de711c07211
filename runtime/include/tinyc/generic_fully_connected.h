/* tinyc/generic_fully_connected.h - the generic integer matrix product, for one kernel that defines TINYC_WEIGHT_BITS
 * before, and TINYC_ACTIVATION_BITS if these are 16: four outputs of one input vector at a time. */
#ifndef TINYC_GENERIC_FULLY_CONNECTED_H
#define TINYC_GENERIC_FULLY_CONNECTED_H

#include "tinyc/activation.h"
#include "tinyc/narrow.h"

enum { kBlock = 4 };

TINYC_CORE int32_t getWeight(const int8_t *weights, int32_t i) { return tinyc_element(weights, i, TINYC_WEIGHT_BITS); }

TINYC_CORE void multiply(const tinyc_fully_connected_s8_params *params, const Activation *input, const int8_t *weights,
                         const int32_t *bias, const int32_t *multipliers, Activation *output, int32_t row_begin,
                         int32_t row_end) {
  const tinyc_output_s8 *stage = &params->output;
  int32_t inputs = params->inputs, outputs = params->outputs;

  for (int32_t row = row_begin; row < row_end; row++) {
    const Activation *x = input + row * inputs;
    Activation *out = output + row * outputs;
    int32_t o = 0, at = 0;
    for (; o + kBlock <= outputs; o += kBlock, at += kBlock * inputs) {
      int32_t at1 = at + inputs, at2 = at1 + inputs, at3 = at2 + inputs;
      int32_t acc[kBlock] = {bias[o], bias[o + 1], bias[o + 2], bias[o + 3]};
      for (int32_t i = 0; i < inputs; i++) {
        int32_t value = x[i];
        acc[0] += value * getWeight(weights, at + i);
        acc[1] += value * getWeight(weights, at1 + i);
        acc[2] += value * getWeight(weights, at2 + i);
        acc[3] += value * getWeight(weights, at3 + i);
      }
      for (int32_t j = 0; j < kBlock; j++)
        out[o + j] = finish(acc[j], multipliers[(o + j) * stage->multiplier_step], stage);
    }
    for (; o < outputs; o++, at += inputs) {
      int32_t acc = bias[o];
      for (int32_t i = 0; i < inputs; i++)
        acc += x[i] * getWeight(weights, at + i);
      out[o] = finish(acc, multipliers[o * stage->multiplier_step], stage);
    }
  }
}

#endif /* TINYC_GENERIC_FULLY_CONNECTED_H */
