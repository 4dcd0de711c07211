// Weights and biases that a model brings already quantized.
#ifndef TINYC_PASSES_COMPRESS_STOREDPARAMETERS_H
#define TINYC_PASSES_COMPRESS_STOREDPARAMETERS_H

#include "dialects/nn/Interpreter.h"

namespace tinyc::compress {

/// The same weight with zero points 0, per tensor or along axis 0; nullopt if it is float, quantized along another
/// axis, or a shift by the zero point leaves its storage type.
std::optional<nn::HostTensor> makeSymmetric(const nn::HostTensor &weight);

/// A symmetric weight per axis whose channels have scales of at least 2^-20 * result scale / input scale: below, the
/// channel's multiplier is an integer too small to be precise (under 2^12 of 2^32), and the bias, which is then all
/// that the channel gives, would come out wrong. The weights that become coarser add less than 255 * 2^-20 of a
/// result's step each.
nn::HostTensor raiseWeakChannels(const nn::HostTensor &weight, double inputScale, double resultScale);

/// The real values of a bias, float or quantized. Scales equal to input scale * weight scale up to the rounding of
/// floats count as that product (`weight` may be null). False if a quantized bias has other scales.
bool readBias(const nn::HostTensor &bias, double inputScale, mlir::quant::QuantizedType weight,
              llvm::SmallVectorImpl<double> &reals);

} // namespace tinyc::compress

#endif // TINYC_PASSES_COMPRESS_STOREDPARAMETERS_H
