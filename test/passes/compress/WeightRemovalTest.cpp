// Weights removed one after the other against least squares solved from the start, and patterns against counts.
#include "passes/compress/WeightRemoval.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

using namespace tinyc::compress;

namespace {

/// x with A x = b by Gaussian elimination with pivots.
std::vector<double> solveDirectly(std::vector<std::vector<double>> a, std::vector<double> b) {
  size_t size = b.size();
  for (size_t i = 0; i < size; ++i) {
    size_t pivot = i;
    for (size_t j = i + 1; j < size; ++j)
      if (std::abs(a[j][i]) > std::abs(a[pivot][i]))
        pivot = j;
    std::swap(a[i], a[pivot]);
    std::swap(b[i], b[pivot]);
    for (size_t j = i + 1; j < size; ++j) {
      double share = a[j][i] / a[i][i];
      for (size_t k = i; k < size; ++k)
        a[j][k] -= share * a[i][k];
      b[j] -= share * b[i];
    }
  }
  for (size_t i = size; i-- > 0;) {
    for (size_t k = i + 1; k < size; ++k)
      b[i] -= a[i][k] * b[k];
    b[i] /= a[i][i];
  }
  return b;
}

/// A random H = X^T X / n + 0.1 of correlated inputs, and its inverse column by column.
struct Form {
  SquareMatrix form, inverse;
  std::vector<double> weights;

  Form(int64_t depth, std::mt19937 &engine) : form(depth), inverse(depth) {
    std::normal_distribution<double> normal;
    std::vector<std::vector<double>> inputs(3 * depth, std::vector<double>(depth));
    for (std::vector<double> &input : inputs) {
      double common = normal(engine);
      for (double &value : input)
        value = normal(engine) + common;
    }
    std::vector<std::vector<double>> matrix(depth, std::vector<double>(depth));
    for (int64_t i = 0; i < depth; ++i)
      for (int64_t j = 0; j < depth; ++j) {
        for (const std::vector<double> &input : inputs)
          matrix[i][j] += input[i] * input[j] / static_cast<double>(inputs.size());
        matrix[i][j] += i == j ? 0.1 : 0.0;
        form[i][j] = matrix[i][j];
      }
    for (int64_t j = 0; j < depth; ++j) {
      std::vector<double> unit(depth, 0.0);
      unit[j] = 1.0;
      std::vector<double> column = solveDirectly(matrix, unit);
      for (int64_t i = 0; i < depth; ++i)
        inverse[i][j] = column[i];
    }
    for (int64_t i = 0; i < depth; ++i)
      weights.push_back(normal(engine));
  }

  double getError(llvm::ArrayRef<double> others) const {
    double error = 0.0;
    for (int64_t i = 0; i < form.size; ++i)
      for (int64_t j = 0; j < form.size; ++j)
        error += (others[i] - weights[i]) * form[i][j] * (others[j] - weights[j]);
    return error;
  }
};

/// What is left are the weights of least error among those with the same zeros, and the losses add up to that error.
TEST(WeightRemovalTest, LeavesTheWeightsOfLeastError) {
  std::mt19937 engine(1);
  for (const char *text : {"50%", "50%x4", "2:4"}) {
    SparsityPattern pattern = llvm::cantFail(SparsityPattern::parse(text));
    Form form(24, engine);
    WeightRemoval removal(form.inverse, form.weights, pattern, /*inputs=*/12);
    removal.remove(12);
    EXPECT_EQ(removal.getRemoved(), 12) << text;
    std::vector<size_t> left;
    for (size_t k = 0; k < form.weights.size(); ++k)
      if (removal.getWeights()[k] != 0.0)
        left.push_back(k);
    ASSERT_EQ(left.size(), 12u) << text;
    // H_LL w_L = (H v)_L
    std::vector<std::vector<double>> matrix(left.size(), std::vector<double>(left.size()));
    std::vector<double> right(left.size(), 0.0);
    for (size_t i = 0; i < left.size(); ++i) {
      for (size_t j = 0; j < left.size(); ++j)
        matrix[i][j] = form.form[left[i]][left[j]];
      for (size_t j = 0; j < form.weights.size(); ++j)
        right[i] += form.form[left[i]][j] * form.weights[j];
    }
    std::vector<double> expected = solveDirectly(matrix, right);
    for (size_t i = 0; i < left.size(); ++i)
      EXPECT_NEAR(removal.getWeights()[left[i]], expected[i], 1e-3) << text;
    double sum = 0.0;
    for (double loss : removal.getLosses())
      sum += loss;
    EXPECT_NEAR(sum, form.getError(removal.getWeights()), 1e-3 * sum) << text;
  }
}

/// The first weight that goes is the one without which, all others made up, the error is least.
TEST(WeightRemovalTest, RemovesTheCheapestFirst) {
  std::mt19937 engine(2);
  for (int round = 0; round < 20; ++round) {
    Form form(8, engine);
    double least = INFINITY;
    for (int64_t k = 0; k < 8; ++k)
      least = std::min(least, form.weights[k] * form.weights[k] / form.inverse[k][k]);
    WeightRemoval removal(form.inverse, form.weights, llvm::cantFail(SparsityPattern::parse("50%")), 8);
    removal.remove(1);
    EXPECT_NEAR(form.getError(removal.getWeights()), least, 1e-4 * least);
  }
}

/// Patterns hold in every group and never reach over the end of a pixel: of 6 inputs, groups of 4 and of 2.
TEST(WeightRemovalTest, KeepsPatterns) {
  std::mt19937 engine(3);
  Form form(12, engine);
  WeightRemoval groups(form.inverse, form.weights, llvm::cantFail(SparsityPattern::parse("1:4")), 6);
  groups.remove(12);
  // 1 of 4 and ceil(2 * 1 / 4) = 1 of 2 stay, at both pixels.
  for (auto [begin, end] : {std::pair(0, 4), std::pair(4, 6), std::pair(6, 10), std::pair(10, 12)}) {
    int left = 0;
    for (int k = begin; k < end; ++k)
      left += groups.getWeights()[k] != 0.0;
    EXPECT_EQ(left, 1) << begin;
  }
  WeightRemoval blocks(form.inverse, form.weights, llvm::cantFail(SparsityPattern::parse("50%x4")), 6);
  blocks.remove(5); // whole blocks: 4 + 2, 2 + 4 or 4 + 4
  for (auto [begin, end] : {std::pair(0, 4), std::pair(4, 6), std::pair(6, 10), std::pair(10, 12)})
    for (int k = begin; k < end; ++k)
      EXPECT_EQ(blocks.getWeights()[k] == 0.0, blocks.getWeights()[begin] == 0.0);
}

TEST(SparsityPatternTest, SaysWhatIsExpected) {
  for (const char *text : {"", "50", "0%", "100%", "50%x", "50%x1", "50%x17", "4:4", "0:4", "2:", "3:17", "a:b", "-5%", "2:4%"}) {
    llvm::Expected<SparsityPattern> pattern = SparsityPattern::parse(text);
    EXPECT_FALSE(pattern) << text;
    if (!pattern)
      EXPECT_NE(llvm::toString(pattern.takeError()).find("got '" + std::string(text) + "'"), std::string::npos);
  }
}

} // namespace
