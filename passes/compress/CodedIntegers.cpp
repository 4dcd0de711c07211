#include "passes/compress/CodedIntegers.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tinyc::compress {

int64_t IntegerCounts::getTotal() const {
  int64_t total = 0;
  for (int64_t count : counts)
    total += count;
  return total;
}

double IntegerCounts::getBits() const {
  auto total = static_cast<double>(getTotal());
  double bits = 0.0;
  for (int64_t count : counts)
    if (count > 0)
      bits += static_cast<double>(count) * std::log2(total / static_cast<double>(count));
  return bits;
}

Alphabet Alphabet::makeDense(const IntegerCounts &counts) {
  std::vector<int> all;
  for (int integer = -IntegerCounts::kMost; integer <= IntegerCounts::kMost; ++integer)
    all.push_back(integer);
  return makeSparse(all, counts);
}

Alphabet Alphabet::makeSparse(llvm::ArrayRef<int> integers, const IntegerCounts &counts) {
  Alphabet alphabet;
  alphabet.integers = integers;
  double total = static_cast<double>(counts.getTotal()) + 0.5 * static_cast<double>(integers.size());
  for (int integer : integers)
    alphabet.bits.push_back(std::log2(total / (static_cast<double>(counts.get(integer)) + 0.5)));
  return alphabet;
}

/// Of the integers from the nearest one towards 0, and the one behind it.
int CodedGroup::choose(const Alphabet &alphabet, double value, double lambda) const {
  auto size = static_cast<int64_t>(alphabet.integers.size());
  int64_t above = std::lower_bound(alphabet.integers.begin(), alphabet.integers.end(), value) - alphabet.integers.begin();
  int64_t nearest = std::min(above, size - 1);
  if (above > 0 && (above == size || value - alphabet.integers[above - 1] < alphabet.integers[above] - value))
    nearest = above - 1;
  int best = alphabet.integers[nearest];
  double least = std::numeric_limits<double>::infinity();
  auto consider = [&](int64_t index) {
    double error = value - alphabet.integers[index], cost = error * error + lambda * alphabet.bits[index];
    if (cost < least) {
      least = cost;
      best = alphabet.integers[index];
    }
    // Nothing farther away can cost less than its distance.
    return error * error < least;
  };
  int64_t step = value > 0.0 ? -1 : 1;
  if (nearest - step >= 0 && nearest - step < size)
    consider(nearest - step);
  for (int64_t index = nearest; index >= 0 && index < size && consider(index); index += step) {
  }
  return best;
}

void CodedGroup::round(const Alphabet &alphabet, double lambda, IntegerCounts &counts) {
  int64_t depth = form->form.size;
  std::vector<float> weights = wanted, errors(channels);
  integers.assign(depth * channels, 0);
  double logarithm = 0.0;
  for (int64_t k = 0; k < depth; ++k)
    logarithm += std::log(form->getPivot(k)) / static_cast<double>(depth);
  double mean = std::exp(logarithm);
  for (int64_t k = 0; k < depth; ++k) {
    float *now = weights.data() + k * channels;
    double slope = lambda * mean / form->getPivot(k);
    for (int64_t channel = 0; channel < channels; ++channel) {
      int integer =
          zero[k * channels + channel] ? 0 : choose(alphabet, static_cast<double>(now[channel]) / scales[channel], slope);
      integers[k * channels + channel] = static_cast<int8_t>(integer);
      counts.add(integer);
      errors[channel] = static_cast<float>(integer) * scales[channel] - now[channel];
    }
    multiplyAdd(form->steps.data() + k * depth + k + 1, 1, 1, errors.data(), channels, weights.data() + (k + 1) * channels,
                channels, depth - k - 1, channels, 1);
  }
}

} // namespace tinyc::compress
