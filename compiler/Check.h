// Packages with checks (--check): the tables of what each kernel call may touch, see runtime/include/tinyc/check.h.
#ifndef TINYC_COMPILER_CHECK_H
#define TINYC_COMPILER_CHECK_H

#include "passes/lower/ByteOwnership.h"

#include "mlir/IR/BuiltinOps.h"

#include <string>
#include <vector>

namespace tinyc {

/// Equal ranges of bytes of the arena, at equal distances.
struct CheckRange {
  int64_t begin, bytes, count = 1, stride = 0;
};

/// One kernel call, in the order of execution.
struct CheckStep {
  size_t op;
  int64_t row; ///< first row that it computes; -1: all rows are
  std::vector<CheckRange> outputs, scratches;
  std::vector<CheckRange> dead; ///< what holds nothing after the call and did before it, or during it
};

struct CheckOp {
  std::string node;
  std::string kernel; ///< C function; empty: the user writes or takes rows
};

struct CheckPlan {
  int64_t arenaBytes = 0;
  bool stops = false;             ///< for rows of inputs and outputs
  std::vector<CheckRange> inputs; ///< what is read of the inputs of the model
  std::vector<CheckStep> steps;
  std::vector<CheckOp> ops;

  int64_t getInputBytes() const;
  /// Bytes of the user's memory in front of the arena.
  int64_t getArenaOffset() const;
  /// Bytes that a package with checks needs from its user.
  int64_t getMemoryBytes() const;
};

/// Reads the plan off a module of phase Kernel.
mlir::FailureOr<CheckPlan> makeCheckPlan(mlir::ModuleOp module);

/// model_check.c: the tables, and the functions that model.h declares.
std::string makeCheckSource(const CheckPlan &plan, llvm::StringRef prefix);

/// model_check.h, which model.c includes: puts the checks around each call of one of these kernels.
std::string makeCheckMacros(llvm::ArrayRef<std::string> kernels, llvm::StringRef prefix);

/// The part of model.h between context and functions.
std::string makeCheckDeclarations(llvm::StringRef prefix);

/// The section of README.md.
std::string makeCheckNotes(const CheckPlan &plan, llvm::StringRef prefix);

} // namespace tinyc

#endif // TINYC_COMPILER_CHECK_H
