/* pad int16 with a constant. */
#include "tinyc/kernel_functions.h"

typedef int16_t Element;
typedef tinyc_pad_s8_params Params;
#include "tinyc/generic_pad.h"

void tinyc_pad_s16(const tinyc_pad_s8_params *params, const int16_t *input, int16_t *output, void *scratch,
                   int32_t row_begin, int32_t row_end) {
  (void)scratch;
  pad(params, input, output, row_begin, row_end);
}
