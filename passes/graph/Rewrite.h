// Greedy rewriting as the graph passes do it.
#ifndef TINYC_PASSES_GRAPH_REWRITE_H
#define TINYC_PASSES_GRAPH_REWRITE_H

#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace tinyc::graph {

/// Applies patterns without folding: upstream folds quant.dcast(quant.qcast(x)) to x, which would take the quantization
/// out of a QDQ model. Dead ops are removed.
inline mlir::LogicalResult applyPatterns(mlir::Operation *op, mlir::RewritePatternSet &&patterns) {
  mlir::GreedyRewriteConfig config;
  config.enableFolding(false).enableConstantCSE(false);
  return mlir::applyPatternsGreedily(op, std::move(patterns), config);
}

} // namespace tinyc::graph

#endif // TINYC_PASSES_GRAPH_REWRITE_H
