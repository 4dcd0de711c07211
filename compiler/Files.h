// Files that users name: the errors about them, and writing them.
#ifndef TINYC_COMPILER_FILES_H
#define TINYC_COMPILER_FILES_H

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/raw_ostream.h"

namespace tinyc {

/// `FILE: error: REASON`.
llvm::Error makeFileError(llvm::StringRef path, const llvm::Twine &reason);

/// Writes a file, which appears whole or not at all. What is there and no regular file (a device, a pipe, a link) stays
/// what it is and is written through. The error names the file.
llvm::Error writeFile(llvm::StringRef path, llvm::StringRef contents);

/// The same of what `print` writes: for contents that are larger than they should be in memory.
using FilePrinter = llvm::function_ref<void(llvm::raw_ostream &)>;
llvm::Error writeFile(llvm::StringRef path, FilePrinter print);

} // namespace tinyc

#endif // TINYC_COMPILER_FILES_H
