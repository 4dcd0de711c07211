/* transpose int8. */
#include "tinyc/kernel_functions.h"

typedef int8_t Element;
#include "tinyc/generic_transpose.h"

void tinyc_transpose_s8(const tinyc_transpose_params *params, const int8_t *input, int8_t *output, void *scratch,
                        int32_t row_begin, int32_t row_end) {
  (void)scratch;
  permute(params, input, output, row_begin, row_end);
}
