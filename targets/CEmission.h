// Lowered program -> C text.
#ifndef TINYC_TARGETS_CEMISSION_H
#define TINYC_TARGETS_CEMISSION_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/raw_ostream.h"

namespace tinyc::targets {

/// Writes the program as C11: constants, parameter blocks and one function `void <name>(uint8_t *arena)`. It includes
/// "model.h" and "tinyc/kernel_functions.h". `lowered` holds kernel.call ops on a planned arena and stays as it is.
/// Emits an error on failure; what was written until then is of no use.
mlir::LogicalResult emitC(mlir::ModuleOp lowered, llvm::raw_ostream &os);

} // namespace tinyc::targets

#endif // TINYC_TARGETS_CEMISSION_H
