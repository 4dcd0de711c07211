// From scales to the integer constants that kernels and interpreter use: multipliers, shifts, folded biases, tables.
// The one place where a real number becomes an integer of the program.
#ifndef TINYC_DIALECTS_NN_QUANTIZEDARITHMETIC_H
#define TINYC_DIALECTS_NN_QUANTIZEDARITHMETIC_H

#include "dialects/nn/NN.h"

namespace tinyc::nn {

/// Zero point of channel `channel` of a quantized element type, per tensor or per axis.
int64_t getZeroPoint(mlir::quant::QuantizedType type, int64_t channel = 0);

/// The storage integer of a real number: round_half_even(real / scale) + zero point, saturated to the storage bounds;
/// NaN gives the zero point.
int64_t quantizeReal(double real, mlir::quant::QuantizedType type, int64_t channel = 0);

/// The factor of tinyc_quantize_value_s8 (arithmetic.h), which quantizes activations at run time: 1 / scale as a float.
float computeInverseScale(mlir::quant::UniformQuantizedType type);

/// Multipliers of an output stage, one for each real scale, under one common right shift (see the dialect's
/// description): M = round(scale * 2^shift), shift 32 where every scale is below 0.5, else the largest that keeps
/// each M below 2^31. That in any case, up to 62, for results of 16 bits.
struct Requantization {
  llvm::SmallVector<int32_t> multipliers;
  int32_t shift = 32;
};
/// `scales`: accumulator scale / result scale; each > 0 and finite. `bits` are those of the result.
Requantization computeRequantization(llvm::ArrayRef<double> scales, unsigned bits = 8);

/// q bounds of a fused clamp: the type's storage bounds, narrowed to the quantized real bounds.
std::pair<int32_t, int32_t> computeClamp(mlir::quant::UniformQuantizedType type, std::optional<float> lower,
                                         std::optional<float> upper);

/// Constants of add/sub in integer form (arithmetic.h): q = clamp((lhs * lhsMultiplier + rhs * rhsMultiplier +
/// offset) >> shift); of 16 bits as tinyc_add_stage_s16 says.
struct AddConstants {
  int32_t lhsMultiplier, rhsMultiplier, offset, shift;
};
AddConstants computeAdd(mlir::quant::UniformQuantizedType lhs, mlir::quant::UniformQuantizedType rhs,
                        mlir::quant::UniformQuantizedType result, bool subtract);

/// f(x) of a unary op (clamp, leaky_relu, sigmoid, hard_sigmoid, hard_swish) in double; NaN for any other op.
double evaluateUnary(mlir::Operation *unaryOp, double x);

/// The 256 results of a unary op in integer form (i8 to i8); entry i belongs to the input with (uint8_t)q == i.
llvm::SmallVector<int8_t, 256> computeTable(mlir::Operation *unaryOp);

/// The 513 results of a unary op in integer form (i16 to i16) between which tinyc_interpolate_s16 draws straight lines.
llvm::SmallVector<int16_t, 0> computeTable16(mlir::Operation *unaryOp);

/// Unary ops of 16 bits that are an output stage: q = clamp(requantize(q) + offset).
struct AffineFunction {
  Requantization requantization;
  int32_t offset, clampMin, clampMax;
};
/// Of clamp, and of hard_sigmoid with a positive alpha, in integer form (i16 to i16); nothing for other ops, which are tables.
std::optional<AffineFunction> computeAffine(mlir::Operation *unaryOp);

/// The constants of softmax or log_softmax in integer form (arithmetic.h).
struct SoftmaxConstants {
  llvm::SmallVector<uint16_t, 256> exponentials;
  int32_t inputMultiplier, outputMultiplier, outputShift;
};
SoftmaxConstants computeSoftmax(mlir::quant::UniformQuantizedType input, mlir::quant::UniformQuantizedType result,
                                bool logarithm);

/// The weights of resize in integer form, in groups of `taps` for one output row or column: 2048 times the real ones, rounded
/// half away from zero, but for the (first) largest of a group, which takes what its sum of 2048 (or 0) lacks.
llvm::SmallVector<int16_t> quantizeResizeWeights(llvm::ArrayRef<float> weights, int64_t taps);

/// bias[o] - input zero point * sum of the weights of output channel o (dimension 0); bias may be null (zeros). Fails
/// with the first channel whose accumulator could leave int32 for some input: |folded bias| + greatest * sum |w| > 2^31 - 1,
/// `greatestInput` being 128, or 32767 for inputs of 16 bits.
mlir::FailureOr<llvm::SmallVector<int32_t>> foldInputZeroPoint(mlir::DenseElementsAttr weight,
                                                               mlir::DenseElementsAttr bias, int32_t inputZeroPoint,
                                                               int64_t *overflowChannel, int64_t greatestInput = 128);
/// The same on stored values, `channels` rows of equal length; `bias` may be empty.
mlir::FailureOr<llvm::SmallVector<int32_t>> foldInputZeroPoint(llvm::ArrayRef<int8_t> weight,
                                                               llvm::ArrayRef<int32_t> bias, int64_t channels,
                                                               int32_t inputZeroPoint, int64_t *overflowChannel,
                                                               int64_t greatestInput = 128);
/// The greatest magnitude of a stored activation: 128, or 32767 for 16 bits.
int64_t getGreatestActivation(mlir::quant::UniformQuantizedType type);

/// The requantization of conv2d and fully_connected: one multiplier for each of `channels` output channels (all equal
/// where the weight is per tensor). Of matmul and mul (`weight` is the right operand's type, `channels` 1) and of
/// requantize (`weight` null, `channels` 1).
Requantization computeConvolutionRequantization(mlir::quant::QuantizedType input, mlir::quant::QuantizedType weight,
                                                mlir::quant::UniformQuantizedType result, int64_t channels);

/// The requantization of avg_pool: multipliers[n - firstCount] belongs to a window with n elements inside the input,
/// or, with includePad, the only multiplier to every window.
struct AvgPoolRequantization {
  Requantization requantization;
  int64_t firstCount = 1;
};
AvgPoolRequantization computeAvgPoolRequantization(AvgPoolOp op);

/// Elements inside the input of the window at output position `position`, along one axis.
int64_t countWindowElements(int64_t inputSize, int64_t kernel, int64_t stride, int64_t dilation, int64_t padBefore,
                            int64_t position);

/// True if some window along one axis lies wholly in the padding.
bool hasEmptyWindow(int64_t inputSize, int64_t outputSize, int64_t kernel, int64_t stride, int64_t dilation,
                    int64_t padBefore);

} // namespace tinyc::nn

#endif // TINYC_DIALECTS_NN_QUANTIZEDARITHMETIC_H
