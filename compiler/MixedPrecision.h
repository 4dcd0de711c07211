// --quantize=mixed: searches the precision of each layer.
#ifndef TINYC_COMPILER_MIXEDPRECISION_H
#define TINYC_COMPILER_MIXEDPRECISION_H

#include "compiler/Options.h"
#include "compiler/PrecisionEnvironment.h"

namespace tinyc {

/// The precision of the layers of a prepared module (compress::buildPreparePipeline) that serves options.search best,
/// and which of the module's variants with fewer channels. Writes the files that it asks for, progress to stderr.
/// Fails, with one error, where the budgets cannot be kept, and where the user stopped the search.
mlir::FailureOr<compress::SavedPrecision> searchPrecision(llvm::ArrayRef<mlir::ModuleOp> prepared,
                                                          const Options &options, PrecisionProblem problem);

} // namespace tinyc

#endif // TINYC_COMPILER_MIXEDPRECISION_H
