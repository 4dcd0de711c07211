/* dequantize int16 to float. */
#include "tinyc/arithmetic.h"
#include "tinyc/kernel_functions.h"

void tinyc_dequantize_s16_f32(const tinyc_quantize_params *params, const int16_t *input, float *output, void *scratch,
                              int32_t row_begin, int32_t row_end) {
  (void)scratch;
  int32_t end = row_end * params->length;
  for (int32_t i = row_begin * params->length; i < end; i++)
    output[i] = (float)input[i] * params->scale;
}
