// What a change of one layer's weights does to the results of the network.
#ifndef TINYC_PASSES_COMPRESS_LAYERERRORS_H
#define TINYC_PASSES_COMPRESS_LAYERERRORS_H

#include "passes/compress/Layer.h"
#include "passes/compress/Passes.h"

namespace tinyc::compress {

/// The conv2d and fully_connected ops whose weights belong to them alone and whose inputs depend on the arguments, in order.
llvm::SmallVector<Layer> listOwnLayers(mlir::func::FuncOp function);

/// For each layer compareScores between the function's results and those with `weights` of that layer alone in place of its
/// own: on samples spread over `data`, as many as some seconds allow. At least 1e-12. Fails, with a diagnostic at the op, for ops
/// without reference semantics.
mlir::FailureOr<std::vector<double>> measureLayerErrors(mlir::func::FuncOp function, llvm::ArrayRef<Layer> layers,
                                                        llvm::ArrayRef<nn::HostTensor> weights, const CalibrationData &data);

} // namespace tinyc::compress

#endif // TINYC_PASSES_COMPRESS_LAYERERRORS_H
