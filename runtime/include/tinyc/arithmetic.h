/* tinyc/arithmetic.h - the integer and float arithmetic that compiler and kernels share.
 *
 * C11 and C++20, header only, no libc beyond memcpy. Everything here gives the same bits on every host and every
 * Cortex-M, with an FPU or without, as long as the compiler keeps IEEE rules (-ffp-contract=off, no
 * -ffast-math). NaN results are NaN everywhere, their payload is not defined. Right shifts of negative
 * numbers are arithmetic (true of every compiler we build with). How a compiler finds the constants from real
 * scales is in tinyc/scales.h.
 */
#ifndef TINYC_ARITHMETIC_H
#define TINYC_ARITHMETIC_H

#include "tinyc/kernels.h"

#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- integers ------------------------------------------------------------------------------------------- */

static inline int32_t tinyc_min_s32(int32_t a, int32_t b) { return a < b ? a : b; }
static inline int32_t tinyc_max_s32(int32_t a, int32_t b) { return a > b ? a : b; }

/* x limited to low..high (low <= high). */
static inline int32_t tinyc_limit_s32(int32_t x, int32_t low, int32_t high) {
  return x < low ? low : x > high ? high : x;
}

/* acc * multiplier / 2^shift, rounded to nearest, ties towards +infinity, in 64 bits: (acc * M + 2^(shift-1)) >>
 * shift. shift is 1..62 and M = round(scale * 2^shift) fits 32 bits. With shift 32 the result always fits 32
 * bits, and Armv7E-M computes it in one SMMLAR together with the zero point. */
static inline int64_t tinyc_requantize(int32_t acc, int32_t multiplier, int32_t shift) {
  return ((int64_t)acc * multiplier + ((int64_t)1 << (shift - 1))) >> shift;
}

/* The common output stage: clamp(requantize(acc, multiplier, output->shift) + zero_point). Exact for every acc. */
static inline int32_t tinyc_output_stage(int32_t acc, int32_t multiplier, const tinyc_output_s8 *output) {
  if (output->shift >= 32) {
    int32_t q = (int32_t)tinyc_requantize(acc, multiplier, output->shift) + output->zero_point;
    return tinyc_limit_s32(q, output->clamp_min, output->clamp_max);
  }
  int64_t q = tinyc_requantize(acc, multiplier, output->shift) + output->zero_point;
  return q < output->clamp_min ? output->clamp_min : q > output->clamp_max ? output->clamp_max : (int32_t)q;
}
static inline int8_t tinyc_output_stage_s8(int32_t acc, int32_t multiplier, const tinyc_output_s8 *output) {
  return (int8_t)tinyc_output_stage(acc, multiplier, output);
}
static inline int16_t tinyc_output_stage_s16(int32_t acc, int32_t multiplier, const tinyc_output_s8 *output) {
  return (int16_t)tinyc_output_stage(acc, multiplier, output);
}

/* The output stage of add_s8: clamp((lhs * lhs_multiplier + rhs * rhs_multiplier + offset) >> shift), all in 32
 * bits. |multipliers| <= 2^21, shift 1..22, and offset = (zero_point << shift) + 2^(shift-1) - lhs_zero_point *
 * lhs_multiplier - rhs_zero_point * rhs_multiplier keep every term below 2^30 (see tinyc_add_s8_scales). */
static inline int8_t tinyc_add_stage_s8(int8_t lhs, int8_t rhs, const tinyc_elementwise_s8_params *params) {
  int32_t acc = lhs * params->lhs_multiplier + rhs * params->rhs_multiplier + params->offset;
  return (int8_t)tinyc_limit_s32(acc >> params->output.shift, params->output.clamp_min, params->output.clamp_max);
}

/* The output stage of add_s16: two products of 16 by 32 bits, whose lower 16 bits are dropped (SMLAWB). |multipliers| <=
 * 2^30, shift 1..28, and offset = 2^(shift-1) + 1 keep the sum below 2^31; the 1 makes up for what the drops lose on the
 * average (see tinyc_add_s16_scales). */
