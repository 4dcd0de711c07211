// From real numbers to scales, and from real constants to stored integers.
#ifndef TINYC_PASSES_COMPRESS_PARAMETERS_H
#define TINYC_PASSES_COMPRESS_PARAMETERS_H

#include "dialects/nn/Interpreter.h"
#include "mlir/IR/PatternMatch.h"

namespace tinyc::compress {

/// Real bounds [first, second].
using Range = std::pair<double, double>;

/// The type of an activation: `bits` wide, signed, asymmetric. The range is widened to contain zero, which the zero
/// point represents exactly (Jacob et al. 2018, section 3). Of 16 bits: symmetric, i16<-32767:32767>.
mlir::quant::UniformQuantizedType chooseActivationType(mlir::MLIRContext *context, Range range, unsigned bits = 8);

/// The type of a result whose range the op's definition fixes: 2^bits steps from its lower bound, so that both the step
/// and the zero point are exact for ranges like 0..1 (scale 1/256, zero point -128). Of 16 bits as chooseActivationType.
mlir::quant::UniformQuantizedType chooseFixedType(mlir::MLIRContext *context, Range range, unsigned bits = 8);

/// The constant behind a value, an nn.constant or the quant.dcast of one: the real numbers of a float one, or the
/// stored integers and their type.
std::optional<nn::HostTensor> getStoredConstant(mlir::Value value);
/// The same as real numbers.
std::optional<nn::HostTensor> getRealConstant(mlir::Value value);

/// The real constant `value` quantized per tensor, as a new nn.constant at the insertion point.
mlir::Value createActivationConstant(mlir::OpBuilder &builder, mlir::Location location, const nn::HostTensor &value,
                                     mlir::quant::UniformQuantizedType type);
/// The type for a real constant used as activation: its own range. Null for values that are not finite.
mlir::quant::UniformQuantizedType chooseConstantType(mlir::MLIRContext *context, const nn::HostTensor &value,
                                                     unsigned bits = 8);

/// The type in which an op of `bits` reads an activation of another width: of 16 bits exactly (a step is 128 of them); of 8 the range
/// of what is left of it.
mlir::quant::UniformQuantizedType changeWidth(mlir::quant::UniformQuantizedType type, Range range, unsigned bits);

/// The least scale of a weight's channel, beside one of scale `greatest`: the multiplier input scale * weight scale / result scale
/// is at least 2^-20, so that as an integer of 2^32 it has 12 bits; with a result of 16 bits it has 16 (`greatest` * 2^-14).
double getLeastWeightScale(mlir::quant::UniformQuantizedType input, mlir::quant::UniformQuantizedType result,
                           double greatest);

/// The least and the greatest integer of a weight: -127 .. 127, -8 .. 7, -2 .. 1.
std::pair<int64_t, int64_t> getWeightBounds(unsigned bits);

/// Symmetric scales for each output channel (dimension 0) of a real weight: those `given` (one for each channel), or, if
/// there are none, the least by which every weight fits. At least getLeastWeightScale, and as great as the bias needs to fit
/// int32; with inputs of 16 bits as great as the bias and the sum of products, with these weights, need.
llvm::SmallVector<double> chooseWeightScales(const nn::HostTensor &weight, llvm::ArrayRef<double> bias,
                                             mlir::quant::UniformQuantizedType input,
                                             mlir::quant::UniformQuantizedType result, unsigned bits = 8,
                                             llvm::ArrayRef<float> given = {});

/// A real weight on given scales, as a new nn.constant at the insertion point; what does not fit is saturated.
mlir::Value createWeight(mlir::OpBuilder &builder, mlir::Location location, const nn::HostTensor &weight,
                         llvm::ArrayRef<double> scales, unsigned bits = 8);

/// An int32 bias of real numbers `bias` on the scales input scale * weight scale. Fails at the first channel that does
/// not fit, which is stored in `channel`.
mlir::FailureOr<mlir::Value> createBias(mlir::OpBuilder &builder, mlir::Location location, llvm::ArrayRef<double> bias,
                                        double inputScale, mlir::quant::QuantizedType weight, int64_t &channel);

/// A tensor of f32.
bool isFloat(mlir::Value value);

/// Gives the function the types of its arguments and of what it returns.
void updateFunctionType(mlir::func::FuncOp function);

} // namespace tinyc::compress

#endif // TINYC_PASSES_COMPRESS_PARAMETERS_H
