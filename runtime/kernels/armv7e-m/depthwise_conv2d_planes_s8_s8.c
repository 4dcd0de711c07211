/* depthwise conv2d int8 for Armv7E-M: a channel at a time, two rows by three columns of output (tinyc/layouts.h).
 * The products are those of tinyc/armv7e_m_planes.h; those of strips and weights are in tinyc/armv7e_m_depthwise.h.
 */
#include "tinyc/armv7e_m_depthwise.h"
#include "tinyc/kernel_functions.h"

void tinyc_depthwise_conv2d_planes_s8_s8_armv7e_m(const tinyc_conv2d_s8_params *params, const int8_t *input,
                                                  const int8_t *weights, const int32_t *bias,
                                                  const int32_t *multipliers, int8_t *output, void *scratch,
                                                  int32_t row_begin, int32_t row_end) {
  (void)bias;
  (void)multipliers;
  tinyc_convolve_planes(params, input, weights, output, scratch, row_begin, row_end, 8);
}
