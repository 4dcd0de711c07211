// Integers rounded for entropy coding: against plain rounding where bits are free, and against costs written out here.
#include "passes/compress/CodedIntegers.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

using namespace tinyc::compress;

namespace {

/// Independent inputs of variance 1: rounding one weight moves no other.
CodedGroup makeGroup(std::vector<float> weights, float scale) {
  CodedGroup group;
  SquareMatrix identity(static_cast<int64_t>(weights.size()));
  for (int64_t k = 0; k < identity.size; ++k)
    identity[k][k] = 1.0;
  group.form = std::make_shared<const ErrorForm>(*ErrorForm::create(identity, 0.0));
  group.channels = 1;
  group.zero.assign(weights.size(), false);
  group.wanted = std::move(weights);
  group.scales = {scale};
  return group;
}

TEST(CodedIntegersTest, CountsEntropy) {
  IntegerCounts counts; // 1/2, 1/4, 1/4: 4 * 1 + 2 * 2 + 2 * 2 bits
  for (int integer : {0, 0, 0, 0, 5, 5, -127, -127})
    counts.add(integer);
  EXPECT_EQ(counts.getTotal(), 8);
  EXPECT_DOUBLE_EQ(counts.getBits(), 12.0);
}

TEST(CodedIntegersTest, RoundsToNearestWhereBitsAreFree) {
  CodedGroup group = makeGroup({0.26f, -0.74f, 100.0f, -100.0f, 0.0f, 0.1f}, 0.5f);
  group.zero[5] = true;
  IntegerCounts counts;
  group.round(Alphabet::makeDense({}), 0.0, counts);
  EXPECT_EQ(group.integers, (std::vector<int8_t>{1, -1, 127, -127, 0, 0}));
  EXPECT_EQ(counts.get(0), 2);
}

/// Each weight gets the integer of least (w / s - q)^2 + lambda * bits(q), among all.
TEST(CodedIntegersTest, WeighsBitsAgainstErrors) {
  std::mt19937 engine(4);
  std::normal_distribution<float> normal(0.0f, 2.0f);
  std::vector<float> weights(500);
  for (float &weight : weights)
    weight = normal(engine);
  IntegerCounts first, second;
  CodedGroup group = makeGroup(weights, 1.0f);
  group.round(Alphabet::makeDense({}), 0.0, first);
  Alphabet alphabet = Alphabet::makeDense(first);
  constexpr double lambda = 0.2;
  group.round(alphabet, lambda, second);
  for (size_t k = 0; k < weights.size(); ++k) {
    double least = INFINITY, cost = INFINITY;
    for (size_t i = 0; i < alphabet.integers.size(); ++i) {
      double error = weights[k] - alphabet.integers[i], sum = error * error + lambda * alphabet.bits[i];
      least = std::min(least, sum);
      if (alphabet.integers[i] == group.integers[k])
        cost = sum;
    }
    // Integers beyond the nearest one's neighbour, away from zero, are not looked at.
    EXPECT_LE(cost, least + 0.05) << weights[k];
  }
  EXPECT_LT(second.getBits(), first.getBits());
}

/// Two equal inputs: what one weight loses the other takes over, so that the sum is within half a step.
TEST(CodedIntegersTest, MovesErrorsToFreeColumns) {
  CodedGroup group = makeGroup({0.4f, 0.4f}, 1.0f);
  SquareMatrix equal(2);
  for (int64_t i = 0; i < 2; ++i)
    for (int64_t j = 0; j < 2; ++j)
      equal[i][j] = i == j ? 1.0001 : 1.0;
  group.form = std::make_shared<const ErrorForm>(*ErrorForm::create(equal, 0.0));
  IntegerCounts counts;
  group.round(Alphabet::makeDense({}), 0.0, counts);
  EXPECT_EQ(group.integers[0] + group.integers[1], 1); // 0.8 to nearest; each alone would be 0
}

TEST(CodedIntegersTest, KeepsToAlphabets) {
  CodedGroup group = makeGroup({0.9f, 2.1f, -3.0f, 6.0f, 40.0f}, 1.0f);
  IntegerCounts counts;
  group.round(Alphabet::makeSparse({-4, 1, 5, 9}, {}), 0.0, counts);
  EXPECT_EQ(group.integers, (std::vector<int8_t>{1, 1, -4, 5, 9}));
}

} // namespace
