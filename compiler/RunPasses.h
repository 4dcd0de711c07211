// Running a pipeline that a function builds.
#ifndef TINYC_COMPILER_RUNPASSES_H
#define TINYC_COMPILER_RUNPASSES_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/STLFunctionalExtras.h"

namespace mlir {
class OpPassManager;
}

namespace tinyc {

/// Runs the passes that `build` adds on a module. Errors are diagnostics.
mlir::LogicalResult runPasses(mlir::ModuleOp module, llvm::function_ref<void(mlir::OpPassManager &)> build);

} // namespace tinyc

#endif // TINYC_COMPILER_RUNPASSES_H
