/* transpose float. */
#include "tinyc/kernel_functions.h"

typedef float Element;
#include "tinyc/generic_transpose.h"

void tinyc_transpose_f32(const tinyc_transpose_params *params, const float *input, float *output, void *scratch,
                         int32_t row_begin, int32_t row_end) {
  (void)scratch;
  permute(params, input, output, row_begin, row_end);
}
