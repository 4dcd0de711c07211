/* depthwise conv2d int8 with int4 weights and a 3x3 kernel for Armv7E-M: as depthwise_conv2d_3x3_s8_s8, the constants of a few channels
 * unpacked at a time (tinyc/layouts.h). */
#include "tinyc/armv7e_m_rows_3x3.h"
#include "tinyc/kernel_functions.h"

void tinyc_depthwise_conv2d_3x3_s8_s4_armv7e_m(const tinyc_conv2d_s8_params *params, const int8_t *input,
                                               const int8_t *weights, const int32_t *bias,
                                               const int32_t *multipliers, int8_t *output, void *scratch,
                                               int32_t row_begin, int32_t row_end) {
  (void)bias;
  (void)multipliers;
  (void)scratch;
  convolveRows3x3(params, input, weights, output, row_begin, row_end, 4);
}
