// Counts of a tensor's values over calibration data, and the ranges that can be read from them.
#ifndef TINYC_PASSES_COMPRESS_HISTOGRAM_H
#define TINYC_PASSES_COMPRESS_HISTOGRAM_H

#include "passes/compress/Parameters.h"

#include <limits>

namespace tinyc::compress {

/// What is known of the values of one tensor: extremes, and counts in bins of width 2^exponent aligned to zero. Bins
/// become wider as greater values arrive, two joining into one, so that the result depends on the values alone, not on
/// their order or on the threads they came from.
class Histogram {
public:
  void add(llvm::ArrayRef<float> values);
  void merge(Histogram &other);

  bool isFinite() const { return finite; }
  bool isEmpty() const { return low > high; }
  Range getExtremes() const { return {low, high}; }

  /// The narrowest range of whole bins outside of which lies at most `share` of the values on either side.
  Range getPercentile(double share) const;

  /// The range, among those that shrink the extremes towards zero, with the least squared error of quantization to
  /// `bits`: step^2 / 12 for each value inside, the squared distance to the range for each outside.
  Range getLeastError(unsigned bits) const;

  /// The range whose quantization to `bits` loses the least information: the least Kullback-Leibler divergence of the
  /// clipped counts and the quantized ones (Migacz 2017, "8-bit inference with TensorRT", slides 18 to 38). Values of
  /// one sign use all 2^bits steps, of both signs half of them on either side of a common bound.
  Range getLeastDivergence(unsigned bits) const;

private:
  static constexpr int64_t kHalf = 2048;   // bins on either side of zero
  static constexpr int kNoExponent = -200; // nothing but zeros seen

  double getEdge(size_t bin) const;
  double getError(Range range, unsigned bits) const;
  /// Makes room for values of up to `magnitude`.
  void widen(float magnitude);
  void setExponent(int wanted);

  float low = std::numeric_limits<float>::infinity(), high = -std::numeric_limits<float>::infinity();
  bool finite = true;
  int exponent = kNoExponent;
  llvm::SmallVector<uint64_t, 0> counts = llvm::SmallVector<uint64_t, 0>(2 * kHalf, 0);
};

} // namespace tinyc::compress

#endif // TINYC_PASSES_COMPRESS_HISTOGRAM_H
