// Runs a package that was compiled for the host: builds it with the machine's C compiler and loads it.
#ifndef TINYC_COMPILER_NATIVEPACKAGE_H
#define TINYC_COMPILER_NATIVEPACKAGE_H

#include "compiler/ExternalTool.h"

#include <cstdint>
#include <memory>

namespace tinyc {

class NativePackage {
public:
  /// `package` is a directory with model.h and either model.c or model.o, its C names beginning with `prefix`. Fails if no
  /// compiler is found or the build fails.
  static llvm::Expected<std::unique_ptr<NativePackage>> load(llvm::StringRef package, llvm::StringRef prefix);

  /// One inference. Safe to call from several threads with an arena each.
  void run(uint8_t *arena) const { reinterpret_cast<void (*)(uint8_t *)>(function)(arena); }

  /// The same for a program whose arena lies in several memories.
  void run(uint8_t *const *arenas) const { reinterpret_cast<void (*)(uint8_t *const *)>(function)(arenas); }

  /// Goes on until rows are wanted or there, or to the end: see passes/lower/ProgramState.h.
  int32_t run(uint8_t *arena, int32_t *state) const {
    return reinterpret_cast<int32_t (*)(uint8_t *, int32_t *)>(function)(arena, state);
  }

private:
  ScratchDirectory directory;
  void *function = nullptr;
};

} // namespace tinyc

#endif // TINYC_COMPILER_NATIVEPACKAGE_H
