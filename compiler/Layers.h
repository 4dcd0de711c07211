// The layers of a model, counted and listed.
#ifndef TINYC_COMPILER_LAYERS_H
#define TINYC_COMPILER_LAYERS_H

#include "dialects/nn/NN.h"

namespace tinyc {

/// Products of all ops in `root`, itself included.
int64_t countMacs(mlir::Operation *root);

/// The ops with weights in `root`, in order.
llvm::SmallVector<nn::QuantizableOpInterface> findLayers(mlir::Operation *root);

} // namespace tinyc

#endif // TINYC_COMPILER_LAYERS_H
