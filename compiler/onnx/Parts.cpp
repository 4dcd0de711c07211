#include "compiler/onnx/Parts.h"

namespace tinyc::onnx {

Attribute makeAttribute(int64_t value) {
  Attribute attribute;
  attribute.kind = Attribute::Kind::Int;
  attribute.integer = value;
  return attribute;
}

Attribute makeAttribute(llvm::ArrayRef<int64_t> values) {
  Attribute attribute;
  attribute.kind = Attribute::Kind::Ints;
  attribute.integers.assign(values.begin(), values.end());
  return attribute;
}

Attribute makeRealAttribute(float value) {
  Attribute attribute;
  attribute.kind = Attribute::Kind::Float;
  attribute.real = value;
  return attribute;
}

Attributes getAttributesWithout(NodeImporter &node, llvm::ArrayRef<llvm::StringRef> names) {
  Attributes attributes = node.getAttributes();
  for (llvm::StringRef name : names)
    attributes.erase(name.str());
  return attributes;
}

llvm::ArrayRef<int64_t> Parts::getShape(llvm::StringRef value) const {
  return hasFailed ? llvm::ArrayRef<int64_t>() : node.getOperand(value).getShape();
}

std::string Parts::add(llvm::StringRef type, std::vector<std::string> inputs, Attributes attributes) {
  if (hasFailed)
    return "";
  mlir::FailureOr<std::string> result = node.buildPart(type, std::move(inputs), std::move(attributes));
  hasFailed = mlir::failed(result);
  return hasFailed ? "" : *result;
}

std::string Parts::constant(llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<float> values) {
  return node.addOperand(Operand(Constant::fromFloats(shape, values)));
}

std::string Parts::integers(llvm::ArrayRef<int64_t> values) {
  return node.addOperand(
      Operand(Constant::fromIntegers(DataType::Int64, {static_cast<int64_t>(values.size())}, values)));
}

} // namespace tinyc::onnx
