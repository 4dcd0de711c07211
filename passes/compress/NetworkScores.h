// What a whole network computes on samples, and how far another one is from it.
#ifndef TINYC_PASSES_COMPRESS_NETWORKSCORES_H
#define TINYC_PASSES_COMPRESS_NETWORKSCORES_H

#include "passes/compress/Passes.h"

namespace tinyc::compress {

/// The results of a function, one list for each sample.
using NetworkScores = std::vector<std::vector<float>>;

/// The real results of a function on all samples; of a classifier the scores before the softmax, which does not flatten
/// them. Fails, with a diagnostic at the op, for ops without reference semantics.
mlir::FailureOr<NetworkScores> computeScores(mlir::func::FuncOp function, const CalibrationData &data);

/// The squared differences, summed over samples and results, over the variance of `expected` summed in the same way:
/// 0 for equal scores, 1 for those of a network that always gives the mean.
double compareScores(const NetworkScores &expected, const NetworkScores &actual);

/// The samples that judge what the others chose, or those others: one of four, but about 128 at most; all of fewer than
/// four.
CalibrationData takeSamples(const CalibrationData &data, bool held);

/// `count` of the samples, spread evenly: sample i of the result is sample i * data.count / count.
CalibrationData spreadSamples(const CalibrationData &data, int64_t count);

} // namespace tinyc::compress

#endif // TINYC_PASSES_COMPRESS_NETWORKSCORES_H
