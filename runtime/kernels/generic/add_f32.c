/* add float with broadcasting. */
#include "tinyc/elementwise.h"
#include "tinyc/kernel_functions.h"

void tinyc_add_f32(const tinyc_elementwise_f32_params *params, const float *lhs, const float *rhs, float *output,
                   void *scratch, int32_t row_begin, int32_t row_end) {
  (void)scratch;
  tinyc_elementwise_f32(params, lhs, rhs, output, row_begin, row_end, TINYC_ADD);
}
