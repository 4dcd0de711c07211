/* mul int8 with broadcasting. */
#include "tinyc/elementwise.h"
#include "tinyc/kernel_functions.h"

void tinyc_mul_s8(const tinyc_elementwise_s8_params *params, const int8_t *lhs, const int8_t *rhs, int8_t *output,
                  void *scratch, int32_t row_begin, int32_t row_end) {
  (void)scratch;
  tinyc_elementwise_s8(params, lhs, rhs, output, row_begin, row_end, TINYC_MUL);
}
