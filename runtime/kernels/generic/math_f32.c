/* Elementary functions of float32. The rare ones are computed in double, whose rounding errors vanish in the one rounding to float;
 * series are Taylor's after a reduction of the argument, so that their coefficients explain themselves. */
#include "tinyc/math.h"

#include "tinyc/arithmetic.h"

#define TINYC_INFINITY_BITS 0x7f800000u

static float tinyc_nan(void) { return tinyc_f32_of_bits(0x7fc00000u); }

static int tinyc_is_infinite(float x) { return tinyc_bits_of_f32(x) << 1 == TINYC_INFINITY_BITS << 1; }

static double tinyc_f64_of_bits(uint64_t bits) {
  double x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

static uint64_t tinyc_bits_of_f64(double x) {
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

/* x to the nearest integer for |x| < 2^51, ties to even. */
static double tinyc_round_half_even_f64(double x) { return (x + 6755399441055744.0) - 6755399441055744.0; }

static float tinyc_with_sign_of(float magnitude, float sign) {
  return tinyc_f32_of_bits((tinyc_bits_of_f32(magnitude) & 0x7fffffffu) | (tinyc_bits_of_f32(sign) & 0x80000000u));
}

/* ln 2 in two parts, the first with 32 significant bits. */
static const double ln2_high = 0x1.62e42feep-1, ln2_low = 0x1.a39ef35793c76p-33;

/* e^x for |x| < 700: x = k ln 2 + r, |r| <= ln 2 / 2, Taylor polynomial of degree 12 in r. */
static double tinyc_exp_f64(double x) {
  double k = tinyc_round_half_even_f64(x * 1.4426950408889634);
  double r = (x - k * ln2_high) - k * ln2_low;
  double p = 1.0;
  for (int32_t n = 12; n > 0; n--)
    p = p * r / (double)n + 1.0;
  return p * tinyc_f64_of_bits((uint64_t)((int64_t)k + 1023) << 52);
}

/* ln x for normal x > 0: x = 2^k m, and with s = (m - 1) / (m + 1): ln m = 2 (s + s^3 / 3 + s^5 / 5 + ...). */
static double tinyc_log_f64(double x) {
  uint64_t bits = tinyc_bits_of_f64(x);
  int32_t exponent = (int32_t)(bits >> 52) - 1023;
  double m = tinyc_f64_of_bits((bits & 0x000fffffffffffffu) | 0x3ff0000000000000u);
  if (m > 1.4142135623730951) {
    m *= 0.5;
    exponent++;
  }
  double s = (m - 1.0) / (m + 1.0), z = s * s, series = 0.0;
  for (int32_t n = 19; n > 0; n -= 2)
    series = series * z + 2.0 / (double)n;
  double k = (double)exponent;
  return k * ln2_high + (k * ln2_low + s * series);
}

/* sqrt x for x >= 0 within 2 ulp of double: Newton's iteration from half the exponent. */
static double tinyc_sqrt_f64(double x) {
  if (x == 0.0)
    return 0.0;
  double root = tinyc_f64_of_bits((tinyc_bits_of_f64(x) >> 1) + 0x1ff7a3bea91d9b1bu);
  for (int32_t n = 0; n < 4; n++)
    root = 0.5 * (root + x / root);
  return root;
}

float tinyc_math_exp_f32(float x) { return tinyc_exp_f32(x); }

float tinyc_math_log_f32(float x) { return tinyc_log_f32(x); }

/* The root of the mantissa with one bit more than a float has, bit by bit. It is never half way between two floats: its
 * square would need 50 bits. */
float tinyc_math_sqrt_f32(float x) {
  uint32_t bits = tinyc_bits_of_f32(x);
  if (x != x || bits << 1 == 0u || bits == TINYC_INFINITY_BITS)
    return x;
  if (bits >> 31)
    return tinyc_nan();
  int32_t exponent = (int32_t)(bits >> 23);
  uint32_t mantissa = bits & 0x007fffffu;
  if (exponent == 0) {
    int32_t zeros = tinyc_leading_zeros_u32(mantissa) - 8;
    mantissa <<= zeros;
    exponent = 1 - zeros;
  }
  mantissa |= 0x00800000u;
  exponent -= 127;
  uint64_t square = (uint64_t)mantissa << (exponent & 1 ? 26 : 25);
  uint32_t root = 0;
  for (uint32_t bit = 1u << 24; bit != 0u; bit >>= 1) {
    uint32_t next = root | bit;
    if ((uint64_t)next * next <= square)
      root = next;
  }
  root = (root >> 1) + (root & 1u);
  int32_t half = (exponent - (exponent & 1)) / 2;
  return tinyc_f32_of_bits(((uint32_t)(half + 126) << 23) + root);
}

/* ln(1 + x) = ln(u) x / (u - 1) with u = 1 + x as float rounds it: what the sum has lost, the quotient puts right. */
float tinyc_math_log1p_f32(float x) {
  float u = 1.0f + x;
  if (x != x || u == 1.0f || tinyc_bits_of_f32(x) == TINYC_INFINITY_BITS)
    return x;
  if (x <= -1.0f)
    return x < -1.0f ? tinyc_nan() : tinyc_f32_of_bits(0xff800000u);
  return tinyc_log_f32(u) * (x / (u - 1.0f));
}

/* tanh |x| = -t / (2 + t) with t = e^z - 1, z = -2 |x|: by Taylor's polynomial of degree 9 where the difference would
 * cancel. */
float tinyc_math_tanh_f32(float x) {
  float magnitude = x < 0.0f ? -x : x, z = -2.0f * magnitude, t;
  if (x != x)
    return x;
  if (magnitude > 10.0f)
    return x < 0.0f ? -1.0f : 1.0f;
  if (magnitude < 0.35f) {
    static const float reciprocals[] = {1.0f / 9, 1.0f / 8, 1.0f / 7, 1.0f / 6, 1.0f / 5, 1.0f / 4, 1.0f / 3, 1.0f / 2};
    float p = 0.0f;
    for (int32_t n = 0; n < 8; n++)
      p = (p + 1.0f) * (z * reciprocals[n]);
    t = z + z * p;
  } else {
    t = tinyc_exp_f32(z) - 1.0f;
  }
  return tinyc_with_sign_of(t / (2.0f + t), x);
}

/* |x| < 1: x + x p(x^2), p(z) + 1 the interpolation of erf(sqrt z) / sqrt z of degree 7 in Chebyshev's points. Up to 4: 1 -
 * exp(q(x - 2.5)), q that of ln erfc of degree 9. Beyond, the result is 1. */
float tinyc_math_erf_f32(float x) {
  static const float small[] = {0x1.06eba8p-3f,  -0x1.812746p-2f,  0x1.ce2f08p-4f,  -0x1.b829c8p-6f,
                                0x1.562a6p-8f,   -0x1.bccf66p-11f, 0x1.d88752p-14f, -0x1.445f4cp-17f};
  static const float large[] = {-0x1.f3a2dcp+2f,  -0x1.569252p+2f, -0x1.e34608p-1f, -0x1.63cc74p-7f, 0x1.1bcb0cp-9f,
                                -0x1.b93b66p-12f, 0x1.44964ep-14f, -0x1.b1b6e2p-17f, 0x1.b1ade4p-20f, -0x1.45ac7p-24f};
  float magnitude = x < 0.0f ? -x : x;
  if (x != x)
    return x;
  if (magnitude < 1.0f) {
    float z = x * x, p = small[7];
    for (int32_t n = 6; n >= 0; n--)
      p = p * z + small[n];
    return x + x * p;
  }
  if (magnitude > 4.0f)
    return x < 0.0f ? -1.0f : 1.0f;
  float t = magnitude - 2.5f, q = large[9];
  for (int32_t n = 8; n >= 0; n--)
    q = q * t + large[n];
  return tinyc_with_sign_of(1.0f - tinyc_exp_f32(q), x);
}

float tinyc_math_sinh_f32(float x) {
  double value = (double)x;
  if (x != x || tinyc_is_infinite(x))
    return x;
  if (value > -1e-2 && value < 1e-2)
    return x == 0.0f ? x : (float)(value + value * value * value * (1.0 / 6.0 + value * value * (1.0 / 120.0)));
  value = value > 100.0 ? 100.0 : value < -100.0 ? -100.0 : value; /* still infinite */
  double e = tinyc_exp_f64(value);
  return (float)(0.5 * (e - 1.0 / e));
}

float tinyc_math_cosh_f32(float x) {
  double value = (double)(x < 0.0f ? -x : x);
  if (x != x)
    return x;
  double e = tinyc_exp_f64(value > 100.0 ? 100.0 : value);
  return (float)(0.5 * (e + 1.0 / e));
}

float tinyc_math_asinh_f32(float x) {
  double value = (double)(x < 0.0f ? -x : x);
  if (x != x || tinyc_is_infinite(x) || x == 0.0f)
    return x;
  double result = value < 1e-3 ? value - value * value * value * (1.0 / 6.0)
                               : tinyc_log_f64(value + tinyc_sqrt_f64(value * value + 1.0));
  return tinyc_with_sign_of((float)result, x);
}

float tinyc_math_acosh_f32(float x) {
  if (x != x || tinyc_bits_of_f32(x) == TINYC_INFINITY_BITS)
    return x;
  if (x < 1.0f)
    return tinyc_nan();
  double value = (double)x;
  return (float)tinyc_log_f64(value + tinyc_sqrt_f64((value - 1.0) * (value + 1.0)));
}

float tinyc_math_atanh_f32(float x) {
  float magnitude = x < 0.0f ? -x : x;
  if (x != x || x == 0.0f)
    return x;
  if (magnitude > 1.0f)
    return tinyc_nan();
  if (magnitude == 1.0f)
    return tinyc_with_sign_of(tinyc_f32_of_bits(TINYC_INFINITY_BITS), x);
  double value = (double)magnitude;
  double result = value < 1e-3 ? value + value * value * value * (1.0 / 3.0)
                               : 0.5 * tinyc_log_f64((1.0 + value) / (1.0 - value));
  return tinyc_with_sign_of((float)result, x);
}

/* ---- circular functions ---------------------------------------------------------------------------------- */

static const double half_pi = 0x1.921fb54442d18p+0;

/* 32 zeros, then the first 224 bits of 2 / pi behind the point. */
static const uint32_t two_over_pi[] = {0x00000000u, 0xa2f9836eu, 0x4e441529u, 0xfc2757d1u, 0xf534ddc0u, 0xdb629599u, 0x3c439041u, 0xfe5163abu};

/* |x| = k pi / 2 + r with |r| <= pi / 4; k modulo 4 is returned. Below 2^19 the product of k and the first part of pi / 2 (34
 * bits) is exact in double. Above, x is a mantissa of 24 bits times a power of 2: of its product with 2 / pi only the bits
 * around the point matter (Payne and Hanek, Radian Reduction for Trigonometric Functions, 1983). */
static int32_t tinyc_reduce(float magnitude, double *r) {
  if (magnitude < 524288.0f) {
    double value = (double)magnitude, k = tinyc_round_half_even_f64(value * 0.63661977236758134);
    *r = (value - k * 0x1.921fb544p+0) - k * 0x1.0b4611a626331p-34;
    return (int32_t)k & 3;
  }
  uint32_t bits = tinyc_bits_of_f32(magnitude);
  uint64_t mantissa = (bits & 0x007fffffu) | 0x00800000u;
  /* x = mantissa 2^shift: bits of 2 / pi before the (shift - 2)th give multiples of 4. 96 bits from there. */
  uint32_t first = (bits >> 23) - 150u + 30u, word = first / 32u, offset = first % 32u;
  uint64_t window[3];
  for (uint32_t i = 0; i < 3u; i++) {
    uint64_t pair = (uint64_t)two_over_pi[word + i] << 32 | two_over_pi[word + i + 1u];
    window[i] = (pair << offset) >> 32;
  }
  /* The upper 64 bits of the product modulo 2^96: 2 before the point, 62 behind it. */
  uint64_t middle = mantissa * window[1] + (mantissa * window[2] >> 32);
  uint64_t product = (mantissa * window[0] + (middle >> 32)) << 32 | (middle & 0xffffffffu);
  int32_t whole = (int32_t)(product >> 62);
  int64_t fraction = (int64_t)(product & 0x3fffffffffffffffu);
  if (fraction >> 61) {
    fraction -= (int64_t)1 << 62;
    whole++;
  }
  *r = (double)fraction * 0x1p-62 * half_pi;
  return whole & 3;
}

/* Taylor, |r| <= pi / 4. */
static double tinyc_sin_f64(double r) {
  double z = r * r, p = 1.0;
  for (int32_t n = 14; n > 0; n -= 2)
    p = 1.0 - p * z / (double)(n * (n + 1));
  return r * p;
}

static double tinyc_cos_f64(double r) {
  double z = r * r, p = 1.0;
  for (int32_t n = 15; n > 0; n -= 2)
    p = 1.0 - p * z / (double)(n * (n + 1));
  return p;
}

/* sin(|x| + quarters pi / 2). */
static double tinyc_sine(float magnitude, int32_t quarters) {
  double r;
  int32_t k = (tinyc_reduce(magnitude, &r) + quarters) & 3;
  double value = k & 1 ? tinyc_cos_f64(r) : tinyc_sin_f64(r);
  return k & 2 ? -value : value;
}

float tinyc_math_sin_f32(float x) {
  float magnitude = x < 0.0f ? -x : x;
  if (x != x || x == 0.0f)
    return x;
  if (tinyc_is_infinite(magnitude))
    return tinyc_nan();
  float value = (float)tinyc_sine(magnitude, 0);
  return x < 0.0f ? -value : value;
}

float tinyc_math_cos_f32(float x) {
  float magnitude = x < 0.0f ? -x : x;
  if (x != x)
    return x;
  return tinyc_is_infinite(magnitude) ? tinyc_nan() : (float)tinyc_sine(magnitude, 1);
}

float tinyc_math_tan_f32(float x) {
  float magnitude = x < 0.0f ? -x : x;
  if (x != x || x == 0.0f)
    return x;
  if (tinyc_is_infinite(magnitude))
    return tinyc_nan();
  double r;
  int32_t k = tinyc_reduce(magnitude, &r);
  double sine = tinyc_sin_f64(r), cosine = tinyc_cos_f64(r);
  float value = (float)(k & 1 ? -cosine / sine : sine / cosine);
  return x < 0.0f ? -value : value;
}

/* x >= 0. Below tan(pi / 8) Taylor's series; else atan x = pi / 4 + atan((x - 1) / (x + 1)), or of 1 / x. */
static double tinyc_atan_f64(double x) {
  if (x > 2.414213562373095)
    return half_pi - tinyc_atan_f64(1.0 / x);
  double offset = 0.0;
  if (x > 0.41421356237309503) {
    offset = 0.5 * half_pi;
    x = (x - 1.0) / (x + 1.0);
  }
  double z = x * x, series = 0.0;
  for (int32_t n = 31; n > 0; n -= 2)
    series = 1.0 / (double)n - z * series;
  return offset + x * series;
}

float tinyc_math_atan_f32(float x) {
  if (x != x || x == 0.0f)
    return x;
  double value = (double)(x < 0.0f ? -x : x);
  return tinyc_with_sign_of((float)(value > 1e30 ? half_pi : tinyc_atan_f64(value)), x);
}

/* asin x = atan(x / sqrt(1 - x^2)), and acos x = 2 atan(sqrt((1 - x) / (1 + x))). */
float tinyc_math_asin_f32(float x) {
  float magnitude = x < 0.0f ? -x : x;
  if (x != x || x == 0.0f)
    return x;
  if (magnitude > 1.0f)
    return tinyc_nan();
  double value = (double)magnitude;
  double result = magnitude == 1.0f ? half_pi : tinyc_atan_f64(value / tinyc_sqrt_f64((1.0 - value) * (1.0 + value)));
  return tinyc_with_sign_of((float)result, x);
}

float tinyc_math_acos_f32(float x) {
  if (x != x)
    return x;
  if (x > 1.0f || x < -1.0f)
    return tinyc_nan();
  if (x == -1.0f)
    return (float)(2.0 * half_pi);
  double value = (double)x;
  return (float)(2.0 * tinyc_atan_f64(tinyc_sqrt_f64((1.0 - value) / (1.0 + value))));
}

/* ---- powers and integers --------------------------------------------------------------------------------- */

float tinyc_math_floor_f32(float x) {
  if (!(x > -8388608.0f && x < 8388608.0f))
    return x; /* an integer, infinite or NaN */
  float whole = (float)(int32_t)x;
  return tinyc_with_sign_of(whole > x ? whole - 1.0f : whole, x);
}

float tinyc_math_ceil_f32(float x) {
  if (!(x > -8388608.0f && x < 8388608.0f))
    return x;
  float whole = (float)(int32_t)x;
  return tinyc_with_sign_of(whole < x ? whole + 1.0f : whole, x);
}

float tinyc_math_round_f32(float x) {
  if (!(x > -4194304.0f && x < 4194304.0f)) {
    float whole = tinyc_math_floor_f32(x); /* fractions are 0 or 1/2 */
    if (whole == x || x != x)
      return x;
    return (float)((int32_t)whole + ((int32_t)whole & 1));
  }
  return tinyc_with_sign_of(tinyc_round_half_even_f32(x), x);
}

/* Long division of the mantissas, one bit of the quotient after the other. */
float tinyc_math_fmod_f32(float x, float y) {
  uint32_t a = tinyc_bits_of_f32(x) & 0x7fffffffu, b = tinyc_bits_of_f32(y) & 0x7fffffffu;
  if (a >= TINYC_INFINITY_BITS || b > TINYC_INFINITY_BITS || b == 0u)
    return tinyc_nan();
  if (a < b)
    return x;
  int32_t exponent = a >> 23 ? (int32_t)(a >> 23) : 1, last = b >> 23 ? (int32_t)(b >> 23) : 1;
  uint32_t rest = (a & 0x007fffffu) | (a >> 23 ? 0x00800000u : 0u), divisor = (b & 0x007fffffu) | (b >> 23 ? 0x00800000u : 0u);
  rest %= divisor;
  for (; exponent > last; exponent--) {
    rest <<= 1;
    if (rest >= divisor)
      rest -= divisor;
  }
  for (; rest != 0u && rest < 0x00800000u && exponent > 1; exponent--)
    rest <<= 1;
  uint32_t bits = rest < 0x00800000u ? rest : (rest & 0x007fffffu) | (uint32_t)exponent << 23;
  return tinyc_with_sign_of(tinyc_f32_of_bits(bits), x);
}

float tinyc_math_pow_f32(float x, float y) {
  const float infinity = tinyc_f32_of_bits(TINYC_INFINITY_BITS);
  if (x == 1.0f || y == 0.0f)
    return 1.0f;
  if (x != x || y != y)
    return tinyc_nan();
  float magnitude = x < 0.0f ? -x : x, exponent = y < 0.0f ? -y : y;
  int isInteger = exponent < infinity && tinyc_math_floor_f32(y) == y;
  int isOdd = isInteger && exponent < 16777216.0f && ((int32_t)exponent & 1);
  float sign = isOdd ? x : 1.0f;
  if (magnitude == 0.0f)
    return y < 0.0f ? tinyc_with_sign_of(infinity, sign) : tinyc_with_sign_of(0.0f, sign);
  if (exponent == infinity) {
    if (magnitude == 1.0f)
      return 1.0f;
    return (magnitude > 1.0f) == (y > 0.0f) ? infinity : 0.0f;
  }
  if (magnitude == infinity)
    return y < 0.0f ? tinyc_with_sign_of(0.0f, sign) : tinyc_with_sign_of(infinity, sign);
  if (x < 0.0f && !isInteger)
    return tinyc_nan();
  double power = (double)y * tinyc_log_f64((double)magnitude);
  power = power > 200.0 ? 200.0 : power < -200.0 ? -200.0 : power; /* still infinite, or 0 */
  return tinyc_with_sign_of((float)tinyc_exp_f64(power), sign);
}
