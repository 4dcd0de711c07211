// Operators on quantized tensors: QLinear*, QGemm, *Integer. Each is built as DequantizeLinear of its operands, the
// float operator, QuantizeLinear of the result; compress-fold-qdq makes the integer op of it, with the model's own
// scales.
#include "compiler/onnx/Operators.h"
#include "compiler/onnx/Parts.h"

using namespace mlir;

namespace tinyc::onnx {

/// Input `index` as float, its scale and zero point the two inputs behind it. Scales of more than one number run along
/// `axis`.
static FailureOr<std::string> dequantize(NodeImporter &node, unsigned index, int64_t axis = 1) {
  return node.buildPart("DequantizeLinear",
                        {node.getInputName(index), node.getInputName(index + 1), node.getInputName(index + 2)},
                        {{"axis", makeAttribute(axis)}});
}

/// Makes the float value `name` the node's output, quantized by the inputs `scale` and `scale + 1`; without a zero
/// point to the integers of input `like`.
static LogicalResult setQuantized(NodeImporter &node, const std::string &name, unsigned scale, unsigned like) {
  std::string zeroPoint = node.getInputName(scale + 1);
  if (zeroPoint.empty())
    zeroPoint = node.addOperand(Operand(Constant::fromIntegers(node.getInput(like).type, {}, 0)));
  FailureOr<std::string> result = node.buildPart("QuantizeLinear", {name, node.getInputName(scale), zeroPoint});
  if (failed(result))
    return failure();
  node.setOutput(0, node.getOperand(*result));
  return success();
}

/// The int32 bias at input `index` as float: its scale is factor * the scale at `inputScale` * those at `weightScale`.
/// Empty if it is absent.
static FailureOr<std::string> dequantizeBias(NodeImporter &node, unsigned index, unsigned inputScale,
                                             unsigned weightScale, float factor) {
  if (!node.hasInput(index))
    return std::string();
  FailureOr<ConstantRef> input = node.getConstant(inputScale), weight = node.getConstant(weightScale);
  if (failed(input) || failed(weight))
    return failure();
  if ((*input)->getNumElements() != 1)
    return node.emitError() << "the scale of activations has shape " << toString((*input)->shape)
                            << ", expects one number";
  std::vector<float> scales;
  for (float scale : (*weight)->getFloats())
    scales.push_back((*input)->getFloats().front() * scale * factor);
  const Shape shape = scales.size() == 1 ? Shape() : Shape(1, static_cast<int64_t>(scales.size()));
  return node.buildPart("DequantizeLinear",
                        {node.getInputName(index), node.addOperand(Operand(Constant::fromFloats(shape, scales)))},
                        {{"axis", makeAttribute(0)}});
}

LogicalResult buildMicrosoftQuantization(NodeImporter &node) {
  FailureOr<std::string> result = node.buildPart(
      node.getOperatorName(), {node.getInputName(0), node.getInputName(1), node.getInputName(2)}, node.getAttributes());
  if (failed(result))
    return failure();
  node.setOutput(0, node.getOperand(*result));
  return success();
}

LogicalResult buildQLinearConv(NodeImporter &node) {
  FailureOr<std::string> input = dequantize(node, 0), weight = dequantize(node, 3, /*axis=*/0);
  if (failed(input) || failed(weight))
    return failure();
  FailureOr<std::string> bias = dequantizeBias(node, 8, 1, 4, 1.0f);
  if (failed(bias))
    return failure();
  FailureOr<std::string> result = node.buildPart("Conv", {*input, *weight, *bias}, node.getAttributes());
  return failed(result) ? failure() : setQuantized(node, *result, 6, 0);
}

LogicalResult buildQLinearMatMul(NodeImporter &node) {
  FailureOr<std::string> lhs = dequantize(node, 0, /*axis=*/-2), rhs = dequantize(node, 3, /*axis=*/-1);
  if (failed(lhs) || failed(rhs))
    return failure();
  FailureOr<std::string> result = node.buildPart("MatMul", {*lhs, *rhs});
  return failed(result) ? failure() : setQuantized(node, *result, 6, 0);
}

LogicalResult buildQGemm(NodeImporter &node) {
  const bool transposed = node.getInt("transB", 0) != 0;
  FailureOr<std::string> lhs = dequantize(node, 0), rhs = dequantize(node, 3, transposed ? 0 : 1);
  if (failed(lhs) || failed(rhs))
    return failure();
  FailureOr<std::string> bias = dequantizeBias(node, 6, 1, 4, node.getFloatAttribute("alpha", 1.0f));
  if (failed(bias))
    return failure();
  FailureOr<std::string> result = node.buildPart("Gemm", {*lhs, *rhs, *bias}, node.getAttributes());
  if (failed(result))
    return failure();
  if (node.hasInput(7))
    return setQuantized(node, *result, 7, 0);
  node.setOutput(0, node.getOperand(*result));
  return success();
}

LogicalResult buildQLinearBinary(NodeImporter &node) {
  FailureOr<std::string> lhs = dequantize(node, 0), rhs = dequantize(node, 3);
  if (failed(lhs) || failed(rhs))
    return failure();
  FailureOr<std::string> result = node.buildPart(node.getOperatorName().drop_front(strlen("QLinear")), {*lhs, *rhs});
  return failed(result) ? failure() : setQuantized(node, *result, 6, 0);
}

LogicalResult buildQLinearUnary(NodeImporter &node) {
  FailureOr<std::string> input = dequantize(node, 0);
  if (failed(input))
    return failure();
  // ReduceMean has its axes as an attribute in operator sets before 18.
  FailureOr<std::string> result = node.buildPart(node.getOperatorName().drop_front(strlen("QLinear")), {*input},
                                                 node.getAttributes(), /*opset=*/13);
  return failed(result) ? failure() : setQuantized(node, *result, 3, 0);
}

LogicalResult buildQLinearSoftmax(NodeImporter &node) {
  FailureOr<std::string> input = dequantize(node, 0);
  if (failed(input))
    return failure();
  const int64_t opset = node.getInt("opset", 13);
  if (opset < 1 || opset > kNewestOpset)
    return node.emitError() << "attribute 'opset' must be 1 to " << kNewestOpset << ", got " << opset;
  FailureOr<std::string> result = node.buildPart("Softmax", {*input}, getAttributesWithout(node, {"opset"}), opset);
  return failed(result) ? failure() : setQuantized(node, *result, 3, 0);
}

LogicalResult buildQLinearPool(NodeImporter &node) {
  FailureOr<std::string> input = dequantize(node, 0);
  if (failed(input))
    return failure();
  const bool channelsLast = node.getInt("channels_last", 0) != 0;
  const int64_t rank = node.getInput(0).getRank();
  if (rank < 3)
    return node.emitError() << "expects an input of at least 3 dimensions, got shape " << toString(node.getShape(0));
  FailureOr<std::string> value = *input;
  if (channelsLast)
    value = node.buildPart("Transpose", {*value}, {{"perm", makeAttribute(channelFirstPermutation(rank))}});
  if (succeeded(value))
    value = node.buildPart(node.getOperatorName().drop_front(strlen("QLinear")), {*value},
                           getAttributesWithout(node, {"channels_last"}));
  if (succeeded(value) && channelsLast)
    value = node.buildPart("Transpose", {*value}, {{"perm", makeAttribute(channelLastPermutation(rank))}});
  return failed(value) ? failure() : setQuantized(node, *value, 3, 0);
}

LogicalResult buildQLinearConcat(NodeImporter &node) {
  if (node.getInputCount() % 3 != 2)
    return node.emitError() << "expects a scale, a zero point, and three inputs for each tensor, got "
                            << node.getInputCount() << " inputs";
  std::vector<std::string> tensors;
  for (unsigned index = 2; index < node.getInputCount(); index += 3) {
    FailureOr<std::string> tensor = dequantize(node, index);
    if (failed(tensor))
      return failure();
    tensors.push_back(*tensor);
  }
  FailureOr<std::string> result = node.buildPart("Concat", tensors, node.getAttributes());
  return failed(result) ? failure() : setQuantized(node, *result, 0, 2);
}

//===----------------------------------------------------------------------===//
// Integer products: results of int32, held as float32 (exact below 2^24)
//===----------------------------------------------------------------------===//

/// Input `index` less the zero point at input `zeroPoint`, as float32 integers. Zero points of more than one number run
/// along `axis`.
static FailureOr<std::string> readIntegers(NodeImporter &node, unsigned index, unsigned zeroPoint, int64_t axis) {
  int64_t count = 1;
  Shape shape;
  if (node.hasInput(zeroPoint)) {
    FailureOr<ConstantRef> constant = node.getConstant(zeroPoint);
    if (failed(constant))
      return failure();
    shape = (*constant)->shape;
    count = (*constant)->getNumElements();
  }
  // What was quantized on the way has a scale of its own: the reals divided by it are the integers.
  const Operand &operand = node.getInput(index);
  float scale = 1.0f;
  if (!operand.isConstant() && !llvm::is_contained(node.getState().untypedArguments, operand.value))
    if (auto type = nn::getPerTensor(operand.value.getType()))
      scale = static_cast<float>(type.getScale());
  std::string scales = node.addOperand(Operand(Constant::fromFloats(shape, std::vector<float>(count, scale))));
  FailureOr<std::string> reals =
      node.buildPart("DequantizeLinear", {node.getInputName(index), scales, node.getInputName(zeroPoint)},
                     {{"axis", makeAttribute(axis)}});
  if (failed(reals) || scale == 1.0f)
    return reals;
  return node.buildPart("Mul", {*reals, node.addOperand(Operand(Constant::fromFloats({}, 1.0f / scale)))});
}

static void setIntegers(NodeImporter &node, const std::string &name) {
  node.setOutput(0, Operand(node.materializeOperand(node.getOperand(name)), DataType::Int32));
}

LogicalResult buildConvInteger(NodeImporter &node) {
  FailureOr<std::string> input = readIntegers(node, 0, 2, 1), weight = readIntegers(node, 1, 3, 0);
  if (failed(input) || failed(weight))
    return failure();
  FailureOr<std::string> result = node.buildPart("Conv", {*input, *weight}, node.getAttributes());
  if (failed(result))
    return failure();
  setIntegers(node, *result);
  return success();
}

LogicalResult buildMatMulInteger(NodeImporter &node) {
  FailureOr<std::string> lhs = readIntegers(node, 0, 2, -2), rhs = readIntegers(node, 1, 3, -1);
  if (failed(lhs) || failed(rhs))
    return failure();
  FailureOr<std::string> result = node.buildPart("MatMul", {*lhs, *rhs});
  if (failed(result))
    return failure();
  setIntegers(node, *result);
  return success();
}

LogicalResult buildMatMulIntegerToFloat(NodeImporter &node) {
  auto read = [&](unsigned index, unsigned scale, unsigned zeroPoint, int64_t axis) {
    return node.buildPart("DequantizeLinear",
                          {node.getInputName(index), node.getInputName(scale), node.getInputName(zeroPoint)},
                          {{"axis", makeAttribute(axis)}});
  };
  FailureOr<std::string> lhs = read(0, 2, 4, -2), rhs = read(1, 3, 5, -1);
  if (failed(lhs) || failed(rhs))
    return failure();
  FailureOr<std::string> result = node.buildPart("MatMul", {*lhs, *rhs});
  if (succeeded(result) && node.hasInput(6))
    result = node.buildPart("Add", {*result, node.getInputName(6)});
  if (failed(result))
    return failure();
  node.setOutput(0, node.getOperand(*result));
  return success();
}

} // namespace tinyc::onnx
