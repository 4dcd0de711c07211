/* tinyc/scales.h - from real scales to the integer constants of the quantized kernels: the compile-time half of
 * tinyc/arithmetic.h. For compilers and tests on a host, not for firmware (double precision). No libm, so that
 * every host finds the same constants. Functions returning int return 1 on success and 0 where the scales are
 * outside the range of the integer form. */
#ifndef TINYC_SCALES_H
#define TINYC_SCALES_H

#include "tinyc/arithmetic.h"

#ifdef __cplusplus
extern "C" {
#endif

/* x rounded to nearest, ties away from zero, for |x| < 2^62. */
static inline int64_t tinyc_round_f64(double x) { return (int64_t)(x < 0 ? x - 0.5 : x + 0.5); }

static inline double tinyc_power_of_two(int32_t exponent) {
  double power = 1.0;
  for (; exponent > 0; exponent--)
    power *= 2.0;
  for (; exponent < 0; exponent++)
    power *= 0.5;
  return power;
}

/* e^x for -745 < x <= 0: Taylor series of x / 1024, squared ten times. Relative error below 2^-40. */
static inline double tinyc_exp_f64(double x) {
  double r = x / 1024.0, p = 1.0;
  for (int32_t n = 10; n > 0; n--)
    p = 1.0 + p * r / n;
  for (int32_t n = 0; n < 10; n++)
    p *= p;
  return p;
}

/* The common output stage: shift 32 if every scale (input_scale * weight_scale / output_scale) is below 0.5, else
 * the largest shift that keeps every multiplier below 2^31. Scales are positive and below 2^30. */
static inline int tinyc_output_scales(const double *scales, int32_t count, int32_t *multipliers, int32_t *shift) {
  double largest = 0.0;
  for (int32_t i = 0; i < count; i++) {
    if (!(scales[i] >= 0.0 && scales[i] < 1073741824.0))
      return 0;
    if (scales[i] > largest)
      largest = scales[i];
  }
  *shift = 32;
  while (tinyc_round_f64(largest * tinyc_power_of_two(*shift)) > 2147483647)
    --*shift;
  for (int32_t i = 0; i < count; i++)
    multipliers[i] = (int32_t)tinyc_round_f64(scales[i] * tinyc_power_of_two(*shift));
  return 1;
}

/* The same for results of int16: the largest shift up to 62 that keeps every multiplier below 2^31, because multipliers of 2^16
 * steps and more are wanted for results of so many. */
static inline int tinyc_output_scales_s16(const double *scales, int32_t count, int32_t *multipliers, int32_t *shift) {
  double largest = 0.0;
  for (int32_t i = 0; i < count; i++) {
    if (!(scales[i] >= 0.0 && scales[i] < 1073741824.0))
      return 0;
    if (scales[i] > largest)
      largest = scales[i];
  }
  *shift = 62;
  while (!(largest * tinyc_power_of_two(*shift) < 2147483647.5))
    --*shift;
  for (int32_t i = 0; i < count; i++)
    multipliers[i] = (int32_t)tinyc_round_f64(scales[i] * tinyc_power_of_two(*shift));
  return 1;
}

/* avg_pool_s8: multipliers[count - first_count] for first_count <= count <= last_count, with scale = input_scale /
 * output_scale. */
static inline int tinyc_avg_pool_s8_scales(double scale, int32_t first_count, int32_t last_count,
                                           int32_t *multipliers, int32_t *shift) {
  double largest = scale / first_count;
  if (!(scale > 0.0 && largest < 1073741824.0))
    return 0;
  *shift = 32;
  while (tinyc_round_f64(largest * tinyc_power_of_two(*shift)) > 2147483647)
    --*shift;
  for (int32_t count = first_count; count <= last_count; count++)
    multipliers[count - first_count] = (int32_t)tinyc_round_f64(scale / count * tinyc_power_of_two(*shift));
  return 1;
}

/* add_s8 with ratios lhs_scale / output_scale and rhs_scale / output_scale (negate the second for sub). Reads the
 * zero points of the block, writes its multipliers, offset and output.shift: the largest shift up to 22 with
 * |multipliers| <= 2^21 and |offset| < 2^30. Fails where no shift from 1 up does, i.e. for ratios above 2^20. */
static inline int tinyc_add_s8_scales(double lhs_ratio, double rhs_ratio, tinyc_elementwise_s8_params *params) {
  for (int32_t shift = 22; shift >= 1; shift--) {
    double power = tinyc_power_of_two(shift);
    double lhs = lhs_ratio * power, rhs = rhs_ratio * power;
    if (!(lhs <= 2097152.0 && lhs >= -2097152.0 && rhs <= 2097152.0 && rhs >= -2097152.0))
      continue;
    int64_t lhs_multiplier = tinyc_round_f64(lhs), rhs_multiplier = tinyc_round_f64(rhs);
    int64_t offset = (int64_t)params->output.zero_point * ((int64_t)1 << shift) + ((int64_t)1 << (shift - 1)) -
                     params->lhs_zero_point * lhs_multiplier - params->rhs_zero_point * rhs_multiplier;
    if (offset >= (1 << 30) || offset <= -(1 << 30))
      continue;
    params->lhs_multiplier = (int32_t)lhs_multiplier;
    params->rhs_multiplier = (int32_t)rhs_multiplier;
    params->offset = (int32_t)offset;
    params->output.shift = shift;
    return 1;
  }
  return 0;
}

/* add_s16 with ratios lhs_scale / output_scale and rhs_scale / output_scale (negate the second for sub). Writes multipliers,
 * offset and output.shift: the largest shift up to 28 with |multipliers| = |ratio| * 2^(16 + shift) <= 2^30. Fails where no
 * shift from 1 up does, i.e. for ratios above 2^13. */
static inline int tinyc_add_s16_scales(double lhs_ratio, double rhs_ratio, tinyc_elementwise_s8_params *params) {
  for (int32_t shift = 28; shift >= 1; shift--) {
    double power = tinyc_power_of_two(16 + shift), lhs = lhs_ratio * power, rhs = rhs_ratio * power;
    if (!(lhs <= 1073741824.0 && lhs >= -1073741824.0 && rhs <= 1073741824.0 && rhs >= -1073741824.0))
      continue;
    params->lhs_multiplier = (int32_t)tinyc_round_f64(lhs);
    params->rhs_multiplier = (int32_t)tinyc_round_f64(rhs);
    params->offset = (1 << (shift - 1)) + 1;
    params->output.shift = shift;
    return 1;
  }
  return 0;
}

/* The table of softmax_s16 and log_softmax_s16: 512 entries. */
static inline void tinyc_exponentials_s16(double input_scale, uint16_t *exponentials) {
  for (int32_t i = 0; i < 256; i++) {
    double fine = -i * input_scale, coarse = 256.0 * fine;
    exponentials[i] = fine < -20.0 ? 0u : (uint16_t)tinyc_round_f64(65535.0 * tinyc_exp_f64(fine));
    exponentials[256 + i] = coarse < -20.0 ? 0u : (uint16_t)tinyc_round_f64(65535.0 * tinyc_exp_f64(coarse));
  }
}

/* softmax_s16: output_multiplier and output_shift. output_scale is in 2^-28 .. 2^28. */
static inline int tinyc_softmax_s16_scales(double output_scale, tinyc_softmax_s8_params *params) {
  double multiplier = 1.0 / output_scale;
  int32_t shift = 0;
  if (!(output_scale >= 1.0 / 268435456.0 && output_scale <= 268435456.0))
    return 0;
  for (; multiplier < 1073741824.0; multiplier *= 2.0)
    shift++;
  int64_t rounded = tinyc_round_f64(multiplier);
  params->input_multiplier = 0;
  params->output_multiplier = rounded > 2147483647 ? 2147483647 : (int32_t)rounded;
  params->output_shift = shift;
  return 1;
}

/* log_softmax_s16: input_multiplier, output_multiplier and output_shift. */
static inline int tinyc_log_softmax_s16_scales(double input_scale, double output_scale, tinyc_softmax_s8_params *params) {
  for (int32_t shift = 46; shift >= 1; shift--) {
    double input = input_scale / output_scale * tinyc_power_of_two(shift);
    double output = 0.69314718055994531 / output_scale * tinyc_power_of_two(shift - 16);
    if (!(input < 1073741823.0 && output < 1073741823.0))
      continue;
    params->input_multiplier = (int32_t)tinyc_round_f64(input);
    params->output_multiplier = (int32_t)tinyc_round_f64(output);
    params->output_shift = shift;
    return 1;
  }
  return 0;
}

/* The table of softmax_s8 and log_softmax_s8. */
static inline void tinyc_exponentials_u16(double input_scale, uint16_t *exponentials) {
  for (int32_t d = 0; d < 256; d++) {
    double x = -d * input_scale;
    exponentials[d] = x < -20.0 ? 0u : (uint16_t)tinyc_round_f64(65535.0 * tinyc_exp_f64(x));
  }
}

/* softmax_s8: output_multiplier and output_shift. output_scale is in 2^-28 .. 2^28. */
static inline int tinyc_softmax_s8_scales(double output_scale, tinyc_softmax_s8_params *params) {
  double multiplier = 1.0 / output_scale;
  int32_t shift = 0;
  if (!(output_scale >= 1.0 / 268435456.0 && output_scale <= 268435456.0))
    return 0;
  for (; multiplier < 1073741824.0; multiplier *= 2.0)
    shift++;
  if (shift < 1)
    return 0;
  int64_t rounded = tinyc_round_f64(multiplier);
  params->input_multiplier = 0;
  params->output_multiplier = rounded > 65535 * 32768LL ? (int32_t)(65535 * 32768LL) : (int32_t)rounded;
  params->output_shift = shift;
  return 1;
}

/* log_softmax_s8: input_multiplier, output_multiplier and output_shift. */
static inline int tinyc_log_softmax_s8_scales(double input_scale, double output_scale,
                                              tinyc_softmax_s8_params *params) {
  for (int32_t shift = 24; shift >= 1; shift--) {
    double power = tinyc_power_of_two(shift);
    double input = input_scale / output_scale * power, output = 0.69314718055994531 / output_scale * power;
    if (!(255.0 * (input + 1.0) + 16.0 * (output + 1.0) < 1073741824.0))
      continue;
    params->input_multiplier = (int32_t)tinyc_round_f64(input);
    params->output_multiplier = (int32_t)tinyc_round_f64(output);
    params->output_shift = shift;
    return 1;
  }
  return 0;
}

#ifdef __cplusplus
}
#endif

#endif /* TINYC_SCALES_H */
