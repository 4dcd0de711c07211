// The arithmetic of shapes: elementwise operators and reductions on constants, evaluated at import.
#include "compiler/onnx/Operators.h"

#include <functional>

using namespace mlir;

namespace tinyc::onnx {

namespace {

enum class Arithmetic { Add, Sub, Mul, Div, Min, Max, Equal, Less, Greater };

std::optional<Arithmetic> parseArithmetic(llvm::StringRef name) {
  return llvm::StringSwitch<std::optional<Arithmetic>>(name)
      .Cases({"Add", "ReduceSum"}, Arithmetic::Add)
      .Case("Sub", Arithmetic::Sub)
      .Cases({"Mul", "ReduceProd"}, Arithmetic::Mul)
      .Case("Div", Arithmetic::Div)
      .Cases({"Min", "ReduceMin"}, Arithmetic::Min)
      .Cases({"Max", "ReduceMax"}, Arithmetic::Max)
      .Case("Equal", Arithmetic::Equal)
      .Case("Less", Arithmetic::Less)
      .Case("Greater", Arithmetic::Greater)
      .Default(std::nullopt);
}

bool isComparison(Arithmetic operation) { return operation >= Arithmetic::Equal; }

/// For int64_t and float. Integers wrap around, as in ONNX Runtime; the caller has excluded divisions that are not
/// defined.
template <typename T> T evaluate(Arithmetic operation, T lhs, T rhs) {
  using Wrapping = std::conditional_t<std::is_integral_v<T>, uint64_t, T>;
  const Wrapping left = lhs, right = rhs;
  switch (operation) {
  case Arithmetic::Add: return static_cast<T>(left + right);
  case Arithmetic::Sub: return static_cast<T>(left - right);
  case Arithmetic::Mul: return static_cast<T>(left * right);
  case Arithmetic::Div: return lhs / rhs;
  case Arithmetic::Min: return std::min(lhs, rhs);
  case Arithmetic::Max: return std::max(lhs, rhs);
  case Arithmetic::Equal: return lhs == rhs;
  case Arithmetic::Less: return lhs < rhs;
  case Arithmetic::Greater: return lhs > rhs;
  }
  return 0;
}

} // namespace

/// All inputs as plain constants of one type.
static FailureOr<SmallVector<ConstantRef>> getConstants(NodeImporter &node) {
  SmallVector<ConstantRef> constants;
  for (unsigned index = 0; index < node.getInputCount(); ++index) {
    if (!node.getInput(index).isConstant())
      return node.emitError() << "is supported on constants only: " << node.describeInput(index)
                              << " is not known at compile time";
    ConstantRef constant = node.getInput(index).constant;
    if (constant->quantization)
      constant = Constant::fromFloats(constant->shape, constant->getFloats());
    if (!constants.empty() && constant->type != constants.front()->type)
      return node.emitError() << node.describeInput(index) << " is " << getName(constant->type) << ", input 0 "
                              << getName(constants.front()->type);
    constants.push_back(constant);
  }
  return constants;
}

static LogicalResult verifyDivision(NodeImporter &node, llvm::ArrayRef<int64_t> lhs, llvm::ArrayRef<int64_t> rhs) {
  for (auto [left, right] : llvm::zip_equal(lhs, rhs))
    if (right == 0 || (right == -1 && left == std::numeric_limits<int64_t>::min()))
      return node.emitError() << "the division of " << left << " by " << right << " is not defined";
  return success();
}

LogicalResult foldBinary(NodeImporter &node) {
  FailureOr<SmallVector<ConstantRef>> constants = getConstants(node);
  if (failed(constants))
    return failure();
  const Arithmetic operation = *parseArithmetic(node.getOperatorName());
  ConstantRef result = constants->front();
  for (const ConstantRef &operand : llvm::drop_begin(*constants)) {
    std::optional<Shape> shape = broadcastShapes(result->shape, operand->shape);
    if (!shape || countElements(*shape).value_or(kMaxElements) > kMaxFoldedElements)
      return node.emitError() << "shapes " << toString(result->shape) << " and " << toString(operand->shape)
                              << " do not broadcast, or to more than " << kMaxFoldedElements << " elements";
    ConstantRef lhs = broadcast(result, *shape), rhs = broadcast(operand, *shape);
    llvm::SmallVector<int64_t> integers;
    std::vector<float> reals;
    if (lhs->type == DataType::Float) {
      for (auto [left, right] : llvm::zip_equal(lhs->get<float>(), rhs->get<float>()))
        reals.push_back(evaluate(operation, left, right));
      if (isComparison(operation))
        integers.assign(reals.begin(), reals.end());
    } else {
      llvm::SmallVector<int64_t> left = lhs->getIntegers(), right = rhs->getIntegers();
      if (operation == Arithmetic::Div && failed(verifyDivision(node, left, right)))
        return failure();
      for (auto [x, y] : llvm::zip_equal(left, right))
        integers.push_back(evaluate(operation, x, y));
    }
    if (isComparison(operation))
      result = Constant::fromIntegers(DataType::Bool, *shape, integers);
    else if (lhs->type == DataType::Float)
      result = Constant::fromFloats(*shape, reals);
    else
      result = Constant::fromIntegers(lhs->type, *shape, integers);
  }
  node.setOutput(result);
  return success();
}

/// Combines each `count` successive values into one.
template <typename T> static std::vector<T> reduceRows(Arithmetic operation, llvm::ArrayRef<T> values, int64_t count) {
  std::vector<T> results;
  for (; !values.empty(); values = values.drop_front(count)) {
    T result = values.front();
    for (T value : values.slice(1, count - 1))
      result = evaluate(operation, result, value);
    results.push_back(result);
  }
  return results;
}

/// Of constants, which may have no elements.
static LogicalResult foldReduction(NodeImporter &node) {
  const int64_t sinceOpset = node.getOperatorName() == "ReduceSum" ? 13 : 18;
  FailureOr<std::optional<Shape>> given = node.getIntsFromAttributeOrInput("axes", 1, sinceOpset);
  FailureOr<ConstantRef> input = node.getConstant(0);
  if (failed(given) || failed(input))
    return failure();
  const Constant &tensor = **input;
  if (tensor.quantization)
    return node.emitError() << "is not supported on dequantized integers";
  const bool all = !*given || (*given)->empty(), keep = node.getInt("keepdims", 1) != 0;
  if (all && node.getInt("noop_with_empty_axes", 0) != 0) {
    node.setOutput(*input);
    return success();
  }
  const int64_t rank = tensor.shape.size();
  FailureOr<Shape> axes = node.normalizeAxes(all ? llvm::to_vector(llvm::seq<int64_t>(rank)) : **given, rank);
  if (failed(axes))
    return failure();
  // The reduced dimensions go last, so that each result is made of neighbours.
  Shape permutation, shape;
  int64_t count = 1;
  for (int64_t dim = 0; dim < rank; ++dim) {
    const bool reduced = llvm::is_contained(*axes, dim);
    if (!reduced)
      permutation.push_back(dim);
    if (!reduced || keep)
      shape.push_back(reduced ? 1 : tensor.shape[dim]);
  }
  for (int64_t axis : *axes)
    count *= tensor.shape[axis];
  if (count == 0)
    return node.emitError() << "a reduction over no elements is not supported";
  llvm::append_range(permutation, *axes);
  const Arithmetic operation = *parseArithmetic(node.getOperatorName());
  ConstantRef rows = permute(*input, permutation);
  if (tensor.type == DataType::Float)
    node.setOutput(Constant::fromFloats(shape, reduceRows<float>(operation, rows->getFloats(), count)));
  else
    node.setOutput(
        Constant::fromIntegers(tensor.type, shape, reduceRows<int64_t>(operation, rows->getIntegers(), count)));
  return success();
}

static LogicalResult foldWhere(NodeImporter &node) {
  ConstantRef condition = node.getInput(0).constant, lhs = node.getInput(1).constant, rhs = node.getInput(2).constant;
  if (condition->type != DataType::Bool || lhs->type != rhs->type)
    return node.emitError() << "expects a bool and two tensors of one type, got " << getName(condition->type) << ", "
                            << getName(lhs->type) << " and " << getName(rhs->type);
  std::optional<Shape> branches = broadcastShapes(lhs->shape, rhs->shape);
  std::optional<Shape> shape = branches ? broadcastShapes(condition->shape, *branches) : std::nullopt;
  if (!shape || countElements(*shape).value_or(kMaxElements) > kMaxFoldedElements)
    return node.emitError() << "the shapes do not broadcast, or to more than " << kMaxFoldedElements << " elements";
  ConstantRef choose = broadcast(condition, *shape), right = broadcast(rhs, *shape);
  auto result = std::make_shared<Constant>(*broadcast(lhs, *shape));
  const unsigned width = getByteWidth(result->type);
  for (auto [index, chosen] : llvm::enumerate(choose->get<uint8_t>()))
    if (!chosen)
      std::copy_n(right->bytes.data() + index * width, width, result->bytes.data() + index * width);
  node.setOutput(result);
  return success();
}

LogicalResult buildComparison(NodeImporter &node) {
  return node.hasOnlyConstants() ? foldBinary(node) : buildBinaryLoops(node);
}

LogicalResult buildReduction(NodeImporter &node) {
  return node.hasOnlyConstants() ? foldReduction(node) : buildReduceLoops(node);
}

LogicalResult buildWhere(NodeImporter &node) {
  return node.hasOnlyConstants() ? foldWhere(node) : buildWhereLoops(node);
}

} // namespace tinyc::onnx
