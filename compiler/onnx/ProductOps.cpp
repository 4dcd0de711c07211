#include "compiler/onnx/Operators.h"

using namespace mlir;

namespace tinyc::onnx {

/// A weight [K, N] (or [N, K] if `transposed`) that is known at compile time, as nn.fully_connected wants it: [N, K].
static Value buildWeight(NodeImporter &node, const ConstantRef &weight, bool transposed) {
  return node.materialize(*(transposed ? weight : permute(weight, {1, 0})));
}

/// The same real values times `factor`; null where that needs arithmetic at run time.
static ConstantRef scale(const ConstantRef &constant, float factor) {
  auto result = std::make_shared<Constant>(*constant);
  if (!result->quantization) {
    for (float &value : result->get<float>())
      value *= factor;
    return result;
  }
  for (float &scale : result->quantization->scales) {
    scale *= factor;
    if (!std::isnormal(scale) || scale < 0)
      return nullptr;
  }
  return result;
}

/// `value` times a number.
static Value multiply(NodeImporter &node, Value value, float factor) {
  if (factor == 1.0f)
    return value;
  ConstantRef constant = Constant::fromFloats(Shape(getShape(value).size(), 1), factor);
  return node.create<nn::MulOp>(value.getType(), value, node.materialize(*constant), FloatAttr(), FloatAttr());
}

static Value createMatMul(NodeImporter &node, Type type, Value lhs, Value rhs) {
  return node.create<nn::MatMulOp>(type, lhs, rhs, FloatAttr(), FloatAttr());
}

static Value createFullyConnected(NodeImporter &node, Type type, Value input, Value weight, Value bias) {
  return node.create<nn::FullyConnectedOp>(type, input, weight, bias, FloatAttr(), FloatAttr());
}

/// C of Gemm times beta as a bias [N], if it is a constant that is the same for each row.
static Value buildBias(NodeImporter &node, const Operand &operand, float beta, int64_t columns) {
  if (!operand.isConstant())
    return Value();
  llvm::ArrayRef<int64_t> shape = operand.getShape();
  if (*countElements(shape) != (shape.empty() ? 1 : shape.back()))
    return Value();
  ConstantRef bias = reshape(operand.constant, shape.empty() ? llvm::ArrayRef<int64_t>(1) : shape.back());
  if (bias && beta != 1.0f)
    bias = scale(bias, beta);
  if (bias)
    bias = broadcast(bias, columns);
  return bias ? node.materialize(*bias) : Value();
}

LogicalResult buildGemm(NodeImporter &node) {
  FailureOr<Value> input = node.getFloat(0);
  if (failed(input))
    return failure();
  const Operand rhs = node.getInput(1);
  const bool transposeInput = node.getInt("transA", 0) != 0, transposed = node.getInt("transB", 0) != 0;
  const float alpha = node.getFloatAttribute("alpha", 1.0f), beta = node.getFloatAttribute("beta", 1.0f);
  if (node.getInput(0).getRank() != 2 || rhs.getRank() != 2)
    return node.emitError() << "expects matrices, got shapes " << toString(node.getShape(0)) << " and "
                            << toString(rhs.getShape());
  if (rhs.type != DataType::Float || llvm::is_contained(rhs.getShape(), 0))
    return node.emitError() << node.describeInput(1) << " is " << getName(rhs.type) << " of shape "
                            << toString(rhs.getShape()) << ", expects a float32 matrix";
  if (!std::isfinite(alpha) || !std::isfinite(beta))
    return node.emitError() << "alpha and beta must be finite";
  Value lhs = transposeInput ? node.transpose(*input, {1, 0}) : *input;
  const int64_t rows = getShape(lhs)[0], depth = getShape(lhs)[1];
  const int64_t columns = rhs.getShape()[transposed ? 0 : 1], rhsDepth = rhs.getShape()[transposed ? 1 : 0];
  if (depth != rhsDepth)
    return node.emitError() << "the inner dimensions differ: " << depth << " and " << rhsDepth << " (shapes "
                            << toString(node.getShape(0)) << " and " << toString(rhs.getShape()) << ")";
  FailureOr<RankedTensorType> type = node.makeFloatType({rows, columns});
  if (failed(type))
    return failure();

  const bool hasAddend = node.hasInput(2) && beta != 0.0f;
  Operand addend;
  if (node.hasInput(2)) {
    addend = node.getInput(2);
    std::optional<Shape> sum = broadcastShapes(addend.getShape(), type->getShape());
    if (addend.type != DataType::Float || !sum || llvm::ArrayRef(*sum) != type->getShape())
      return node.emitError() << node.describeInput(2) << " is " << getName(addend.type) << " of shape "
                              << toString(addend.getShape()) << ", expects float32 that broadcasts to "
                              << toString(type->getShape());
  }
  Value bias, result;
  if (rhs.isConstant()) {
    ConstantRef weight = alpha == 1.0f ? rhs.constant : scale(rhs.constant, alpha);
    if (hasAddend && weight)
      bias = buildBias(node, addend, beta, columns);
    Value matrix = buildWeight(node, weight ? weight : rhs.constant, transposed);
    result = createFullyConnected(node, *type, lhs, matrix, bias);
    if (!weight)
      result = multiply(node, result, alpha);
  } else {
    Value matrix = transposed ? node.transpose(rhs.value, {1, 0}) : rhs.value;
    result = multiply(node, createMatMul(node, *type, lhs, matrix), alpha);
  }
  if (hasAddend && !bias) {
    Value value = multiply(node, node.reshapeOperand(addend, withLeadingOnes(addend.getShape(), 2)), beta);
    result = node.create<nn::AddOp>(*type, result, value, FloatAttr(), FloatAttr());
  }
  node.setOutput(result);
  return success();
}

LogicalResult buildMatMul(NodeImporter &node) {
  FailureOr<Value> input = node.getFloat(0);
  if (failed(input))
    return failure();
  const Operand rhs = node.getInput(1);
  llvm::ArrayRef<int64_t> lhsShape = node.getShape(0), rhsShape = rhs.getShape();
  if (lhsShape.empty() || rhsShape.empty())
    return node.emitError() << "expects operands of at least one dimension, got shapes " << toString(lhsShape)
                            << " and " << toString(rhsShape);
  // One-dimensional operands become matrices of one row, or one column, that the result does without.
  Shape left(lhsShape), right(rhsShape);
  if (left.size() == 1)
    left.insert(left.begin(), 1);
  if (right.size() == 1)
    right.push_back(1);
  const int64_t depth = left.back(), columns = right.back();
  std::optional<Shape> batch = broadcastShapes(llvm::ArrayRef(left).drop_back(2), llvm::ArrayRef(right).drop_back(2));
  if (depth != right[right.size() - 2] || !batch)
    return node.emitError() << "shapes " << toString(lhsShape) << " and " << toString(rhsShape)
                            << " cannot be multiplied";
  Shape product = *batch;
  product.append({left[left.size() - 2], columns});
  Shape resultShape = *batch;
  if (lhsShape.size() > 1)
    resultShape.push_back(left[left.size() - 2]);
  if (rhsShape.size() > 1)
    resultShape.push_back(columns);
  FailureOr<RankedTensorType> type = node.makeFloatType(product);
  if (failed(type))
    return failure();

  // A matrix on the right serves all batches on the left at once.
  if (right.size() == 2) {
    const int64_t rows = type->getNumElements() / columns;
    RankedTensorType flat = type->clone({rows, columns});
    Value lhs = node.reshape(*input, {rows, depth}), result;
    ConstantRef weight = rhs.isConstant() && rhs.type == DataType::Float ? reshape(rhs.constant, right) : nullptr;
    if (weight) {
      result = createFullyConnected(node, flat, lhs, buildWeight(node, weight, /*transposed=*/false), Value());
    } else {
      FailureOr<Value> matrix = node.getFloat(1);
      if (failed(matrix))
        return failure();
      result = createMatMul(node, flat, lhs, node.reshape(*matrix, right));
    }
    node.setOutput(node.reshape(result, resultShape));
    return success();
  }
  FailureOr<Value> matrix = node.getFloat(1);
  if (failed(matrix))
    return failure();
  Shape leftFull = *batch, rightFull = *batch;
  leftFull.append({left[left.size() - 2], depth});
  rightFull.append({depth, columns});
  FailureOr<Value> lhs = node.expand(node.reshape(*input, left), leftFull);
  FailureOr<Value> expanded = node.expand(node.reshape(*matrix, right), rightFull);
  if (failed(lhs) || failed(expanded))
    return failure();
  node.setOutput(node.reshape(createMatMul(node, *type, *lhs, *expanded), resultShape));
  return success();
}

} // namespace tinyc::onnx
