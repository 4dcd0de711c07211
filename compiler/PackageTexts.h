// The texts of a package that do not come from the program: header, read-me and build file.
#ifndef TINYC_COMPILER_PACKAGETEXTS_H
#define TINYC_COMPILER_PACKAGETEXTS_H

#include "compiler/Check.h"
#include "compiler/Report.h"
#include "targets/Target.h"

namespace tinyc {

/// model.h: the API and the sizes as macros. C names begin with `prefix`. `check` is null in a package without checks.
std::string makeHeader(const Report &report, const targets::Target &target, llvm::StringRef prefix,
                       const CheckPlan *check = nullptr);

/// README.md. `sources` are the C files, empty for a package with an object file.
std::string makeReadme(const Report &report, const targets::Target &target, llvm::StringRef prefix,
                       llvm::ArrayRef<std::string> sources, const CheckPlan *check = nullptr);

/// CMakeLists.txt: a static library of the sources.
std::string makeBuildFile(llvm::StringRef prefix, llvm::ArrayRef<std::string> sources);

} // namespace tinyc

#endif // TINYC_COMPILER_PACKAGETEXTS_H
