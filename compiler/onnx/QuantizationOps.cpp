#include "compiler/onnx/Operators.h"
#include "mlir/Dialect/Quant/IR/Quant.h"

using namespace mlir;

namespace tinyc::onnx {

/// The distance from unsigned storage to signed storage of the same width: 128 for uint8, 0 for signed types.
static int64_t getSignedShift(DataType type) {
  switch (type) {
  case DataType::UInt4: return 8;
  case DataType::UInt8: return 128;
  case DataType::UInt16: return 32768;
  default: return 0;
  }
}

static DataType getSignedType(DataType type) {
  switch (type) {
  case DataType::UInt4: return DataType::Int4;
  case DataType::UInt8: return DataType::Int8;
  case DataType::UInt16: return DataType::Int16;
  default: return type;
  }
}

/// The same numbers in signed storage: uint8 values minus 128.
static ConstantRef toSigned(const ConstantRef &constant) {
  const int64_t shift = getSignedShift(constant->type);
  if (shift == 0)
    return constant;
  llvm::SmallVector<int64_t> values = constant->getIntegers();
  for (int64_t &value : values)
    value -= shift;
  return Constant::fromIntegers(getSignedType(constant->type), constant->shape, values);
}

/// Scales and zero points of a tensor, as the node has them.
struct Scales {
  Quantization quantization; ///< zero points for the node's own storage
  int64_t blockSize = 0;     ///< 0: one scale for all, or for each index of the axis

