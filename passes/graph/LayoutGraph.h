// Which layout each value of a function should have: the model that graph-propagate-layout minimizes.
#ifndef TINYC_PASSES_GRAPH_LAYOUTGRAPH_H
#define TINYC_PASSES_GRAPH_LAYOUTGRAPH_H

#include "dialects/nn/NN.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "passes/graph/Layout.h"
#include "llvm/ADT/DenseMap.h"

namespace tinyc::graph {

/// A node is an op, or a function argument, or one operand of the return; its label is the layout of its result. Edges
/// run from a value's definition to each of its uses and cost the value's bytes where the two ends want different
/// layouts: there a transpose has to stand. Transposes and reshapes themselves are free: a transpose stores what it
/// is given and changes its meaning. The initial labels describe the function as it stands.
class LayoutGraph {
public:
  /// `keepBoundary`: arguments and results stay canonical.
  LayoutGraph(mlir::func::FuncOp function, bool keepBoundary);

  /// Bytes that all transposes move: each value counts once for each layout it is wanted in but not stored in.
  /// Constants are rearranged at compile time and count nothing.
  int64_t getCost() const { return getCost(edges); }

  /// Lowers the cost as far as single expansions can: an expansion takes one label, carries it to all nodes that could
  /// follow, and finds by minimum cut which of them should. (Alpha expansion: Boykov, Veksler, Zabih, Fast approximate
  /// energy minimization via graph cuts, PAMI 2001, section 5.)
  void minimize();

  const Layout &getLabel(mlir::Operation *op) const { return nodes[opNodes.lookup(op)].label; }
  /// True for a fully_connected whose parameters are constants, so that its columns may move.
  bool mayMoveColumns(nn::FullyConnectedOp op) const {
    return nodes[producers.lookup(op.getOutput())].kind == Kind::Rows;
  }
  /// True for an op whose operands and result have one shape, which may be any.
  bool isFree(mlir::Operation *op) const { return nodes[opNodes.lookup(op)].kind == Kind::Free; }
  /// True for an op whose label permutes its dimensions.
  bool isDimensional(mlir::Operation *op) const { return nodes[opNodes.lookup(op)].kind == Kind::Dimensional; }
  /// Layout in which the definition stores `value`.
  Layout getStored(mlir::Value value) const;
  /// Layout in which `use` wants its value.
  Layout getWanted(mlir::OpOperand &use) const;

private:
  class Expansion;
  enum class Kind {
    Fixed,       // canonical operands and results
    Constant,    // nn.constant, or quant.dcast of one: canonical, and rearranged for each use at no cost
    Free,        // operands and result of one shape, any layout
    Reshape,     // any layout, the same on both sides
    Transpose,   // any layout; another one on the other side
    Dimensional, // the layout permutes dimensions; operands may differ in size (broadcast, concat, pad, softmax ...)
    Columns,     // input of a fully_connected with constant weight: columns in any order
    Rows,        // its result: columns in any order
    Permutable,  // argument, returned value, operand or result of a loop nest: the layout permutes its dimensions
  };
  struct Node {
    Kind kind;
    mlir::Operation *op;
    llvm::SmallVector<int64_t> shape; // of what the label speaks of
    Layout label;
    llvm::SmallVector<unsigned> edges;
  };
  struct Edge {
    unsigned producer, consumer;
    mlir::OpOperand *use;
    int64_t bytes;
  };

  unsigned addNode(Kind kind, mlir::Operation *op, llvm::ArrayRef<int64_t> shape);
  void addOp(mlir::Operation *op, bool keepBoundary);
  bool accepts(const Node &node, const Layout &label) const;
  /// The layout at the result, or at an operand, of a node with a label; and back.
  std::optional<Layout> atResult(const Node &node, const Layout &label) const;
  std::optional<Layout> atOperand(const Node &node, mlir::OpOperand &use, const Layout &label) const;
  std::optional<Layout> fromResult(const Node &node, const Layout &layout) const;
  std::optional<Layout> fromOperand(const Node &node, mlir::OpOperand &use, const Layout &layout) const;
  int64_t getCost(llvm::ArrayRef<Edge> part) const;

  llvm::SmallVector<Node> nodes;
  llvm::SmallVector<Edge> edges;
  llvm::DenseMap<mlir::Operation *, unsigned> opNodes;
  llvm::DenseMap<mlir::Value, unsigned> producers;
  llvm::DenseMap<mlir::OpOperand *, unsigned> consumers;
};

} // namespace tinyc::graph

#endif // TINYC_PASSES_GRAPH_LAYOUTGRAPH_H
