/* quantize float to int8 for Armv7E-M with a floating-point unit: VCVTR rounds half to even, saturates and takes NaN
 * for 0. */
#include "tinyc/armv7e_m.h"
#include "tinyc/kernel_functions.h"

#if defined(__ARM_FP)
static inline int32_t quantizeOne(float x, float scale, int32_t zero_point) {
  float scaled = x * scale;
  int32_t q;
  __asm__("vcvtr.s32.f32 %0, %0" : "+t"(scaled));
  q = (int32_t)tinyc_bits_of_f32(scaled);
  /* Two saturations: the sum of the first and the zero point cannot overflow. */
  __asm__("ssat %0, #16, %0" : "+r"(q));
  q += zero_point;
  __asm__("ssat %0, #8, %0" : "+r"(q));
  return q;
}
#else
static inline int32_t quantizeOne(float x, float scale, int32_t zero_point) {
  return tinyc_quantize_value_s8(x, scale, zero_point);
}
#endif

void tinyc_quantize_f32_s8_armv7e_m(const tinyc_quantize_params *params, const float *input, int8_t *output,
                                    void *scratch, int32_t row_begin, int32_t row_end) {
  (void)scratch;
  float scale = params->scale;
  int32_t zero_point = params->zero_point;
  const float *x = input + row_begin * params->length, *end = input + row_end * params->length;
  int8_t *out = output + row_begin * params->length;
  for (; end - x >= 4; x += 4, out += 4) {
    out[0] = (int8_t)quantizeOne(x[0], scale, zero_point);
    out[1] = (int8_t)quantizeOne(x[1], scale, zero_point);
    out[2] = (int8_t)quantizeOne(x[2], scale, zero_point);
    out[3] = (int8_t)quantizeOne(x[3], scale, zero_point);
  }
  for (; x != end; x++)
    *out++ = (int8_t)quantizeOne(*x, scale, zero_point);
}