static inline int16_t tinyc_add_stage_s16(int16_t lhs, int16_t rhs, const tinyc_elementwise_s8_params *params) {
  int32_t acc = (int32_t)(((int64_t)lhs * params->lhs_multiplier) >> 16) +
                (int32_t)(((int64_t)rhs * params->rhs_multiplier) >> 16) + params->offset;
  return (int16_t)tinyc_limit_s32(acc >> params->output.shift, params->output.clamp_min, params->output.clamp_max);
}

/* A function of int16 from 513 of its values, entry i for the input 128 * i - 32768: the straight line between the two
 * entries around x, rounded to nearest, ties upwards. */
static inline int16_t tinyc_interpolate_s16(int16_t x, const int16_t *table) {
  int32_t place = x + 32768, low = table[place >> 7], step = table[(place >> 7) + 1] - low;
  return (int16_t)(low + ((step * (place & 127) + 64) >> 7));
}

/* The output stage of resize_s8: acc / 2^22, rounded to nearest, ties towards +infinity, plus the zero point, saturated.
 * |acc| <= 255 * 2^23, because elements differ from the zero point by at most 255 (kernels.h limits the weights), so that the
 * rounding fits 32 bits. */
static inline int8_t tinyc_resize_stage_s8(int32_t acc, int32_t zero_point) {
  return (int8_t)tinyc_limit_s32(((acc + (1 << 21)) >> 22) + zero_point, -128, 127);
}

/* Leading zero bits of x > 0. A loop: Armv6-M has no CLZ, and it runs once per row. */
static inline int32_t tinyc_leading_zeros_u32(uint32_t x) {
  int32_t n = 0;
  for (; x < 0x80000000u; x <<= 1)
    n++;
  return n;
}

/* log2(x) in Q16 for x > 0, error below 2^-15. The fraction comes bit by bit from repeated squaring of the mantissa
 * (Knuth, The Art of Computer Programming 1, 1.2.2, exercise 25 ff.). */
static inline int32_t tinyc_log2_q16(uint32_t x) {
  int32_t zeros = tinyc_leading_zeros_u32(x);
  int32_t result = 31 - zeros;
  uint32_t mantissa = x << zeros; /* Q31, 1 <= mantissa < 2 */
  for (int32_t bit = 0; bit < 16; bit++) {
    uint64_t square = (uint64_t)mantissa * mantissa; /* Q62 */
    int32_t carry = (int32_t)(square >> 63);
    mantissa = (uint32_t)(square >> (31 + carry));
    result = result * 2 + carry;
  }
  return result;
}

/* One row of softmax_s8: output[i] = clamp(zero_point + round(K * E[max - x[i]] / sum), -128, 127), K = 1 / output
 * scale.
 *   exponentials[d] = round(65535 * exp(-d * input_scale)), d = 0..255
 *   output_shift = m and output_multiplier = min(round(K * 2^m), 65535 * 2^15) with 2^30 <= K * 2^m < 2^31
 *   (output scale 1/256: m = 22, multiplier 2^30); input_multiplier is not used.
 * The sum is normalized to 16 bits and divides the multiplier once per row, so there is one 32-bit division
 * per row and one 16 x 16 bit product per element. length is at most 65536. The result is within 1 of the exact one
 * for up to 256 elements (beyond that the rounding of the table adds length / 512 at the very worst).
 * input and output may be the same. */
static inline void tinyc_softmax_row_s8(const int8_t *input, int8_t *output, const uint16_t *exponentials,
                                        const tinyc_softmax_s8_params *params) {
  int32_t length = params->length, largest = -128;
  for (int32_t i = 0; i < length; i++)
    largest = tinyc_max_s32(largest, input[i]);
  uint32_t sum = 0;
  for (int32_t i = 0; i < length; i++)
    sum += exponentials[largest - input[i]];
  int32_t zeros = tinyc_leading_zeros_u32(sum);
  uint32_t divisor = sum << zeros;
  divisor = (divisor >> 16) + ((divisor >> 15) & 1u); /* sum / 2^(16 - zeros), 2^15..2^16 */
  uint32_t factor = ((uint32_t)params->output_multiplier + divisor / 2) / divisor; /* 2^14..65535 */
  int32_t shift = params->output_shift + 16 - zeros;
  for (int32_t i = 0; i < length; i++) {
    uint32_t product = (uint32_t)exponentials[largest - input[i]] * factor;
    uint32_t q = shift > 32 ? 0u : ((product >> (shift - 1)) + 1u) >> 1;
    int32_t limited = q > 1024u ? 1024 : (int32_t)q;
    output[i] = (int8_t)tinyc_limit_s32(limited + params->output_zero_point, -128, 127);
  }
}

