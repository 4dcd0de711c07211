// How far numbers are from what they stand for: sums from which the usual figures follow.
#ifndef TINYC_COMPILER_ERRORSUMS_H
#define TINYC_COMPILER_ERRORSUMS_H

#include "llvm/ADT/ArrayRef.h"

#include <cstdint>
#include <string>

namespace tinyc {

/// Sums over pairs of a reference x and a value y. Two of them add up; all are kept in double.
struct ErrorSums {
  int64_t count = 0;
  double signal = 0;   ///< x^2
  double value = 0;    ///< y^2
  double product = 0;  ///< x * y
  double noise = 0;    ///< (x - y)^2
  double absolute = 0; ///< |x - y|
  double greatest = 0; ///< the greatest |x - y|

  /// Equal lengths. A pair of equal infinities, or of two NaN, has no error.
  void add(llvm::ArrayRef<float> references, llvm::ArrayRef<float> values);
  void add(const ErrorSums &other);

  /// 10 log10(signal / noise) in dB; infinite without noise.
  double getSqnr() const;
  /// product / sqrt(signal * value); 1 if both are zero everywhere, 0 if one is.
  double getCosine() const;
  /// sqrt(noise / signal), the error's share of the reference in the Euclidean norm; 0 without noise, infinite where the
  /// reference is zero everywhere.
  double getRelativeL2() const;
  double getRmse() const;
  double getMae() const;
};

/// "31.2", or "inf" without noise, for tables.
std::string formatDecibels(double decibels);

/// The first index of the greatest value.
int64_t findGreatest(llvm::ArrayRef<float> values);

} // namespace tinyc

#endif // TINYC_COMPILER_ERRORSUMS_H
