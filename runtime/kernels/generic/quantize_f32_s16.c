/* quantize float to int16. */
#include "tinyc/arithmetic.h"
#include "tinyc/kernel_functions.h"

void tinyc_quantize_f32_s16(const tinyc_quantize_params *params, const float *input, int16_t *output, void *scratch,
                            int32_t row_begin, int32_t row_end) {
  (void)scratch;
  int32_t end = row_end * params->length;
  for (int32_t i = row_begin * params->length; i < end; i++)
    output[i] = tinyc_quantize_value_s16(input[i], params->scale);
}