/* 2^63 / x for 2^31 <= x < 2^32, rounded down, at most 2^32 - 1; bit by bit, as no Cortex-M divides 64 bits. */
static inline uint32_t tinyc_reciprocal_u32(uint32_t x) {
  if (x == 0x80000000u)
    return 0xffffffffu;
  uint32_t quotient = 0, rest = 0x80000000u; /* below x */
  for (int32_t bit = 0; bit < 32; bit++) {
    uint32_t carry = rest >> 31;
    rest <<= 1;
    quotient <<= 1;
    if (carry || rest >= x) {
      rest -= x;
      quotient |= 1u;
    }
  }
  return quotient;
}

/* exp(-d * input_scale) * 65535^2 for 0 <= d < 65536, from the table of softmax_s16: exponentials[i] = round(65535 *
 * exp(-i * input_scale)) for i < 256, exponentials[256 + i] = round(65535 * exp(-256 * i * input_scale)). */
static inline uint32_t tinyc_exponential_s16(int32_t d, const uint16_t *exponentials) {
  return (uint32_t)exponentials[d & 255] * exponentials[256 + (d >> 8)];
}

/* One row of softmax_s16: output[i] = clamp(zero_point + round(K * E[max - x[i]] / sum), -32767, 32767), K = 1 / output
 * scale, E = tinyc_exponential_s16.
 *   output_shift = m and output_multiplier = min(round(K * 2^m), 2^31 - 1) with 2^30 <= K * 2^m < 2^31
 *   (output scale 2^-15: m = 15, multiplier 2^30); input_multiplier is not used.
 * The sum is normalized to 32 bits and divided by once a row. length is at most 65536; elements at a distance of 2^16 from the
 * greatest do not exist, as inputs are -32767..32767. The result is within 1 + length * share / (2 * sum of exponentials) steps of
 * 2^-15 of the exact share. input and output may be the same. */
static inline void tinyc_softmax_row_s16(const int16_t *input, int16_t *output, const uint16_t *exponentials,
                                         const tinyc_softmax_s8_params *params) {
  int32_t length = params->length, largest = -32768;
  for (int32_t i = 0; i < length; i++)
    largest = tinyc_max_s32(largest, input[i]);
  uint64_t sum = 0;
  for (int32_t i = 0; i < length; i++)
    sum += tinyc_exponential_s16(largest - input[i], exponentials);
  int32_t extra = 0; /* the greatest element alone gives 65535^2 >= 2^31 */
  for (; sum >> 32; sum >>= 1)
    extra++;
  uint32_t factor = tinyc_reciprocal_u32((uint32_t)sum);
  /* E * factor / 2^32 is the share in 2^-(31 + extra). */
  int32_t shift = 31 + extra + params->output_shift;
  for (int32_t i = 0; i < length; i++) {
    uint32_t share = (uint32_t)(((uint64_t)tinyc_exponential_s16(largest - input[i], exponentials) * factor) >> 32);
    uint64_t product = (uint64_t)share * (uint32_t)params->output_multiplier;
    uint64_t q = shift > 63 ? 0u : ((product >> (shift - 1)) + 1u) >> 1;
    int32_t limited = q > 131072u ? 131072 : (int32_t)q;
    output[i] = (int16_t)tinyc_limit_s32(limited + params->output_zero_point, -32767, 32767);
  }
}

/* One row of log_softmax_s16: output[i] = clamp(zero_point - round((d * input_scale + ln(sum / 65535^2)) / output_scale),
 * -32767, 32767), d = max - x[i], with the table of softmax_s16.
 *   output_shift = m, 1..46
 *   input_multiplier = round(input_scale / output_scale * 2^m)
 *   output_multiplier = round(ln 2 / output_scale * 2^(m - 16)), both below 2^30 (tinyc_log_softmax_s16_scales)
 * input and output may be the same. */
