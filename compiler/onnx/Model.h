// An ONNX model as plain data: what the importer needs of the protobuf messages, checked for well-formed tensors.
#ifndef TINYC_COMPILER_ONNX_MODEL_H
#define TINYC_COMPILER_ONNX_MODEL_H

#include "compiler/onnx/Constant.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"

#include <map>

namespace tinyc::onnx {

struct Dimension {
  /// As in the file: 0 where missing or symbolic, else any number.
  int64_t size = 0;
  std::string symbol;
};

/// The declared type of a graph input, output or intermediate value.
struct TensorInfo {
  std::string name;
  bool isTensor = true;
  DataType type = DataType::Undefined;
  bool hasShape = false;
  llvm::SmallVector<Dimension> shape;
};

struct Attribute {
  enum class Kind { Int, Float, String, Tensor, Ints, Floats, Other };
  Kind kind = Kind::Other;
  int64_t integer = 0;
  float real = 0;
  std::string string;
  ConstantRef tensor;
  llvm::SmallVector<int64_t> integers;
  llvm::SmallVector<float> reals;
};

struct Node {
  std::string name, type, domain;
  /// An empty name is an absent optional operand.
  std::vector<std::string> inputs, outputs;
  std::map<std::string, Attribute> attributes;

  /// The node's name, or for an unnamed node its type with its first output: `Conv(y)`.
  std::string getLabel() const;
};

struct Model {
  std::map<std::string, int64_t> opsets;
  /// domain + "." + name of the model's own functions.
  llvm::StringSet<> functions;
  std::vector<TensorInfo> inputs, outputs;
  llvm::StringMap<TensorInfo> values;
  std::map<std::string, ConstantRef> initializers;
  std::vector<Node> nodes;
};

/// Called with each problem: the name of the node or tensor it lies in (empty: the file), and the message.
using ErrorHandler = llvm::function_ref<void(llvm::StringRef name, const std::string &message)>;

/// Reads a serialized ModelProto. Nullopt after at least one error.
std::optional<Model> readModel(llvm::StringRef bytes, ErrorHandler handleError);

/// Reads ONNX text syntax.
std::optional<Model> readModelText(llvm::StringRef text, ErrorHandler handleError);

} // namespace tinyc::onnx

#endif // TINYC_COMPILER_ONNX_MODEL_H
