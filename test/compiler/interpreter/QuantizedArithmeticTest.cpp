#include "dialects/nn/QuantizedArithmetic.h"

#include "ExactRequantization.h"
#include "InterpreterFixture.h"
#include "tinyc/arithmetic.h"

using namespace mlir;
using namespace tinyc::nn;

namespace {

class QuantizedArithmeticTest : public InterpreterFixture {
protected:
  quant::UniformQuantizedType perTensor(double scale, int64_t zeroPoint, int64_t low = -128) {
    return quant::UniformQuantizedType::get(quant::QuantizationFlags::Signed, IntegerType::get(&context, 8),
                                            Float32Type::get(&context), scale, zeroPoint, low, 127);
  }
  // 2^-range .. 2^range, evenly in the exponent.
  double randomScale(double range) {
    return std::exp2(static_cast<double>(random(-1000000, 1000000)) / 1000000.0 * range);
  }
};

TEST_F(QuantizedArithmeticTest, shiftIs32BelowOneHalf) {
  EXPECT_EQ(computeRequantization({0.25, 0.125}).shift, 32);
  EXPECT_EQ(computeRequantization({0.25, 0.125}).multipliers, (SmallVector<int32_t>{1 << 30, 1 << 29}));
  // 0.5 * 2^32 = 2^31 does not fit; 0.5 * 2^31 = 2^30 does.
  EXPECT_EQ(computeRequantization(0.5).shift, 31);
  EXPECT_EQ(computeRequantization(0.5).multipliers[0], 1 << 30);
  // The double before 0.5 is below one half, but its multiplier rounds up to 2^31.
  EXPECT_EQ(computeRequantization(std::nextafter(0.5, 0.0)).shift, 31);
  EXPECT_EQ(computeRequantization(std::nextafter(0.5, 0.0)).multipliers[0], 1 << 30);
  // 3 * 2^29 = 1.5 * 2^30 fits, 3 * 2^30 does not; the others follow the largest.
  EXPECT_EQ(computeRequantization({3.0, 0.001}).shift, 29);
  EXPECT_EQ(computeRequantization({3.0, 0.5}).multipliers, (SmallVector<int32_t>{3 << 29, 1 << 28}));
}

TEST_F(QuantizedArithmeticTest, hugeScaleSaturates) {
  Requantization huge = computeRequantization(1e30);
  tinyc_output_s8 stage = {0, -128, 127, huge.shift, 0};
  EXPECT_EQ(tinyc_output_stage_s8(1, huge.multipliers[0], &stage), 127);
  EXPECT_EQ(tinyc_output_stage_s8(-1, huge.multipliers[0], &stage), -128);
  EXPECT_EQ(tinyc_output_stage_s8(0, huge.multipliers[0], &stage), 0);
}

// Half steps go up: with scale 1/4, acc = 2 is 0.5 -> 1, -2 is -0.5 -> 0, 6 is 1.5 -> 2, -6 is -1.5 -> -1.
TEST_F(QuantizedArithmeticTest, halvesRoundUp) {
  for (double scale : {0.25, 1.0 / 1024, 0.5, 2.0}) {
    Requantization result = computeRequantization(scale);
    auto requantize = [&](double target) {
      return tinyc_requantize(static_cast<int32_t>(target / scale), result.multipliers[0], result.shift);
    };
    if (scale < 1) {
      EXPECT_EQ(requantize(0.5), 1);
      EXPECT_EQ(requantize(-0.5), 0);
      EXPECT_EQ(requantize(1.5), 2);
      EXPECT_EQ(requantize(-1.5), -1);
      EXPECT_EQ(requantize(-2.5), -2);
    }
    EXPECT_EQ(requantize(-4.0), -4);
  }
}

TEST_F(QuantizedArithmeticTest, requantizationIsExact) {
  for (int round = 0; round < 20000; ++round) {
    std::vector<double> scales;
    for (int64_t channel = random(1, 4); channel > 0; --channel)
      scales.push_back(randomScale(round % 2 ? 20 : 2));
    Requantization result = computeRequantization(scales);
    ASSERT_EQ(result.shift, exactShift(scales));
    for (size_t i = 0; i < scales.size(); ++i) {
      ASSERT_EQ(result.multipliers[i], exactMultiplier(scales[i], result.shift));
      int64_t bits = random(0, 31), limit = (int64_t(1) << bits) - 1;
      auto acc = static_cast<int32_t>(random(-limit - 1, limit));
      int64_t q = tinyc_requantize(acc, result.multipliers[i], result.shift);
      ASSERT_EQ(q, exactRequantize(acc, result.multipliers[i], result.shift)) << acc << " " << scales[i];
      // Half a step, and half a unit of the multiplier for each unit of acc.
      long double error = fabsl(q - static_cast<long double>(acc) * scales[i]);
      ASSERT_LE(error, 0.5L + ldexpl(fabsl(static_cast<long double>(acc)), -result.shift - 1) + 1e-9L);
      tinyc_output_s8 stage = {-5, -100, 90, result.shift, 0};
      ASSERT_EQ(tinyc_output_stage_s8(acc, result.multipliers[i], &stage), std::clamp<int64_t>(q - 5, -100, 90));
    }
  }
}

// scale 0.5, zero point -10: 0 -> -10, 6 -> 12 - 10 = 2; 1000 saturates; 0.25 is half a step, to even.
TEST_F(QuantizedArithmeticTest, clampBounds) {
  auto type = perTensor(0.5, -10);
  EXPECT_EQ(computeClamp(type, std::nullopt, std::nullopt), (std::pair<int32_t, int32_t>(-128, 127)));
  EXPECT_EQ(computeClamp(type, 0.0f, std::nullopt), (std::pair<int32_t, int32_t>(-10, 127)));
  EXPECT_EQ(computeClamp(type, 0.0f, 6.0f), (std::pair<int32_t, int32_t>(-10, 2)));
  EXPECT_EQ(computeClamp(type, -1000.0f, 1000.0f), (std::pair<int32_t, int32_t>(-128, 127)));
  EXPECT_EQ(computeClamp(type, 0.25f, 0.75f), (std::pair<int32_t, int32_t>(-10, -8)));
  EXPECT_EQ(computeClamp(perTensor(0.5, 0, -127), std::nullopt, std::nullopt),
            (std::pair<int32_t, int32_t>(-127, 127)));
  // Empty intersections keep low <= high.
  EXPECT_EQ(computeClamp(type, 500.0f, 400.0f), (std::pair<int32_t, int32_t>(127, 127)));
}

TEST_F(QuantizedArithmeticTest, quantizeReal) {
  auto type = perTensor(0.5, 3);
  EXPECT_EQ(quantizeReal(0.0, type), 3);
  EXPECT_EQ(quantizeReal(0.25, type), 3);  // 0.5 to even: 0
  EXPECT_EQ(quantizeReal(0.75, type), 5);  // 1.5 to even: 2
  EXPECT_EQ(quantizeReal(-0.25, type), 3); // -0.5 to even: 0
  EXPECT_EQ(quantizeReal(1e300, type), 127);
  EXPECT_EQ(quantizeReal(-INFINITY, type), -128);
  EXPECT_EQ(quantizeReal(NAN, type), 3);
}

// The constants are in range, the sum of any operands stays in int32, and the result is within one step of the real sum
// (half a step, and the rounding of two multipliers of at least 21 bits times 255).
TEST_F(QuantizedArithmeticTest, addConstants) {
  for (int round = 0; round < 4000; ++round) {
    double result = randomScale(4);
    auto lhs = perTensor(result * randomScale(6), random(-128, 127));
    auto rhs = perTensor(result * randomScale(6), random(-128, 127));
    auto out = perTensor(result, random(-128, 127));
    bool subtract = round % 2;
    AddConstants constants = computeAdd(lhs, rhs, out, subtract);
    ASSERT_LE(std::abs(constants.lhsMultiplier), 1 << 21);
    ASSERT_LE(std::abs(constants.rhsMultiplier), 1 << 21);
    ASSERT_GE(constants.shift, 1);
    ASSERT_LE(constants.shift, 22);
    for (int step = 0; step < 20; ++step) {
      int64_t a = step < 4 ? (step & 1 ? 127 : -128) : random(-128, 127);
      int64_t b = step < 4 ? (step & 2 ? 127 : -128) : random(-128, 127);
      int64_t acc = a * constants.lhsMultiplier + b * constants.rhsMultiplier + constants.offset;
      ASSERT_EQ(acc, static_cast<int32_t>(acc));
      double left = static_cast<double>(a - lhs.getZeroPoint()) * lhs.getScale();
      double right = static_cast<double>(b - rhs.getZeroPoint()) * rhs.getScale();
      double real = (subtract ? left - right : left + right) / result + static_cast<double>(out.getZeroPoint());
      ASSERT_NEAR(static_cast<double>(acc >> constants.shift), real, 0.5 + 255.0 / std::exp2(constants.shift) + 1e-9);
    }
  }
}

// Largest k with 2 * 2^k <= 2^21: 20. offset = (4 << 20) + 2^19 - 1 * 2^21 - 2 * 2^20 (lhs scale 2, rhs 1, out 1).
TEST_F(QuantizedArithmeticTest, addConstantsByHand) {
  AddConstants constants = computeAdd(perTensor(2.0, 1), perTensor(1.0, 2), perTensor(1.0, 4), false);
  EXPECT_EQ(constants.shift, 20);
  EXPECT_EQ(constants.lhsMultiplier, 1 << 21);
  EXPECT_EQ(constants.rhsMultiplier, 1 << 20);
  EXPECT_EQ(constants.offset, (4 << 20) + (1 << 19) - (1 << 21) - (2 << 20));
  constants = computeAdd(perTensor(2.0, 1), perTensor(1.0, 2), perTensor(1.0, 4), true);
  EXPECT_EQ(constants.rhsMultiplier, -(1 << 20));
  EXPECT_EQ(constants.offset, (4 << 20) + (1 << 19) - (1 << 21) + (2 << 20));
}

TEST_F(QuantizedArithmeticTest, addOfAbsurdScalesSaturates) {
  AddConstants constants = computeAdd(perTensor(1e20, 0), perTensor(1.0, 0), perTensor(1.0, 0), false);
  EXPECT_GE((constants.lhsMultiplier + constants.offset) >> constants.shift, 127);
}

// 3 - (-2) * (1 - 5) = -5; 3 - (-2) * 4 with the second channel's weights 6 and -2: 0 + 2 * 4 = 8.
TEST_F(QuantizedArithmeticTest, foldInputZeroPoint) {
  auto folded = foldInputZeroPoint(ArrayRef<int8_t>{1, -5, 6, -2}, ArrayRef<int32_t>{3, 0}, 2, -2, nullptr);
  ASSERT_TRUE(succeeded(folded));
  EXPECT_EQ(*folded, (SmallVector<int32_t>{-5, 8}));
  folded = foldInputZeroPoint(ArrayRef<int8_t>{1, -5, 6, -2}, {}, 2, -2, nullptr);
  ASSERT_TRUE(succeeded(folded));
  EXPECT_EQ(*folded, (SmallVector<int32_t>{-8, 8}));
  auto weight = DenseElementsAttr::get(RankedTensorType::get({2, 1, 1, 2}, IntegerType::get(&context, 8)),
                                       ArrayRef<int8_t>{1, -5, 6, -2});
  auto bias =
      DenseElementsAttr::get(RankedTensorType::get({2}, IntegerType::get(&context, 32)), ArrayRef<int32_t>{3, 0});
  folded = foldInputZeroPoint(weight, bias, -2, nullptr);
  ASSERT_TRUE(succeeded(folded));
  EXPECT_EQ(*folded, (SmallVector<int32_t>{-5, 8}));
}

// Two weights of 100 reach 128 * 200 = 25600: the bias may be up to 2^31 - 1 - 25600 in magnitude.
TEST_F(QuantizedArithmeticTest, foldInputZeroPointDetectsOverflow) {
  const std::vector<int8_t> weight = {1, 1, 100, -100};
  constexpr int32_t limit = 2147483647 - 25600;
  int64_t channel = -1;
  EXPECT_TRUE(succeeded(foldInputZeroPoint(weight, ArrayRef<int32_t>{0, limit}, 2, 0, &channel)));
  EXPECT_TRUE(succeeded(foldInputZeroPoint(weight, ArrayRef<int32_t>{0, -limit}, 2, 0, &channel)));
  EXPECT_EQ(channel, -1);
  EXPECT_TRUE(failed(foldInputZeroPoint(weight, ArrayRef<int32_t>{0, limit + 1}, 2, 0, &channel)));
  EXPECT_EQ(channel, 1);
  EXPECT_TRUE(failed(foldInputZeroPoint(weight, ArrayRef<int32_t>{0, -limit - 1}, 2, 0, nullptr)));
  // The folded zero point counts: 127 * (-(-127)) on one side.
  EXPECT_TRUE(failed(foldInputZeroPoint({100, 100}, ArrayRef<int32_t>{limit}, 1, -1, &channel)));
  EXPECT_EQ(channel, 0);
  EXPECT_TRUE(succeeded(foldInputZeroPoint({100, 100}, ArrayRef<int32_t>{limit}, 1, 1, &channel)));
}

// A 3x3 window with padding 1 on 4x4 holds 4, 6 or 9 elements; 2x3 windows side by side on 2x4 with padding 1 hold 4.
TEST_F(QuantizedArithmeticTest, avgPoolCounts) {
  const std::string signature = " : (tensor<1x4x4x1x!quant.uniform<i8:f32, 0.5>>) -> "
                                "tensor<1x4x4x1x!quant.uniform<i8:f32, 0.25>>";
  const std::string window = "nn.avg_pool %a {kernel = array<i64: 3, 3>, strides = array<i64: 1, 1>, pads = "
                             "array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>";
  auto compute = [&](const std::string &op) {
    return computeAvgPoolRequantization(cast<AvgPoolOp>(functionOf(op).getBody().front().front()));
  };
  AvgPoolRequantization result = compute(window + "}" + signature);
  EXPECT_EQ(result.firstCount, 4);
  ASSERT_EQ(result.requantization.multipliers.size(), 6u);
  // 2 / 4 = 0.5 has shift 31, and 2 / 9 follows it: round(2 / 9 * 2^31) = 477218588.4 -> 477218588.
  EXPECT_EQ(result.requantization.shift, 31);
  EXPECT_EQ(result.requantization.multipliers.front(), 1 << 30);
  EXPECT_EQ(result.requantization.multipliers.back(), 477218588);
  result = compute(window + ", includePad}" + signature);
  ASSERT_EQ(result.requantization.multipliers.size(), 1u);
  EXPECT_EQ(result.requantization.shift, 32);
  EXPECT_EQ(result.requantization.multipliers.front(), 954437177); // round(2 / 9 * 2^32) = 954437176.9
}

// relu with input scale 0.5, zero point 10, result scale 0.25, zero point -128: q = 10 -> -128, 12 -> 1.0 -> -124.
TEST_F(QuantizedArithmeticTest, tableOfClamp) {
  const std::string signature = " : (tensor<1x!quant.uniform<i8:f32, 0.5:10>>) -> "
                                "tensor<1x!quant.uniform<i8:f32, 0.25:-128>>";
  func::FuncOp function = functionOf("nn.clamp %a {min = 0.0 : f32, max = 6.0 : f32}" + signature);
  SmallVector<int8_t, 256> table = computeTable(&function.getBody().front().front());
  EXPECT_EQ(table[10], -128);
  EXPECT_EQ(table[12], -124);
  EXPECT_EQ(table[0x80], -128); // q = -128
  EXPECT_EQ(table[127], -104);  // 6 / 0.25 = 24
}

// exp(-1) * 65535 = 24108.97; output scale 1/256: K = 256 = 2^8, so m = 22 and the multiplier is 2^30.
TEST_F(QuantizedArithmeticTest, softmaxConstants) {
  SoftmaxConstants constants = computeSoftmax(perTensor(0.5, 0), perTensor(1.0 / 256, -128), false);
  EXPECT_EQ(constants.exponentials[0], 65535);
  EXPECT_EQ(constants.exponentials[2], 24109);
  EXPECT_EQ(constants.exponentials[255], 0);
  EXPECT_EQ(constants.outputShift, 22);
  EXPECT_EQ(constants.outputMultiplier, 1 << 30);
  for (double scale : {1e-30, 1e-4, 1.0, 1e30}) {
    EXPECT_GE(computeSoftmax(perTensor(0.5, 0), perTensor(scale, 0), false).outputShift, 1);
    EXPECT_GE(computeSoftmax(perTensor(0.5, 0), perTensor(scale, 0), true).outputShift, 1);
  }
}

} // namespace
