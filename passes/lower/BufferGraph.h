// The kernel ops of a function and the buffers they access, row by row: what the planner sees of a program.
#ifndef TINYC_PASSES_LOWER_BUFFERGRAPH_H
#define TINYC_PASSES_LOWER_BUFFERGRAPH_H

#include "dialects/kernel/Kernel.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/DenseMap.h"

#include <cstdint>
#include <limits>
#include <vector>

namespace tinyc::lower {

/// A function argument or an allocation, with all views of it.
struct GraphBuffer {
  mlir::Value value;
  int64_t bytes;
  int32_t rows;    ///< H of [1, H, W, C]; 1 for other shapes
  size_t firstRow; ///< number of its first row among the rows of all buffers
  bool isInput = false, isOutput = false, isScratch = false;
  bool isViewed = false; ///< some op accesses it under another shape
  /// The first and the last op that access it; none if last < first.
  size_t firstOp = std::numeric_limits<size_t>::max(), lastOp = 0;

  int64_t getRowBytes() const { return bytes / rows; }
};

/// One buffer operand of an op.
struct GraphAccess {
  size_t buffer;
  unsigned operand;
  kernel::RowAccess rows; ///< of the buffer, for a row of the op; Whole if it sees a view of the buffer
  bool isWrite;
  bool isDirect;         ///< the operand is the buffer itself
  int64_t offset, bytes; ///< of the part of the buffer that a view shows
};

struct GraphOp {
  kernel::KernelOpInterface op;
  llvm::SmallVector<GraphAccess, 4> accesses;
  int32_t rows = 0;        ///< rows that a stream may step over; 0: the op runs whole
  bool sums = false;       ///< an average over the whole image, which a stream steps over by its input's rows
  bool overwrites = false; ///< its kernel may write over input rows that die with a call: tinyc_packing::overwrites
  int64_t decodedBytes = 0; ///< of constants that are decoded before the op, or the stream it is in
  int64_t stream = -1;     ///< number of the kernel.stream it is in
};

/// The op computes its rows [begin, end); an op outside of streams has the one step [0, 1).
struct Step {
  size_t op;
  int32_t begin, end;
};

class BufferGraph {
public:
  /// Reads a function of one block of kernel ops, streams and buffers. Emits an error for anything else.
  static mlir::FailureOr<BufferGraph> read(mlir::func::FuncOp function);

  std::vector<GraphBuffer> buffers;
  std::vector<GraphOp> ops; ///< in order, those of a stream in the order of its body
  std::vector<kernel::StreamOp> streams;
  size_t rows = 0; ///< of all buffers

  /// Number of the buffer that `value` is, or views; -1 if it is a constant.
  int64_t getBuffer(mlir::Value value) const;

  /// The steps of the program as it is.
  std::vector<Step> getSteps() const;

  /// The ops [firstOp, lastOp) alone, with the buffers they access: one that ops before access is an input, one that
  /// ops after access an output. `bytesThrough` is set to the bytes of the other buffers live all the time.
  BufferGraph getPart(size_t firstOp, size_t lastOp, int64_t &bytesThrough) const;

private:
  mlir::LogicalResult addBuffer(mlir::Value value);
  mlir::LogicalResult addOp(kernel::KernelOpInterface op, int64_t stream);

  llvm::DenseMap<mlir::Value, size_t> roots;
};

/// True if the output is 1 x 1 and its window the whole input, without padding.
bool averagesWholeImage(kernel::AvgPoolOp op);

} // namespace tinyc::lower

#endif // TINYC_PASSES_LOWER_BUFFERGRAPH_H
