// tinyc/arithmetic.h and tinyc/scales.h against real arithmetic in double precision.
#include "reference.h"

#include "tinyc/arithmetic.h"
#include "tinyc/scales.h"

#include <limits>

using namespace tinyc::test;

namespace {

// Distance in units of the last place of the float nearest to `exact`.
double ulps(float value, double exact) {
  float nearest = static_cast<float>(exact);
  if (value == nearest || (std::isnan(value) && std::isnan(exact)))
    return 0;
  double ulp = std::nextafter(std::fabs(nearest), std::numeric_limits<float>::infinity()) - std::fabs(nearest);
  return std::fabs(value - exact) / ulp;
}

TEST(Arithmetic, Requantize) {
  Random random = {1};
  for (int i = 0; i < 100000; i++) {
    int32_t acc = static_cast<int32_t>(static_cast<uint32_t>(randomInt(&random, 0, 0xffff)) << 16 |
                                       static_cast<uint32_t>(randomInt(&random, 0, 0xffff)));
    acc >>= randomInt(&random, 0, 31);
    int32_t multiplier = randomInt(&random, 0, 0x1ffffffe) * 4 + randomInt(&random, 0, 3);
    tinyc_output_s8 output = {randomInt(&random, -128, 127), -128, 127, randomInt(&random, 1, 62), 1};
    EXPECT_EQ(tinyc_output_stage_s8(acc, multiplier, &output), outputStage(acc, multiplier, output))
        << acc << " * " << multiplier << " >> " << output.shift;
  }
}

// 3 * 2^30 / 2^32 = 0.75 rounds to 1; 2 * 2^30 / 2^32 = 0.5 rounds up to 1; -0.5 rounds up to 0.
TEST(Arithmetic, RequantizeTies) {
  EXPECT_EQ(tinyc_requantize(3, 1 << 30, 32), 1);
  EXPECT_EQ(tinyc_requantize(2, 1 << 30, 32), 1);
  EXPECT_EQ(tinyc_requantize(-2, 1 << 30, 32), 0);
  EXPECT_EQ(tinyc_requantize(-3, 1 << 30, 32), -1);
}

TEST(Arithmetic, OutputScales) {
  Random random = {2};
  for (int i = 0; i < 2000; i++) {
    double scales[3];
    for (double &scale : scales)
      scale = std::ldexp(1.0 + randomInt(&random, 0, 1 << 20) / 1048576.0, randomInt(&random, -16, 20));
    int32_t multipliers[3], shift;
    ASSERT_TRUE(tinyc_output_scales(scales, 3, multipliers, &shift));
    double largest = *std::max_element(scales, scales + 3);
    EXPECT_EQ(shift == 32, largest * 4294967296.0 < 2147483647.5);
    EXPECT_TRUE(shift == 32 || largest * std::ldexp(1.0, shift + 1) > 2147483647.0);
    for (int c = 0; c < 3; c++)
      EXPECT_NEAR(std::ldexp(multipliers[c], -shift), scales[c], std::ldexp(0.5, -shift));
  }
  double invalid[] = {1e10, -1.0, std::nan("")};
  int32_t multiplier, shift;
  for (double scale : invalid)
    EXPECT_FALSE(tinyc_output_scales(&scale, 1, &multiplier, &shift));
}

// add_s8 is within half a step, plus the rounding of its 21-bit multipliers, of the real sum.
TEST(Arithmetic, Add) {
  Random random = {3};
  for (int i = 0; i < 2000; i++) {
    tinyc_elementwise_s8_params params = {};
    params.lhs_zero_point = randomInt(&random, -128, 127);
    params.rhs_zero_point = randomInt(&random, -128, 127);
    params.output = {randomInt(&random, -128, 127), -128, 127, 0, 0};
    double lhsRatio = randomInt(&random, 1, 4000) / 1000.0, rhsRatio = randomInt(&random, -4000, 4000) / 1000.0;
    ASSERT_TRUE(tinyc_add_s8_scales(lhsRatio, rhsRatio, &params));
    for (int j = 0; j < 100; j++) {
      auto lhs = randomElement<int8_t>(random), rhs = randomElement<int8_t>(random);
      double exact = (lhs - params.lhs_zero_point) * lhsRatio + (rhs - params.rhs_zero_point) * rhsRatio +
                     params.output.zero_point;
      EXPECT_NEAR(tinyc_add_stage_s8(lhs, rhs, &params), std::clamp(exact, -128.0, 127.0), 0.51);
    }
  }
}

TEST(Arithmetic, Log2) {
  Random random = {4};
  for (int i = 0; i < 100000; i++) {
    uint32_t x = (static_cast<uint32_t>(randomInt(&random, 0, 0xffff)) << 16 |
                  static_cast<uint32_t>(randomInt(&random, 1, 0xffff))) >>
                 randomInt(&random, 0, 15);
    if (x != 0)
      EXPECT_NEAR(tinyc_log2_q16(x) / 65536.0, std::log2(static_cast<double>(x)), 1.0 / 32768) << x;
  }
}

TEST(Arithmetic, Exponentials) {
  for (double scale : {1e-6, 0.001, 0.0123, 0.1, 0.3, 1.0, 7.0}) {
    uint16_t table[256];
    tinyc_exponentials_u16(scale, table);
    for (int d = 0; d < 256; d++)
      EXPECT_EQ(table[d], std::lround(65535.0 * std::exp(-d * scale))) << scale << " " << d;
  }
}

void testSoftmax(bool logarithm) {
  Random random = {logarithm ? 5u : 6u};
  for (int i = 0; i < 3000; i++) {
    double inputScale = std::ldexp(1.0 + randomInt(&random, 0, 999) / 1000.0, randomInt(&random, -10, 0));
    double outputScale = logarithm ? inputScale * randomInt(&random, 30, 400) / 100.0
                         : i % 2   ? 1.0 / 256
                                   : randomInt(&random, 20, 900) / 100.0 / 256;
    tinyc_softmax_s8_params params = {};
    params.rows = 1;
    params.length = randomInt(&random, 1, i % 10 ? 20 : 256);
    params.output_zero_point = logarithm ? 127 : i % 2 ? -128 : randomInt(&random, -128, 127);
    uint16_t table[256];
    tinyc_exponentials_u16(inputScale, table);
    ASSERT_TRUE(logarithm ? tinyc_log_softmax_s8_scales(inputScale, outputScale, &params)
                          : tinyc_softmax_s8_scales(outputScale, &params));
    std::vector<int8_t> x = randomTensor<int8_t>(random, params.length);
    if (i % 3 == 0) // close together: a flat distribution
      for (int8_t &value : x)
        value = static_cast<int8_t>(value / 16);
    double largest = *std::max_element(x.begin(), x.end()), sum = 0;
    for (int8_t value : x)
      sum += std::exp((value - largest) * inputScale);
    std::vector<int8_t> y = x;
    (logarithm ? tinyc_log_softmax_row_s8 : tinyc_softmax_row_s8)(y.data(), y.data(), table, &params);
    for (int32_t j = 0; j < params.length; j++) {
      double real = (x[j] - largest) * inputScale - std::log(sum);
      double exact = (logarithm ? real : std::exp(real)) / outputScale + params.output_zero_point;
      EXPECT_NEAR(y[j], std::clamp(exact, -128.0, 127.0), 1.0) << inputScale << " " << outputScale;
    }
  }
}

TEST(Arithmetic, Softmax) { testSoftmax(false); }
TEST(Arithmetic, LogSoftmax) { testSoftmax(true); }

TEST(Arithmetic, SoftmaxLongestRow) {
  tinyc_softmax_s8_params params = {1, 65536, 0, 0, 0, -128};
  ASSERT_TRUE(tinyc_softmax_s8_scales(1.0 / 256, &params));
  EXPECT_EQ(params.output_multiplier, 1 << 30);
  EXPECT_EQ(params.output_shift, 22);
  uint16_t table[256];
  tinyc_exponentials_u16(0.1, table);
  std::vector<int8_t> x(65536, 3), y(65536);
  tinyc_softmax_row_s8(x.data(), y.data(), table, &params);
  EXPECT_EQ(y[0], -128); // 256 / 65536 of a step
  params.length = 1;
  tinyc_softmax_row_s8(x.data(), y.data(), table, &params);
  EXPECT_EQ(y[0], 127);
}

TEST(Arithmetic, Exp) {
  double worst = 0;
  for (uint32_t bits = 0; bits < 0x42d20000u; bits += 0x1235)
    for (uint32_t sign : {0u, 0x80000000u}) {
      float x = tinyc_f32_of_bits(bits | sign);
      worst = std::max(worst, ulps(tinyc_exp_f32(x), std::exp(static_cast<double>(x))));
    }
  EXPECT_LT(worst, 1.5);
  float infinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(tinyc_exp_f32(0.0f), 1.0f);
  EXPECT_EQ(tinyc_exp_f32(88.8f), infinity);
  EXPECT_EQ(tinyc_exp_f32(infinity), infinity);
  EXPECT_EQ(tinyc_exp_f32(-infinity), 0.0f);
  EXPECT_EQ(tinyc_exp_f32(-1e30f), 0.0f);
  EXPECT_TRUE(std::isnan(tinyc_exp_f32(std::nanf(""))));
}

TEST(Arithmetic, Log) {
  double worst = 0;
  for (uint32_t bits = 1; bits < 0x7f800000u; bits += 0x1235) {
    float x = tinyc_f32_of_bits(bits);
    worst = std::max(worst, ulps(tinyc_log_f32(x), std::log(static_cast<double>(x))));
  }
  for (uint32_t bits = 0x3f7f0000u; bits < 0x3f810000u; bits++) {
    float x = tinyc_f32_of_bits(bits);
    worst = std::max(worst, ulps(tinyc_log_f32(x), std::log(static_cast<double>(x))));
  }
  EXPECT_LT(worst, 1.5);
  float infinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(tinyc_log_f32(1.0f), 0.0f);
  EXPECT_EQ(tinyc_log_f32(0.0f), -infinity);
  EXPECT_EQ(tinyc_log_f32(-0.0f), -infinity);
  EXPECT_EQ(tinyc_log_f32(infinity), infinity);
  EXPECT_TRUE(std::isnan(tinyc_log_f32(-1.0f)));
  EXPECT_TRUE(std::isnan(tinyc_log_f32(-infinity)));
  EXPECT_TRUE(std::isnan(tinyc_log_f32(std::nanf(""))));
}

TEST(Arithmetic, Sigmoid) {
  double worst = 0;
  for (float x = -87.0f; x < 87.0f; x += 0.0137f)
    worst = std::max(worst, ulps(tinyc_logistic_f32(x), 1.0 / (1.0 + std::exp(-static_cast<double>(x)))));
  EXPECT_LT(worst, 3.0);
  EXPECT_EQ(tinyc_logistic_f32(std::numeric_limits<float>::infinity()), 1.0f);
  EXPECT_EQ(tinyc_logistic_f32(-std::numeric_limits<float>::infinity()), 0.0f);
  EXPECT_TRUE(std::isnan(tinyc_logistic_f32(std::nanf(""))));
}

TEST(Arithmetic, Quantize) {
  float halves[] = {0.5f, 1.5f, 2.5f, -0.5f, -1.5f, -2.5f};
  int expected[] = {0, 2, 2, 0, -2, -2}; // ties to even
  for (int i = 0; i < 6; i++)
    EXPECT_EQ(tinyc_quantize_value_s8(halves[i], 1.0f, 0), expected[i]);
  EXPECT_EQ(tinyc_quantize_value_s8(1e30f, 1.0f, -128), 127);
  EXPECT_EQ(tinyc_quantize_value_s8(-1e30f, 1.0f, 127), -128);
  EXPECT_EQ(tinyc_quantize_value_s8(std::numeric_limits<float>::infinity(), 1.0f, -128), 127);
  EXPECT_EQ(tinyc_quantize_value_s8(std::nanf(""), 1.0f, 7), 7);
}

} // namespace
