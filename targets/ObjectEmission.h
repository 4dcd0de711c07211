// Lowered program -> LLVM IR or an object file.
#ifndef TINYC_TARGETS_OBJECTEMISSION_H
#define TINYC_TARGETS_OBJECTEMISSION_H

#include "targets/Target.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/raw_ostream.h"

namespace tinyc::targets {

/// Bytes of flash that a program needs.
struct FlashUsage {
  int64_t weights = 0; // constants of the model: weights, biases, multipliers, tables
  int64_t code = 0;    // instructions of program and kernels, parameter blocks, constants of kernels
  int64_t total() const { return weights + code; }
};

/// Writes the program with the kernels it uses, linked and optimized for the target, as LLVM IR. `lowered` holds
/// kernel.call ops on a planned arena and stays as it is. Emits an error on failure.
mlir::LogicalResult emitLLVM(mlir::ModuleOp lowered, const Target &target, llvm::raw_ostream &os);

/// The same as one self-contained ELF object that defines the program's function and needs nothing but memcpy, memset
/// and the arithmetic helpers of the compiler's support library. The same program gives the same bytes.
mlir::LogicalResult emitObject(mlir::ModuleOp lowered, const Target &target, llvm::SmallVectorImpl<char> &object);

/// The flash that `object`, made of `lowered` by emitObject, takes. Emits an error if it is no ELF object.
mlir::FailureOr<FlashUsage> measureFlash(mlir::ModuleOp lowered, llvm::ArrayRef<char> object);

} // namespace tinyc::targets

#endif // TINYC_TARGETS_OBJECTEMISSION_H
