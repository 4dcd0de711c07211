#include "passes/compress/Histogram.h"

using namespace mlir;

namespace tinyc::compress {

void Histogram::add(ArrayRef<float> values) {
  for (float value : values) {
    finite &= std::isfinite(value);
    low = std::min(low, value);
    high = std::max(high, value);
  }
  if (!finite || values.empty())
    return;
  widen(std::max(std::abs(low), std::abs(high)));
  double inverse = std::ldexp(1.0, -exponent);
  for (float value : values) {
    double position = value * inverse;
    auto bin = static_cast<int64_t>(position);
    bin -= position < static_cast<double>(bin); // rounds down, exactly
    ++counts[kHalf + bin];
  }
}

void Histogram::merge(Histogram &other) {
  finite &= other.finite;
  low = std::min(low, other.low);
  high = std::max(high, other.high);
  setExponent(std::max(exponent, other.exponent));
  other.setExponent(exponent);
  for (auto [mine, others] : llvm::zip_equal(counts, other.counts))
    mine += others;
}

Range Histogram::getPercentile(double share) const {
  uint64_t total = 0;
  for (uint64_t count : counts)
    total += count;
  auto allowed = static_cast<uint64_t>(share * static_cast<double>(total));
  size_t begin = 0, end = counts.size();
  for (uint64_t outside = counts[begin]; outside <= allowed; outside += counts[begin])
    ++begin;
  for (uint64_t outside = counts[end - 1]; outside <= allowed; outside += counts[end - 1])
    --end;
  return {std::max<double>(low, getEdge(begin)), std::min<double>(high, getEdge(end))};
}

Range Histogram::getLeastError(unsigned bits) const {
  constexpr int kSteps = 100;
  double bestError = std::numeric_limits<double>::infinity();
  Range best = {low, high};
  for (int step = kSteps; step > kSteps / 10; --step) {
    double fraction = static_cast<double>(step) / kSteps;
    Range range = {std::min<double>(low, 0.0) * fraction, std::max<double>(high, 0.0) * fraction};
    double error = getError(range, bits);
    if (error < bestError) {
      bestError = error;
      best = range;
    }
  }
  return {std::max<double>(best.first, low), std::min<double>(best.second, high)};
}

/// The divergence of the first `kept` counts, those behind them added to the last, from their quantization to `levels`
/// equal parts. `outside` is the sum of the counts from `kept` on.
static double getDivergence(ArrayRef<uint64_t> counts, int64_t kept, int64_t levels, uint64_t outside, double total) {
  double divergence = 0.0;
  for (int64_t level = 0; level < levels; ++level) {
    int64_t begin = kept * level / levels, end = kept * (level + 1) / levels;
    uint64_t sum = 0, filled = 0;
    for (int64_t bin = begin; bin < end; ++bin) {
      sum += counts[bin];
      filled += counts[bin] > 0 || (bin == kept - 1 && outside > 0);
    }
    if (filled == 0)
      continue;
    // The quantized counts are those inside only; a level without any still stands for a little.
    double quantized = std::max(static_cast<double>(sum) / static_cast<double>(filled), 1e-4);
    for (int64_t bin = begin; bin < end; ++bin) {
      auto count = static_cast<double>(counts[bin] + (bin == kept - 1 ? outside : 0));
      if (count > 0.0)
        divergence += count / total * std::log(count / quantized);
    }
  }
  // Both are distributions: the quantized one of what is inside.
  return divergence + std::log((total - static_cast<double>(outside)) / total);
}

Range Histogram::getLeastDivergence(unsigned bits) const {
  bool bothSigns = low < 0.0f && high > 0.0f;
  int64_t levels = int64_t(1) << (bothSigns ? bits - 1 : bits);
  SmallVector<uint64_t> magnitudes(kHalf);
  uint64_t all = 0;
  for (int64_t bin = 0; bin < kHalf; ++bin) {
    magnitudes[bin] = counts[kHalf + bin] + counts[kHalf - 1 - bin];
    all += magnitudes[bin];
  }
  int64_t used = kHalf;
  while (used > 1 && magnitudes[used - 1] == 0)
    --used;
  if (levels >= used)
    return {low, high};
  // Exact zeros, as ReLU makes them, are on the grid of every range: they say nothing about the best one.
  all -= magnitudes[0];
  magnitudes[0] = 0;
  if (all == 0)
    return {low, high};
  uint64_t inside = 0;
  for (int64_t bin = 0; bin < levels; ++bin)
    inside += magnitudes[bin];
  double least = std::numeric_limits<double>::infinity();
  int64_t best = used;
  for (int64_t kept = levels; kept <= used; ++kept) {
    if (inside > 0) {
      double divergence = getDivergence(magnitudes, kept, levels, all - inside, static_cast<double>(all));
      if (divergence <= least) {
        least = divergence;
        best = kept;
      }
    }
    if (kept < used)
      inside += magnitudes[kept];
  }
  double bound = std::ldexp(static_cast<double>(best), exponent);
  return {std::max<double>(low, -bound), std::min<double>(high, bound)};
}

double Histogram::getEdge(size_t bin) const { return std::ldexp(static_cast<double>(bin) - kHalf, exponent); }

double Histogram::getError(Range range, unsigned bits) const {
  double quantum = (range.second - range.first) / (std::ldexp(1.0, bits) - 1), inside = quantum * quantum / 12.0;
  double error = 0.0;
  for (auto [bin, count] : llvm::enumerate(counts)) {
    if (count == 0)
      continue;
    double value = (getEdge(bin) + getEdge(bin + 1)) / 2;
    double distance = std::max({range.first - value, value - range.second, 0.0});
    error += static_cast<double>(count) * (distance > 0 ? distance * distance : inside);
  }
  return error;
}

void Histogram::widen(float magnitude) {
  if (magnitude > 0)
    setExponent(std::max(exponent, std::ilogb(magnitude) - 10)); // magnitude < 2^11 bins
}

void Histogram::setExponent(int wanted) {
  int shift = std::min(wanted - exponent, 12); // 12 leaves zero and one bin below it
  exponent = wanted;
  if (shift == 0)
    return;
  SmallVector<uint64_t, 0> joined(counts.size(), 0);
  for (auto [bin, count] : llvm::enumerate(counts))
    joined[kHalf + ((static_cast<int64_t>(bin) - kHalf) >> shift)] += count;
  counts = std::move(joined);
}

} // namespace tinyc::compress
