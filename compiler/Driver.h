// What the tools do, without their command lines.
#ifndef TINYC_COMPILER_DRIVER_H
#define TINYC_COMPILER_DRIVER_H

#include "compiler/Evaluate.h"
#include "compiler/Options.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Support/LogicalResult.h"

namespace tinyc {

/// Compiles options.model into options.output; prints the summary of a package to `stream`. Errors go to stderr and
/// leave nothing written.
llvm::LogicalResult runCompiler(const Options &options, llvm::raw_ostream &stream);

/// Runs options.model (a model, compiled on the way, or a package's directory) on samples and prints the result.
/// A package runs on the target it was compiled for; `targetGiven` says that options.target was asked for.
llvm::LogicalResult runEvaluation(const Options &options, const EvaluationOptions &evaluation, bool targetGiven,
                                  bool json, llvm::raw_ostream &stream);

} // namespace tinyc

#endif // TINYC_COMPILER_DRIVER_H
