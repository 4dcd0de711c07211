// Runs lowered programs in this process.
#ifndef TINYC_TARGETS_HOST_JIT_H
#define TINYC_TARGETS_HOST_JIT_H

#include "mlir/IR/BuiltinOps.h"

#include <cstdint>
#include <memory>

namespace tinyc::targets {

/// A lowered program as native code, with the kernels that this executable contains.
class HostProgram {
public:
  /// Compiles a program of kernel.call ops on a planned arena. Emits an error on failure.
  static mlir::FailureOr<std::unique_ptr<HostProgram>> create(mlir::ModuleOp lowered);
  ~HostProgram();

  /// Runs the program once, unless it stops for rows. The arena has the program's size and alignment; its inputs are filled in before, its
  /// outputs are there after. Safe to call from several threads with an arena each.
  void run(uint8_t *arena) const { reinterpret_cast<void (*)(uint8_t *)>(function)(arena); }

  /// Runs a program whose arena lies in several memories.
  void run(uint8_t *const *arenas) const { reinterpret_cast<void (*)(uint8_t *const *)>(function)(arenas); }

  /// Runs a program that stops for rows until it does, or to its end: see passes/lower/ProgramState.h.
  int32_t run(uint8_t *arena, int32_t *state) const {
    return reinterpret_cast<int32_t (*)(uint8_t *, int32_t *)>(function)(arena, state);
  }

private:
  struct Code;
  HostProgram(std::unique_ptr<Code> code, void *function);

  std::unique_ptr<Code> code;
  void *function;
};

} // namespace tinyc::targets

#endif // TINYC_TARGETS_HOST_JIT_H
