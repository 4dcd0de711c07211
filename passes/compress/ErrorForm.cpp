#include "passes/compress/ErrorForm.h"

#include "llvm/ADT/STLExtras.h"

#include <numeric>

namespace tinyc::compress {

std::optional<ErrorForm> ErrorForm::create(const SquareMatrix &covariance, double damping) {
  int64_t depth = covariance.size;
  ErrorForm form;
  form.order.resize(depth);
  std::iota(form.order.begin(), form.order.end(), 0);
  llvm::stable_sort(form.order, [&](int64_t a, int64_t b) { return covariance[a][a] > covariance[b][b]; });
  double mean = 0.0;
  for (int64_t k = 0; k < depth; ++k)
    mean += covariance[k][k] / static_cast<double>(depth);
  double added = std::max(damping * mean, 1e-20);
  form.form = SquareMatrix(depth);
  for (int64_t i = 0; i < depth; ++i)
    for (int64_t j = 0; j < depth; ++j)
      form.form[i][j] = covariance[form.order[i]][form.order[j]] + (i == j ? added : 0.0);
  std::optional<SquareMatrix> factor = factorInverse(form.form);
  if (!factor)
    return std::nullopt;
  form.factor = std::move(*factor);
  for (int64_t k = 0; k < depth; ++k)
    for (int64_t j = 0; j < depth; ++j)
      form.steps.push_back(static_cast<float>(form.factor[k][j] / form.factor[k][k]));
  return form;
}

} // namespace tinyc::compress
