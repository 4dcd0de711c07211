#include "passes/compress/WeightRemoval.h"

#include <limits>

namespace tinyc::compress {

WeightRemoval::WeightRemoval(const SquareMatrix &matrix, llvm::ArrayRef<double> weights, const SparsityPattern &pattern,
                             int64_t inputs)
    : depth(matrix.size), whole(pattern.of == 0), inverse(matrix.values.begin(), matrix.values.end()),
      weights(weights.begin(), weights.end()), removed(depth) {
  for (auto [begin, end] : pattern.getUnits(depth, inputs)) {
    int64_t size = end - begin;
    units.push_back({begin, end, whole ? size : size - (size * pattern.kept + pattern.of - 1) / pattern.of});
  }
}

void WeightRemoval::remove(int64_t count) {
  while (getRemoved() < count) {
    double least = std::numeric_limits<double>::infinity();
    Unit *best = nullptr;
    int64_t column = 0;
    for (Unit &unit : units) {
      if (unit.left == 0)
        continue;
      if (whole && unit.end - unit.begin > 1) {
        if (double loss = getLoss(unit); loss < least) {
          least = loss;
          best = &unit;
        }
        continue;
      }
      for (int64_t k = unit.begin; k < unit.end; ++k) {
        if (removed[k])
          continue;
        double loss = weights[k] * weights[k] / inverse[k * depth + k];
        if (loss < least) {
          least = loss;
          best = &unit;
          column = k;
        }
      }
    }
    if (!best)
      return;
    if (whole && best->end - best->begin > 1) {
      for (int64_t k = best->begin; k < best->end; ++k)
        removeColumn(k);
      best->left = 0;
      continue;
    }
    removeColumn(column);
    --best->left;
  }
}

/// By elimination: the columns' losses as they would go one after the other.
double WeightRemoval::getLoss(const Unit &unit) const {
  constexpr int64_t kMost = 16; // the longest block
  double block[kMost][kMost], values[kMost], loss = 0.0;
  int64_t size = unit.end - unit.begin;
  for (int64_t i = 0; i < size; ++i) {
    values[i] = weights[unit.begin + i];
    for (int64_t j = 0; j < size; ++j)
      block[i][j] = inverse[(unit.begin + i) * depth + unit.begin + j];
  }
  for (int64_t i = 0; i < size; ++i) {
    loss += values[i] * values[i] / block[i][i];
    for (int64_t j = i + 1; j < size; ++j) {
      double share = block[j][i] / block[i][i];
      values[j] -= share * values[i];
      for (int64_t k = i + 1; k < size; ++k)
        block[j][k] -= share * block[i][k];
    }
  }
  return loss;
}

void WeightRemoval::removeColumn(int64_t column) {
  const float *row = inverse.data() + column * depth;
  double pivot = row[column], share = weights[column] / pivot;
  losses.push_back(weights[column] * share);
  removed[column] = true;
  for (int64_t k = 0; k < depth; ++k)
    weights[k] = removed[k] ? 0.0 : weights[k] - share * row[k];
  for (int64_t k = 0; k < depth; ++k)
    if (!removed[k])
      addScaled(inverse.data() + k * depth, row, static_cast<float>(-inverse[k * depth + column] / pivot), depth);
}

} // namespace tinyc::compress
