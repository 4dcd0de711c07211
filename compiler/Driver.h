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

/// The measurements of runEvaluation, not yet printed.
llvm::LogicalResult evaluate(const Options &options, const EvaluationOptions &evaluation, bool targetGiven,
                             Evaluation &result);

/// Runs the float form of a model (makeFloatForm) in the reference interpreter; target "float".
llvm::LogicalResult evaluateFloatForm(const Options &options, const EvaluationOptions &evaluation, Evaluation &result);

/// Compares the model's programs with a reference, and with each other: compiler/Validate.h. `references` is "float", or
/// files of reference outputs, FILE.npy or NAME=FILE.npy for each of several.
llvm::LogicalResult runValidation(const Options &options, const EvaluationOptions &evaluation,
                                  llvm::ArrayRef<std::string> references, bool targetGiven, bool json,
                                  llvm::raw_ostream &stream);

} // namespace tinyc

#endif // TINYC_COMPILER_DRIVER_H
