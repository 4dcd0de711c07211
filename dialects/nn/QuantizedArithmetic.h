// From scales to the integer constants that kernels and interpreter use: multipliers, shifts, folded biases, tables.
// The one place where a real number becomes an integer of the program.
#ifndef TINYC_DIALECTS_NN_QUANTIZEDARITHMETIC_H
#define TINYC_DIALECTS_NN_QUANTIZEDARITHMETIC_H

#include "dialects/nn/NN.h"

namespace tinyc::nn {

/// Multipliers of an output stage, one for each real scale, under one common right shift (see the dialect's
/// description): M = round(scale * 2^shift), shift 32 where every scale is below 0.5, else the largest that keeps
/// each M below 2^31.
struct Requantization {
  llvm::SmallVector<int32_t> multipliers;
  int32_t shift = 32;
};
/// `scales`: accumulator scale / result scale; each > 0 and finite.
Requantization computeRequantization(llvm::ArrayRef<double> scales);

/// q bounds of a fused clamp: the type's storage bounds, narrowed to the quantized real bounds.
std::pair<int32_t, int32_t> computeClamp(mlir::quant::UniformQuantizedType type, std::optional<float> lower,
                                         std::optional<float> upper);

/// Constants of add/sub in integer form (arithmetic.h): q = clamp((lhs * lhsMultiplier + rhs * rhsMultiplier +
/// offset) >> shift).
struct AddConstants {
  int32_t lhsMultiplier, rhsMultiplier, offset, shift;
};
AddConstants computeAdd(mlir::quant::UniformQuantizedType lhs, mlir::quant::UniformQuantizedType rhs,
                        mlir::quant::UniformQuantizedType result, bool subtract);

/// The 256 results of a unary op in integer form; entry i belongs to the input with (uint8_t)q == i.
llvm::SmallVector<int8_t, 256> computeTable(mlir::Operation *unaryOp);

/// The constants of softmax or log_softmax in integer form (arithmetic.h).
struct SoftmaxConstants {
  llvm::SmallVector<uint16_t, 256> exponentials;
  int32_t inputMultiplier, outputMultiplier, outputShift;
};
SoftmaxConstants computeSoftmax(mlir::quant::UniformQuantizedType input, mlir::quant::UniformQuantizedType result,
                                bool logarithm);

/// bias[o] - input zero point * sum of the weights of output channel o; bias may be null (zeros). Fails with the
/// first channel whose accumulator could leave int32 for some input.
mlir::FailureOr<llvm::SmallVector<int32_t>> foldInputZeroPoint(mlir::DenseElementsAttr weight,
                                                               mlir::DenseElementsAttr bias, int32_t inputZeroPoint,
                                                               int64_t *overflowChannel);

/// The requantization of conv2d, fully_connected, matmul, mul, avg_pool (count elements), requantize.
Requantization computeConvolutionRequantization(mlir::quant::QuantizedType input, mlir::quant::QuantizedType weight,
                                                mlir::quant::UniformQuantizedType result, int64_t channels);

} // namespace tinyc::nn

#endif // TINYC_DIALECTS_NN_QUANTIZEDARITHMETIC_H
