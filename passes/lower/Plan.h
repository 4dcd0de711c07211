// The memory plan of a model function: what its attribute kernel.plan holds.
#ifndef TINYC_PASSES_LOWER_PLAN_H
#define TINYC_PASSES_LOWER_PLAN_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

#include <optional>
#include <string>
#include <vector>

namespace tinyc::lower {

/// A buffer of the plan. Positions count the kernel ops of the function from 0.
struct PlannedBuffer {
  std::string name;              ///< ONNX name of the input or output, else of the node that first writes the buffer
  std::string kind;              ///< "input", "output", "activation" or "scratch"
  int64_t offset = 0, bytes = 0; ///< in the arena
  int64_t first = 0, last = 0;   ///< positions of the first and the last op that needs it

  bool isLive(int64_t position) const { return first <= position && position <= last; }
};

struct MemoryPlan {
  int64_t bytes = 0; ///< of the arena
  int64_t alignment = 1;
  int64_t peakBytes = 0;        ///< most bytes live at once; what exceeds it in `bytes` is alignment and gaps
  int64_t peakPosition = 0;     ///< the first op at which they are
  std::string peakOp, peakNode; ///< its name in the IR, without the dialect, and its ONNX node
  std::vector<PlannedBuffer> buffers;

  /// The buffers live at a position, by descending size. Of a buffer that is written over another only the larger one
  /// is listed, so that the bytes add up.
  std::vector<PlannedBuffer> getLive(int64_t position) const;

  mlir::DictionaryAttr toAttribute(mlir::MLIRContext *context) const;
  /// The plan of a planned function, or nullopt.
  static std::optional<MemoryPlan> get(mlir::func::FuncOp function);
};

} // namespace tinyc::lower

#endif // TINYC_PASSES_LOWER_PLAN_H
