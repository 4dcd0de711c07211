#include "compiler/onnx/Operators.h"

#include <limits>

using namespace mlir;

namespace tinyc::onnx {

/// Op of inputs 0 and `rhs`: operands get equal ranks by leading ones.
template <typename Op> static LogicalResult createBinary(NodeImporter &node, const Operand &rhs) {
  for (unsigned index : {0, 1})
    if (node.getInput(index).type != DataType::Float)
      return node.emitError() << node.describeInput(index) << " is " << getName(node.getInput(index).type)
                              << ", expects float32";
  std::optional<Shape> shape = broadcastShapes(node.getShape(0), node.getShape(1));
  if (!shape)
    return node.emitError() << "shapes " << toString(node.getShape(0)) << " and " << toString(node.getShape(1))
                            << " do not broadcast";
  FailureOr<RankedTensorType> type = node.makeFloatType(*shape);
  if (failed(type))
    return failure();
  auto getValue = [&](const Operand &operand) {
    return node.reshapeOperand(operand, withLeadingOnes(operand.getShape(), shape->size()));
  };
  Value lhsValue = getValue(node.getInput(0)), rhsValue = getValue(rhs);
  node.setOutput(node.create<Op>(*type, lhsValue, rhsValue, FloatAttr(), FloatAttr()));
  return success();
}

static bool isFloatAt(NodeImporter &node, unsigned index) { return node.getInput(index).type == DataType::Float; }

template <typename Op> static LogicalResult buildBinary(NodeImporter &node) {
  if (node.hasOnlyConstants())
    return foldBinary(node);
  if (!isFloatAt(node, 0) || !isFloatAt(node, 1))
    return buildBinaryLoops(node);
  return createBinary<Op>(node, node.getInput(1));
}

LogicalResult buildAdd(NodeImporter &node) { return buildBinary<nn::AddOp>(node); }
LogicalResult buildSub(NodeImporter &node) { return buildBinary<nn::SubOp>(node); }
LogicalResult buildMul(NodeImporter &node) { return buildBinary<nn::MulOp>(node); }

/// A quotient of a tensor and a constant is its product with the reciprocals, where these are finite.
LogicalResult buildDiv(NodeImporter &node) {
  if (node.hasOnlyConstants())
    return foldBinary(node);
  if (!isFloatAt(node, 0) || !isFloatAt(node, 1) || !node.getInput(1).isConstant())
    return buildBinaryLoops(node);
  const Constant &divisor = *node.getInput(1).constant;
  std::vector<float> reciprocals;
  for (float number : divisor.getFloats()) {
    reciprocals.push_back(1.0f / number);
    if (!std::isfinite(reciprocals.back()))
      return buildBinaryLoops(node);
  }
  return createBinary<nn::MulOp>(node, Operand(Constant::fromFloats(divisor.shape, reciprocals)));
}

/// An op of one float operand and further arguments.
template <typename Op, typename... Args> static LogicalResult buildUnary(NodeImporter &node, Args... args) {
  if (!isFloatAt(node, 0))
    return buildUnaryLoops(node);
  FailureOr<Value> input = node.getFloat(0);
  if (failed(input))
    return failure();
  node.setOutput(node.create<Op>(input->getType(), *input, args...));
  return success();
}

LogicalResult buildRelu(NodeImporter &node) {
  return buildUnary<nn::ClampOp>(node, node.builder.getF32FloatAttr(0), FloatAttr());
}

/// The number that all elements of a float constant are; nothing if there is none, or if it is NaN.
static std::optional<float> getNumber(const Operand &operand) {
  if (!operand.isConstant() || operand.type != DataType::Float)
    return std::nullopt;
  std::vector<float> numbers = operand.constant->getFloats();
  if (numbers.empty() || !llvm::all_equal(numbers) || std::isnan(numbers.front()))
    return std::nullopt;
  return numbers.front();
}

/// Max, Min, Sum, Mean. The greater or smaller of a tensor and one number is a clamp, a sum of two an addition.
LogicalResult buildVariadic(NodeImporter &node) {
  const llvm::StringRef name = node.getOperatorName();
  const bool isChoice = name == "Max" || name == "Min";
  if (isChoice && node.hasOnlyConstants())
    return foldBinary(node);
  if (node.getInputCount() != 2 || name == "Mean" || !isFloatAt(node, 0) || !isFloatAt(node, 1))
    return buildVariadicLoops(node);
  if (name == "Sum")
    return createBinary<nn::AddOp>(node, node.getInput(1));
  for (unsigned index : {0, 1}) {
    std::optional<float> number = getNumber(node.getInput(1 - index));
    if (!number || broadcastShapes(node.getShape(0), node.getShape(1)) != node.getShape(index))
      continue;
    FailureOr<Value> input = node.getFloat(index);
    if (failed(input))
      return failure();
    FloatAttr bound = node.builder.getF32FloatAttr(*number);
    node.setOutput(node.create<nn::ClampOp>(input->getType(), *input, name == "Max" ? bound : FloatAttr(),
                                            name == "Min" ? bound : FloatAttr()));
    return success();
  }
  return buildVariadicLoops(node);
}

LogicalResult buildSigmoid(NodeImporter &node) { return buildUnary<nn::SigmoidOp>(node); }
LogicalResult buildHardSwish(NodeImporter &node) { return buildUnary<nn::HardSwishOp>(node); }

LogicalResult buildLeakyRelu(NodeImporter &node) {
  const float alpha = node.getFloatAttribute("alpha", 0.01f);
  if (!std::isfinite(alpha))
    return node.emitError() << "alpha must be finite";
  return buildUnary<nn::LeakyReluOp>(node, node.builder.getF32FloatAttr(alpha));
}

LogicalResult buildHardSigmoid(NodeImporter &node) {
  const float alpha = node.getFloatAttribute("alpha", 0.2f), beta = node.getFloatAttribute("beta", 0.5f);
  if (!std::isfinite(alpha) || !std::isfinite(beta))
    return node.emitError() << "alpha and beta must be finite";
  return buildUnary<nn::HardSigmoidOp>(node, node.builder.getF32FloatAttr(alpha), node.builder.getF32FloatAttr(beta));
}

LogicalResult buildClip(NodeImporter &node) {
  const bool hasKnownBounds = (!node.hasInput(1) || node.getInput(1).isConstant()) &&
                              (!node.hasInput(2) || node.getInput(2).isConstant());
  if (!isFloatAt(node, 0) || !hasKnownBounds)
    return buildClipLoops(node);
  FailureOr<Value> input = node.getFloat(0);
  if (failed(input))
    return failure();
  const float largest = std::numeric_limits<float>::max();
  float bounds[] = {node.getFloatAttribute("min", -largest), node.getFloatAttribute("max", largest)};
  for (unsigned index : {1, 2}) {
    if (!node.hasInput(index))
      continue;
    FailureOr<float> bound = node.getConstantScalar(index);
    if (failed(bound))
      return failure();
    bounds[index - 1] = *bound;
  }
  if (std::isnan(bounds[0]) || std::isnan(bounds[1]))
    return node.emitError() << "a bound is not a number";
  // A minimum above the maximum yields the maximum.
  bounds[0] = std::min(bounds[0], bounds[1]);
  FloatAttr minimum = bounds[0] > -largest ? node.builder.getF32FloatAttr(bounds[0]) : FloatAttr();
  FloatAttr maximum = bounds[1] < largest ? node.builder.getF32FloatAttr(bounds[1]) : FloatAttr();
  if (!minimum && !maximum)
    node.setOutput(*input);
  else
    node.setOutput(node.create<nn::ClampOp>(input->getType(), *input, minimum, maximum));
  return success();
}

} // namespace tinyc::onnx
