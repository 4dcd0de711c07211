/* transpose int16. */
#include "tinyc/kernel_functions.h"

typedef int16_t Element;
#include "tinyc/generic_transpose.h"

void tinyc_transpose_s16(const tinyc_transpose_params *params, const int16_t *input, int16_t *output, void *scratch,
                         int32_t row_begin, int32_t row_end) {
  (void)scratch;
  permute(params, input, output, row_begin, row_end);
}
