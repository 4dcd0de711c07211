// Programs that tinyc-run starts (compilers, linkers, the emulator) and the files they exchange.
#ifndef TINYC_COMPILER_EXTERNALTOOL_H
#define TINYC_COMPILER_EXTERNALTOOL_H

#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/Error.h"

#include <string>

namespace tinyc {

/// A fresh directory, removed with all it holds.
class ScratchDirectory {
public:
  ~ScratchDirectory();
  llvm::Error create();
  llvm::StringRef getPath() const { return path; }
  /// Path of a file in it.
  std::string file(const llvm::Twine &name) const;

private:
  llvm::SmallString<128> path;
};

/// `error: message`.
llvm::Error toolError(const llvm::Twine &message);

llvm::Expected<std::string> loadFile(llvm::StringRef path);

/// Runs a program found on PATH with its output in files of `directory`; returns its standard output. On failure the error
/// shows the last of what it printed; a missing program is named with its Debian package.
llvm::Expected<std::string> runTool(const ScratchDirectory &directory, llvm::StringRef name,
                                    llvm::StringRef debianPackage, llvm::ArrayRef<std::string> arguments,
                                    unsigned seconds);

/// What a package is built from: one object file, or C sources in a fixed order.
struct PackageFiles {
  std::string object;
  llvm::SmallVector<std::string> sources;
};
llvm::Expected<PackageFiles> findPackageFiles(llvm::StringRef package);

/// Compiler flags for the headers of a package.
llvm::SmallVector<std::string> getIncludeFlags(llvm::StringRef package);

} // namespace tinyc

#endif // TINYC_COMPILER_EXTERNALTOOL_H
