#include "passes/compress/DenseMath.h"

#include <algorithm>
#include <cmath>
#include <cstring>

// One version for AVX2 and one for the baseline, chosen when the program is loaded; both give the same bits, because
// lanes are independent and neither has fused products.
#if defined(__x86_64__) && defined(__ELF__)
#define TINYC_VECTOR_VERSIONS __attribute__((target_clones("avx2", "default")))
#else
#define TINYC_VECTOR_VERSIONS
#endif
#define TINYC_INLINE inline __attribute__((always_inline))

namespace tinyc::compress {

namespace {

constexpr int64_t kTileRows = 4, kTileColumns = 16;

typedef float FloatLanes __attribute__((vector_size(32)));
typedef double DoubleLanes __attribute__((vector_size(32)));

template <int rows>
TINYC_INLINE void multiplyTile(const float *a, int64_t aRow, int64_t aStep, const float *b, int64_t bPitch, float *c,
                               int64_t cPitch, int64_t depth) {
  FloatLanes sums[rows][2] = {};
  for (int64_t k = 0; k < depth; ++k) {
    FloatLanes low, high;
    std::memcpy(&low, b + k * bPitch, sizeof low);
    std::memcpy(&high, b + k * bPitch + 8, sizeof high);
    for (int row = 0; row < rows; ++row) {
      float factor = a[row * aRow + k * aStep];
      sums[row][0] += low * factor;
      sums[row][1] += high * factor;
    }
  }
  for (int row = 0; row < rows; ++row)
    for (int half = 0; half < 2; ++half) {
      FloatLanes old;
      std::memcpy(&old, c + row * cPitch + 8 * half, sizeof old);
      old += sums[row][half];
      std::memcpy(c + row * cPitch + 8 * half, &old, sizeof old);
    }
}

TINYC_INLINE double dot(const double *a, const double *b, int64_t count) {
  DoubleLanes sums[2] = {};
  int64_t i = 0;
  for (; i + 8 <= count; i += 8)
    for (int half = 0; half < 2; ++half) {
      DoubleLanes left, right;
      std::memcpy(&left, a + i + 4 * half, sizeof left);
      std::memcpy(&right, b + i + 4 * half, sizeof right);
      sums[half] += left * right;
    }
  sums[0] += sums[1];
  double sum = (sums[0][0] + sums[0][1]) + (sums[0][2] + sums[0][3]);
  for (; i < count; ++i)
    sum += a[i] * b[i];
  return sum;
}

} // namespace

TINYC_VECTOR_VERSIONS
void multiplyAdd(const float *a, int64_t aRow, int64_t aStep, const float *b, int64_t bPitch, float *c, int64_t cPitch,
                 int64_t rows, int64_t columns, int64_t depth) {
  int64_t column = 0;
  for (; column + kTileColumns <= columns; column += kTileColumns) {
    int64_t row = 0;
    for (; row + kTileRows <= rows; row += kTileRows)
      multiplyTile<kTileRows>(a + row * aRow, aRow, aStep, b + column, bPitch, c + row * cPitch + column, cPitch,
                              depth);
    for (; row < rows; ++row)
      multiplyTile<1>(a + row * aRow, aRow, aStep, b + column, bPitch, c + row * cPitch + column, cPitch, depth);
  }
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t rest = column; rest < columns; ++rest) {
      float sum = 0.0f;
      for (int64_t k = 0; k < depth; ++k)
        sum += a[row * aRow + k * aStep] * b[k * bPitch + rest];
      c[row * cPitch + rest] += sum;
    }
}

TINYC_VECTOR_VERSIONS
void addScaled(float *y, const float *x, float factor, int64_t count) {
  for (int64_t i = 0; i < count; ++i)
    y[i] += factor * x[i];
}

TINYC_VECTOR_VERSIONS
void addScaled(double *y, const double *x, double factor, int64_t count) {
  for (int64_t i = 0; i < count; ++i)
    y[i] += factor * x[i];
}

/// H = R * transpose(R) with R upper triangular, from the last column to the first, in place; false if a pivot is not
/// positive.
TINYC_VECTOR_VERSIONS
static bool factorUpper(SquareMatrix &matrix) {
  int64_t size = matrix.size;
  for (int64_t k = size - 1; k >= 0; --k) {
    double *pivotRow = matrix[k];
    double pivot = pivotRow[k] - dot(pivotRow + k + 1, pivotRow + k + 1, size - k - 1);
    if (!(pivot > 0.0))
      return false;
    pivotRow[k] = std::sqrt(pivot);
    for (int64_t i = 0; i < k; ++i)
      matrix[i][k] = (matrix[i][k] - dot(matrix[i] + k + 1, pivotRow + k + 1, size - k - 1)) / pivotRow[k];
  }
  return true;
}

std::optional<SquareMatrix> factorInverse(SquareMatrix matrix) {
  if (!factorUpper(matrix))
    return std::nullopt;
  int64_t size = matrix.size;
  SquareMatrix inverse(size);
  for (int64_t k = size - 1; k >= 0; --k) {
    double reciprocal = 1.0 / matrix[k][k];
    double *row = inverse[k];
    for (int64_t m = k + 1; m < size; ++m)
      addScaled(row + m, inverse[m] + m, -reciprocal * matrix[k][m], size - m);
    row[k] = reciprocal;
  }
  return inverse;
}

std::vector<double> solve(const SquareMatrix &inverseFactor, const std::vector<double> &right) {
  int64_t size = inverseFactor.size;
  std::vector<double> result(size, 0.0);
  for (int64_t k = 0; k < size; ++k) {
    double product = dot(inverseFactor[k] + k, right.data() + k, size - k);
    addScaled(result.data() + k, inverseFactor[k] + k, product, size - k);
  }
  return result;
}

} // namespace tinyc::compress
