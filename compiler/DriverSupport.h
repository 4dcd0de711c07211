// What compiling and evaluating share below the tools: error lines, contexts, compiling to a package.
#ifndef TINYC_COMPILER_DRIVERSUPPORT_H
#define TINYC_COMPILER_DRIVERSUPPORT_H

#include "compiler/Options.h"
#include "compiler/Report.h"
#include "targets/Target.h"
#include "mlir/IR/MLIRContext.h"
#include "llvm/Support/Error.h"

namespace tinyc {

/// Prints `tinyc: error: message` and fails.
mlir::LogicalResult complain(const llvm::Twine &message);

/// Prints an error that names its file and severity itself, and fails.
mlir::LogicalResult complain(llvm::Error error);

/// The target of that name; null, with an error printed, if there is none.
const targets::Target *findTarget(llvm::StringRef name);

/// A context with all dialects of a compilation.
std::unique_ptr<mlir::MLIRContext> makeContext();

/// Compiles options.model and writes the package `destination`: a directory, or for Emit::Object a file that ends in
/// `.o`, with model.h beside it. Errors are printed.
mlir::FailureOr<Report> compilePackage(const Options &options, const targets::Target &target,
                                       llvm::StringRef destination, mlir::MLIRContext *context);

} // namespace tinyc

#endif // TINYC_COMPILER_DRIVERSUPPORT_H
