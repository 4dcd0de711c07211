// The stack that code needs on this machine.
#ifndef TINYC_COMPILER_STACKUSE_H
#define TINYC_COMPILER_STACKUSE_H

#include "llvm/ADT/STLFunctionalExtras.h"

#include <cstdint>
#include <optional>

namespace tinyc {

/// Runs `work` on a painted stack of its own and returns its high-water mark in bytes, the call of `work` included; nullopt
/// if the system refuses the thread (`work` has not run then).
std::optional<int64_t> measureStack(llvm::function_ref<void()> work);

} // namespace tinyc

#endif // TINYC_COMPILER_STACKUSE_H
