// Runs a compiled package on an emulated Cortex-M: the firmware of targets/cortex-m/emulator around it, built by
// arm-none-eabi-gcc, in QEMU.
#ifndef TINYC_COMPILER_EMULATOR_H
#define TINYC_COMPILER_EMULATOR_H

#include "targets/Target.h"
#include "llvm/Support/Error.h"

#include <string>
#include <vector>

namespace tinyc {

/// What was counted over some time.
struct EmulatorCount {
  int64_t instructions = 0;
  int64_t cycles = 0; ///< by the model of the core
  int64_t calls = 0;
};

/// Of one inference.
struct EmulatorProfile {
  EmulatorCount whole;                ///< calls stays 0
  std::vector<EmulatorCount> layers;  ///< the kernel calls in the program's order
};

struct EmulatorResult {
  std::vector<char> outputs;  ///< of all samples: for each, the bytes of output 0, output 1 ...
  int64_t samples = 0;
  int64_t instructions = 0;   ///< executed by all invocations together
  int64_t stackBytes = 0;     ///< high-water mark of one invocation
  int64_t flashBytes = 0;     ///< code and constants of the package as linked, without the firmware around it
  EmulatorProfile profile;    ///< of the first sample, if it was asked for
};

/// `package` is a directory with model.h and either model.c or model.o, its C names beginning with `prefix`; `inputs`
/// are the bytes of all samples. With profiledLayers above 0, the number of kernel calls in the program, a package of C
/// sources is profiled, too. Fails if a tool is missing, the build fails, or the firmware reports an error.
llvm::Expected<EmulatorResult> runOnEmulator(const targets::Target &target, llvm::StringRef package,
                                             llvm::StringRef prefix, llvm::ArrayRef<char> inputs,
                                             int64_t profiledLayers = 0);

} // namespace tinyc

#endif // TINYC_COMPILER_EMULATOR_H
