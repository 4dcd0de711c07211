// An ONNX model as plain data: what the importer needs of the protobuf messages, checked for well-formed tensors.
#ifndef TINYC_COMPILER_ONNX_MODEL_H
#define TINYC_COMPILER_ONNX_MODEL_H

#include "compiler/onnx/Constant.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/MemoryBuffer.h"

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

struct Subgraph;

struct Attribute {
  enum class Kind { Int, Float, String, Tensor, Graph, Ints, Floats, Strings, Other };
  Kind kind = Kind::Other;
  int64_t integer = 0;
  float real = 0;
  std::string string;
  ConstantRef tensor;
  llvm::SmallVector<int64_t> integers;
  llvm::SmallVector<float> reals;
  std::vector<std::string> strings;
  std::shared_ptr<const Subgraph> graph;
  /// In the body of a function: the attribute of the call whose value this one has; else empty.
  std::string reference;
};

struct Node {
  std::string name, type, domain;
  /// An empty name is an absent optional operand.
  std::vector<std::string> inputs, outputs;
  std::map<std::string, Attribute> attributes;
  /// The operator set of the node's domain that the model, or the function around it, names; 0: none.
  int64_t opset = 0;
  /// Values from around the node that its subgraphs read, each once.
  std::vector<std::string> captures = {};

  /// The node's name, or for an unnamed node its type with its first output: `Conv(y)`.
  std::string getLabel() const;
};

/// A branch, or the body of a loop. Its nodes read values of its own and of the graphs around it.
struct Subgraph {
  std::vector<std::string> inputs, outputs;
  std::map<std::string, ConstantRef> initializers;
  std::vector<Node> nodes;
};

/// The captures of a node with these attributes.
std::vector<std::string> findCaptures(const std::map<std::string, Attribute> &attributes);

/// A function of the model's own.
struct Function {
  std::vector<std::string> inputs, outputs;
  std::map<std::string, Attribute> defaults; ///< of attributes
  std::vector<Node> nodes;
};

struct Model {
  std::map<std::string, int64_t> opsets;
  /// By domain + "." + name. None is left behind inlineFunctions.
  llvm::StringMap<Function> functions;
  std::vector<TensorInfo> inputs, outputs;
  llvm::StringMap<TensorInfo> values;
  std::map<std::string, ConstantRef> initializers;
  std::vector<Node> nodes;
};

/// Called with each problem: the name of the node or tensor it lies in (empty: the file), and the message.
using ErrorHandler = llvm::function_ref<void(llvm::StringRef name, const std::string &message)>;

/// Reads a serialized ModelProto, and frees it once it is parsed. Data outside of it is looked for in `directory` and below (empty: nowhere). float16,
/// bfloat16 and double are float32 from here on. Nullopt after at least one error.
std::optional<Model> readModel(std::unique_ptr<llvm::MemoryBuffer> file, llvm::StringRef directory, ErrorHandler handleError);

/// Reads ONNX text syntax.
std::optional<Model> readModelText(llvm::StringRef text, llvm::StringRef directory, ErrorHandler handleError);

/// Reads the file at `path`: ONNX text syntax if its extension is .onnxtxt, else a serialized ModelProto. (ModelFile.cpp)
std::optional<Model> readModelFile(llvm::StringRef path, ErrorHandler handleError);

} // namespace tinyc::onnx

#endif // TINYC_COMPILER_ONNX_MODEL_H
