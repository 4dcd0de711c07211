// Integers of a layer's weights whose entropy counts: one alphabet for all channels.
#ifndef TINYC_PASSES_COMPRESS_CODEDINTEGERS_H
#define TINYC_PASSES_COMPRESS_CODEDINTEGERS_H

#include "passes/compress/ErrorForm.h"

#include "llvm/ADT/ArrayRef.h"

#include <array>
#include <memory>

namespace tinyc::compress {

/// How often each integer of -127 .. 127 is used.
class IntegerCounts {
public:
  void add(int integer) { ++counts[integer + kMost]; }
  int64_t get(int integer) const { return counts[integer + kMost]; }
  int64_t getTotal() const;
  /// Bits of all of them, by their entropy.
  double getBits() const;
  static constexpr int kMost = 127;

private:
  std::array<int64_t, 2 *kMost + 1> counts = {};
};

/// The integers that may be used, and what each costs in bits.
struct Alphabet {
  std::vector<int> integers; ///< ascending
  std::vector<double> bits;  ///< of each

  /// All of -127 .. 127, by the frequencies of `counts`, each one half more than counted.
  static Alphabet makeDense(const IntegerCounts &counts);
  /// Those given, by the frequencies of `counts`.
  static Alphabet makeSparse(llvm::ArrayRef<int> integers, const IntegerCounts &counts);
};

/// The output channels of one group of a layer.
struct CodedGroup {
  std::shared_ptr<const ErrorForm> form;
  int64_t channels = 0;
  std::vector<float> wanted;    ///< real weights, [depth in the form's order][channels]
  std::vector<bool> zero;       ///< those that stay 0, the same
  std::vector<float> scales;    ///< of each channel
  std::vector<int8_t> integers; ///< out, [depth in the form's order][channels]

  /// Rounds column after column. An integer q for weight w of scale s is that with the least
  /// ((w - q s) / s)^2 d + lambda * bits(q), d being the error form's pivot over the geometric mean of them; w - q s moves to the
  /// columns that are free yet. Counts the integers.
  void round(const Alphabet &alphabet, double lambda, IntegerCounts &counts);

private:
  int choose(const Alphabet &alphabet, double value, double lambda) const;
};

} // namespace tinyc::compress

#endif // TINYC_PASSES_COMPRESS_CODEDINTEGERS_H
