// Constants and the data movement of shape arithmetic: evaluated at import, on operands known at compile time.
#include "compiler/onnx/Operators.h"
#include "compiler/onnx/Slicing.h"

#include <cstring>

using namespace mlir;

namespace tinyc::onnx {

/// The plain (not dequantized) constant at input `index`.
static FailureOr<ConstantRef> getPlainConstant(NodeImporter &node, unsigned index) {
  FailureOr<ConstantRef> constant = node.getConstant(index);
  if (succeeded(constant) && (*constant)->quantization)
    return Constant::fromFloats((*constant)->shape, (*constant)->getFloats());
  return constant;
}

LogicalResult buildConstant(NodeImporter &node) {
  for (llvm::StringRef name : {"sparse_value", "value_string", "value_strings"})
    if (node.hasAttribute(name))
      return node.emitError() << "attribute '" << name << "' is not supported";
  ConstantRef result;
  unsigned count = 0;
  if (const Attribute *attribute = node.findAttribute("value"); attribute && ++count)
    result = attribute->tensor;
  if (const Attribute *attribute = node.findAttribute("value_float"); attribute && ++count)
    result = Constant::fromFloats({}, attribute->real);
  if (const Attribute *attribute = node.findAttribute("value_floats"); attribute && ++count)
    result = Constant::fromFloats(static_cast<int64_t>(attribute->reals.size()), attribute->reals);
  if (const Attribute *attribute = node.findAttribute("value_int"); attribute && ++count)
    result = Constant::fromIntegers(DataType::Int64, {}, attribute->integer);
  if (const Attribute *attribute = node.findAttribute("value_ints"); attribute && ++count)
    result = Constant::fromIntegers(DataType::Int64, static_cast<int64_t>(attribute->integers.size()),
                                    attribute->integers);
  if (count != 1)
    return node.emitError() << "expects exactly one value, got " << count;
  node.setOutput(result);
  return success();
}

LogicalResult buildShape(NodeImporter &node) {
  llvm::ArrayRef<int64_t> shape = node.getShape(0);
  const int64_t rank = shape.size();
  auto clip = [&](int64_t index) { return std::clamp<int64_t>(index < 0 ? index + rank : index, 0, rank); };
  const int64_t start = clip(node.getInt("start", 0)), end = std::max(start, clip(node.getInt("end", rank)));
  node.setOutput(Constant::fromIntegers(DataType::Int64, end - start, shape.slice(start, end - start)));
  return success();
}

LogicalResult buildSize(NodeImporter &node) {
  node.setOutput(Constant::fromIntegers(DataType::Int64, {}, *countElements(node.getShape(0))));
  return success();
}

LogicalResult buildCast(NodeImporter &node) {
  DataType target = static_cast<DataType>(node.getInt("to", 0));
  // All real types are computed in float32.
  if (target == DataType::Float16 || target == DataType::BFloat16 || target == DataType::Double)
    target = DataType::Float;
  const Operand operand = node.getInput(0);
  if (operand.type == target) {
    node.setOutput(0, operand);
    return success();
  }
  if (!operand.isConstant() && operand.type == DataType::Int32 && target == DataType::Float &&
      getElementTypeOrSelf(operand.value).isF32()) {
    node.setOutput(operand.value); // integers of an integer product, held as float32
    return success();
  }
  if (getByteWidth(target) == 0 || getBitWidth(target) < 8)
    return node.emitError() << "a cast to " << getName(target) << " is not supported";
  if (!operand.isConstant() || !llvm::is_contained({DataType::Float, DataType::Bool, DataType::Int64}, target))
    return buildCastLoops(node, target);
  FailureOr<ConstantRef> constant = getPlainConstant(node, 0);
  if (failed(constant))
    return failure();
  const Constant &input = **constant;
  if (target == DataType::Float) {
    node.setOutput(Constant::fromFloats(input.shape, input.getFloats()));
    return success();
  }
  llvm::SmallVector<int64_t> values;
  if (input.type == DataType::Float) {
    for (float value : input.get<float>()) {
      if (target != DataType::Bool && !(std::abs(value) < 9.2e18f))
        return node.emitError() << "a cast of " << value << " to " << getName(target) << " is not defined";
      values.push_back(target == DataType::Bool ? value != 0.0f : static_cast<int64_t>(value));
    }
  } else {
    values = input.getIntegers();
    if (target == DataType::Bool)
      for (int64_t &value : values)
        value = value != 0;
  }
  node.setOutput(Constant::fromIntegers(target, input.shape, values));
  return success();
}

/// True if a folded tensor of this shape may be allocated; else an error.
static LogicalResult verifyFoldedSize(NodeImporter &node, llvm::ArrayRef<int64_t> shape) {
  std::optional<int64_t> count = countElements(shape);
  if (!count || *count > kMaxFoldedElements)
    return node.emitError() << "the constant of shape " << toString(shape) << " is negative or too large, at most "
                            << kMaxFoldedElements << " elements are supported";
  return success();
}

LogicalResult buildConstantOfShape(NodeImporter &node) {
  FailureOr<Shape> shape = node.getConstantInts(0);
  if (failed(shape) || failed(verifyFoldedSize(node, *shape)))
    return failure();
  ConstantRef value = Constant::fromFloats(1, 0.0f);
  if (const Attribute *attribute = node.findAttribute("value"))
    value = attribute->tensor;
  if (value->getNumElements() != 1)
    return node.emitError() << "attribute 'value' has shape " << toString(value->shape) << ", expects one element";
  node.setOutput(broadcast(reshape(value, Shape(shape->size(), 1)), *shape));
  return success();
}

/// Of more copies the loops of a nest are shorter than a concatenation.
static constexpr int64_t kMaxExpandCopies = 4096;

/// Expand of a run-time value. The graph passes take the copies away where the result goes into ops that broadcast.
static LogicalResult createExpand(NodeImporter &node) {
  FailureOr<Value> input = node.getFloat(0);
  FailureOr<Shape> requested = node.getConstantInts(1);
  if (failed(input) || failed(requested))
    return failure();
  std::optional<Shape> shape = broadcastShapes(node.getShape(0), *requested);
  if (!shape)
    return node.emitError() << "shape " << toString(*requested) << " does not broadcast to "
                            << toString(node.getShape(0));
  if (failed(node.makeFloatType(*shape)))
    return failure();
  FailureOr<Value> value = node.expand(*input, *shape);
  if (failed(value))
    return failure();
  node.setOutput(*value);
  return success();
}

LogicalResult buildExpand(NodeImporter &node) {
  if (!node.getInput(0).isConstant()) {
    const bool isLarge = node.getInput(1).isConstant() && node.getInput(1).type == DataType::Int64 &&
                         llvm::any_of(node.getInput(1).constant->getIntegers(),
                                      [](int64_t size) { return size > kMaxExpandCopies; });
    return node.getInput(0).type == DataType::Float && !isLarge ? createExpand(node) : buildExpandLoops(node);
  }
  FailureOr<ConstantRef> input = getPlainConstant(node, 0);
  FailureOr<Shape> requested = node.getConstantInts(1);
  if (failed(input) || failed(requested) || failed(verifyFoldedSize(node, *requested)))
    return failure();
  std::optional<Shape> shape = broadcastShapes((*input)->shape, *requested);
  if (!shape)
    return node.emitError() << "shape " << toString((*input)->shape) << " does not broadcast to "
                            << toString(*requested);
  if (failed(verifyFoldedSize(node, *shape)))
    return failure();
  node.setOutput(broadcast(*input, *shape));
  return success();
}

LogicalResult buildRange(NodeImporter &node) {
  double bounds[3];
  DataType type = node.getInput(0).type;
  for (unsigned index = 0; index < 3; ++index) {
    FailureOr<ConstantRef> constant = getPlainConstant(node, index);
    if (failed(constant))
      return failure();
    if ((*constant)->type != type || (*constant)->getNumElements() != 1)
      return node.emitError() << "expects three numbers of one type";
    bounds[index] = type == DataType::Float ? (*constant)->getFloats().front()
                                            : static_cast<double>((*constant)->getIntegers().front());
  }
  if (bounds[2] == 0)
    return node.emitError() << "expects a step other than 0";
  const double count = std::max(0.0, std::ceil((bounds[1] - bounds[0]) / bounds[2]));
  if (!(count <= static_cast<double>(kMaxFoldedElements)))
    return node.emitError() << "the range from " << bounds[0] << " to " << bounds[1] << " by " << bounds[2]
                            << " is infinite or too long";
  const int64_t size = static_cast<int64_t>(count);
  std::vector<float> reals;
  llvm::SmallVector<int64_t> integers;
  for (int64_t index = 0; index < size; ++index) {
    const double value = bounds[0] + static_cast<double>(index) * bounds[2];
    if (type == DataType::Float)
      reals.push_back(static_cast<float>(value));
    else
      integers.push_back(static_cast<int64_t>(value));
  }
  node.setOutput(type == DataType::Float ? Constant::fromFloats(size, reals)
                                         : Constant::fromIntegers(type, size, integers));
  return success();
}

LogicalResult buildGather(NodeImporter &node) {
  if (!node.hasOnlyConstants())
    return buildGatherLoops(node);
  FailureOr<ConstantRef> input = getPlainConstant(node, 0), indices = getPlainConstant(node, 1);
  if (failed(input) || failed(indices))
    return failure();
  llvm::ArrayRef<int64_t> shape = (*input)->shape;
  FailureOr<int64_t> axis = node.normalizeAxis(node.getInt("axis", 0), shape.size());
  if (failed(axis))
    return failure();
  if ((*indices)->type != DataType::Int64 && (*indices)->type != DataType::Int32)
    return node.emitError() << "the indices are " << getName((*indices)->type) << ", expects int64";
  Shape resultShape(shape.take_front(*axis));
  llvm::append_range(resultShape, (*indices)->shape);
  llvm::append_range(resultShape, shape.drop_front(*axis + 1));
  if (failed(verifyFoldedSize(node, resultShape)))
    return failure();
  auto result = std::make_shared<Constant>((*input)->type, resultShape);
  const int64_t outer = *countElements(shape.take_front(*axis));
  const int64_t inner = *countElements(shape.drop_front(*axis + 1)) * getByteWidth(result->type);
  char *target = result->bytes.data();
  for (int64_t row = 0; row < outer; ++row)
    for (int64_t index : (*indices)->getIntegers()) {
      const int64_t size = shape[*axis];
      if (index < -size || index >= size)
        return node.emitError() << "index " << index << " is outside axis " << *axis << " of shape "
                                << toString(shape);
      const int64_t position = row * size + (index < 0 ? index + size : index);
      target = std::copy_n((*input)->bytes.data() + position * inner, inner, target);
    }
  node.setOutput(result);
  return success();
}

LogicalResult buildSlice(NodeImporter &node) {
  if (!node.getInput(0).isConstant())
    return buildSliceLoops(node);
  FailureOr<ConstantRef> input = getPlainConstant(node, 0);
  if (failed(input))
    return failure();
  llvm::ArrayRef<int64_t> shape = (*input)->shape;
  FailureOr<Slicing> slicing = readSlicing(node, shape);
  if (failed(slicing))
    return failure();
  ConstantRef result = *input;
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    Shape part(result->shape);
    part[axis] = slicing->shape[axis];
    auto next = std::make_shared<Constant>(result->type, part);
    const int64_t inner =
        *countElements(llvm::ArrayRef(part).drop_front(axis + 1)) * getByteWidth(result->type);
    const int64_t outer = *countElements(llvm::ArrayRef(part).take_front(axis));
    char *target = next->bytes.data();
    for (int64_t row = 0; row < outer; ++row)
      for (int64_t index = 0; index < part[axis]; ++index) {
        const int64_t position = slicing->starts[axis] + index * slicing->steps[axis];
        target = std::copy_n(result->bytes.data() + (row * shape[axis] + position) * inner, inner, target);
      }
    result = next;
  }
  node.setOutput(result);
  return success();
}

} // namespace tinyc::onnx
