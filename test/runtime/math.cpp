// tinyc/math.h against the C library's double precision: over floats of all exponents, and at the special values of C's
// Annex F.
#include "reference.h"

#include "tinyc/math.h"

#include <cstring>
#include <limits>

namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity(), kNaN = std::numeric_limits<float>::quiet_NaN();

float toFloat(uint32_t bits) {
  float x;
  std::memcpy(&x, &bits, sizeof x);
  return x;
}

// Distance from the exact result in units of its last place.
double countUlps(float value, double exact) {
  float nearest = static_cast<float>(exact);
  if (std::isnan(exact) || std::isnan(value))
    return std::isnan(exact) && std::isnan(value) ? 0 : 1e9;
  if (value == nearest)
    return std::signbit(value) == std::signbit(nearest) ? 0 : 1e9;
  if (!std::isfinite(nearest) || !std::isfinite(value))
    return 1e9;
  double ulp = std::nextafter(std::fabs(nearest), kInfinity) - std::fabs(nearest);
  return std::fabs(value - exact) / ulp;
}

struct Unary {
  const char *name;
  float (*function)(float);
  double (*exact)(double);
  double bound; // ulp
};

double roundHalfEven(double x) { return std::nearbyint(x); }

const Unary kUnary[] = {
    {"acos", tinyc_math_acos_f32, std::acos, 1},       {"acosh", tinyc_math_acosh_f32, std::acosh, 1},
    {"asin", tinyc_math_asin_f32, std::asin, 1},       {"asinh", tinyc_math_asinh_f32, std::asinh, 1},
    {"atan", tinyc_math_atan_f32, std::atan, 1},       {"atanh", tinyc_math_atanh_f32, std::atanh, 1},
    {"cos", tinyc_math_cos_f32, std::cos, 1},          {"cosh", tinyc_math_cosh_f32, std::cosh, 1},
    {"erf", tinyc_math_erf_f32, std::erf, 2},          {"exp", tinyc_math_exp_f32, std::exp, 2},
    {"log", tinyc_math_log_f32, std::log, 2},          {"log1p", tinyc_math_log1p_f32, std::log1p, 3},
    {"sin", tinyc_math_sin_f32, std::sin, 1},          {"sinh", tinyc_math_sinh_f32, std::sinh, 1},
    {"tan", tinyc_math_tan_f32, std::tan, 1},          {"tanh", tinyc_math_tanh_f32, std::tanh, 3},
    {"ceil", tinyc_math_ceil_f32, std::ceil, 0},       {"floor", tinyc_math_floor_f32, std::floor, 0},
    {"round", tinyc_math_round_f32, roundHalfEven, 0}, {"sqrt", tinyc_math_sqrt_f32, std::sqrt, 0.5},
};

TEST(Math, Unary) {
  const float special[] = {0.0f, -0.0f, 1.0f, -1.0f, 0.5f, -0.5f, 1.5f, 2.5f, -2.5f, 4194303.5f, 4194304.5f, -8388607.5f,
                           kInfinity, -kInfinity, kNaN, std::numeric_limits<float>::denorm_min(),
                           std::numeric_limits<float>::max(), std::numeric_limits<float>::lowest()};
  for (const Unary &each : kUnary) {
    double worst = 0;
    float where = 0;
    auto check = [&](float x) {
      double error = countUlps(each.function(x), each.exact(x));
      if (error > worst) {
        worst = error;
        where = x;
      }
    };
    for (float x : special)
      check(x);
    for (uint64_t bits = 0; bits < uint64_t(1) << 32; bits += 8191) // a prime: all exponents, all last bits
      check(toFloat(static_cast<uint32_t>(bits)));
    EXPECT_LE(worst, each.bound) << each.name << " at " << where;
    std::printf("%s: %.3f ulp\n", each.name, worst);
  }
}

// Arguments that the reduction of the circular functions can lose all bits of: the floats next to multiples of pi / 2, over
// all magnitudes.
TEST(Math, LargeAngles) {
  for (int exponent = 1; exponent < 128; exponent++)
    for (int step = 0; step < 200; step++) {
      double multiple = std::ldexp(1.0, exponent) * (1.0 + step / 200.0);
      float x = static_cast<float>(std::round(multiple / M_PI_2) * M_PI_2);
      EXPECT_LE(countUlps(tinyc_math_sin_f32(x), std::sin(static_cast<double>(x))), 1) << x;
      EXPECT_LE(countUlps(tinyc_math_cos_f32(x), std::cos(static_cast<double>(x))), 1) << x;
    }
}

TEST(Math, Binary) {
  const float values[] = {0.0f,   -0.0f, 1.0f,  -1.0f,      2.0f, -2.0f, 3.0f,  0.5f,   -0.5f,  1.5f,
                          -1.5f,  10.0f, 1e-40f, -1e-40f,   7e37f, -7e37f, 16777216.0f, 16777217.0f, 33554435.0f, 0.33f,
                          -0.33f, kInfinity, -kInfinity, kNaN, 1e-45f, 3.4e38f};
  for (float x : values)
    for (float y : values) {
      EXPECT_LE(countUlps(tinyc_math_pow_f32(x, y), std::pow(static_cast<double>(x), static_cast<double>(y))), 1)
          << x << " ^ " << y;
      EXPECT_EQ(countUlps(tinyc_math_fmod_f32(x, y), std::fmod(static_cast<double>(x), static_cast<double>(y))), 0)
          << x << " mod " << y;
    }
  uint32_t a = 1, b = 7;
  for (int i = 0; i < 300000; i++) {
    a = a * 1664525u + 1013904223u;
    b = b * 22695477u + 1u;
    float x = toFloat(a), y = toFloat(b), near = std::ldexp(1.0f + static_cast<float>(a >> 9) * 0x1p-23f, (b >> 20) % 16 - 8),
          power = static_cast<float>(static_cast<int32_t>(b)) * 0x1p-26f;
    EXPECT_EQ(countUlps(tinyc_math_fmod_f32(x, y), std::fmod(static_cast<double>(x), static_cast<double>(y))), 0)
        << x << " mod " << y;
    EXPECT_LE(countUlps(tinyc_math_pow_f32(near, power), std::pow(static_cast<double>(near), static_cast<double>(power))), 1)
        << near << " ^ " << power;
  }
}

} // namespace
