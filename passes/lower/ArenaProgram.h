// A planned function as a list of steps, each with the bytes of the arena that it reads and writes. Read off the kernel
// ops alone, not off the planner's data: lower-verify-plan and packages with checks rest on it.
#ifndef TINYC_PASSES_LOWER_ARENAPROGRAM_H
#define TINYC_PASSES_LOWER_ARENAPROGRAM_H

#include "dialects/kernel/Kernel.h"
#include "passes/lower/ByteOwnership.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "llvm/ADT/DenseMap.h"

#include <string>
#include <vector>

namespace tinyc::lower {

/// A memref.view of the arena, or a kernel.rows.
struct ArenaBuffer {
  mlir::Operation *definition;
  std::string name;             ///< of the ONNX node
  std::vector<int64_t> offsets; ///< in the arena: of every row of a kernel.rows, of a view as a whole
  int64_t bytes;                ///< of a row of a kernel.rows, of all of a view
  bool isScattered;             ///< a kernel.rows
  std::string port;             ///< name of the input or output of the model that it is; empty if the IR does not say

  ByteRange getRange(int64_t row) const { return {offsets[row], offsets[row] + bytes}; }
};

/// Bytes of one buffer that a step touches.
struct ArenaPiece {
  ByteOwner owner;
  int64_t row; ///< of the image, for messages; -1: the op is not executed by rows
  ByteRange bytes;
};

/// An operand in one step.
struct ArenaAccess {
  unsigned operand = 0;
  llvm::SmallVector<ArenaPiece, 3> pieces;

  bool overlaps(const ArenaAccess &other) const;
};

/// One call of a kernel.
struct ArenaStep {
  kernel::KernelOpInterface op;
  int64_t position;                  ///< in the order of execution, from 0
  int32_t rowBegin = 0, rowEnd = -1; ///< rows of the op that the step computes; -1: the op is not in a stream
  std::vector<ArenaAccess> reads;
  ArenaAccess output;       ///< every byte of it is written
  ArenaAccess scratch;      ///< without pieces if there is none
  bool accumulates = false; ///< reads the output as well, which `reads` then holds too

  bool isPart() const { return rowEnd >= 0; }
};

/// An input or output of the model.
struct ArenaPort {
  std::string name;
  ByteRange range;
};

class ArenaProgram {
public:
  /// Reads a function with one argument, the arena. Emits an error if it holds anything but kernel ops and buffers at
  /// constant places of the arena. What the verifiers of the kernel dialect promise is relied on.
  static mlir::FailureOr<ArenaProgram> create(mlir::func::FuncOp function);

  int64_t getArenaBytes() const { return arenaBytes; }
  llvm::ArrayRef<ArenaPort> getInputs() const { return inputs; }
  llvm::ArrayRef<ArenaPort> getOutputs() const { return outputs; }
  llvm::ArrayRef<ArenaBuffer> getBuffers() const { return buffers; }
  llvm::ArrayRef<ArenaStep> getSteps() const { return steps; }

  /// Visits the steps from the last to the first, with the bytes that are read after the step before anything writes
  /// them, outputs of the model included.
  void forEachBackward(llvm::function_ref<void(const ArenaStep &, const ByteOwnership &liveAfter)> visit) const;

private:
  /// Where a value lies: a buffer from byte `offset` on.
  struct Place {
    int64_t buffer, offset;
  };

  mlir::LogicalResult readPorts(mlir::func::FuncOp function, llvm::StringRef attribute, std::vector<ArenaPort> &ports);
  mlir::LogicalResult addView(mlir::memref::ViewOp view, mlir::Value arena);
  mlir::LogicalResult addCast(mlir::memref::ReinterpretCastOp cast);
  void addRows(kernel::RowsOp rows);
  mlir::LogicalResult addStream(kernel::StreamOp stream);
  mlir::LogicalResult addStep(kernel::KernelOpInterface op, int32_t rowBegin, int32_t rowEnd);
  ArenaAccess makeAccess(const ArenaStep &step, unsigned operand) const;
  void addRows(const ArenaStep &step, unsigned operand, ArenaAccess &access) const;
  void addBlocks(const ArenaStep &step, kernel::CopyOp copy, unsigned operand, ArenaAccess &access) const;
  void addBytes(const ArenaStep &step, unsigned operand, int64_t begin, int64_t end, ArenaAccess &access) const;
  const Place *findPlace(mlir::Value value) const;

  int64_t arenaBytes = 0;
  std::vector<ArenaPort> inputs, outputs;
  std::vector<ArenaBuffer> buffers;
  std::vector<ArenaStep> steps;
  llvm::DenseMap<mlir::Value, Place> places;
};

} // namespace tinyc::lower

#endif // TINYC_PASSES_LOWER_ARENAPROGRAM_H
