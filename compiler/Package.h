// The package: what a user adds to a firmware. A directory of C sources, or an object file, with its description.
#ifndef TINYC_COMPILER_PACKAGE_H
#define TINYC_COMPILER_PACKAGE_H

#include "compiler/Check.h"
#include "compiler/Report.h"
#include "targets/Target.h"
#include "llvm/Support/Error.h"

namespace tinyc {

/// Gives the program's function the name `<prefix>_run`. Fails if `prefix` is no C identifier.
llvm::Error setProgramPrefix(mlir::ModuleOp lowered, llvm::StringRef prefix);

struct PackageOptions {
  std::string prefix = "model"; ///< of the C names; the program's is `<prefix>_run`
  llvm::ArrayRef<char> object;  ///< the object file that the package holds; empty: C sources
  const CheckPlan *check = nullptr; ///< of a C package with checks; else null
};

/// Writes a package: model.h, report.json and README.md, and either model.c with the sources of the kernels it calls or
/// model.o. `lowered` holds kernel.call ops. The files appear together when all are written; on failure the directory
/// is as it was. A directory that is neither empty nor an earlier package is refused. Errors name the path.
llvm::Error writePackage(mlir::ModuleOp lowered, const targets::Target &target, llvm::StringRef directory,
                         const Report &report, const PackageOptions &options);

} // namespace tinyc

#endif // TINYC_COMPILER_PACKAGE_H
