// What a pruned network is tuned on: samples, and what the original network makes of them.
#ifndef TINYC_PASSES_COMPRESS_TUNINGSAMPLES_H
#define TINYC_PASSES_COMPRESS_TUNINGSAMPLES_H

#include "passes/compress/NetworkScores.h"

namespace tinyc::compress {

/// Inputs, and what the results are to be.
struct TuningSamples {
  CalibrationData inputs;
  NetworkScores wanted;

  /// With the results of `original`. Fails, with a diagnostic at the op, for ops without reference semantics.
  static mlir::FailureOr<TuningSamples> get(mlir::func::FuncOp original, CalibrationData inputs);
};

/// The same samples; images [N, H, W, C] with their columns from right to left.
CalibrationData mirrorSamples(const CalibrationData &data);

/// `count` samples drawn at random, mirrored ones among them if `mirrors`, every other one mixed with a second (Zhang
/// et al. 2018, section 2; here only the inputs are mixed, what the original network makes of them is computed): so few
/// samples are fitted less closely. The same for the same `seed`.
CalibrationData drawSamples(const CalibrationData &data, int64_t count, bool mirrors, uint64_t seed);

} // namespace tinyc::compress

#endif // TINYC_PASSES_COMPRESS_TUNINGSAMPLES_H
