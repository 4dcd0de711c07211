#include "compiler/onnx/Operators.h"
#include "mlir/Dialect/Quant/IR/Quant.h"

using namespace mlir;

namespace tinyc::onnx {

/// The distance from unsigned storage to signed storage of the same width: 128 for uint8, 0 for signed types.
static int64_t getSignedShift(DataType type) {
  return type == DataType::UInt8 ? 128 : type == DataType::UInt16 ? 32768 : 0;
}

static DataType getSignedType(DataType type) {
  return type == DataType::UInt8 ? DataType::Int8 : type == DataType::UInt16 ? DataType::Int16 : type;
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

/// Reads scale (input 1), zero point (input 2) and axis of a node whose tensor has `shape` and integers of `type`. The
/// zero points come out for signed storage.
static FailureOr<Quantization> readQuantization(NodeImporter &node, llvm::ArrayRef<int64_t> shape, DataType type) {
  if (node.getInt("block_size", 0) != 0)
    return node.emitError() << "blocked quantization (block_size) is not supported";
  FailureOr<ConstantRef> scales = node.getConstant(1);
  if (failed(scales))
    return failure();
  if ((*scales)->getElementType() != DataType::Float)
    return node.emitError() << "the scale is " << getName((*scales)->type) << ", expects float32";
  llvm::ArrayRef<int64_t> scaleShape = (*scales)->shape;
  const int64_t count = (*scales)->getNumElements(), rank = shape.size();
  Quantization quantization;
  if (scaleShape.size() > 1 || count == 0)
    return node.emitError() << "the scale has shape " << toString(scaleShape)
                            << ", expects one number, or one for each index of an axis";
  if (count > 1) {
    if (node.getOpset() < 13)
      return node.emitError() << "scales along an axis need operator set 13";
    // A bias has one axis; exporters leave the default, 1, on it.
    FailureOr<int64_t> axis = node.normalizeAxis(rank == 1 ? 0 : node.getInt("axis", 1), rank);
    if (failed(axis))
      return failure();
    if (shape[*axis] != count)
      return node.emitError() << count << " scales do not fit axis " << *axis << " of shape " << toString(shape);
    quantization.axis = *axis;
  }
  llvm::append_range(quantization.scales, (*scales)->getFloats());
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
                              << toString(scaleShape);
    quantization.zeroPoints = (*zeroPoints)->getIntegers();
  }
  for (int64_t &zeroPoint : quantization.zeroPoints) {
    if (type == DataType::Int32 && zeroPoint != 0)
      return node.emitError() << "the zero point of int32 must be 0, got " << zeroPoint;
    zeroPoint -= getSignedShift(type);
  }
  return quantization;
}

/// q = saturate(round_half_to_even(x / scale) + zero point) of a constant, in signed storage.
static ConstantRef quantize(const Constant &input, DataType type, const Quantization &quantization) {
  const unsigned width = getByteWidth(type) * 8;
  const float lowest = static_cast<float>(llvm::minIntN(width)), highest = static_cast<float>(llvm::maxIntN(width));
  int64_t inner = 1, channels = 1;
  if (quantization.axis >= 0) {
    channels = input.shape[quantization.axis];
    inner = *countElements(llvm::ArrayRef(input.shape).drop_front(quantization.axis + 1));
  }
  llvm::SmallVector<int64_t> values;
  for (auto [index, real] : llvm::enumerate(input.getFloats())) {
    const int64_t channel = static_cast<int64_t>(index) / inner % channels;
    const float scaled = std::nearbyint(real / quantization.scales[channel]) +
                         static_cast<float>(quantization.zeroPoints[channel]);
    values.push_back(std::isnan(scaled) ? 0 : static_cast<int64_t>(std::clamp(scaled, lowest, highest)));
  }
  return Constant::fromIntegers(type, input.shape, values);
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
  if (!llvm::is_contained({DataType::Int8, DataType::UInt8, DataType::Int16, DataType::UInt16}, type))
    return node.emitError() << "quantization to " << getName(type) << " is not supported";
  if (const int64_t precision = node.getInt("precision", 0);
      precision != 0 && static_cast<DataType>(precision) != DataType::Float)
    return node.emitError() << "precision must be float32, got " << getName(static_cast<DataType>(precision));
  const Operand operand = node.getInput(0);
  if (operand.type != DataType::Float)
    return node.emitError() << node.describeInput(0) << " is " << getName(operand.type) << ", expects float32";
  FailureOr<Quantization> quantization = readQuantization(node, operand.getShape(), type);
  if (failed(quantization))
    return failure();
  if (operand.isConstant()) {
    // Back to the node's own type, which a DequantizeLinear checks.
    ConstantRef stored = quantize(*operand.constant, getSignedType(type), *quantization);
    llvm::SmallVector<int64_t> values = stored->getIntegers();
    for (int64_t &value : values)
      value += getSignedShift(type);
    node.setOutput(Constant::fromIntegers(type, stored->shape, values));
    return success();
  }
  Type element = getQuantizedType(node.builder.getContext(), getSignedType(type), *quantization);
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
  const bool supported = llvm::is_contained(
      {DataType::Int8, DataType::UInt8, DataType::Int16, DataType::UInt16, DataType::Int32}, type);
  if (!supported)
    return node.emitError() << node.describeInput(0) << " is " << getName(type) << ", which cannot be dequantized";
  if (const int64_t requested = node.getInt("output_dtype", 0);
      requested != 0 && static_cast<DataType>(requested) != DataType::Float)
    return node.emitError() << "output_dtype must be float32, got " << getName(static_cast<DataType>(requested));
  FailureOr<Quantization> quantization = readQuantization(node, operand.getShape(), type);
  if (failed(quantization))
    return failure();
  if (operand.isConstant()) {
    auto result = std::make_shared<Constant>(*toSigned(operand.constant));
    result->quantization = std::move(*quantization);
    node.setOutput(ConstantRef(result));
    return success();
  }
  Type element = getQuantizedType(node.builder.getContext(), getSignedType(type), *quantization);
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
