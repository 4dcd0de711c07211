/* lookup int16: any unary function, straight lines between 513 results. */
#include "tinyc/arithmetic.h"
#include "tinyc/kernel_functions.h"

void tinyc_lookup_s16(const tinyc_lookup_s8_params *params, const int16_t *input, const int16_t *table, int16_t *output,
                      void *scratch, int32_t row_begin, int32_t row_end) {
  (void)scratch;
  int32_t end = row_end * params->length;
  for (int32_t i = row_begin * params->length; i < end; i++)
    output[i] = tinyc_interpolate_s16(input[i], table);
}
