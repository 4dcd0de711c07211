// Runs lowered programs in this process.
#ifndef TINYC_TARGETS_HOST_JIT_H
#define TINYC_TARGETS_HOST_JIT_H

#include "mlir/IR/BuiltinOps.h"

#include <cstdint>
#include <memory>

namespace tinyc::targets {

/// A lowered program as native code, with the generic kernels that this executable contains.
class HostProgram {
public:
  /// Compiles a program of kernel.call ops on a planned arena. Emits an error on failure.
  static mlir::FailureOr<std::unique_ptr<HostProgram>> create(mlir::ModuleOp lowered);
  ~HostProgram();

  /// Runs the program once. The arena has the program's size and alignment; its inputs are filled in before, its
  /// outputs are there after. Safe to call from several threads with an arena each.
  void run(uint8_t *arena) const { function(arena); }

private:
  struct Code;
  HostProgram(std::unique_ptr<Code> code, void (*function)(uint8_t *));

  std::unique_ptr<Code> code;
  void (*function)(uint8_t *arena);
};

} // namespace tinyc::targets

#endif // TINYC_TARGETS_HOST_JIT_H
