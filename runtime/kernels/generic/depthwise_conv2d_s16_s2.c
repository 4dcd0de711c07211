/* depthwise conv2d int16, int2 weights. */
#define TINYC_ACTIVATION_BITS 16
#define TINYC_WEIGHT_BITS 2
#include "tinyc/generic_depthwise_conv2d.h"
#include "tinyc/kernel_functions.h"

void tinyc_depthwise_conv2d_s16_s2(const tinyc_conv2d_s8_params *params, const int16_t *input, const int8_t *weights,
                                   const int32_t *bias, const int32_t *multipliers, int16_t *output, void *scratch,
                                   int32_t row_begin, int32_t row_end) {
  (void)scratch;
  convolve(params, input, weights, bias, multipliers, output, row_begin, row_end);
}
