// First and second moments of a layer's inputs: all that a quadratic error of its result depends on.
#ifndef TINYC_PASSES_COMPRESS_LAYERMOMENTS_H
#define TINYC_PASSES_COMPRESS_LAYERMOMENTS_H

#include "passes/compress/DenseMath.h"
#include "passes/compress/RoundLayers.h"

namespace tinyc::compress {

/// Of one group of a layer's channels: x is the input patch in the quantized network, r the same in the float network,
/// W the float weights; E is the mean over output positions.
struct LayerMoments {
  std::vector<double> mean;               ///< E x, [depth]
  SquareMatrix covariance;                ///< E (x - E x)(x - E x)^T, [depth][depth]
  std::vector<double> shift;              ///< E W (r - x) + d, [outputs]
  std::vector<std::vector<double>> cross; ///< E (W (r - x) + d)(x - E x)^T, [outputs][depth]
};

/// Output positions of all samples that are enough for a layer's moments, spread evenly.
std::vector<std::pair<int64_t, int64_t>> chooseMomentRows(const Layer &layer, int64_t samples);

LayerMoments computeMoments(const RoundingProblem &problem, int64_t group,
                            llvm::ArrayRef<std::pair<int64_t, int64_t>> rows);

} // namespace tinyc::compress

#endif // TINYC_PASSES_COMPRESS_LAYERMOMENTS_H
