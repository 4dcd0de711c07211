/* lookup int8: any unary function as a table of 256 results. */
#include "tinyc/arithmetic.h"
#include "tinyc/kernel_functions.h"

void tinyc_lookup_s8(const tinyc_lookup_s8_params *params, const int8_t *input, const int8_t *table, int8_t *output,
                     void *scratch, int32_t row_begin, int32_t row_end) {
  (void)scratch;
  int32_t end = row_end * params->length;
  for (int32_t i = row_begin * params->length; i < end; i++)
    output[i] = table[(uint8_t)input[i]];
}
