/* depthwise conv2d int8 with a 3x3 kernel for Armv7E-M: a row of outputs at a time, channel after channel, from left to
 * right, without scratch (tinyc/layouts.h).
 *
 * Each column of three input elements is read once: the upper two make one word, whose SMLAD with a pair of weights
 * serves one of the outputs that the column belongs to; the third is multiplied alone. With stride 1 three outputs are
 * in flight (11 cycles per output on a Cortex-M7, 22 on M4), with stride 2 two.
 * An element is read before the output at its place, or to the right of it, is written: an output row may lie over any
 * input row that no later output needs. */
#include "tinyc/armv7e_m_rows_3x3.h"
#include "tinyc/kernel_functions.h"

void tinyc_depthwise_conv2d_3x3_s8_s8_armv7e_m(const tinyc_conv2d_s8_params *params, const int8_t *input,
                                               const int8_t *weights, const int32_t *bias,
                                               const int32_t *multipliers, int8_t *output, void *scratch,
                                               int32_t row_begin, int32_t row_end) {
  (void)bias;
  (void)multipliers;
  (void)scratch;
  convolveRows3x3(params, input, weights, output, row_begin, row_end, 8);
}
