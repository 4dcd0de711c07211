/* avg_pool int16. */
#define TINYC_ACTIVATION_BITS 16
#include "tinyc/generic_pool.h"
#include "tinyc/kernel_functions.h"

void tinyc_avg_pool_s16(const tinyc_pool_s8_params *params, const int16_t *input, const int32_t *multipliers,
                        int16_t *output, void *scratch, int32_t row_begin, int32_t row_end) {
  (void)scratch;
  average(params, input, multipliers, output, row_begin, row_end);
}
