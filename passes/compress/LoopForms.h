// Loop nests that can be computed on quantized integers.
#ifndef TINYC_PASSES_COMPRESS_LOOPFORMS_H
#define TINYC_PASSES_COMPRESS_LOOPFORMS_H

#include "passes/compress/Parameters.h"

namespace tinyc::compress {

/// How a nest on real numbers can be computed on integers.
enum class LoopForm {
  None,
  Moves, ///< elements are chosen and compared, not computed with: operands and result share one type
  Table, ///< each element of the result is a function of one element of the operand: 256 results
};

/// The form of a nest that reads or computes real numbers.
LoopForm getLoopForm(nn::LoopNestOp op);

/// Whether result and activations of an op have one type: QuantizableOpInterface::sharesScale, or a nest that moves. The op is in float.
bool keepsScale(mlir::Operation *op);
/// Operand numbers of the activations of an op in float: of the interface, or of a nest's form.
llvm::SmallVector<unsigned> getActivationOperands(mlir::Operation *op);

/// The least and the greatest real constant in the body of a nest that moves, which the common type has to hold; nothing if there are
/// none. Initial values of reductions saturate.
std::optional<Range> getBodyConstants(nn::LoopNestOp op);

/// Gives a nest that moves, whose operands and result have the quantized type `type` by now, the body of their integers.
void moveIntegers(nn::LoopNestOp op, mlir::quant::UniformQuantizedType type, mlir::RewriterBase &rewriter);

/// The real results of a table's function for real operands, by the reference interpreter; where that gives no number, the result
/// of the nearest operand for which it does. Empty if it gives none for any.
std::vector<float> evaluateTable(nn::LoopNestOp op, llvm::ArrayRef<float> operands);

/// Replaces a table nest, whose operand and result have quantized types of i8 by now, by one that looks bytes up in a constant.
void lookUp(nn::LoopNestOp op, mlir::RewriterBase &rewriter);

/// The ratio of signal and noise, in dB, of a table on 8 bits against the function, over the operand's range, where results are
/// equally likely. Infinite without noise.
double estimateTableNoise(nn::LoopNestOp op, Range operand, Range result);

} // namespace tinyc::compress

#endif // TINYC_PASSES_COMPRESS_LOOPFORMS_H
