/* avg_pool int8. */
#include "tinyc/generic_pool.h"
#include "tinyc/kernel_functions.h"

void tinyc_avg_pool_s8(const tinyc_pool_s8_params *params, const int8_t *input, const int32_t *multipliers,
                       int8_t *output, void *scratch, int32_t row_begin, int32_t row_end) {
  (void)scratch;
  average(params, input, multipliers, output, row_begin, row_end);
}
