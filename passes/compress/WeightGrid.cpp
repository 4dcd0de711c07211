#include "passes/compress/WeightGrid.h"

#include <limits>

using namespace mlir;

namespace tinyc::compress {

double WeightGrid::getFullScale(ArrayRef<float> weights) const {
  double scale = 0.0;
  for (double weight : weights)
    scale = std::max(scale, weight / static_cast<double>(weight < 0.0 ? least : greatest));
  return scale;
}

int64_t getChosenWeightBits(Operation *op, int64_t bits) {
  auto chosen = op->getAttrOfType<IntegerAttr>(nn::kWeightBitsAttr);
  return chosen ? chosen.getInt() : bits;
}

std::optional<SmallVector<double>> getChosenWeightScales(Operation *op) {
  auto scales = op->getAttrOfType<DenseF32ArrayAttr>(nn::kWeightScalesAttr);
  if (!scales)
    return std::nullopt;
  ArrayRef<float> values = scales.asArrayRef();
  return SmallVector<double>(values.begin(), values.end());
}

void setChosenWeightScales(Operation *op, ArrayRef<double> scales) {
  SmallVector<float> rounded(scales.begin(), scales.end());
  op->setAttr(nn::kWeightScalesAttr, DenseF32ArrayAttr::get(op->getContext(), rounded));
}

SmallVector<double> getLeastWeightScales(const Layer &layer, const WeightGrid &grid, quant::UniformQuantizedType input,
                                         quant::UniformQuantizedType result) {
  SmallVector<double> bias(layer.bias.begin(), layer.bias.end());
  SmallVector<float> any(layer.getChannels(), 0.0f); // no scale is wanted for itself
  return chooseWeightScales(layer.weight, bias, input, result, grid.bits, any);
}

void roundWeights(Layer &layer, const WeightGrid &grid, ArrayRef<double> scales) {
  for (int64_t channel = 0; channel < layer.getChannels(); ++channel)
    for (float &weight : layer.getWeight(channel))
      weight = static_cast<float>(grid.round(weight, scales[channel]) * scales[channel]);
}

} // namespace tinyc::compress
