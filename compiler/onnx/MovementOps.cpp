#include "compiler/onnx/Operators.h"

using namespace mlir;

namespace tinyc::onnx {

/// Gives the output the elements of input 0 under another shape of as many elements; constants at import.
static LogicalResult setReshaped(NodeImporter &node, llvm::ArrayRef<int64_t> shape) {
  const Operand operand = node.getInput(0);
  if (operand.isConstant())
    if (ConstantRef reshaped = reshape(operand.constant, shape)) {
      node.setOutput(reshaped);
      return success();
    }
  FailureOr<Value> value = node.getTensor(0);
  if (failed(value))
    return failure();
  node.setOutput(0, Operand(node.reshape(*value, shape), operand.type));
  return success();
}

LogicalResult buildReshape(NodeImporter &node) {
  FailureOr<Shape> requested = node.getConstantInts(1);
  if (failed(requested))
    return failure();
  llvm::ArrayRef<int64_t> input = node.getShape(0);
  const int64_t count = *countElements(input);
  const bool allowZero = node.getInt("allowzero", 0) != 0;
  Shape shape = *requested;
  std::optional<size_t> inferred;
  for (auto [index, size] : llvm::enumerate(shape)) {
    if (size == 0 && !allowZero) {
      if (index >= input.size())
        return node.emitError() << "dimension " << index << " of the shape " << toString(*requested)
                                << " is 0, but the input has shape " << toString(input);
      size = input[index];
    } else if (size == -1) {
      if (inferred)
        return node.emitError() << "the shape " << toString(*requested) << " has more than one -1";
      inferred = index;
      size = 1;
    }
  }
  std::optional<int64_t> known = countElements(shape);
  if (inferred && known && *known != 0 && count % *known == 0)
    shape[*inferred] = count / *known;
  if (countElements(shape) != count || (inferred && *known == 0))
    return node.emitError() << "shape " << toString(input) << " of " << count << " elements cannot become "
                            << toString(*requested);
  return setReshaped(node, shape);
}

LogicalResult buildFlatten(NodeImporter &node) {
  llvm::ArrayRef<int64_t> shape = node.getShape(0);
  const int64_t rank = shape.size(), given = node.getInt("axis", 1), axis = given < 0 ? given + rank : given;
  if (axis < 0 || axis > rank)
    return node.emitError() << "axis " << given << " is outside a tensor of rank " << rank;
  return setReshaped(node, {*countElements(shape.take_front(axis)), *countElements(shape.drop_front(axis))});
}

LogicalResult buildSqueeze(NodeImporter &node) {
  FailureOr<std::optional<Shape>> given = node.getIntsFromAttributeOrInput("axes", 1, 13);
  if (failed(given))
    return failure();
  llvm::ArrayRef<int64_t> shape = node.getShape(0);
  FailureOr<Shape> axes = node.normalizeAxes(given->value_or(Shape()), shape.size());
  if (failed(axes))
    return failure();
  Shape result;
  for (auto [dim, size] : llvm::enumerate(shape)) {
    const bool squeezed = *given ? llvm::is_contained(*axes, static_cast<int64_t>(dim)) : size == 1;
    if (squeezed && size != 1)
      return node.emitError() << "dimension " << dim << " of shape " << toString(shape) << " is not 1";
    if (!squeezed)
      result.push_back(size);
  }
  return setReshaped(node, result);
}

LogicalResult buildUnsqueeze(NodeImporter &node) {
  FailureOr<std::optional<Shape>> given = node.getIntsFromAttributeOrInput("axes", 1, 13);
  if (failed(given))
    return failure();
  if (!*given)
    return node.emitError() << "attribute 'axes' is required";
  llvm::ArrayRef<int64_t> shape = node.getShape(0);
  FailureOr<Shape> axes = node.normalizeAxes(**given, shape.size() + (*given)->size());
  if (failed(axes))
    return failure();
  Shape result(shape);
  llvm::sort(*axes);
  for (int64_t axis : *axes)
    result.insert(result.begin() + axis, 1);
  return setReshaped(node, result);
}

LogicalResult buildTranspose(NodeImporter &node) {
  const Operand operand = node.getInput(0);
  const int64_t rank = operand.getRank();
  Shape reversed = llvm::to_vector(llvm::reverse(llvm::seq<int64_t>(rank)));
  Shape permutation = node.getInts("perm").value_or(reversed), sorted = permutation;
  llvm::sort(sorted);
  if (!llvm::equal(sorted, llvm::seq<int64_t>(rank)))
    return node.emitError() << "perm " << toString(permutation) << " is not a permutation of " << rank
                            << " dimensions";
  if (operand.isConstant()) {
    node.setOutput(permute(operand.constant, permutation));
    return success();
  }
  if (isa<IntegerType>(getElementTypeOrSelf(operand.value))) {
    FailureOr<Operand> moved = buildTransposeLoops(node, operand, permutation);
    if (failed(moved))
      return failure();
    node.setOutput(0, *moved);
    return success();
  }
  node.setOutput(0, Operand(node.transpose(operand.value, permutation), operand.type));
  return success();
}

/// Concatenates constants, all of one plain type.
static LogicalResult foldConcat(NodeImporter &node, int64_t axis, llvm::ArrayRef<int64_t> shape) {
  auto result = std::make_shared<Constant>(node.getInput(0).type, shape);
  const unsigned width = getByteWidth(result->type);
  const int64_t outer = *countElements(shape.take_front(axis));
  char *target = result->bytes.data();
  for (int64_t row = 0; row < outer; ++row)
    for (unsigned index = 0; index < node.getInputCount(); ++index) {
      const Constant &part = *node.getInput(index).constant;
      const int64_t bytes = *countElements(llvm::ArrayRef(part.shape).drop_front(axis)) * width;
      target = std::copy_n(part.bytes.data() + row * bytes, bytes, target);
    }
  node.setOutput(result);
  return success();
}

LogicalResult buildConcat(NodeImporter &node) {
  if (!node.hasAttribute("axis"))
    return node.emitError() << "attribute 'axis' is required";
  const Operand first = node.getInput(0);
  FailureOr<int64_t> axis = node.normalizeAxis(node.getInt("axis", 0), first.getRank());
  if (failed(axis))
    return failure();
  Shape shape(first.getShape());
  for (unsigned index = 1; index < node.getInputCount(); ++index) {
    const Operand &operand = node.getInput(index);
    Shape other(operand.getShape());
    if (other.size() == shape.size())
      other[*axis] = shape[*axis];
    if (operand.type != first.type || other != shape)
      return node.emitError() << node.describeInput(index) << " is " << getName(operand.type) << " of shape "
                              << toString(operand.getShape()) << ", which does not join " << getName(first.type)
                              << " of shape " << toString(first.getShape()) << " along axis " << *axis;
  }
  for (unsigned index = 1; index < node.getInputCount(); ++index)
    shape[*axis] += node.getShape(index)[*axis];
  if (!countElements(shape))
    return node.emitError() << "the result is too large: shape " << toString(shape);
  if (node.hasOnlyConstants())
    return foldConcat(node, *axis, shape);
  // Plain integers; those of a scale stay as they are.
  const bool isQuantized = llvm::all_of(llvm::seq(node.getInputCount()), [&](unsigned index) {
    return !node.getInput(index).isConstant() && nn::getQuantizedElement(node.getInput(index).value.getType());
  });
  if (first.type != DataType::Float && !isQuantized) {
    FailureOr<Operand> joined = buildConcatLoops(node, *axis, shape);
    if (failed(joined))
      return failure();
    node.setOutput(0, *joined);
    return success();
  }

  SmallVector<Value> values;
  for (unsigned index = 0; index < node.getInputCount(); ++index) {
    FailureOr<Value> value = node.getTensor(index);
    if (failed(value))
      return failure();
    if (!values.empty() && getElementTypeOrSelf(*value) != getElementTypeOrSelf(values.front()))
      return node.emitError() << node.describeInput(index) << " has another scale or zero point than input 0";
    values.push_back(*value);
  }
  FailureOr<RankedTensorType> type = node.makeType(shape, getElementTypeOrSelf(values.front()));
  if (failed(type))
    return failure();
  node.setOutput(0, Operand(node.create<nn::ConcatOp>(*type, values, *axis), first.type));
  return success();
}

LogicalResult buildPad(NodeImporter &node) {
  FailureOr<std::optional<Shape>> pads = node.getIntsFromAttributeOrInput("pads", 1, 11);
  if (failed(pads))
    return failure();
  if (!*pads)
    return node.emitError() << "attribute 'pads' is required";
  llvm::ArrayRef<int64_t> shape = node.getShape(0);
  const int64_t rank = shape.size();
  Shape axes = llvm::to_vector(llvm::seq<int64_t>(rank));
  if (node.hasInput(3)) {
    FailureOr<Shape> given = node.getConstantInts(3);
    if (failed(given))
      return failure();
    FailureOr<Shape> normalized = node.normalizeAxes(*given, rank);
    if (failed(normalized))
      return failure();
    axes = *normalized;
  }
  if ((*pads)->size() != 2 * axes.size())
    return node.emitError() << "pads has " << (*pads)->size() << " numbers, expects " << 2 * axes.size();
  Shape before(rank, 0), after(rank, 0), result(shape);
  bool isPlain = node.getInput(0).type == DataType::Float && node.getString("mode", "constant") == "constant" &&
                 (!node.hasInput(2) || node.getInput(2).isConstant());
  for (auto [index, axis] : llvm::enumerate(axes)) {
    before[axis] = (**pads)[index];
    after[axis] = (**pads)[axes.size() + index];
    if (std::max(std::abs(before[axis]), std::abs(after[axis])) > kMaxElements)
      return node.emitError() << "pads are too large: " << toString(**pads);
    result[axis] += before[axis] + after[axis];
    isPlain &= before[axis] >= 0 && after[axis] >= 0;
  }
  if (!isPlain)
    return buildPadLoops(node, before, after);
  FailureOr<Value> input = node.getFloat(0);
  if (failed(input))
    return failure();
  float value = node.getFloatAttribute("value", 0.0f);
  if (node.hasInput(2)) {
    FailureOr<float> scalar = node.getConstantScalar(2);
    if (failed(scalar))
      return failure();
    value = *scalar;
  }
  FailureOr<RankedTensorType> type = node.makeFloatType(result);
  if (failed(type))
    return failure();
  node.setOutput(node.create<nn::PadOp>(*type, *input, before, after, llvm::APFloat(value)));
  return success();
}

LogicalResult buildIdentity(NodeImporter &node) {
  node.setOutput(0, node.getInput(0));
  return success();
}

LogicalResult buildDropout(NodeImporter &node) {
  if (node.hasInput(2)) {
    FailureOr<ConstantRef> training = node.getConstant(2);
    if (failed(training))
      return failure();
    if ((*training)->type != DataType::Bool || (*training)->getNumElements() != 1)
      return node.emitError() << node.describeInput(2) << " must be one bool";
    // What drops nothing is the same in training: exports of torchvision's Swin transformers have it.
    FailureOr<float> ratio = (*training)->getIntegers().front() == 0 ? 0.0f : node.hasInput(1) ? node.getConstantScalar(1) : 0.5f;
    if (failed(ratio))
      return failure();
    if (*ratio != 0)
      return node.emitError() << "training_mode true is not supported: export the model for inference";
  }
  if (node.isOutputUsed(1)) { // nothing is dropped
    if (countElements(node.getShape(0)).value_or(kMaxElements) > kMaxFoldedElements)
      return node.emitError() << "the output mask has more than " << kMaxFoldedElements << " elements";
    const int64_t count = *countElements(node.getShape(0));
    const bool isFloat = node.getOpset() < 10;
    node.setOutput(1, Operand(isFloat ? Constant::fromFloats(node.getShape(0), std::vector<float>(count, 1.0f))
                                      : Constant::fromIntegers(DataType::Bool, node.getShape(0),
                                                               llvm::SmallVector<int64_t>(count, 1))));
  }
  return buildIdentity(node);
}

} // namespace tinyc::onnx