  /// The number of the scale that element `index` of a tensor of `shape` has.
  int64_t getScale(int64_t index, llvm::ArrayRef<int64_t> shape) const {
    const int64_t axis = quantization.axis;
    if (axis < 0)
      return 0;
    const int64_t size = shape[axis], inner = *countElements(shape.drop_front(axis + 1)), at = index / inner % size;
    if (blockSize == 0)
      return at;
    const int64_t blocks = (size + blockSize - 1) / blockSize;
    return (index / inner / size * blocks + at / blockSize) * inner + index % inner;
  }
};

/// Reads the axis of scales of `scaleShape` for a tensor of `shape`, and the size of blocks along it.
static LogicalResult readAxis(NodeImporter &node, llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<int64_t> scaleShape,
                              Scales &scales) {
  const int64_t rank = shape.size();
  scales.blockSize = node.getInt("block_size", 0);
  if (scales.blockSize < 0)
    return node.emitError() << "block_size must not be negative, got " << scales.blockSize;
  if (scales.blockSize > 0) {
    FailureOr<int64_t> axis = node.normalizeAxis(node.getInt("axis", 1), rank);
    if (failed(axis))
      return failure();
    Shape expected(shape);
    expected[*axis] = (expected[*axis] + scales.blockSize - 1) / scales.blockSize;
    if (scaleShape != llvm::ArrayRef(expected))
      return node.emitError() << "the scale has shape " << toString(scaleShape) << ", expects " << toString(expected)
                              << " for blocks of " << scales.blockSize << " along axis " << *axis << " of "
                              << toString(shape);
    scales.quantization.axis = *axis;
    return success();
  }
  const int64_t count = countElements(scaleShape).value_or(0);
  if (scaleShape.size() > 1 || count == 0)
    return node.emitError() << "the scale has shape " << toString(scaleShape)
                            << ", expects one number, or one for each index of an axis";
  if (count == 1)
    return success();
  if (node.getOpset() < 13)
    return node.emitError() << "scales along an axis need operator set 13";
  // A bias has one axis; exporters leave the default, 1, on it.
  FailureOr<int64_t> axis = node.normalizeAxis(rank == 1 ? 0 : node.getInt("axis", 1), rank);
  if (failed(axis))
    return failure();
  if (shape[*axis] != count)
    return node.emitError() << count << " scales do not fit axis " << *axis << " of shape " << toString(shape);
  scales.quantization.axis = *axis;
  return success();
}

/// Reads scale (input 1), zero point (input 2), axis and blocks of a node whose tensor has `shape` and integers of
/// `type`.
static FailureOr<Scales> readScales(NodeImporter &node, llvm::ArrayRef<int64_t> shape, DataType type) {
  FailureOr<ConstantRef> constant = node.getConstant(1);
  if (failed(constant))
    return failure();
  if ((*constant)->getElementType() != DataType::Float)
    return node.emitError() << "the scale is " << getName((*constant)->type) << ", expects float32";
  Scales result;
  if (failed(readAxis(node, shape, (*constant)->shape, result)))
    return failure();
  Quantization &quantization = result.quantization;
  const int64_t count = (*constant)->getNumElements();
  llvm::append_range(quantization.scales, (*constant)->getFloats());
  for (float scale : quantization.scales)
    if (!std::isnormal(scale) || scale < 0)
      return node.emitError() << "the scale must be a positive number, got " << scale;
  quantization.zeroPoints.assign(count, 0);
  if (node.hasInput(2)) {
    FailureOr<ConstantRef> zeroPoints = node.getConstant(2);
    if (failed(zeroPoints))
      return failure();
    if ((*zeroPoints)->quantization || (*zeroPoints)->type != type)
      return node.emitError() << "the zero point is " << getName((*zeroPoints)->getElementType()) << ", expects "
                              << getName(type);
    if ((*zeroPoints)->getNumElements() != count)
      return node.emitError() << "the zero point has shape " << toString((*zeroPoints)->shape) << ", the scale "
                              << toString((*constant)->shape);
    quantization.zeroPoints = (*zeroPoints)->getIntegers();
  }
  for (int64_t zeroPoint : quantization.zeroPoints)
    if (type == DataType::Int32 && zeroPoint != 0)
      return node.emitError() << "the zero point of int32 must be 0, got " << zeroPoint;
  return result;
}

/// The quantization of the same numbers in signed storage.
static Quantization toSigned(Quantization quantization, DataType type) {
  for (int64_t &zeroPoint : quantization.zeroPoints)
    zeroPoint -= getSignedShift(type);
  return quantization;
}

/// q = saturate(round_half_to_even(x / scale) + zero point) of a constant.
static ConstantRef quantize(const Constant &input, DataType type, const Scales &scales) {
  const unsigned width = getBitWidth(type);
  const float lowest = static_cast<float>(llvm::minIntN(width) + getSignedShift(type));
  const float highest = static_cast<float>(llvm::maxIntN(width) + getSignedShift(type));
  llvm::SmallVector<int64_t> values;
  for (auto [index, real] : llvm::enumerate(input.getFloats())) {
    const int64_t channel = scales.getScale(static_cast<int64_t>(index), input.shape);
    const float scaled = std::nearbyint(real / scales.quantization.scales[channel]) +
                         static_cast<float>(scales.quantization.zeroPoints[channel]);
    values.push_back(std::isnan(scaled) ? getSignedShift(type)
                                        : static_cast<int64_t>(std::clamp(scaled, lowest, highest)));
  }
  return Constant::fromIntegers(type, input.shape, values);
}

/// The real numbers of a constant whose scales stand for blocks, which no type of the nn dialect has.
static ConstantRef dequantizeBlocks(const Constant &input, const Scales &scales) {
  std::vector<float> reals;
  for (auto [index, value] : llvm::enumerate(input.getIntegers())) {
    const int64_t block = scales.getScale(static_cast<int64_t>(index), input.shape);
    reals.push_back(static_cast<float>(value - scales.quantization.zeroPoints[block]) *
                    scales.quantization.scales[block]);
  }
  return Constant::fromFloats(input.shape, reals);
}

/// Whether the integers can have a quantized type: its scales are constants, and no blocks of a run-time tensor.
static bool hasStaticScales(NodeImporter &node) {
  const bool isKnown = node.getInput(1).isConstant() && (!node.hasInput(2) || node.getInput(2).isConstant());
  return isKnown && (node.getInt("block_size", 0) <= 0 || node.getInput(0).isConstant());
}

LogicalResult buildQuantizeLinear(NodeImporter &node) {
  DataType type = DataType::UInt8;
  if (node.hasInput(2))
    type = node.getInput(2).type;
  if (const int64_t requested = node.getInt("output_dtype", 0); requested != 0) {
    if (node.hasInput(2) && static_cast<DataType>(requested) != type)
      return node.emitError() << "output_dtype is " << getName(static_cast<DataType>(requested))
                              << ", the zero point " << getName(type);
    type = static_cast<DataType>(requested);
  }
  const Operand operand = node.getInput(0);
  if (!isQuantizedStorage(type))
    return node.emitError() << "quantization to " << getName(type) << " is not supported";
  if (getBitWidth(type) < 8 && !operand.isConstant())
    return node.emitError() << "quantization to " << getName(type) << " is supported of constants only";
  if (const int64_t precision = node.getInt("precision", 0);
      precision != 0 && static_cast<DataType>(precision) != DataType::Float)
    return node.emitError() << "precision must be float32, got " << getName(static_cast<DataType>(precision));
  if (operand.type != DataType::Float)
    return node.emitError() << node.describeInput(0) << " is " << getName(operand.type) << ", expects float32";
  if (!hasStaticScales(node))
    return buildQuantizeLoops(node, type);
  FailureOr<Scales> scales = readScales(node, operand.getShape(), type);
  if (failed(scales))
    return failure();
  if (operand.isConstant()) {
    node.setOutput(quantize(*operand.constant, type, *scales));
    return success();
  }
  Type element = getQuantizedType(node.builder.getContext(), getSignedType(type), toSigned(scales->quantization, type));
  auto result = node.create<quant::QuantizeCastOp>(RankedTensorType::get(operand.getShape(), element), operand.value);
  node.setOutput(0, Operand(result, type));
  return success();
}

/// Gives an integer argument, and all that was made of it so far, the element type that a DequantizeLinear implies.
/// False if `value` does not stem from an argument without a type.
static bool assignType(NodeImporter &node, Value value, Type element) {
  while (Operation *definition = value.getDefiningOp()) {
    if (definition->getNumOperands() == 0)
      return false;
    value = definition->getOperand(0);
  }
  llvm::SmallVector<Value> &untyped = node.getState().untypedArguments;
  auto it = llvm::find(untyped, value);
  if (it == untyped.end())
    return false;
  untyped.erase(it);
  llvm::SmallVector<Value> worklist = {value};
  while (!worklist.empty()) {
    Value current = worklist.pop_back_val();
    auto type = cast<RankedTensorType>(current.getType());
    if (type.getElementType() == element)
      continue;
    current.setType(type.clone(element));
    for (Operation *user : current.getUsers())
      llvm::append_range(worklist, user->getResults());
  }
  return true;
}

LogicalResult buildDequantizeLinear(NodeImporter &node) {
  const Operand operand = node.getInput(0);
  const DataType type = operand.type;
  if (!isQuantizedStorage(type) && type != DataType::Int32)
    return node.emitError() << node.describeInput(0) << " is " << getName(type) << ", which cannot be dequantized";
  if (const int64_t requested = node.getInt("output_dtype", 0);
      requested != 0 && static_cast<DataType>(requested) != DataType::Float)
    return node.emitError() << "output_dtype must be float32, got " << getName(static_cast<DataType>(requested));
  const bool isPlain = !operand.isConstant() && !nn::getQuantizedElement(operand.value.getType());
  if (isPlain || !hasStaticScales(node))
    return buildDequantizeLoops(node);
  FailureOr<Scales> scales = readScales(node, operand.getShape(), type);
  if (failed(scales))
    return failure();
  if (operand.isConstant()) {
    if (scales->blockSize != 0) {
      node.setOutput(dequantizeBlocks(*operand.constant, *scales));
      return success();
    }
    auto result = std::make_shared<Constant>(*toSigned(operand.constant));
    result->quantization = toSigned(scales->quantization, type);
    node.setOutput(ConstantRef(result));
    return success();
  }
  Type element = getQuantizedType(node.builder.getContext(), getSignedType(type), toSigned(scales->quantization, type));
  if (getElementTypeOrSelf(operand.value) != element)
    assignType(node, operand.value, element);
  if (getElementTypeOrSelf(operand.value) != element)
    return node.emitError() << "dequantizes as " << element << " what is " << getElementTypeOrSelf(operand.value);
  auto result = node.create<quant::DequantizeCastOp>(
      RankedTensorType::get(operand.getShape(), node.builder.getF32Type()), operand.value);
  node.setOutput(result);
  return success();
}

} // namespace tinyc::onnx