static inline void tinyc_log_softmax_row_s16(const int16_t *input, int16_t *output, const uint16_t *exponentials,
                                             const tinyc_softmax_s8_params *params) {
  int32_t length = params->length, largest = -32768;
  for (int32_t i = 0; i < length; i++)
    largest = tinyc_max_s32(largest, input[i]);
  uint64_t sum = 0;
  for (int32_t i = 0; i < length; i++)
    sum += tinyc_exponential_s16(largest - input[i], exponentials);
  int32_t extra = 0;
  for (; sum >> 32; sum >>= 1)
    extra++;
  /* log2(65535^2) in Q16 is 2^21 - 3, rounded. */
  int32_t log2_sum = tinyc_max_s32(tinyc_log2_q16((uint32_t)sum) + extra * 65536 - ((1 << 21) - 3), 0);
  int64_t offset = (int64_t)log2_sum * params->output_multiplier;
  int64_t half = (int64_t)1 << (params->output_shift - 1);
  for (int32_t i = 0; i < length; i++) {
    int64_t acc = (int64_t)(largest - input[i]) * params->input_multiplier + offset;
    int64_t q = params->output_zero_point + ((half - acc) >> params->output_shift);
    output[i] = (int16_t)(q < -32767 ? -32767 : q > 32767 ? 32767 : q);
  }
}

/* One row of log_softmax_s8: output[i] = clamp(zero_point - round((d * input_scale + ln(sum / 65535)) /
 * output_scale), -128, 127), d = max - x[i], sum over the table of softmax_s8.
 *   output_shift = m, 1..24
 *   input_multiplier = round(input_scale / output_scale * 2^m)
 *   output_multiplier = round(ln 2 / output_scale * 2^m)
 *   255 * input_multiplier + 16 * output_multiplier < 2^30 (tinyc_log_softmax_s8_scales finds the largest m)
 * The result is within 1 of the exact one for up to 256 elements. input and output may be the same. */
static inline void tinyc_log_softmax_row_s8(const int8_t *input, int8_t *output, const uint16_t *exponentials,
                                            const tinyc_softmax_s8_params *params) {
  int32_t length = params->length, largest = -128;
  for (int32_t i = 0; i < length; i++)
    largest = tinyc_max_s32(largest, input[i]);
  uint32_t sum = 0;
  for (int32_t i = 0; i < length; i++)
    sum += exponentials[largest - input[i]];
  /* 2^20 - 1 is log2(65535) in Q16, rounded. */
  int32_t log2_sum = tinyc_max_s32(tinyc_log2_q16(sum) - ((1 << 20) - 1), 0);
  int32_t offset = (int32_t)(((int64_t)log2_sum * params->output_multiplier + (1 << 15)) >> 16);
  int32_t half = 1 << (params->output_shift - 1);
  for (int32_t i = 0; i < length; i++) {
    int32_t acc = (largest - input[i]) * params->input_multiplier + offset;
    int32_t q = params->output_zero_point + ((half - acc) >> params->output_shift);
    output[i] = (int8_t)tinyc_limit_s32(q, -128, 127);
  }
}

/* ---- floats --------------------------------------------------------------------------------------------- */

