#include "passes/graph/Bounds.h"

using namespace mlir;

namespace tinyc::graph {

bool hasBounds(Operation *op) {
  auto fused = dyn_cast<nn::FusedActivationOpInterface>(op);
  return fused && (fused.getLowerBound() || fused.getUpperBound());
}

Bounds getBounds(nn::ClampOp op) {
  Bounds bounds;
  if (op.getMin())
    bounds.lower = op.getMin()->convertToFloat();
  if (op.getMax())
    bounds.upper = op.getMax()->convertToFloat();
  return bounds;
}

Bounds getBounds(nn::FusedActivationOpInterface op) { return {op.getLowerBound(), op.getUpperBound()}; }

Bounds composeBounds(const Bounds &inner, const Bounds &outer) {
  auto clamp = [&](std::optional<float> value, std::optional<float> otherwise) {
    if (!value)
      return otherwise;
    if (outer.lower)
      value = std::max(*value, *outer.lower);
    if (outer.upper)
      value = std::min(*value, *outer.upper);
    return value;
  };
  return {clamp(inner.lower, outer.lower), clamp(inner.upper, outer.upper)};
}

/// The least and the greatest real value of a type quantized per tensor.
static Bounds getTypeBounds(Type type) {
  quant::UniformQuantizedType quantized = nn::getPerTensor(type);
  if (!quantized)
    return {};
  auto toReal = [&](int64_t value) {
    return static_cast<float>((value - quantized.getZeroPoint()) * quantized.getScale());
  };
  return {toReal(quantized.getStorageTypeMin()), toReal(quantized.getStorageTypeMax())};
}

Bounds getKnownBounds(Value value) {
  if (!isa<RankedTensorType>(value.getType()))
    return {};
  Bounds byType = getTypeBounds(value.getType());
  Operation *op = value.getDefiningOp();
  if (byType.lower || !op)
    return byType;
  if (isa<quant::DequantizeCastOp>(op))
    return getTypeBounds(op->getOperand(0).getType());
  if (isa<nn::ReshapeOp, nn::TransposeOp>(op))
    return getKnownBounds(op->getOperand(0));
  if (auto resize = dyn_cast<nn::ResizeOp>(op); resize && !resize.getRowWeights())
    return getKnownBounds(resize.getInput());
  if (auto clamp = dyn_cast<nn::ClampOp>(op))
    return composeBounds(getKnownBounds(clamp.getInput()), getBounds(clamp));
  if (auto fused = dyn_cast<nn::FusedActivationOpInterface>(op)) {
    Bounds bounds = getBounds(fused);
    // A maximum, or a mean of elements of the input, does not leave the input's range.
    auto average = dyn_cast<nn::AvgPoolOp>(op);
    if (isa<nn::MaxPoolOp>(op) || (average && !average.getIncludePad()))
      return composeBounds(getKnownBounds(op->getOperand(0)), bounds);
    return bounds;
  }
  if (auto quantizable = dyn_cast<nn::QuantizableOpInterface>(op))
    if (auto range = quantizable.getFixedRange())
      return {static_cast<float>(range->first), static_cast<float>(range->second)};
  return {};
}

} // namespace tinyc::graph
