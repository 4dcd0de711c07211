// Products and factorizations of dense matrices for the passes that fit weights to calibration data. The order of
// every sum is fixed and nothing is contracted: the same bits on every host and with any number of threads.
#ifndef TINYC_PASSES_COMPRESS_DENSEMATH_H
#define TINYC_PASSES_COMPRESS_DENSEMATH_H

#include <cstdint>
#include <optional>
#include <vector>

namespace tinyc::compress {

/// c[i][j] += sum over k of a[i * aRow + k * aStep] * b[k * bPitch + j], for i < rows, j < columns, k < depth. Pitches
/// are in elements.
void multiplyAdd(const float *a, int64_t aRow, int64_t aStep, const float *b, int64_t bPitch, float *c, int64_t cPitch,
                 int64_t rows, int64_t columns, int64_t depth);

/// y[i] += factor * x[i], i < count.
void addScaled(float *y, const float *x, float factor, int64_t count);
void addScaled(double *y, const double *x, double factor, int64_t count);

/// A square matrix, row-major.
struct SquareMatrix {
  int64_t size = 0;
  std::vector<double> values;

  SquareMatrix() = default;
  explicit SquareMatrix(int64_t size) : size(size), values(size * size) {}
  double *operator[](int64_t row) { return values.data() + row * size; }
  const double *operator[](int64_t row) const { return values.data() + row * size; }
};

/// For a symmetric positive definite matrix H the upper triangular U with inverse(H) = transpose(U) * U; nullopt if H
/// is not positive definite.
std::optional<SquareMatrix> factorInverse(SquareMatrix matrix);

/// x with H x = b, by the factor U of inverse(H): x = transpose(U) * (U * b).
std::vector<double> solve(const SquareMatrix &inverseFactor, const std::vector<double> &right);

} // namespace tinyc::compress

#endif // TINYC_PASSES_COMPRESS_DENSEMATH_H
