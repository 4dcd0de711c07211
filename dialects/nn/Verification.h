// Checks shared by the verifiers of the nn dialect's op families.
#ifndef TINYC_DIALECTS_NN_VERIFICATION_H
#define TINYC_DIALECTS_NN_VERIFICATION_H

#include "dialects/nn/NN.h"

namespace tinyc::nn {

// `constraint` is the number, C1 ..., that the check has in the op's description; the message ends with it.

/// All operands and results float, or all quantized; of a quantized op the activations as the dialect's A1 says.
mlir::LogicalResult verifySameForm(mlir::Operation *op, llvm::StringRef constraint);
/// As verifySameForm, and quantized types are per tensor.
mlir::LogicalResult verifyPerTensor(mlir::Operation *op, llvm::StringRef constraint);
/// A weight's zero points are all 0.
mlir::LogicalResult verifySymmetric(mlir::Operation *op, mlir::Type weight, llvm::StringRef constraint);

/// The attributes of a sliding window over NHWC.
struct Window {
  llvm::ArrayRef<int64_t> kernel, strides, pads, dilations;
};
/// The numbers of a window's constraints in the op's description.
struct WindowConstraints {
  llvm::StringRef steps, pads, size;
};
/// Checks the attributes' lengths and signs, and that `output`'s height and width follow from `input`'s.
mlir::LogicalResult verifyWindow(mlir::Operation *op, const Window &window, mlir::RankedTensorType input,
                                 mlir::RankedTensorType output, const WindowConstraints &constraints);

} // namespace tinyc::nn

#endif // TINYC_DIALECTS_NN_VERIFICATION_H
