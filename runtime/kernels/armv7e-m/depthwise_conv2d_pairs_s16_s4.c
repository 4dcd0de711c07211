/* depthwise conv2d int16, int4 weights, for Armv7E-M: four channels of one pixel at a time. */
#include "tinyc/armv7e_m_depthwise_s16.h"
#include "tinyc/kernel_functions.h"

void tinyc_depthwise_conv2d_pairs_s16_s4_armv7e_m(const tinyc_conv2d_s8_params *params, const int16_t *input,
                                                  const int8_t *weights, const int32_t *bias, const int32_t *multipliers,
                                                  int16_t *output, void *scratch, int32_t row_begin, int32_t row_end) {
  (void)bias;
  (void)multipliers;
  convolveDepthwise(params, input, weights, output, scratch, row_begin, row_end, 4);
}
