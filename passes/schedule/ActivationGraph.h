// Ops and the buffers of their activations, as a scheduler sees them.
#ifndef TINYC_PASSES_SCHEDULE_ACTIVATIONGRAPH_H
#define TINYC_PASSES_SCHEDULE_ACTIVATIONGRAPH_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/BitVector.h"

#include <optional>
#include <vector>

namespace tinyc::schedule {

/// True if the op's result is its first operand's buffer under another shape, without a copy: reshapes, and transposes
/// that move dimensions of size 1 alone.
bool isView(mlir::Operation *op);

/// The tensor that `tensor` is a view of, or itself.
mlir::Value getViewedTensor(mlir::Value tensor);

class ActivationGraph {
public:
  /// A buffer that the results may lie over if it is needed no more, and the bytes that this saves.
  struct Overlap {
    size_t buffer;
    int64_t bytes;
  };
  struct Node {
    llvm::SmallVector<size_t> predecessors, successors; // nodes, each once
    llvm::SmallVector<size_t> reads;                    // buffers, each once
    llvm::SmallVector<size_t> creates;                  // buffers
    llvm::SmallVector<Overlap> overlaps;
  };
  /// One activation together with all views of it.
  struct Buffer {
    int64_t bytes;
    std::optional<size_t> creator;     // none: an input
    llvm::SmallVector<size_t> readers; // nodes, each once
    bool isResult = false;             // live until the end
  };

  ActivationGraph() = default;
  /// Reads a function of one block. Constants take no part: they live in flash. With `withOverlap`, a convolution or
  /// pooling may write rows of its result over rows of its input that it has read; elementwise ops always may.
  ActivationGraph(mlir::func::FuncOp function, bool withOverlap);

  /// Nodes in an order in which they may run; all return the number of what they add.
  size_t addInput(int64_t bytes);
  size_t addNode(llvm::ArrayRef<size_t> reads);
  size_t addResult(size_t node, int64_t bytes);
  void addPredecessor(size_t node, size_t predecessor);
  void addOverlap(size_t node, size_t buffer, int64_t bytes);
  void keepUntilEnd(size_t buffer) { buffers[buffer].isResult = true; }

  size_t size() const { return nodes.size(); }
  const Node &getNode(size_t node) const { return nodes[node]; }
  llvm::ArrayRef<Buffer> getBuffers() const { return buffers; }
  /// Of a graph that was read from a function.
  mlir::Operation *getOperation(size_t node) const { return operations[node]; }

  /// True if all operands of `node` are defined once the nodes of `executed` ran.
  bool isReady(size_t node, const llvm::BitVector &executed) const;
  /// Bytes live after the nodes of `executed` ran.
  int64_t getLiveBytes(const llvm::BitVector &executed) const;

  /// What running `node` after `executed` means: bytes live while it runs, and after it.
  struct Step {
    int64_t during, after;
  };
  Step run(size_t node, const llvm::BitVector &executed, int64_t live) const;

  /// The greatest `during` of an order.
  int64_t getPeak(llvm::ArrayRef<size_t> order) const;

private:
  bool dies(size_t buffer, size_t node, const llvm::BitVector &executed) const;

  std::vector<Node> nodes;
  std::vector<Buffer> buffers;
  std::vector<mlir::Operation *> operations;
};

} // namespace tinyc::schedule

#endif // TINYC_PASSES_SCHEDULE_ACTIVATIONGRAPH_H
