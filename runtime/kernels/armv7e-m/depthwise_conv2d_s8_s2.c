/* depthwise conv2d int8 with int2 weights for Armv7E-M: any window, four channels of a pixel at a time. */
#include "tinyc/armv7e_m_fours.h"
#include "tinyc/kernel_functions.h"

void tinyc_depthwise_conv2d_s8_s2_armv7e_m(const tinyc_conv2d_s8_params *params, const int8_t *input,
                                           const int8_t *weights, const int32_t *bias, const int32_t *multipliers,
                                           int8_t *output, void *scratch, int32_t row_begin, int32_t row_end) {
  convolveFours(params, input, weights, bias, multipliers, output, scratch, row_begin, row_end, 2);
}
