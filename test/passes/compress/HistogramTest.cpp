// Ranges read from histograms against quantiles and ranges that are known.
#include "passes/compress/Histogram.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

using namespace tinyc::compress;

namespace {

std::vector<float> makeNormal(size_t count, unsigned seed) {
  std::mt19937 engine(seed);
  std::normal_distribution<float> distribution;
  std::vector<float> values(count);
  for (float &value : values)
    value = distribution(engine);
  return values;
}

Histogram makeHistogram(llvm::ArrayRef<float> values) {
  Histogram histogram;
  histogram.add(values);
  return histogram;
}

TEST(HistogramTest, KnowsNothingAtFirst) {
  Histogram histogram;
  EXPECT_TRUE(histogram.isEmpty());
  EXPECT_TRUE(histogram.isFinite());
  histogram.add({0.0f, 0.0f});
  EXPECT_FALSE(histogram.isEmpty());
  EXPECT_EQ(histogram.getExtremes(), Range(0.0, 0.0));
  EXPECT_EQ(histogram.getPercentile(0.1), Range(0.0, 0.0));
}

TEST(HistogramTest, SeesWhatIsNotFinite) {
  EXPECT_FALSE(makeHistogram({1.0f, std::nanf("")}).isFinite());
  EXPECT_FALSE(makeHistogram({1.0f, -INFINITY}).isFinite());
  Histogram whole = makeHistogram({1.0f}), other = makeHistogram({INFINITY});
  whole.merge(other);
  EXPECT_FALSE(whole.isFinite());
}

// 1, 2 .. 1000: the greatest is below 2^10, so 2^11 bins on a side are 1/2 wide. 1 % are ten numbers on either side: 11 and
// 990 are the outermost inside, and edges of bins lie up to 1/2 around them.
TEST(HistogramTest, FindsPercentiles) {
  std::vector<float> values;
  for (int i = 1; i <= 1000; ++i)
    values.push_back(static_cast<float>(i));
  auto [low, high] = makeHistogram(values).getPercentile(0.01);
  EXPECT_LE(low, 11.0);
  EXPECT_GT(low, 10.0);
  EXPECT_GE(high, 990.0);
  EXPECT_LT(high, 991.0);
  EXPECT_EQ(makeHistogram(values).getPercentile(0.0), Range(1.0, 1000.0));
}

// Any division of the values into parts, whose bins have other widths, merges to the same.
TEST(HistogramTest, DependsOnTheValuesAlone) {
  std::vector<float> values = makeNormal(5000, 1);
  for (size_t i = 0; i < values.size(); i += 7)
    values[i] *= std::ldexp(1.0f, static_cast<int>(i % 40) - 30);
  Histogram whole = makeHistogram(values), merged;
  for (size_t begin = 0, part = 1; begin < values.size(); begin += part, part = part * 2 + 1) {
    Histogram next = makeHistogram(llvm::ArrayRef(values).slice(begin, std::min(part, values.size() - begin)));
    next.merge(merged);
    merged = next;
  }
  EXPECT_EQ(merged.getExtremes(), whole.getExtremes());
  for (double share : {0.0, 0.001, 0.02, 0.3})
    EXPECT_EQ(merged.getPercentile(share), whole.getPercentile(share));
  EXPECT_EQ(merged.getLeastError(8), whole.getLeastError(8));
  EXPECT_EQ(merged.getLeastDivergence(8), whole.getLeastDivergence(8));
}

// Evenly spread values have nothing to clip.
TEST(HistogramTest, LeavesEvenValuesWhole) {
  std::vector<float> even;
  for (int i = -1000; i <= 1000; ++i)
    even.push_back(static_cast<float>(i));
  EXPECT_EQ(makeHistogram(even).getLeastError(8), Range(-1000.0, 1000.0));
}

TEST(HistogramTest, LeavesAFewDistinctValuesWhole) {
  EXPECT_EQ(makeHistogram({-3.0f, 0.0f, 100.0f}).getLeastDivergence(12), Range(-3.0, 100.0));
}

} // namespace
