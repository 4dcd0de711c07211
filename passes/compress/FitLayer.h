// The weights of one layer by least squares, so that a network in which others have changed comes near the original
// one.
#ifndef TINYC_PASSES_COMPRESS_FITLAYER_H
#define TINYC_PASSES_COMPRESS_FITLAYER_H

#include "passes/compress/Layer.h"

namespace tinyc::compress {

struct FitProblem {
  Layer layer;                              ///< in: the original weights and bias; out: the fitted ones
  llvm::ArrayRef<nn::HostTensor> reference; ///< the layer's input on all samples in the original network
  llvm::ArrayRef<nn::HostTensor> actual;    ///< the same in the changed network
  /// What an nn.add adds to the layer's result in both networks, if that is all that reads the result; else empty.
  llvm::ArrayRef<nn::HostTensor> referenceAddend, actualAddend;
  std::optional<float> lower, upper; ///< bounds of the clamp that follows, of the layer or of the addition
  llvm::BitVector outputs;           ///< channels to fit; the others stay as they are
};

/// Minimizes, over the samples, the mean square of clamp(original result) - clamp(fitted result). The clamp makes
/// positions beyond its bounds free as long as they stay there: alternately these are given what the fit predicts for
/// them, and the rest is solved by least squares (Zhang et al. 2016, Accelerating Very Deep Convolutional Networks,
/// section 3.2, with exact targets). A ridge, as a share of the inputs' mean variance, draws the weights towards the
/// original ones: the one of five with the least error on every fifth sample, which the fit does not see.
/// False if the inputs are not finite.
bool fitLayer(FitProblem &problem);

} // namespace tinyc::compress

#endif // TINYC_PASSES_COMPRESS_FITLAYER_H
