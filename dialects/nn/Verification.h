// Checks shared by the verifiers of the nn dialect's op families.
#ifndef TINYC_DIALECTS_NN_VERIFICATION_H
#define TINYC_DIALECTS_NN_VERIFICATION_H

#include "dialects/nn/NN.h"

namespace tinyc::nn {

/// All operands and results float, or all quantized.
mlir::LogicalResult verifySameForm(mlir::Operation *op);
/// As verifySameForm, and quantized types are per tensor.
mlir::LogicalResult verifyPerTensor(mlir::Operation *op);
/// A weight's zero points are all 0.
mlir::LogicalResult verifySymmetric(mlir::Operation *op, mlir::Type weight);

/// The attributes of a sliding window over NHWC.
struct Window {
  int64_t kernelHeight, kernelWidth;
  llvm::ArrayRef<int64_t> strides, pads, dilations;
};
/// Checks the attributes' lengths and signs, and that `output`'s height and width follow from `input`'s.
mlir::LogicalResult verifyWindow(mlir::Operation *op, const Window &window, mlir::RankedTensorType input,
                                 mlir::RankedTensorType output);

} // namespace tinyc::nn

#endif // TINYC_DIALECTS_NN_VERIFICATION_H
