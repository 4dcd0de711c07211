// Weights and biases of ops whose activations have their quantized types.
#ifndef TINYC_PASSES_COMPRESS_LAYERPARAMETERS_H
#define TINYC_PASSES_COMPRESS_LAYERPARAMETERS_H

#include "passes/compress/Parameters.h"

namespace tinyc::compress {

/// The number of an operand that has to be a constant, float or quantized under a quant.dcast, and is not.
std::optional<unsigned> findVariableParameter(nn::QuantizableOpInterface op);

/// The bits of the op's weight: those of nn.weight_bits, or, without it, `bits`.
/// Fails, with a diagnostic, for a number that the integer form does not have.
mlir::FailureOr<unsigned> getWeightBits(mlir::Operation *op, unsigned bits);

/// Gives the op's weight and bias, if it has them, their integer form. A float weight is quantized symmetric per output
/// channel, in `weightBits` or what nn.weight_bits says, on the scales of nn.weight_scales if it is there. A weight the model brings quantized keeps its integers and scales; if no shift makes it symmetric, it is
/// quantized anew with a warning. The bias becomes int32 of input scale * weight scale. Fails, with a diagnostic, for
/// values that are not finite and for biases that do not fit.
mlir::LogicalResult quantizeParameters(nn::QuantizableOpInterface op, mlir::RewriterBase &rewriter,
                                       unsigned weightBits = 8);

} // namespace tinyc::compress

#endif // TINYC_PASSES_COMPRESS_LAYERPARAMETERS_H
