#include "passes/lower/Constants.h"

using namespace mlir;

namespace tinyc::lower {

memref::GlobalOp getConstant(Value buffer, SymbolTable &symbols) {
  auto read = buffer ? buffer.getDefiningOp<memref::GetGlobalOp>() : memref::GetGlobalOp();
  auto global = read ? symbols.lookup<memref::GlobalOp>(read.getName()) : memref::GlobalOp();
  return global && getValues(global) ? global : memref::GlobalOp();
}

DenseElementsAttr getValues(memref::GlobalOp constant) {
  return dyn_cast_if_present<DenseElementsAttr>(constant.getInitialValueAttr());
}

DenseElementsAttr transposeWeights(DenseElementsAttr weights) {
  ArrayRef<int64_t> shape = weights.getType().getShape();
  int64_t channels = shape[0], pixels = shape[1] * shape[2], bytes = llvm::divideCeil(weights.getElementType().getIntOrFloatBitWidth(), 8);
  auto type = RankedTensorType::get({shape[1], shape[2], channels}, weights.getElementType());
  if (weights.isSplat())
    return weights.reshape(type);
  ArrayRef<char> from = weights.getRawData();
  std::vector<char> to(from.size());
  for (int64_t pixel = 0; pixel < pixels; ++pixel)
    for (int64_t channel = 0; channel < channels; ++channel)
      std::copy_n(from.begin() + (channel * pixels + pixel) * bytes, bytes,
                  to.begin() + (pixel * channels + channel) * bytes);
  return DenseElementsAttr::getFromRawBuffer(type, to);
}

template <typename Element>
static bool readValues(Value buffer, SymbolTable &symbols, bool transpose, std::vector<Element> &to) {
  memref::GlobalOp global = getConstant(buffer, symbols);
  if (!global || !getValues(global))
    return false;
  Type element = global.getType().getElementType();
  if (std::is_same_v<Element, float> ? !element.isF32()
                                     : !element.isInteger() || element.getIntOrFloatBitWidth() > 8 * sizeof(Element))
    return false;
  DenseElementsAttr values = getValues(global);
  if (transpose)
    values = transposeWeights(values);
  if (element.getIntOrFloatBitWidth() == 8 * sizeof(Element)) {
    to.assign(values.value_begin<Element>(), values.value_end<Element>());
    return true;
  }
  if constexpr (!std::is_same_v<Element, float>) {
    to.clear();
    to.reserve(values.getNumElements());
    for (const APInt &value : values.getValues<APInt>())
      to.push_back(static_cast<Element>(value.getSExtValue()));
  }
  return true;
}

std::optional<WeightedConstants> WeightedConstants::read(Operation *op, SymbolTable &symbols) {
  Value weights, bias, multipliers;
  if (auto conv = dyn_cast<kernel::Conv2DOp>(op))
    std::tie(weights, bias, multipliers) = std::make_tuple(conv.getWeights(), conv.getBias(), conv.getMultipliers());
  else if (auto conv = dyn_cast<kernel::DepthwiseConv2DOp>(op))
    std::tie(weights, bias, multipliers) = std::make_tuple(conv.getWeights(), conv.getBias(), conv.getMultipliers());
  else if (auto dense = dyn_cast<kernel::FullyConnectedOp>(op))
    std::tie(weights, bias, multipliers) = std::make_tuple(dense.getWeights(), dense.getBias(), dense.getMultipliers());
  else
    return std::nullopt;
  bool transpose = isa<kernel::DepthwiseConv2DOp>(op) && cast<MemRefType>(weights.getType()).getRank() == 4;
  WeightedConstants constants;
  if (cast<MemRefType>(weights.getType()).getElementType().isF32()) {
    if (!readValues(weights, symbols, transpose, constants.floatWeights) ||
        (bias && !readValues(bias, symbols, false, constants.floatBias)))
      return std::nullopt;
    return constants;
  }
  if (!readValues(weights, symbols, transpose, constants.weights) ||
      !readValues(bias, symbols, false, constants.bias) ||
      !readValues(multipliers, symbols, false, constants.multipliers))
    return std::nullopt;
  return constants;
}

} // namespace tinyc::lower
