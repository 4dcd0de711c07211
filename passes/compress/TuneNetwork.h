// All layers of a pruned network together, towards the results of the original one.
#ifndef TINYC_PASSES_COMPRESS_TUNENETWORK_H
#define TINYC_PASSES_COMPRESS_TUNENETWORK_H

#include "passes/compress/TuningSamples.h"

namespace tinyc::compress {

/// Minimizes the squared distance of a float function's results from those wanted, over all its weights and biases, by
/// Adam (Kingma & Ba 2015) from the weights that it has, without labels (Hinton et al. 2015, section 2.1: matching
/// logits). `draw` gives the samples of an epoch, as many in each. The step is a share of each array's root mean square
/// and falls to zero in `epochs` epochs. The parameters after the epoch with the least distance on `held` samples are
/// taken, or those before the first one.
///
/// False if the function holds an op that ScoreGradients cannot differentiate; it stays as it is. Fails if `draw` does.
/// With `keepsZeros` weights that are zero stay so. The result does not depend on the number of threads.
mlir::FailureOr<bool> tuneNetwork(mlir::func::FuncOp function,
                                  llvm::function_ref<mlir::FailureOr<TuningSamples>(int64_t epoch)> draw,
                                  const TuningSamples &held, int64_t epochs, bool keepsZeros);

/// tuneNetwork towards the results of `original`: in each epoch on twice as many drawn samples (drawSamples) as `data`
/// has, mirrored ones among them if the original's results on mirrored held-out samples differ by less than half of
/// their variance. takeSamples says which are held out. A function that cannot be differentiated stays as it is,
/// with a warning.
mlir::LogicalResult tuneTowards(mlir::func::FuncOp function, mlir::func::FuncOp original, const CalibrationData &data,
                                int64_t epochs, bool keepsZeros);

} // namespace tinyc::compress

#endif // TINYC_PASSES_COMPRESS_TUNENETWORK_H
