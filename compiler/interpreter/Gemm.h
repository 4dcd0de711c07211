// The hot loops of the interpreter: matrix product, depthwise convolution and output stage, on plain memory. The order of summation
// is fixed (bias first, then k ascending) and nothing is contracted, so that float results have the same bits on every
// host; integer sums wrap modulo 2^32.
#ifndef TINYC_COMPILER_INTERPRETER_GEMM_H
#define TINYC_COMPILER_INTERPRETER_GEMM_H

#include "tinyc/kernels.h"

#include <cstdint>
#include <type_traits>
#include <vector>

namespace tinyc::nn {

/// float for float, int32_t for int16_t.
template <typename T> using Accumulator = std::conditional_t<std::is_same_v<T, float>, float, int32_t>;

/// The right operand of a product, [depth][columns], packed into panels of `kPanel` columns: [panel][depth][kPanel],
/// the last panel filled with zeros. `bias` has one entry for each column, with the same padding.
template <typename T> struct PackedMatrix {
  static constexpr int64_t kPanel = 16;
  int64_t depth = 0, columns = 0;
  std::vector<T> values;
  std::vector<Accumulator<T>> bias;

  PackedMatrix() = default;
  PackedMatrix(int64_t depth, int64_t columns)
      : depth(depth), columns(columns), values((columns + kPanel - 1) / kPanel * kPanel * depth),
        bias((columns + kPanel - 1) / kPanel * kPanel) {}
  T &at(int64_t k, int64_t column) { return values[(column / kPanel * depth + k) * kPanel + column % kPanel]; }
};

/// c[m][n] = bias[n] + sum over k of a[m][k] * b[k][n], for `rows` rows; `aPitch` and `cPitch` are the distances of
/// rows in elements.
void multiply(const float *a, int64_t aPitch, int64_t rows, const PackedMatrix<float> &b, float *c, int64_t cPitch);
void multiply(const int16_t *a, int64_t aPitch, int64_t rows, const PackedMatrix<int16_t> &b, int32_t *c,
              int64_t cPitch);

/// One output pixel of a depthwise convolution: out[c] = bias[c] + sum over t of taps[t][c] * weights[t][c], where
/// taps[t] points to `channels` inputs, or is null outside the input.
void depthwisePixel(const float *const *taps, int64_t tapCount, const float *weights, const float *bias,
                    int64_t channels, float *out);
void depthwisePixel(const int16_t *const *taps, int64_t tapCount, const int16_t *weights, const int32_t *bias,
                    int64_t channels, int32_t *out);

/// The output stage of `rows` x `channels` accumulators with a shift of at least 32; `multipliers` holds one for each channel:
/// tinyc_output_stage of tinyc/arithmetic.h.
void requantizeRows(const int32_t *accumulators, int64_t rows, int64_t channels, const int32_t *multipliers,
                    const tinyc_output_s8 &stage, int8_t *out);
void requantizeRows(const int32_t *accumulators, int64_t rows, int64_t channels, const int32_t *multipliers,
                    const tinyc_output_s8 &stage, int16_t *out);

} // namespace tinyc::nn

#endif // TINYC_COMPILER_INTERPRETER_GEMM_H
