// The memory plan of a model function: what its attribute kernel.plan holds.
#ifndef TINYC_PASSES_LOWER_PLAN_H
#define TINYC_PASSES_LOWER_PLAN_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

#include <optional>
#include <string>
#include <vector>

namespace tinyc::lower {

/// A part of a buffer that has a lifetime of its own: the rows of a buffer in a stream.
struct PlannedPiece {
  int64_t offset = 0, bytes = 0; ///< in the arena
  int64_t first = 0, last = 0;   ///< positions, inclusive
};

/// A buffer of the plan. Positions are the time of the plan, from 0: one for each kernel op of the function, and one
/// for each step of a stream.
struct PlannedBuffer {
  std::string name;              ///< ONNX name of the input or output, else of the node that first writes the buffer
  std::string kind;              ///< "input", "output", "activation" or "scratch"
  int64_t offset = 0, bytes = 0; ///< in the arena
  int64_t first = 0, last = 0;   ///< positions of the first and the last op that needs it
  /// Empty: all of it is one piece. `offset` and `bytes` above then span the pieces.
  std::vector<PlannedPiece> pieces = {};

  bool isLive(int64_t position) const { return first <= position && position <= last; }
};

/// The memory while one kernel op runs.
struct OpMemory {
  std::string op, node;        ///< name in the IR, without the dialect; ONNX node
  int64_t first = 0, last = 0; ///< positions of its first and last step; the same for an op outside of streams
  int64_t liveBytes = 0;       ///< most bytes live at any of its steps
  int64_t rowsPerStep = 0;     ///< 0: it computes its output as a whole
  int64_t stream = -1;         ///< number of the stream it is in, from 0; -1: none
};

/// What a buffer holds at the peak.
struct PeakBuffer {
  std::string name, kind;       ///< see PlannedBuffer
  int64_t bytes = 0;            ///< held at the peak; bytes that an overlapping buffer holds are counted once
  int64_t heldRows = 0, rows = 0; ///< rows of it that are held, of how many; 0 of 0: it is not divided into rows
};

/// What a technique spares: without it, so many more bytes are live at the peak.
struct Saving {
  std::string technique; ///< "in-place", "overlap", "row streams", "order", "streamed input"
  int64_t bytes = 0;
};

struct MemoryPlan {
  int64_t bytes = 0; ///< of the arena
  int64_t alignment = 1;
  int64_t peakBytes = 0;        ///< most bytes live at once; what exceeds it in `bytes` is alignment and gaps
  int64_t peakPosition = 0;     ///< the first op at which they are
  std::string peakOp, peakNode; ///< its name in the IR, without the dialect, and its ONNX node
  int64_t bound = 0;            ///< no plan for this order and these steps is smaller, in bytes
  std::vector<PlannedBuffer> buffers;
  std::vector<OpMemory> ops;        ///< in order of the function, those of a stream in the order of its body
  std::vector<PeakBuffer> peakLive; ///< by descending bytes, which add up to peakBytes
  std::vector<Saving> savings;

  /// What `bytes` exceeds the bound by, in percent of it.
  double getGap() const;

  /// The buffers live at a position, by descending size. Of a buffer that is written over another only the larger one
  /// is listed, so that the bytes add up.
  std::vector<PlannedBuffer> getLive(int64_t position) const;

  mlir::DictionaryAttr toAttribute(mlir::MLIRContext *context) const;
  /// The plan of a planned function, or nullopt.
  static std::optional<MemoryPlan> get(mlir::func::FuncOp function);
};

} // namespace tinyc::lower

#endif // TINYC_PASSES_LOWER_PLAN_H
