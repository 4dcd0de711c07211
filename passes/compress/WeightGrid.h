// The values that quantized weights can have.
#ifndef TINYC_PASSES_COMPRESS_WEIGHTGRID_H
#define TINYC_PASSES_COMPRESS_WEIGHTGRID_H

#include "passes/compress/Layer.h"

namespace tinyc::compress {

/// Integers of a weight of `bits`: -127..127 at 8 bits, -8..7 at 4, -2..1 at 2.
struct WeightGrid {
  int64_t bits = 8, least = -127, greatest = 127;

  static WeightGrid get(int64_t bits) {
    auto [least, greatest] = getWeightBounds(static_cast<unsigned>(bits));
    return {bits, least, greatest};
  }
  /// The integer nearest to value / scale, ties to even.
  double round(double value, double scale) const {
    return std::clamp(std::nearbyint(value / scale), static_cast<double>(least), static_cast<double>(greatest));
  }
  /// The least scale at which no weight is clipped.
  double getFullScale(llvm::ArrayRef<float> weights) const;
};

/// The bits chosen for the weights of an op: nn.weight_bits, or else `bits`.
int64_t getChosenWeightBits(mlir::Operation *op, int64_t bits);

/// The scales chosen for the weights of an op (nn.weight_scales), one for each output channel; nullopt if there are
/// none.
std::optional<llvm::SmallVector<double>> getChosenWeightScales(mlir::Operation *op);
void setChosenWeightScales(mlir::Operation *op, llvm::ArrayRef<double> scales);

/// The least scale of each output channel that compress-quantize takes as it is: multipliers and biases have to fit
/// their integers. `input` and `result` are the types of the op's activations.
llvm::SmallVector<double> getLeastWeightScales(const Layer &layer, const WeightGrid &grid,
                                               mlir::quant::UniformQuantizedType input,
                                               mlir::quant::UniformQuantizedType result);

/// Rounds the layer's weights to nearest on the grid of the scales.
void roundWeights(Layer &layer, const WeightGrid &grid, llvm::ArrayRef<double> scales);

} // namespace tinyc::compress

#endif // TINYC_PASSES_COMPRESS_WEIGHTGRID_H
