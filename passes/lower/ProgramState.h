// Programs that stop for rows of streamed inputs and outputs (kernel.receive, kernel.send): what is remembered meanwhile.
#ifndef TINYC_PASSES_LOWER_PROGRAMSTATE_H
#define TINYC_PASSES_LOWER_PROGRAMSTATE_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

#include <cstdint>

namespace tinyc::lower {

/// Why a program has stopped, its result. The package's header has macros for the same numbers.
enum class Request : int32_t { Done = 0, WantsRows = 1, HasRows = 2 };

/// The state of a program, `<prefix>_state` of a package's header: words of 32 bits, these and then one counter for each
/// op of the longest stream that stops. All zero: at the beginning.
enum class StateWord : int32_t {
  Stage,   ///< part of the program that it is in
  Step,    ///< next step of that stage, if it is a stream
  Request, ///< what it waits for, Done if it has not begun
  Port,    ///< of which input or output
  Row,     ///< the first row
  Count,   ///< how many rows
  Offset,  ///< of the rows in the arena, in bytes
  Counters ///< steps done of each op of the stream
};
inline constexpr int64_t kFixedStateWords = static_cast<int64_t>(StateWord::Counters);

/// True if the ops of a planned function, or the calls they became, stop for rows.
bool isStreamed(mlir::func::FuncOp program);

/// Counters of the program's state; 0 if it has none.
int64_t countStateCounters(mlir::func::FuncOp program);

/// Puts the entries of streamed inputs and outputs at their places between those of the others.
void insertStreamedPorts(mlir::func::FuncOp function, llvm::SmallVectorImpl<mlir::Attribute> &inputs,
                         llvm::SmallVectorImpl<mlir::Attribute> &outputs);

} // namespace tinyc::lower

#endif // TINYC_PASSES_LOWER_PROGRAMSTATE_H