static inline uint32_t tinyc_bits_of_f32(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

static inline float tinyc_f32_of_bits(uint32_t bits) {
  float x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

/* x limited to low..high; NaN stays NaN (ONNX Clip, numpy.clip). */
static inline float tinyc_limit_f32(float x, float low, float high) { return x < low ? low : x > high ? high : x; }

/* x rounded to the nearest integer, ties to even, for |x| <= 2^22: adding 1.5 * 2^23 leaves no fraction bits. */
static inline float tinyc_round_half_even_f32(float x) { return (x + 12582912.0f) - 12582912.0f; }

/* clamp(round_half_even(x * inverse_scale) + zero_point, -128, 127); NaN gives the zero point. */
static inline int8_t tinyc_quantize_value_s8(float x, float inverse_scale, int32_t zero_point) {
  float scaled = x * inverse_scale;
  if (scaled != scaled)
    scaled = 0.0f;
  scaled = tinyc_limit_f32(scaled, -1024.0f, 1024.0f); /* |zero_point| <= 128: these still saturate */
  return (int8_t)tinyc_limit_s32((int32_t)tinyc_round_half_even_f32(scaled) + zero_point, -128, 127);
}

/* clamp(round_half_even(x * inverse_scale), -32767, 32767); NaN gives 0. */
static inline int16_t tinyc_quantize_value_s16(float x, float inverse_scale) {
  float scaled = x * inverse_scale;
  if (scaled != scaled)
    scaled = 0.0f;
  return (int16_t)tinyc_round_half_even_f32(tinyc_limit_f32(scaled, -32767.0f, 32767.0f));
}

/* ln 2 in two parts; the first has 15 significant bits, so that its product with any exponent is exact. */
#define TINYC_LN2_HIGH 0x1.62e4p-1f
#define TINYC_LN2_LOW 0x1.7f7d1cp-20f

/* e^x within 2 ulp (1 ulp observed over all floats; subnormal results rounded once). exp(-inf) = 0, NaN gives NaN.
 * x = k ln 2 + r, |r| <= ln 2 / 2, and the Taylor polynomial of degree 7 in r. */
static inline float tinyc_exp_f32(float x) {
  if (x != x)
    return x;
  if (x > 88.73f)
    return tinyc_f32_of_bits(0x7f800000u);
  if (x < -104.0f)
    return 0.0f;
  float k = tinyc_round_half_even_f32(x * 1.44269504f);
  float r = (x - k * TINYC_LN2_HIGH) - k * TINYC_LN2_LOW;
  float p = 1.0f / 5040.0f;
  p = p * r + 1.0f / 720.0f;
  p = p * r + 1.0f / 120.0f;
  p = p * r + 1.0f / 24.0f;
  p = p * r + 1.0f / 6.0f;
  p = p * r + 0.5f;
  p = p * r + 1.0f;
  p = p * r + 1.0f;
  /* 2^k in two factors: k is -150..128, beyond the range of one float exponent. */
  int32_t exponent = (int32_t)k, first = exponent / 2, second = exponent - first;
  return p * tinyc_f32_of_bits((uint32_t)(first + 127) << 23) * tinyc_f32_of_bits((uint32_t)(second + 127) << 23);
}

/* Natural logarithm within 2 ulp. log(0) = -inf, log(x < 0) = NaN, log(inf) = inf, NaN gives NaN; subnormals are
 * exact inputs. x = 2^k (1 + f), and with s = f / (2 + f): ln(1 + f) = f - f^2/2 + s (f^2/2 + 2 s^2/3 + 2 s^4/5 +
 * ...). */
static inline float tinyc_log_f32(float x) {
  uint32_t bits = tinyc_bits_of_f32(x);
  if (x != x || bits == 0x7f800000u)
    return x;
  if ((bits << 1) == 0u)
    return tinyc_f32_of_bits(0xff800000u);
  if (bits >> 31)
    return tinyc_f32_of_bits(0x7fc00000u);
  int32_t exponent = 0;
  if (bits < 0x00800000u) {
    bits = tinyc_bits_of_f32(x * 33554432.0f);
    exponent = -25;
  }
  exponent += (int32_t)(bits >> 23) - 127;
  float mantissa = tinyc_f32_of_bits((bits & 0x007fffffu) | 0x3f800000u);
  if (mantissa > 1.41421356f) {
    mantissa *= 0.5f;
    exponent++;
  }
  float k = (float)exponent, f = mantissa - 1.0f;
  float s = f / (2.0f + f), z = s * s;
  float series = 2.0f / 11.0f;
  series = series * z + 2.0f / 9.0f;
  series = series * z + 2.0f / 7.0f;
  series = series * z + 2.0f / 5.0f;
  series = series * z + 2.0f / 3.0f;
  series = series * z;
  float half_square = 0.5f * f * f;
  return k * TINYC_LN2_HIGH - ((half_square - (s * (half_square + series) + k * TINYC_LN2_LOW)) - f);
}

/* 1 / (1 + e^-x), from e^-|x| so that nothing overflows; NaN gives NaN. */
static inline float tinyc_logistic_f32(float x) {
  float e = tinyc_exp_f32(x < 0.0f ? x : -x);
  return (x < 0.0f ? e : 1.0f) / (1.0f + e);
}

#ifdef __cplusplus
}
#endif

#endif /* TINYC_ARITHMETIC_H */
