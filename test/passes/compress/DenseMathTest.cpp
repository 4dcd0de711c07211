// Dense products and factorizations against sums in double that are written out here.
#include "passes/compress/DenseMath.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

using namespace tinyc::compress;

namespace {

std::vector<float> makeRandom(int64_t count, std::mt19937 &engine) {
  std::uniform_real_distribution<float> distribution(-1.0f, 1.0f);
  std::vector<float> values(count);
  for (float &value : values)
    value = distribution(engine);
  return values;
}

/// A * transpose(A) + I for a random A: symmetric, positive definite.
SquareMatrix makePositive(int64_t size, std::mt19937 &engine) {
  std::vector<float> root = makeRandom(size * size, engine);
  SquareMatrix matrix(size);
  for (int64_t i = 0; i < size; ++i)
    for (int64_t j = 0; j < size; ++j) {
      matrix[i][j] = i == j;
      for (int64_t k = 0; k < size; ++k)
        matrix[i][j] += static_cast<double>(root[i * size + k]) * root[j * size + k];
    }
  return matrix;
}

// Sizes on both sides of the tiles; rows of both strides, as a matrix and as its transpose are passed; pitches wider than
// the matrices.
TEST(DenseMathTest, MultipliesAsTheSumsSay) {
  std::mt19937 engine(1);
  for (int64_t rows : {1, 3, 4, 7, 16})
    for (int64_t columns : {1, 5, 8, 16, 33})
      for (int64_t depth : {0, 1, 9, 40})
        for (bool transposed : {false, true}) {
          const int64_t aRow = transposed ? 1 : depth + 2, aStep = transposed ? rows + 1 : 1;
          const int64_t bPitch = columns + 3, cPitch = columns + 1;
          std::vector<float> a = makeRandom((rows + 2) * (depth + 3), engine), b = makeRandom(bPitch * (depth + 1), engine);
          const std::vector<float> before = makeRandom(rows * cPitch, engine);
          std::vector<float> c = before;
          multiplyAdd(a.data(), aRow, aStep, b.data(), bPitch, c.data(), cPitch, rows, columns, depth);
          for (int64_t i = 0; i < rows; ++i)
            for (int64_t j = 0; j < cPitch; ++j) {
              double sum = before[i * cPitch + j];
              for (int64_t k = 0; k < depth && j < columns; ++k)
                sum += static_cast<double>(a[i * aRow + k * aStep]) * b[k * bPitch + j];
              // Sums of up to 41 numbers below 1, each rounded to 24 bits.
              ASSERT_NEAR(c[i * cPitch + j], sum, 41 * 41 * std::ldexp(1.0, -24)) << rows << "x" << columns << "x" << depth;
            }
        }
}

TEST(DenseMathTest, AddsScaledVectors) {
  std::vector<float> y = {1.0f, 2.0f, 3.0f};
  const std::vector<float> x = {4.0f, -8.0f, 0.5f};
  addScaled(y.data(), x.data(), 0.25f, 2);
  EXPECT_EQ(y, (std::vector<float>{2.0f, 0.0f, 3.0f}));
  std::vector<double> wide = {1.0, 1.0};
  const std::vector<double> other = {1.0, 2.0};
  addScaled(wide.data(), other.data(), -1.0, 2);
  EXPECT_EQ(wide, (std::vector<double>{0.0, -1.0}));
}

// H = [4 2; 2 3] has the inverse [3 -2; -2 4] / 8 = transpose(U) U with U = [a b; 0 c]: a^2 = 3/8, a b = -2/8,
// b^2 + c^2 = 4/8, so b^2 = 1/6 and c^2 = 1/3.
TEST(DenseMathTest, FactorsTheInverseByHand) {
  SquareMatrix matrix(2);
  matrix.values = {4.0, 2.0, 2.0, 3.0};
  std::optional<SquareMatrix> factor = factorInverse(matrix);
  ASSERT_TRUE(factor);
  EXPECT_NEAR((*factor)[0][0], std::sqrt(3.0 / 8.0), 1e-15);
  EXPECT_NEAR((*factor)[0][1], -std::sqrt(1.0 / 6.0), 1e-15);
  EXPECT_EQ((*factor)[1][0], 0.0);
  EXPECT_NEAR((*factor)[1][1], std::sqrt(1.0 / 3.0), 1e-15);
}

TEST(DenseMathTest, FactorsAndSolves) {
  std::mt19937 engine(2);
  for (int64_t size : {1, 2, 5, 17, 64}) {
    SquareMatrix matrix = makePositive(size, engine);
    std::optional<SquareMatrix> factor = factorInverse(matrix);
    ASSERT_TRUE(factor);
    for (int64_t i = 0; i < size; ++i)
      for (int64_t j = 0; j < size; ++j) {
        if (j < i)
          EXPECT_EQ((*factor)[i][j], 0.0);
        // transpose(U) U H = I
        double sum = 0.0;
        for (int64_t k = 0; k < size; ++k)
          for (int64_t m = 0; m <= std::min(i, k); ++m)
            sum += (*factor)[m][i] * (*factor)[m][k] * matrix[k][j];
        EXPECT_NEAR(sum, i == j, 1e-9);
      }
    std::vector<double> right(size);
    for (int64_t i = 0; i < size; ++i)
      right[i] = static_cast<double>(i) - 1.5;
    std::vector<double> solution = solve(*factor, right);
    for (int64_t i = 0; i < size; ++i) {
      double sum = 0.0;
      for (int64_t k = 0; k < size; ++k)
        sum += matrix[i][k] * solution[k];
      EXPECT_NEAR(sum, right[i], 1e-9);
    }
  }
}

TEST(DenseMathTest, RefusesWhatIsNotPositiveDefinite) {
  SquareMatrix indefinite(2); // eigenvalues 3 and -1
  indefinite.values = {1.0, 2.0, 2.0, 1.0};
  EXPECT_FALSE(factorInverse(indefinite));
  EXPECT_FALSE(factorInverse(SquareMatrix(3))); // zeros
  SquareMatrix unknown(1);
  unknown.values = {std::nan("")};
  EXPECT_FALSE(factorInverse(unknown));
}

} // namespace
