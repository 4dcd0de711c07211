// Ranges read from histograms against quantiles, published optima and the divergence written out here.
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

/// The mean squared error of one half of a normal distribution quantized to steps of `step` from 0 to `bound`: what is beyond
/// the bound, and step^2 / 12 for the rest (Banner et al. 2019, "Post training 4-bit quantization", section 3.1).
double getNormalError(double bound, double step) {
  const double beyond = std::erfc(bound / std::sqrt(2.0)) / 2.0;
  const double density = std::exp(-bound * bound / 2.0) / std::sqrt(2.0 * M_PI);
  return (bound * bound + 1.0) * beyond - bound * density + step * step / 12.0 * (0.5 - beyond);
}

TEST(HistogramTest, FindsTheLeastSquaredError) {
  Histogram histogram = makeHistogram(makeNormal(400000, 2));
  for (unsigned bits : {2u, 4u, 6u}) {
    const double steps = std::ldexp(1.0, static_cast<int>(bits)) - 1.0;
    double least = INFINITY;
    for (double bound = 0.5; bound < 5.0; bound += 0.01)
      least = std::min(least, 2.0 * getNormalError(bound, 2.0 * bound / steps));
    auto [low, high] = histogram.getLeastError(bits);
    const double step = (high - low) / steps;
    // Candidates are shares of the extremes, about 4.5 to 5 on either side, which differ.
    EXPECT_LT(getNormalError(-low, step) + getNormalError(high, step), 1.03 * least) << bits << ": " << low << " " << high;
    EXPECT_LT(high - low, 8.0) << bits; // clipped
  }
  // Evenly spread values have nothing to clip.
  std::vector<float> even;
  for (int i = -1000; i <= 1000; ++i)
    even.push_back(static_cast<float>(i));
  EXPECT_EQ(makeHistogram(even).getLeastError(8), Range(-1000.0, 1000.0));
}

/// Divergence of `counts` clipped at `kept` bins from their quantization to `levels`, each bin of a level that has values
/// with the level's mean: the definition, without the cases of bins that only the clipped values fill.
double getDivergence(const std::vector<double> &counts, size_t kept, size_t levels) {
  std::vector<double> clipped(counts.begin(), counts.begin() + kept), quantized(kept, 0.0);
  for (size_t bin = kept; bin < counts.size(); ++bin)
    clipped.back() += counts[bin];
  for (size_t level = 0; level < levels; ++level) {
    const size_t begin = kept * level / levels, end = kept * (level + 1) / levels;
    double sum = 0.0, filled = 0.0;
    for (size_t bin = begin; bin < end; ++bin) {
      sum += counts[bin];
      filled += clipped[bin] > 0.0;
    }
    for (size_t bin = begin; bin < end; ++bin)
      if (clipped[bin] > 0.0)
        quantized[bin] = sum / filled;
  }
  double all = 0.0, inside = 0.0, divergence = 0.0;
  for (size_t bin = 0; bin < kept; ++bin) {
    all += clipped[bin];
    inside += quantized[bin];
  }
  for (size_t bin = 0; bin < kept; ++bin)
    if (clipped[bin] > 0.0)
      divergence += clipped[bin] / all * std::log(clipped[bin] / all / (quantized[bin] / inside));
  return divergence;
}

// Values of one sign in bins of width 1, so that the counts are known: each bin that the definition looks at is filled.
TEST(HistogramTest, FindsTheLeastDivergence) {
  std::vector<double> counts(2048, 0.0);
  std::vector<float> values;
  for (size_t bin = 1; bin < counts.size(); ++bin) {
    counts[bin] = std::floor(1.0 + 4000.0 * std::exp(-static_cast<double>(bin) / 30.0));
    values.insert(values.end(), static_cast<size_t>(counts[bin]), static_cast<float>(bin) + 0.5f);
  }
  size_t best = 16;
  for (size_t kept = 16; kept <= counts.size(); ++kept)
    if (getDivergence(counts, kept, 16) <= getDivergence(counts, best, 16))
      best = kept;
  ASSERT_GT(best, 100u);
  ASSERT_LT(best, 2000u); // the tail is cut off
  EXPECT_EQ(makeHistogram(values).getLeastDivergence(4), Range(1.5, static_cast<double>(best)));
}

TEST(HistogramTest, LeavesAFewDistinctValuesWhole) {
  EXPECT_EQ(makeHistogram({-3.0f, 0.0f, 100.0f}).getLeastDivergence(12), Range(-3.0, 100.0));
}

} // namespace
