// --prune: structured pruning of a model to the user's budgets.
#ifndef TINYC_COMPILER_PRUNEMODULE_H
#define TINYC_COMPILER_PRUNEMODULE_H

#include "compiler/Pipeline.h"
#include "passes/compress/Passes.h"

namespace tinyc {

/// Prunes the function of a float module at the end of phase Graph as little as Options::pruning's budgets allow: the
/// share of a first cost (that of the first budget: MACs for cycles and energy, bytes of weights for flash, live bytes for
/// SRAM, or MACs if these cost less error) is bisected, and programs of the shares are compiled to the end and measured,
/// quantized as `compression` says, weights rounded to the nearest. A budget without limit is made as small as options.search.maxDrop allows:
/// samples held out from choosing and fitting are to get the class they get in the original network.
///
/// `data`: all that may be used. Fails, with one error, where budgets cannot be kept.
mlir::FailureOr<PruningReport> pruneModule(mlir::ModuleOp module, const Options &options, const targets::Target &target,
                                           const compress::CompressOptions &compression,
                                           const compress::CalibrationData &data);

} // namespace tinyc

#endif // TINYC_COMPILER_PRUNEMODULE_H
