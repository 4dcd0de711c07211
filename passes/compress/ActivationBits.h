// The width of each activation of a function that is to be quantized.
#ifndef TINYC_PASSES_COMPRESS_ACTIVATIONBITS_H
#define TINYC_PASSES_COMPRESS_ACTIVATIONBITS_H

#include "dialects/nn/NN.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/DenseMap.h"

namespace tinyc::compress {

/// Bits, 8 or 16, of the function's float activations: what nn.activation_bits says on the op that computes a value; else those
/// of the operands, the most of them, if the op keeps scales (QuantizableOpInterface::sharesScale); else what nn.activation_bits
/// says on the function; else `otherwise`. Results of ops without an integer form of 16 bits have 8, results of a quant.dcast
/// those of its operand. Fails, with a diagnostic at the op, for other numbers than 8 and 16.
mlir::FailureOr<llvm::DenseMap<mlir::Value, unsigned>> chooseActivationBits(mlir::func::FuncOp function,
                                                                            unsigned otherwise = 8);

/// True if nn.activation_bits, of the op or of the function, asks for more bits than the op's integer form has.
bool lacksActivationBits(mlir::Operation *op, unsigned otherwise = 8);

} // namespace tinyc::compress

#endif // TINYC_PASSES_COMPRESS_ACTIVATIONBITS_H
