// Affine maps per channel, and how they go into convolutions: shared by the passes that fold batch norm and arithmetic.
#ifndef TINYC_PASSES_GRAPH_AFFINE_H
#define TINYC_PASSES_GRAPH_AFFINE_H

#include "dialects/nn/NN.h"
#include "mlir/IR/PatternMatch.h"

namespace tinyc::graph {

/// x * scale[c] + offset[c] for channel c of the last dimension.
struct Affine {
  llvm::SmallVector<double> scale, offset;

  bool isScaling() const { return llvm::all_of(offset, [](double value) { return value == 0.0; }); }
  bool isTranslation() const { return llvm::all_of(scale, [](double value) { return value == 1.0; }); }
};

/// `op` is `affine` of `input`, perhaps with a fused clamp: replaces it by the conv2d or fully_connected that computes
/// `input`, with other parameters. That op has no clamp and no other use.
mlir::LogicalResult foldIntoProducer(mlir::PatternRewriter &rewriter, mlir::Operation *op, mlir::Value input,
                                     const Affine &affine);

/// As above, into the conv2d or fully_connected that is the only use of `op`, which has no clamp.
mlir::LogicalResult foldIntoConsumer(mlir::PatternRewriter &rewriter, mlir::Operation *op, mlir::Value input,
                                     const Affine &affine);

} // namespace tinyc::graph

#endif // TINYC_PASSES_GRAPH_AFFINE_H
