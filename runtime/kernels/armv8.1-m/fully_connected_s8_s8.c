/* fully_connected int8 for Armv8.1-M: two vectors of inputs, or the last one, with four filters at a time. */
#include "tinyc/armv8_1m.h"
#include "tinyc/kernel_functions.h"

void tinyc_fully_connected_s8_s8_armv8_1m(const tinyc_fully_connected_s8_params *params, const int8_t *input,
                                          const int8_t *weights, const int32_t *bias, const int32_t *multipliers,
                                          int8_t *output, void *scratch, int32_t row_begin, int32_t row_end) {
  (void)bias;
  (void)multipliers;
  (void)scratch;
  int32_t inputs = params->inputs, outputs = params->outputs, y = row_begin;
  tinyc_product_mve product = {outputs, inputs, &params->output};
  const int8_t *x = input + y * inputs;
  int8_t *out = output + y * outputs;
  for (; y + 2 <= row_end; y += 2, x += 2 * inputs, out += 2 * outputs)
    tinyc_multiply_mve(&product, weights, x, x + inputs, out, out + outputs, 1);
  if (y < row_end)
    tinyc_multiply_mve(&product, weights, x, x, out, out, 0);
}
