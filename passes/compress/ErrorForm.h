// The quadratic error of a layer's result as a function of one channel's weights, made ready for choosing them column after
// column.
#ifndef TINYC_PASSES_COMPRESS_ERRORFORM_H
#define TINYC_PASSES_COMPRESS_ERRORFORM_H

#include "passes/compress/DenseMath.h"

#include "llvm/ADT/SmallVector.h"

namespace tinyc::compress {

/// The columns of a group of channels in the order they are rounded in, and the quadratic form of the error in that order.
struct ErrorForm {
  llvm::SmallVector<int64_t> order; ///< of columns: by falling variance, so that those that matter are rounded before others
  SquareMatrix form;                ///< H: the error is (w - q)^T H (w - q)
  SquareMatrix factor;              ///< U, inverse(H) = U^T U
  std::vector<float> steps;         ///< U[k][j] / U[k][k], row-major

  /// Of the inputs' covariance [depth][depth], to which the share `damping` of their mean variance is added. nullopt if that is
  /// not positive definite: inputs that are not finite.
  static std::optional<ErrorForm> create(const SquareMatrix &covariance, double damping);

  /// The least error that one squared step of column k of `order` adds, if all columns after it make up for it.
  double getPivot(int64_t k) const { return 1.0 / (factor[k][k] * factor[k][k]); }
};

} // namespace tinyc::compress

#endif // TINYC_PASSES_COMPRESS_ERRORFORM_H
