#include "passes/compress/InputRemoval.h"

using namespace mlir;

namespace tinyc::compress {

/// Added to the diagonal, as a share of its mean: inputs that depend on each other do not make weights grow.
static constexpr double kDamping = 1e-2;

static std::optional<SquareMatrix> invert(const SquareMatrix &matrix) {
  std::optional<SquareMatrix> factor = factorInverse(matrix);
  if (!factor)
    return std::nullopt;
  int64_t size = matrix.size;
  SquareMatrix inverse(size);
  for (int64_t k = 0; k < size; ++k) // inverse = transpose(U) * U, U upper triangular
    for (int64_t i = k; i < size; ++i)
      addScaled(inverse[i] + k, (*factor)[k] + k, (*factor)[k][i], size - k);
  return inverse;
}

std::optional<InputRemoval> InputRemoval::create(const Layer &layer, const LayerMoments &moments, bool compensates) {
  InputRemoval removal;
  removal.depth = layer.depth;
  removal.outputs = layer.getChannels();
  removal.compensates = compensates;
  removal.weights.resize(removal.depth * removal.outputs);
  for (int64_t output = 0; output < removal.outputs; ++output)
    for (auto [k, weight] : llvm::enumerate(layer.getWeight(output)))
      removal.weights[k * removal.outputs + output] = weight;

  removal.mean = moments.mean;
  SquareMatrix form = moments.covariance;
  double mean = 0.0;
  for (int64_t k = 0; k < removal.depth; ++k)
    mean += form[k][k] / static_cast<double>(removal.depth);
  for (int64_t k = 0; k < removal.depth; ++k)
    form[k][k] += std::max(kDamping * mean, 1e-20);
  std::vector<double> product(removal.outputs);
  for (int64_t i = 0; i < removal.depth; ++i) {
    std::fill(product.begin(), product.end(), 0.0);
    for (int64_t j = 0; j < removal.depth; ++j)
      addScaled(product.data(), removal.weights.data() + j * removal.outputs, form[i][j], removal.outputs);
    for (int64_t output = 0; output < removal.outputs; ++output)
      removal.variance += product[output] * removal.weights[i * removal.outputs + output];
  }
  if (!std::isfinite(removal.variance))
    return std::nullopt;
  removal.variance = std::max(removal.variance, 1e-30);
  if (!compensates) {
    removal.matrix = std::move(form);
    return removal;
  }
  std::optional<SquareMatrix> inverse = invert(form);
  if (!inverse)
    return std::nullopt;
  removal.matrix = std::move(*inverse);
  return removal;
}

SquareMatrix InputRemoval::getBlock(ArrayRef<int64_t> columns) const {
  SquareMatrix block(columns.size());
  for (auto [i, row] : llvm::enumerate(columns))
    for (auto [j, column] : llvm::enumerate(columns))
      block[i][j] = matrix[row][column];
  if (!compensates)
    return block;
  if (std::optional<SquareMatrix> inverse = invert(block))
    return *inverse;
  // Rounding has left no positive definite block: as if the columns were independent.
  SquareMatrix diagonal(columns.size());
  for (int64_t i = 0; i < diagonal.size; ++i)
    diagonal[i][i] = 1.0 / std::max(block[i][i], 1e-30);
  return diagonal;
}

double InputRemoval::getLoss(ArrayRef<int64_t> columns) const {
  SquareMatrix block = getBlock(columns);
  double loss = 0.0;
  std::vector<double> product(outputs);
  for (auto [i, row] : llvm::enumerate(columns)) {
    std::fill(product.begin(), product.end(), 0.0);
    for (auto [j, column] : llvm::enumerate(columns))
      addScaled(product.data(), weights.data() + column * outputs, block[i][j], outputs);
    for (int64_t output = 0; output < outputs; ++output)
      loss += product[output] * weights[row * outputs + output];
  }
  return loss / variance;
}

void InputRemoval::apply(Layer &layer) const {
  for (int64_t output = 0; output < outputs; ++output) {
    MutableArrayRef<float> row = layer.getWeight(output);
    double bias = layer.bias[output];
    for (int64_t k = 0; k < depth; ++k) {
      auto weight = static_cast<float>(weights[k * outputs + output]);
      bias += (static_cast<double>(row[k]) - weight) * mean[k];
      row[k] = weight;
    }
    layer.bias[output] = static_cast<float>(bias);
  }
}

void InputRemoval::remove(ArrayRef<int64_t> columns) {
  if (compensates) {
    // W -= inverse(H)_:B block W_B and inverse(H) -= inverse(H)_:B block inverse(H)_B:
    SquareMatrix block = getBlock(columns);
    auto count = static_cast<int64_t>(columns.size());
    std::vector<double> factors(depth * count);
    for (int64_t k = 0; k < depth; ++k)
      for (int64_t i = 0; i < count; ++i)
        for (int64_t j = 0; j < count; ++j)
          factors[k * count + i] += matrix[k][columns[j]] * block[j][i];
    std::vector<double> rows, removed;
    for (int64_t column : columns) {
      rows.insert(rows.end(), matrix[column], matrix[column] + depth);
      removed.insert(removed.end(), weights.begin() + column * outputs, weights.begin() + (column + 1) * outputs);
    }
    for (int64_t k = 0; k < depth; ++k)
      for (int64_t i = 0; i < count; ++i) {
        addScaled(matrix[k], rows.data() + i * depth, -factors[k * count + i], depth);
        addScaled(weights.data() + k * outputs, removed.data() + i * outputs, -factors[k * count + i], outputs);
      }
  }
  for (int64_t column : columns) {
    std::fill_n(weights.begin() + column * outputs, outputs, 0.0);
    for (int64_t k = 0; k < depth; ++k)
      matrix[column][k] = matrix[k][column] = 0.0;
    matrix[column][column] = 1.0; // keeps blocks invertible; its weights are 0
  }
}

} // namespace tinyc::compress
