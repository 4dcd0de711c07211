// The first steps of compress-fold-qdq: casts move until each stands beside the op that it gives a type.
#ifndef TINYC_PASSES_COMPRESS_QDQCASTS_H
#define TINYC_PASSES_COMPRESS_QDQCASTS_H

#include "passes/compress/Parameters.h"

namespace tinyc::compress {

/// Moves the quant.qcast and quant.dcast ops of a block. Nothing here folds a pair.
class QDQCasts {
public:
  QDQCasts(mlir::Block &block, mlir::RewriterBase &rewriter) : block(block), rewriter(rewriter) {}

  /// Makes unsigned types signed (q - 2^(bits - 1)), folds casts of constants, moves casts through the ops that keep
  /// scales and fuses clamps in front of a qcast. Fails, with a diagnostic, for activations that are not 8 bits wide.
  mlir::LogicalResult arrange();

  /// The type of the first qcast that reads `value`; null if none does.
  mlir::quant::UniformQuantizedType getTarget(mlir::Value value);

  /// Gives a float op's result the type of a qcast behind it. Casts to that type vanish; other users of the float value
  /// read a dequantized one.
  void setResultType(mlir::Operation *op, mlir::quant::UniformQuantizedType type);

  /// Replaces an op whose operands are all constants by its value.
  void foldConstant(mlir::Operation *op);

  /// Erases casts that setResultType replaced. No list of ops made before is valid behind it.
  void eraseReplaced();

  llvm::SmallVector<mlir::Operation *> listOps();
  void set(mlir::OpOperand &operand, mlir::Value value);

private:
  mlir::LogicalResult makeTypesSigned();
  void foldConstantCasts();
  void pushDequantize();
  void hoistQuantize();
  void fuseClamp(nn::ClampOp clamp);

  mlir::Block &block;
  mlir::RewriterBase &rewriter;
  llvm::SmallVector<mlir::Operation *> replaced;
};

/// A batch norm between casts becomes the depthwise 1x1 convolution that has an integer form: weights of 127 or -127 steps of
/// |scale| / 127. Others stay, for the graph passes.
void convertBatchNorms(mlir::Block &block, mlir::RewriterBase &rewriter);

} // namespace tinyc::compress

#endif // TINYC_PASSES_COMPRESS_QDQCASTS_H
