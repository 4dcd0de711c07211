// Phase Kernel of a compilation, within the user's budgets, and the first step of phase Emit.
#ifndef TINYC_COMPILER_LOWERPHASE_H
#define TINYC_COMPILER_LOWERPHASE_H

#include "compiler/Options.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

namespace tinyc {

namespace targets {
struct Target;
}

/// "ram", "balanced", "speed" or "size".
llvm::StringRef getName(Optimize optimize);

/// Phase Kernel on a scheduled module. Where the budget of SRAM is missed, the error says what the smallest schedule
/// needs, and what it costs. With `unordered`, the module before its ops were ordered, the plan notes the bytes that
/// ordering spares.
mlir::LogicalResult runLower(mlir::ModuleOp module, const Options &options, const targets::Target &target,
                             mlir::OwningOpRef<mlir::ModuleOp> unordered = nullptr);

/// Phases Schedule and Kernel on a module at the end of phase Compress.
mlir::LogicalResult lowerCompressed(mlir::ModuleOp module, const Options &options, const targets::Target &target);

/// The memories of a kind as options of passes take them.
std::vector<std::string> listMemories(const targets::Board &board, targets::MemoryRegion::Kind kind);

/// Phase Emit on a module of phase Kernel: typed kernel ops become calls.
mlir::LogicalResult lowerToCalls(mlir::ModuleOp module);

} // namespace tinyc

#endif // TINYC_COMPILER_LOWERPHASE_H
