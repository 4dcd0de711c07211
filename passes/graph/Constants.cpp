#include "passes/graph/Constants.h"

#include <cstring>

using namespace mlir;

namespace tinyc::graph {

std::optional<ConstantSource> getConstantSource(Value value) {
  ConstantSource source;
  source.cast = value.getDefiningOp<quant::DequantizeCastOp>();
  if (source.cast)
    value = source.cast.getInput();
  source.constant = value.getDefiningOp<nn::ConstantOp>();
  if (!source.constant || !source.getElements())
    return std::nullopt;
  return source;
}

std::optional<SmallVector<double>> getFloatConstant(Value value) {
  auto constant = value.getDefiningOp<nn::ConstantOp>();
  if (!constant || !constant.getType().getElementType().isF32())
    return std::nullopt;
  auto elements = dyn_cast<DenseElementsAttr>(constant.getValue());
  if (!elements)
    return std::nullopt;
  SmallVector<double> values;
  values.reserve(elements.getNumElements());
  for (float element : elements.getValues<float>())
    values.push_back(element);
  return values;
}

std::optional<SmallVector<double>> getChannelConstant(Value value, ArrayRef<int64_t> shape) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (!type || shape.empty() || type.getRank() == 0)
    return std::nullopt;
  if (type.getRank() != 1 && type.getRank() != static_cast<int64_t>(shape.size()))
    return std::nullopt;
  if (llvm::any_of(type.getShape().drop_back(), [](int64_t size) { return size != 1; }))
    return std::nullopt;
  std::optional<SmallVector<double>> values = getFloatConstant(value);
  if (!values)
    return std::nullopt;
  if (values->size() == 1)
    values->assign(shape.back(), values->front());
  if (static_cast<int64_t>(values->size()) != shape.back())
    return std::nullopt;
  return values;
}

Value createFloatConstant(OpBuilder &builder, Location loc, ArrayRef<int64_t> shape, ArrayRef<double> values) {
  SmallVector<float> elements;
  elements.reserve(values.size());
  for (double value : values)
    elements.push_back(static_cast<float>(value));
  auto type = RankedTensorType::get(shape, builder.getF32Type());
  return nn::ConstantOp::create(builder, loc, type, DenseElementsAttr::get(type, ArrayRef<float>(elements)));
}

Value createGathered(OpBuilder &builder, Location loc, RankedTensorType type, DenseElementsAttr elements,
                     ArrayRef<int64_t> sources) {
  auto storage = RankedTensorType::get(type.getShape(), nn::getStorageType(type.getElementType()));
  ArrayRef<char> raw = elements.getRawData();
  if (elements.isSplat())
    return nn::ConstantOp::create(builder, loc, type, DenseElementsAttr::getFromRawBuffer(storage, raw));
  size_t bytes = raw.size() / elements.getNumElements();
  std::vector<char> gathered(sources.size() * bytes);
  for (auto [index, source] : llvm::enumerate(sources))
    std::memcpy(gathered.data() + index * bytes, raw.data() + source * bytes, bytes);
  return nn::ConstantOp::create(builder, loc, type, DenseElementsAttr::getFromRawBuffer(storage, gathered));
}

Type permuteAxis(Type elementType, ArrayRef<int64_t> permutation) {
  auto perAxis = dyn_cast<quant::UniformQuantizedPerAxisType>(elementType);
  if (!perAxis)
    return elementType;
  int32_t axis = llvm::find(permutation, perAxis.getQuantizedDimension()) - permutation.begin();
  return quant::UniformQuantizedPerAxisType::get(perAxis.getFlags(), perAxis.getStorageType(),
                                                 perAxis.getExpressedType(), perAxis.getScales(),
                                                 perAxis.getZeroPoints(), axis, perAxis.getStorageTypeMin(),
                                                 perAxis.getStorageTypeMax());
}

Type gatherAxis(Type elementType, int64_t axis, ArrayRef<int64_t> sources) {
  auto perAxis = dyn_cast<quant::UniformQuantizedPerAxisType>(elementType);
  if (!perAxis || perAxis.getQuantizedDimension() != axis)
    return elementType;
  SmallVector<double> scales;
  SmallVector<int64_t> zeroPoints;
  for (int64_t source : sources) {
    scales.push_back(perAxis.getScales()[source]);
    zeroPoints.push_back(perAxis.getZeroPoints()[source]);
  }
  return quant::UniformQuantizedPerAxisType::get(perAxis.getFlags(), perAxis.getStorageType(),
                                                 perAxis.getExpressedType(), scales, zeroPoints, axis,
                                                 perAxis.getStorageTypeMin(), perAxis.getStorageTypeMax());
}

int64_t getBytes(RankedTensorType type) {
  return type.getNumElements() * llvm::divideCeil(nn::getStorageType(type.getElementType()).getIntOrFloatBitWidth(), 8);
}

SmallVector<int64_t> permute(ArrayRef<int64_t> shape, ArrayRef<int64_t> permutation) {
  SmallVector<int64_t> result;
  for (int64_t axis : permutation)
    result.push_back(shape[axis]);
  return result;
}

} // namespace tinyc::graph
