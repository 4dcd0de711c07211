// Phase Compress of a compilation: from the user's options and files to the passes' options.
#ifndef TINYC_COMPILER_COMPRESSPHASE_H
#define TINYC_COMPILER_COMPRESSPHASE_H

#include "compiler/Pipeline.h"

namespace tinyc {

/// Runs phase Compress on a module at the end of phase Graph: opens the samples, searches or reads the layers'
/// precision, quantizes. `hasQuantization` tells a model that came with Q/DQ nodes. With Options::explainQuantization,
/// `facts` (which may be null) gets copies of the module before and after. Errors are diagnostics.
mlir::LogicalResult runCompress(mlir::ModuleOp module, const Options &options, const targets::Target &target,
                                bool hasQuantization, ModelFacts *facts);

} // namespace tinyc

#endif // TINYC_COMPILER_COMPRESSPHASE_H
