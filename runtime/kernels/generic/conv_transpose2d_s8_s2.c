/* conv_transpose2d int8 with weights of 2 bits. */
#define TINYC_WEIGHT_BITS 2
#include "tinyc/generic_conv_transpose2d.h"
#include "tinyc/kernel_functions.h"

void tinyc_conv_transpose2d_s8_s2(const tinyc_conv2d_s8_params *params, const int8_t *input, const int8_t *weights,
                                  const int32_t *bias, const int32_t *multipliers, int8_t *output, void *scratch,
                                  int32_t row_begin, int32_t row_end) {
  (void)scratch;
  convolveTransposed(params, input, weights, bias, multipliers, output, row_begin, row_end);
}
