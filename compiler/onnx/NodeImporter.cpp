#include "compiler/onnx/Loops.h"
#include "compiler/onnx/Operators.h"

#include "mlir/Dialect/Quant/IR/Quant.h"

using namespace mlir;

namespace tinyc::onnx {

/// Limit of the operands of one nn.concat that makes a broadcast explicit.
static constexpr int64_t kMaxCopies = 4096;

llvm::ArrayRef<int64_t> Operand::getShape() const {
  return constant ? llvm::ArrayRef(constant->shape) : onnx::getShape(value);
}

std::string NodeImporter::describe() const {
  return node.type + " (domain " + (node.domain.empty() ? "ai.onnx" : node.domain) + ", opset " +
         std::to_string(opset) + ")";
}

InFlightDiagnostic NodeImporter::emitError() const {
  if (whole.empty())
    return mlir::emitError(loc) << describe() << ": ";
  return mlir::emitError(loc) << whole << ": its " << node.type << ": ";
}

const Attribute *NodeImporter::findAttribute(llvm::StringRef name) const {
  auto it = node.attributes.find(name.str());
  return it == node.attributes.end() ? nullptr : &it->second;
}

int64_t NodeImporter::getInt(llvm::StringRef name, int64_t otherwise) const {
  const Attribute *attribute = findAttribute(name);
  return attribute ? attribute->integer : otherwise;
}

float NodeImporter::getFloatAttribute(llvm::StringRef name, float otherwise) const {
  const Attribute *attribute = findAttribute(name);
  return attribute ? attribute->real : otherwise;
}

std::string NodeImporter::getString(llvm::StringRef name, llvm::StringRef otherwise) const {
  const Attribute *attribute = findAttribute(name);
  return attribute ? attribute->string : otherwise.str();
}

std::optional<Shape> NodeImporter::getInts(llvm::StringRef name) const {
  const Attribute *attribute = findAttribute(name);
  return attribute ? std::optional(attribute->integers) : std::nullopt;
}

const Operand &NodeImporter::getInput(unsigned index) const {
  assert(hasInput(index) && "an absent input has no operand");
  return state.operands.find(node.inputs[index])->second;
}

std::string NodeImporter::describeInput(unsigned index) const {
  return "input " + std::to_string(index) + " ('" + node.inputs[index] + "')";
}

bool NodeImporter::isOutputUsed(unsigned index) const {
  return index < node.outputs.size() && !node.outputs[index].empty() && state.useCounts.lookup(node.outputs[index]) > 0;
}

bool NodeImporter::hasOnlyConstants() const {
  for (unsigned index = 0; index < getInputCount(); ++index)
    if (hasInput(index) && (!getInput(index).isConstant() || getInput(index).constant->quantization))
      return false;
  return true;
}

FailureOr<Value> NodeImporter::getTensor(unsigned index) {
  const Operand &operand = getInput(index);
  if (!operand.isConstant())
    return operand.value;
  if (operand.type != DataType::Float)
    return emitError() << describeInput(index) << " is a constant of " << getName(operand.type)
                       << ", expects float32 or a run-time tensor";
  if (llvm::is_contained(operand.getShape(), 0))
    return emitError() << describeInput(index) << " has no elements: shape " << toString(operand.getShape());
  return materialize(*operand.constant);
}

FailureOr<Value> NodeImporter::getFloat(unsigned index) {
  const Operand &operand = getInput(index);
  if (operand.type != DataType::Float)
    return emitError() << describeInput(index) << " is " << getName(operand.type) << ", expects float32";
  return getTensor(index);
}

FailureOr<ConstantRef> NodeImporter::getConstant(unsigned index) {
  const Operand &operand = getInput(index);
  if (!operand.isConstant())
    return emitError() << describeInput(index) << " must be known at compile time";
  return operand.constant;
}

FailureOr<Shape> NodeImporter::getConstantInts(unsigned index) {
  FailureOr<ConstantRef> constant = getConstant(index);
  if (failed(constant))
    return failure();
  const Constant &tensor = **constant;
  if (tensor.quantization || (tensor.type != DataType::Int64 && tensor.type != DataType::Int32))
    return emitError() << describeInput(index) << " is " << getName(tensor.getElementType()) << ", expects int64";
  if (tensor.shape.size() > 1)
    return emitError() << describeInput(index) << " has shape " << toString(tensor.shape)
                       << ", expects at most one dimension";
  return tensor.getIntegers();
}

FailureOr<float> NodeImporter::getConstantScalar(unsigned index) {
  FailureOr<ConstantRef> constant = getConstant(index);
  if (failed(constant))
    return failure();
  if ((*constant)->getElementType() != DataType::Float)
    return emitError() << describeInput(index) << " is " << getName((*constant)->type) << ", expects float32";
  if ((*constant)->getNumElements() != 1)
    return emitError() << describeInput(index) << " has shape " << toString((*constant)->shape)
                       << ", expects one element";
  return (*constant)->getFloats().front();
}

FailureOr<std::optional<Shape>> NodeImporter::getIntsFromAttributeOrInput(llvm::StringRef name, unsigned index,
                                                                          int64_t sinceOpset) {
  if (opset < sinceOpset)
    return getInts(name);
  if (!hasInput(index))
    return std::optional<Shape>();
  FailureOr<Shape> values = getConstantInts(index);
  if (failed(values))
    return failure();
  return std::optional<Shape>(*values);
}

FailureOr<int64_t> NodeImporter::normalizeAxis(int64_t axis, int64_t rank) {
  if (axis < -rank || axis >= rank)
    return emitError() << "axis " << axis << " is outside a tensor of rank " << rank;
  return axis < 0 ? axis + rank : axis;
}

FailureOr<Shape> NodeImporter::normalizeAxes(llvm::ArrayRef<int64_t> axes, int64_t rank) {
  Shape result;
  for (int64_t axis : axes) {
    FailureOr<int64_t> normalized = normalizeAxis(axis, rank);
    if (failed(normalized))
      return failure();
    if (llvm::is_contained(result, *normalized))
      return emitError() << "axis " << axis << " is given twice";
    result.push_back(*normalized);
  }
  return result;
}

void NodeImporter::setOutput(unsigned index, Operand operand) {
  if (index < node.outputs.size() && !node.outputs[index].empty())
    state.operands[node.outputs[index]] = std::move(operand);
}

FailureOr<RankedTensorType> NodeImporter::makeType(llvm::ArrayRef<int64_t> shape, Type elementType) {
  std::optional<int64_t> count = countElements(shape);
  if (!count)
    return emitError() << "the result is too large: shape " << toString(shape) << ", at most " << kMaxElements
                       << " elements are supported";
  if (*count == 0)
    return emitError() << "the result has no elements: shape " << toString(shape);
  return RankedTensorType::get(shape, elementType);
}

std::string NodeImporter::addOperand(Operand operand) {
  std::string name;
  do
    name = node.getLabel() + "#" + std::to_string(state.partCount++);
  while (state.operands.contains(name) || state.useCounts.contains(name));
  state.operands[name] = std::move(operand);
  state.parts.push_back(name);
  return name;
}

FailureOr<std::string> NodeImporter::buildPart(llvm::StringRef type, std::vector<std::string> inputs,
                                               std::map<std::string, Attribute> attributes, int64_t partOpset) {
  const std::string output = addOperand({});
  state.useCounts[output] = 1;
  if (failed(buildPartTo({output}, type, std::move(inputs), std::move(attributes), partOpset)))
    return failure();
  return output;
}

FailureOr<SmallVector<std::string>> NodeImporter::buildPartOutputs(llvm::StringRef type, std::vector<std::string> inputs,
                                                                   std::map<std::string, Attribute> attributes, unsigned count,
                                                                   int64_t partOpset) {
  std::vector<std::string> outputs(count);
  for (auto [index, output] : llvm::enumerate(outputs))
    if (isOutputUsed(index)) {
      output = addOperand({});
      state.useCounts[output] = 1;
    }
  if (failed(buildPartTo(outputs, type, std::move(inputs), std::move(attributes), partOpset)))
    return failure();
  return SmallVector<std::string>(outputs.begin(), outputs.end());
}

LogicalResult NodeImporter::buildPartTo(std::vector<std::string> outputs, llvm::StringRef type, std::vector<std::string> inputs,
                                        std::map<std::string, Attribute> attributes, int64_t partOpset) {
  const Node part{node.name, type.str(), "", std::move(inputs), std::move(outputs), std::move(attributes)};
  NodeImporter importer(state, part, partOpset, loc, whole.empty() ? describe() : whole);
  const Operator *op = findOperator("", type, partOpset);
  assert(op && "parts are operators of the table");
  return op->build(importer);
}

IntegerType getStorageType(MLIRContext *context, DataType type) {
  return IntegerType::get(context, getBitWidth(type));
}

quant::QuantizedType getQuantizedType(MLIRContext *context, DataType type, const Quantization &quantization) {
  IntegerType storage = getStorageType(context, type);
  const int64_t maximum = llvm::maxIntN(storage.getWidth()), minimum = llvm::minIntN(storage.getWidth());
  Type expressed = Float32Type::get(context);
  if (quantization.axis < 0)
    return quant::UniformQuantizedType::get(quant::QuantizationFlags::Signed, storage, expressed,
                                            quantization.scales.front(), quantization.zeroPoints.front(), minimum,
                                            maximum);
  SmallVector<double> scales(quantization.scales.begin(), quantization.scales.end());
  return quant::UniformQuantizedPerAxisType::get(quant::QuantizationFlags::Signed, storage, expressed, scales,
                                                 quantization.zeroPoints, static_cast<int32_t>(quantization.axis),
                                                 minimum, maximum);
}

Value NodeImporter::materialize(const Constant &constant) {
  MLIRContext *context = builder.getContext();
  if (!constant.quantization && constant.type != DataType::Float) {
    auto type = RankedTensorType::get(constant.shape, getPlainType(context, constant.type));
    auto storedType = type.clone(nn::getStorageType(type.getElementType()));
    if (constant.type != DataType::Bool)
      return create<nn::ConstantOp>(type, DenseElementsAttr::getFromRawBuffer(storedType, constant.bytes));
    SmallVector<bool> bits;
    for (char byte : constant.bytes)
      bits.push_back(byte != 0);
    return create<nn::ConstantOp>(type, DenseElementsAttr::get(storedType, bits));
  }
  Type floatType = builder.getF32Type();
  Type stored = constant.quantization ? Type(getStorageType(context, constant.type)) : floatType;
  auto storedType = RankedTensorType::get(constant.shape, stored);
  DenseElementsAttr elements;
  if (getBitWidth(constant.type) < 8) { // a byte each, too, but without the sign's copies
    std::vector<char> bytes = constant.bytes;
    for (char &byte : bytes)
      byte &= static_cast<char>((1 << getBitWidth(constant.type)) - 1);
    elements = DenseElementsAttr::getFromRawBuffer(storedType, bytes);
  } else {
    elements = DenseElementsAttr::getFromRawBuffer(storedType, constant.bytes);
  }
  auto resultType = RankedTensorType::get(constant.shape, floatType);
  if (!constant.quantization)
    return create<nn::ConstantOp>(resultType, elements);
  Type element = getQuantizedType(context, constant.type, *constant.quantization);
  auto quantized = create<nn::ConstantOp>(RankedTensorType::get(constant.shape, element), elements);
  return create<quant::DequantizeCastOp>(resultType, quantized);
}

Value NodeImporter::reshape(Value value, llvm::ArrayRef<int64_t> shape) {
  auto type = cast<RankedTensorType>(value.getType());
  if (type.getShape() == shape)
    return value;
  return create<nn::ReshapeOp>(type.clone(shape), value);
}

Value NodeImporter::transpose(Value value, llvm::ArrayRef<int64_t> permutation) {
  if (llvm::equal(permutation, llvm::seq<int64_t>(permutation.size())))
    return value;
  auto type = cast<RankedTensorType>(value.getType());
  Shape shape;
  for (int64_t dim : permutation)
    shape.push_back(type.getDimSize(dim));
  return create<nn::TransposeOp>(type.clone(shape), value, builder.getDenseI64ArrayAttr(permutation));
}

FailureOr<Value> NodeImporter::expand(Value value, llvm::ArrayRef<int64_t> shape) {
  Shape current = withLeadingOnes(onnx::getShape(value), shape.size());
  Type element = getElementTypeOrSelf(value);
  value = reshape(value, current);
  for (auto [axis, size] : llvm::enumerate(shape)) {
    if (current[axis] == size)
      continue;
    if (size > kMaxCopies)
      return emitError() << "repeats a value " << size << " times, at most " << kMaxCopies << " are supported";
    current[axis] = size;
    FailureOr<RankedTensorType> type = makeType(current, element);
    if (failed(type))
      return failure();
    value = create<nn::ConcatOp>(*type, SmallVector<Value>(size, value), axis);
  }
  return value;
}

Value NodeImporter::reshapeOperand(const Operand &operand, llvm::ArrayRef<int64_t> shape) {
  if (operand.isConstant())
    if (ConstantRef reshaped = onnx::reshape(operand.constant, shape))
      return materialize(*reshaped);
  return reshape(materializeOperand(operand), shape);
}

std::optional<Shape> broadcastShapes(llvm::ArrayRef<int64_t> lhs, llvm::ArrayRef<int64_t> rhs) {
  const int64_t rank = std::max(lhs.size(), rhs.size());
  Shape result = withLeadingOnes(lhs, rank);
  for (auto [left, right] : llvm::zip_equal(result, withLeadingOnes(rhs, rank))) {
    if (left != right && left != 1 && right != 1)
      return std::nullopt;
    left = left == 1 ? right : left;
  }
  return result;
}

Shape withLeadingOnes(llvm::ArrayRef<int64_t> shape, int64_t rank) {
  Shape result(rank - static_cast<int64_t>(shape.size()), 1);
  llvm::append_range(result, shape);
  return result;
}

Shape channelLastPermutation(int64_t rank) {
  Shape permutation = {0};
  llvm::append_range(permutation, llvm::seq<int64_t>(2, rank));
  permutation.push_back(1);
  return permutation;
}

Shape channelFirstPermutation(int64_t rank) {
  Shape permutation = {0, rank - 1};
  llvm::append_range(permutation, llvm::seq<int64_t>(1, rank - 1));
  return permutation;
}

} // namespace tinyc::onnx
