// Operators written as other operators of the table, one after another.
#ifndef TINYC_COMPILER_ONNX_PARTS_H
#define TINYC_COMPILER_ONNX_PARTS_H

#include "compiler/onnx/NodeImporter.h"

namespace tinyc::onnx {

using Attributes = std::map<std::string, Attribute>;

Attribute makeAttribute(int64_t value);
Attribute makeAttribute(llvm::ArrayRef<int64_t> values);
Attribute makeRealAttribute(float value);

/// The attributes of the node but those named.
Attributes getAttributesWithout(NodeImporter &node, llvm::ArrayRef<llvm::StringRef> names);

/// A chain of parts. A value is a name; after the first part that fails all names are empty, and nothing more is built.
class Parts {
public:
  explicit Parts(NodeImporter &node) : node(node) {}

  bool failed() const { return hasFailed; }
  llvm::ArrayRef<int64_t> getShape(llvm::StringRef value) const;
  DataType getType(llvm::StringRef value) const { return node.getOperand(value).type; }

  /// Output 0 of an operator of ONNX's domain; empty inputs are absent.
  std::string add(llvm::StringRef type, std::vector<std::string> inputs, Attributes attributes = {});
  std::string constant(llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<float> values);
  std::string scalar(float value) { return constant({}, value); }
  /// One-dimensional int64.
  std::string integers(llvm::ArrayRef<int64_t> values);
  std::string reshape(const std::string &value, llvm::ArrayRef<int64_t> shape) {
    return add("Reshape", {value, integers(shape)});
  }
  std::string transpose(const std::string &value, llvm::ArrayRef<int64_t> permutation) {
    return add("Transpose", {value}, {{"perm", makeAttribute(permutation)}});
  }
  /// Elements begin .. end-1 of dimension `axis`, each `step`-th.
  std::string slice(const std::string &value, int64_t axis, int64_t begin, int64_t end, int64_t step = 1) {
    return add("Slice", {value, integers(begin), integers(end), integers(axis), integers(step)});
  }
  std::string concat(std::vector<std::string> values, int64_t axis) {
    return add("Concat", std::move(values), {{"axis", makeAttribute(axis)}});
  }

  /// Makes `value` output `index` of the node.
  void setOutput(unsigned index, const std::string &value) {
    if (!hasFailed)
      node.setOutput(index, node.getOperand(value));
  }
  /// An error at the node; the chain ends.
  void fail(const std::string &message) {
    if (!hasFailed)
      node.emitError() << message;
    hasFailed = true;
  }
  mlir::LogicalResult getResult() const { return mlir::failure(hasFailed); }

private:
  NodeImporter &node;
  bool hasFailed = false;
};

} // namespace tinyc::onnx

#endif // TINYC_COMPILER_ONNX_PARTS_H
