/* add int16 with broadcasting. */
#include "tinyc/elementwise.h"
#include "tinyc/kernel_functions.h"

void tinyc_add_s16(const tinyc_elementwise_s8_params *params, const int16_t *lhs, const int16_t *rhs, int16_t *output,
                   void *scratch, int32_t row_begin, int32_t row_end) {
  (void)scratch;
  tinyc_elementwise_s16(params, lhs, rhs, output, row_begin, row_end, TINYC_ADD);
}
