/* dequantize int8 to float for Armv7E-M: four elements at a time. */
#include "tinyc/armv7e_m.h"
#include "tinyc/kernel_functions.h"

void tinyc_dequantize_s8_f32_armv7e_m(const tinyc_quantize_params *params, const int8_t *input, float *output,
                                      void *scratch, int32_t row_begin, int32_t row_end) {
  (void)scratch;
  float scale = params->scale;
  int32_t zero_point = params->zero_point;
  const int8_t *x = input + row_begin * params->length, *end = input + row_end * params->length;
  float *out = output + row_begin * params->length;
  for (; end - x >= 4; x += 4, out += 4) {
    int32_t a = x[0] - zero_point, b = x[1] - zero_point, c = x[2] - zero_point, d = x[3] - zero_point;
    out[0] = (float)a * scale;
    out[1] = (float)b * scale;
    out[2] = (float)c * scale;
    out[3] = (float)d * scale;
  }
  for (; x != end; x++)
    *out++ = (float)(*x - zero_point) * scale;
}
