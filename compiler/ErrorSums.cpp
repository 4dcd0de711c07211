#include "compiler/ErrorSums.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tinyc {

void ErrorSums::add(llvm::ArrayRef<float> references, llvm::ArrayRef<float> values) {
  for (auto [reference, other] : llvm::zip_equal(references, values)) {
    const double x = reference, y = other;
    const bool same = x == y || (std::isnan(x) && std::isnan(y));
    const double difference = same ? 0.0 : std::abs(x - y);
    signal += x * x;
    value += y * y;
    product += x * y;
    noise += difference * difference;
    absolute += difference;
    greatest = std::isnan(difference) ? difference : std::max(greatest, difference);
  }
  count += static_cast<int64_t>(references.size());
}

void ErrorSums::add(const ErrorSums &other) {
  count += other.count;
  signal += other.signal;
  value += other.value;
  product += other.product;
  noise += other.noise;
  absolute += other.absolute;
  greatest = std::isnan(other.greatest) ? other.greatest : std::max(greatest, other.greatest);
}

double ErrorSums::getSqnr() const {
  return noise == 0 ? std::numeric_limits<double>::infinity() : 10.0 * std::log10(signal / noise);
}

double ErrorSums::getCosine() const {
  if (signal == 0 || value == 0)
    return signal == value ? 1.0 : 0.0;
  return product / (std::sqrt(signal) * std::sqrt(value));
}

double ErrorSums::getRelativeL2() const { return noise == 0 ? 0.0 : std::sqrt(noise / signal); }

double ErrorSums::getRmse() const { return count == 0 ? 0.0 : std::sqrt(noise / static_cast<double>(count)); }

double ErrorSums::getMae() const { return count == 0 ? 0.0 : absolute / static_cast<double>(count); }

std::string formatDecibels(double decibels) {
  if (!std::isfinite(decibels))
    return decibels > 0 ? "inf" : decibels < 0 ? "-inf" : "nan";
  std::string text;
  llvm::raw_string_ostream(text) << llvm::format("%.1f", decibels);
  return text;
}

int64_t findGreatest(llvm::ArrayRef<float> values) {
  return std::max_element(values.begin(), values.end()) - values.begin();
}

} // namespace tinyc
