// Requantization by its definition, in wide arithmetic: the oracle of the tests.
#ifndef TINYC_TEST_COMPILER_INTERPRETER_EXACTREQUANTIZATION_H
#define TINYC_TEST_COMPILER_INTERPRETER_EXACTREQUANTIZATION_H

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

// round(scale * 2^shift) in long double, whose 64-bit mantissa holds the product exactly.
inline long double exactMultiplier(double scale, int shift) {
  return floorl(ldexpl(static_cast<long double>(scale), shift) + 0.5L);
}

// 32, or the largest below for which every multiplier is below 2^31.
inline int exactShift(const std::vector<double> &scales) {
  int shift = 32;
  for (double scale : scales)
    while (exactMultiplier(scale, shift) >= 0x1p31L)
      --shift;
  return shift;
}

// floor(acc * M / 2^shift + 1/2) in 128 bits, by division instead of a shift.
inline int64_t exactRequantize(int64_t acc, int64_t multiplier, int shift) {
  __int128 numerator = static_cast<__int128>(acc) * multiplier * 2 + (static_cast<__int128>(1) << shift);
  __int128 denominator = static_cast<__int128>(1) << (shift + 1);
  __int128 quotient = numerator / denominator;
  if (numerator % denominator < 0)
    --quotient;
  return static_cast<int64_t>(quotient);
}

inline int64_t exactOutput(int64_t acc, double scale, int shift, int64_t zeroPoint, int64_t low = -128,
                           int64_t high = 127) {
  int64_t q = exactRequantize(acc, static_cast<int64_t>(exactMultiplier(scale, shift)), shift) + zeroPoint;
  return std::clamp(q, low, high);
}

#endif // TINYC_TEST_COMPILER_INTERPRETER_EXACTREQUANTIZATION_H
