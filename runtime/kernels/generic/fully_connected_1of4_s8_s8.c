/* fully_connected int8, at most 1 of four neighbouring weights not zero. */
#include "tinyc/generic_sparse.h"
#include "tinyc/kernel_functions.h"

void tinyc_fully_connected_1of4_s8_s8(const tinyc_fully_connected_s8_params *params, const int8_t *input,
                                      const int8_t *weights, const int32_t *bias, const int32_t *multipliers, int8_t *output,
                                      void *scratch, int32_t row_begin, int32_t row_end) {
  (void)bias;
  (void)multipliers;
  (void)scratch;
  multiplySparse(params, input, weights, output, row_begin, row_end, 1);
}
