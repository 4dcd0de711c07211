// Carries out what a LayoutGraph has chosen.
#ifndef TINYC_PASSES_GRAPH_LAYOUTREWRITER_H
#define TINYC_PASSES_GRAPH_LAYOUTREWRITER_H

#include "passes/graph/Constants.h"
#include "passes/graph/LayoutGraph.h"

namespace tinyc::graph {

/// Builds the function anew, each value in the layout the graph has chosen for it.
class LayoutRewriter {
public:
  LayoutRewriter(mlir::func::FuncOp function, const LayoutGraph &graph)
      : function(function), graph(graph), builder(function.getContext()) {}
  void run();

private:
  mlir::Value arrange(mlir::OpOperand &use, std::optional<llvm::ArrayRef<int64_t>> shape = std::nullopt);
  mlir::Value arrangeConstant(ConstantSource source, llvm::ArrayRef<Layout> movements,
                              llvm::ArrayRef<int64_t> shape);
  mlir::Value move(mlir::Value value, const Layout &movement, llvm::ArrayRef<int64_t> shape, mlir::Location loc);
  mlir::Value reshape(mlir::Value value, llvm::ArrayRef<int64_t> shape, mlir::Location loc);

  void addArguments();
  void rewrite(mlir::Operation *op);
  mlir::Operation *rewriteFree(mlir::Operation *op);
  mlir::Operation *rewriteDimensional(mlir::Operation *op);
  mlir::Operation *rewriteFullyConnected(nn::FullyConnectedOp op);
  mlir::Operation *rewriteNest(nn::LoopNestOp op);
  mlir::Operation *rewriteFixed(mlir::Operation *op);
  void rewriteReturn(mlir::func::ReturnOp op);
  mlir::Operation *clone(mlir::Operation *op, llvm::ArrayRef<mlir::Value> operands, llvm::ArrayRef<mlir::Type> types);

  mlir::func::FuncOp function;
  const LayoutGraph &graph;
  mlir::OpBuilder builder;
  llvm::DenseMap<mlir::Value, mlir::Value> stored; // what stands for a value now
  llvm::DenseMap<mlir::Value, llvm::SmallVector<std::pair<Layout, mlir::Value>>> moved; // transposes made so far
};

/// A reshape at the boundary that only moves dimensions of size 1 goes into the boundary's type: an argument 1x1x49x10
/// that a convolution reads as 1x49x10x1 becomes 1x49x10x1. Sets `nn.permutation`.
void absorbReshapes(mlir::func::FuncOp function);

} // namespace tinyc::graph

#endif // TINYC_PASSES_GRAPH_LAYOUTREWRITER_H
