// Programs that stop for rows of streamed inputs and outputs (kernel.receive, kernel.send): what they remember.
#ifndef TINYC_PASSES_LOWER_PROGRAMSTATE_H
#define TINYC_PASSES_LOWER_PROGRAMSTATE_H

#include "passes/lower/Emission.h"

#include <cstdint>
#include <vector>

namespace tinyc::lower {

/// Why a program has stopped, its result. The package's header has macros for the same numbers.
enum class Request : int32_t { Done = 0, WantsRows = 1, HasRows = 2 };

/// The state of a program, `<prefix>_state` of a package's header: words of 32 bits, these and then one counter for
/// each op of the longest stream that stops. All zero: at the beginning.
enum class StateWord : int32_t {
  Stage,   ///< part of the program that it is in
  Step,    ///< next step of that stage, if it is a stream
  Request, ///< what it waits for, Done if it has not begun
  Port,    ///< of which input or output
  Row,     ///< the first row
  Count,   ///< how many rows
  Offset,  ///< of the rows in the arena, in bytes
  Counters ///< rows done of each op of the stream
};
inline constexpr int64_t kFixedStateWords = static_cast<int64_t>(StateWord::Counters);

/// True if the op is a kernel.receive or kernel.send, or a stream with one.
bool stops(mlir::Operation &op);

/// True if a planned function stops for rows.
bool isStreamed(mlir::func::FuncOp program);

/// Counters of the program's state; 0 if it has none.
int64_t countStateCounters(mlir::func::FuncOp program);

/// Puts the entries of streamed inputs and outputs at their places between those of the others.
void insertStreamedPorts(mlir::func::FuncOp function, llvm::SmallVectorImpl<mlir::Attribute> &inputs,
                         llvm::SmallVectorImpl<mlir::Attribute> &outputs);

/// Kernel calls and streams of a lowered program from one place where it goes on, StateWord::Stage, to the next one. A
/// stream that stops is the first of its stage, a kernel.receive or kernel.send outside of streams the last one.
using ProgramStage = llvm::SmallVector<mlir::Operation *>;
std::vector<ProgramStage> splitStages(mlir::func::FuncOp program);

/// A kernel.receive or kernel.send of a lowered program: rows [k * rowsPerStep, min((k + 1) * rowsPerStep, height)) in
/// turn, of which `place` says where they are.
struct Transfer {
  Request request = Request::Done;
  llvm::StringRef name;
  int32_t port = 0, height = 0, rowsPerStep = 0;
  Argument place;
};
mlir::FailureOr<Transfer> resolveTransfer(mlir::Operation &op, const mlir::SymbolTable &constants);

} // namespace tinyc::lower

#endif // TINYC_PASSES_LOWER_PROGRAMSTATE_H
