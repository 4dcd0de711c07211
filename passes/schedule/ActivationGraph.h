// The ops of a function and the buffers of their activations, as a scheduler sees them.
#ifndef TINYC_PASSES_SCHEDULE_ACTIVATIONGRAPH_H
#define TINYC_PASSES_SCHEDULE_ACTIVATIONGRAPH_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/BitVector.h"

#include <vector>

namespace tinyc::schedule {

/// True if the op's result is its first operand's buffer under another shape, without a copy: reshapes, and transposes
/// that move dimensions of size 1 alone.
bool isView(mlir::Operation *op);

/// The tensor that `tensor` is a view of, or itself.
mlir::Value getViewedTensor(mlir::Value tensor);

class ActivationGraph {
public:
  /// Reads a function of one block. Constants take no part: they live in flash.
  explicit ActivationGraph(mlir::func::FuncOp function);

  size_t size() const { return nodes.size(); }
  mlir::Operation *getOperation(size_t node) const { return nodes[node].op; }
  /// True if all operands of `node` are defined once the nodes of `executed` ran.
  bool isReady(size_t node, const llvm::BitVector &executed) const;

  /// Bytes live before any op: the function's inputs.
  int64_t getInitialBytes() const;

  /// What running `node` after `executed` means: bytes live while it runs, and after it.
  struct Step {
    int64_t during, after;
  };
  Step run(size_t node, const llvm::BitVector &executed, int64_t live) const;

  /// The greatest `during` of an order.
  int64_t getPeak(llvm::ArrayRef<size_t> order) const;

private:
  struct Node {
    mlir::Operation *op;
    llvm::SmallVector<size_t> predecessors; // nodes
    llvm::SmallVector<size_t> reads;        // buffers, each once
    llvm::SmallVector<size_t> creates;      // buffers
    llvm::SmallVector<size_t> inPlace;      // buffers that the result may be written over
  };
  // A buffer is one activation together with all views of it.
  struct Buffer {
    int64_t bytes;
    llvm::SmallVector<size_t> readers; // nodes, each once
    bool isResult = false;             // live until the end
  };
  bool dies(size_t buffer, size_t node, const llvm::BitVector &executed) const;

  std::vector<Node> nodes;
  std::vector<Buffer> buffers;
  size_t inputs = 0; // the first buffers are the function's inputs
};

} // namespace tinyc::schedule

#endif // TINYC_PASSES_SCHEDULE_ACTIVATIONGRAPH_H
