// All layers of a pruned network together, towards the results of the original one.
#ifndef TINYC_PASSES_COMPRESS_TUNENETWORK_H
#define TINYC_PASSES_COMPRESS_TUNENETWORK_H

#include "passes/compress/NetworkScores.h"

namespace tinyc::compress {

/// Minimizes the squared distance of a float function's results from `wanted` on the samples of `data`, over all its
/// weights and biases, by Adam (Kingma & Ba 2015) from the weights that it has, without labels (Hinton et al. 2015,
/// section 2.1: matching logits). The step is a share of each array's root mean square and falls to zero in `epochs`
/// passes over the data. The parameters after the pass with the least distance on `held` samples are taken, or those
/// before the first pass.
///
/// False if the function holds an op that ScoreGradients cannot differentiate; it stays as it is. The result does not
/// depend on the number of threads.
bool tuneNetwork(mlir::func::FuncOp function, const CalibrationData &data, const NetworkScores &wanted,
                 const CalibrationData &held, const NetworkScores &heldWanted, int64_t epochs);

} // namespace tinyc::compress

#endif // TINYC_PASSES_COMPRESS_TUNENETWORK_H
