// The width of each activation of a function that is to be quantized.
#ifndef TINYC_PASSES_COMPRESS_ACTIVATIONBITS_H
#define TINYC_PASSES_COMPRESS_ACTIVATIONBITS_H

#include "dialects/nn/NN.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/MapVector.h"

#include <string>

namespace tinyc::compress {

/// The widths that the float activations of a function get.
struct ActivationBits {
  llvm::DenseMap<mlir::Value, unsigned> bits; ///< 4, 8 or 16
  /// Values that were to have 4 bits and have 8, in the order of the block, with the reason.
  llvm::MapVector<mlir::Value, std::string> obstacles;
};

/// Bits of the function's float activations: what nn.activation_bits says on the op that computes a value; else those
/// of the operands, the most of them, if the op keeps scales (QuantizableOpInterface::sharesScale); else what nn.activation_bits
/// says on the function; else `otherwise`. Results of ops without an integer form of 16 bits have 8, results of a quant.dcast
/// those of its operand. 4 bits have only values with an even number of channels that an op with kernels for them computes, and such ops
/// alone read (convolution, fully connected, pooling, sums and products without broadcast, reshape); arguments and results of the
/// function have 8 then. `staysFloat`, if given: ops that will not be integer ones. Fails, with a diagnostic at the op, for other
/// numbers than 4, 8 and 16.
mlir::FailureOr<ActivationBits> chooseActivationBits(mlir::func::FuncOp function, unsigned otherwise = 8,
                                                     llvm::function_ref<bool(mlir::Operation *)> staysFloat = nullptr);

/// True if nn.activation_bits, of the op or of the function, asks for more bits than the op's integer form has.
bool lacksActivationBits(mlir::Operation *op, unsigned otherwise = 8);

} // namespace tinyc::compress

#endif // TINYC_PASSES_COMPRESS_ACTIVATIONBITS_H
