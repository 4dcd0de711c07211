// Runtime sources, emulator files, board files and kernel bitcode inside the compiler.
#ifndef TINYC_TARGETS_EMBEDDEDFILES_H
#define TINYC_TARGETS_EMBEDDEDFILES_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

#include <optional>

namespace tinyc::targets {

/// A file that the build copied into the compiler, so that a lone executable can write packages and link kernels.
struct EmbeddedFile {
  llvm::StringRef name; // relative to runtime/ ("kernels.def", "include/tinyc/kernels.h"), "emulator/<file>",
                        // "boards/<name>.yaml" or "kernels-<core>.bc"
  llvm::StringRef contents;
};

/// All embedded files, sorted by name.
llvm::ArrayRef<EmbeddedFile> embeddedFiles();

/// The contents of one embedded file, or nullopt if there is none of that name.
std::optional<llvm::StringRef> embeddedFile(llvm::StringRef name);

} // namespace tinyc::targets

#endif // TINYC_TARGETS_EMBEDDEDFILES_H
