// What the builders of the operators see: one ONNX node, its operands, and the means to emit nn ops for it.
#ifndef TINYC_COMPILER_ONNX_NODEIMPORTER_H
#define TINYC_COMPILER_ONNX_NODEIMPORTER_H

#include "compiler/onnx/Model.h"
#include "dialects/nn/NN.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/Diagnostics.h"

namespace tinyc::onnx {

/// What an ONNX value name stands for: a run-time tensor, or a constant. Neither: its producer could not be imported.
struct Operand {
  mlir::Value value;
  ConstantRef constant;
  /// As ONNX sees it: Float for dequantized values; UInt8 even though the value is held as i8.
  DataType type = DataType::Undefined;

  Operand() = default;
  Operand(mlir::Value value, DataType type) : value(value), type(type) {}
  explicit Operand(ConstantRef constant) : constant(std::move(constant)), type(this->constant->getElementType()) {}

  bool isValid() const { return value || constant; }
  bool isConstant() const { return constant != nullptr; }
  llvm::ArrayRef<int64_t> getShape() const;
  int64_t getRank() const { return static_cast<int64_t>(getShape().size()); }
};

/// The state that lasts over all nodes.
struct ImportState {
  explicit ImportState(mlir::MLIRContext *context) : builder(context) {}

  mlir::OpBuilder builder;
  llvm::StringMap<Operand> operands;
  /// How often a value is read, by nodes and as graph output.
  llvm::StringMap<unsigned> useCounts;
  /// Integer arguments whose scale is still unknown; the first DequantizeLinear gives them their type.
  llvm::SmallVector<mlir::Value> untypedArguments;
  /// Numbers the values that have no name in the model.
  unsigned partCount = 0;
  /// The names that addOperand gave since a node of the graph itself began.
  std::vector<std::string> parts;
  /// Imports a node of a subgraph, whose values have names of their own. Emits errors.
  std::function<mlir::LogicalResult(const Node &)> importNode;
  /// Nodes of subgraphs imported so far, each as often as it was.
  size_t innerNodes = 0;
};

class NodeImporter {
public:
  /// The operator set by whose rules parts are built.
  static constexpr int64_t kPartOpset = 21;

  /// `whole`: the description of the node that this one is a part of (buildPart), else empty.
  NodeImporter(ImportState &state, const Node &node, int64_t opset, mlir::Location loc, std::string whole = "")
      : builder(state.builder), loc(loc), state(state), node(node), opset(opset), whole(std::move(whole)) {}

  mlir::OpBuilder &builder;
  const mlir::Location loc;

  llvm::StringRef getOperatorName() const { return node.type; }
  llvm::StringRef getDomain() const { return node.domain; }
  int64_t getOpset() const { return opset; }
  ImportState &getState() { return state; }
  /// "Conv (domain ai.onnx, opset 13)", for messages.
  std::string describe() const;
  /// An error at the node that begins with its operator, domain and opset.
  mlir::InFlightDiagnostic emitError() const;

  //===--- Attributes: the table has checked their types ---===//
  const Attribute *findAttribute(llvm::StringRef name) const;
  const std::map<std::string, Attribute> &getAttributes() const { return node.attributes; }
  bool hasAttribute(llvm::StringRef name) const { return findAttribute(name) != nullptr; }
  int64_t getInt(llvm::StringRef name, int64_t otherwise) const;
  float getFloatAttribute(llvm::StringRef name, float otherwise) const;
  std::string getString(llvm::StringRef name, llvm::StringRef otherwise) const;
  std::optional<Shape> getInts(llvm::StringRef name) const;
  std::string getLabel() const { return node.getLabel(); }

  //===--- Operands ---===//
  unsigned getInputCount() const { return node.inputs.size(); }
  bool hasInput(unsigned index) const { return index < node.inputs.size() && !node.inputs[index].empty(); }
  /// The name of an input's value, empty where it is absent.
  std::string getInputName(unsigned index) const { return hasInput(index) ? node.inputs[index] : ""; }
  /// The operand of a present input.
  const Operand &getInput(unsigned index) const;
  llvm::ArrayRef<int64_t> getShape(unsigned index) const { return getInput(index).getShape(); }
  /// "input 1 ('weight')", for messages.
  std::string describeInput(unsigned index) const;
  /// Outputs, without absent ones at the end.
  unsigned getOutputCount() const { return node.outputs.size(); }
  bool isOutputUsed(unsigned index) const;
  /// True if all present inputs are constants with plain (not dequantized) elements.
  bool hasOnlyConstants() const;

  /// Input `index` as a float32 run-time value; a constant is materialized. Fails for other types.
  mlir::FailureOr<mlir::Value> getFloat(unsigned index);
  /// As getFloat, but quantized integers are welcome too.
  mlir::FailureOr<mlir::Value> getTensor(unsigned index);
  /// Input `index`, which must be known at compile time.
  mlir::FailureOr<ConstantRef> getConstant(unsigned index);
  /// The elements of a constant of int64 or int32, at most one-dimensional.
  mlir::FailureOr<Shape> getConstantInts(unsigned index);
  /// The element of a float32 constant of one element.
  mlir::FailureOr<float> getConstantScalar(unsigned index);

  /// Attribute `name` (in operator sets before `sinceOpset`), or input `index` (from then on), or nullopt.
  mlir::FailureOr<std::optional<Shape>> getIntsFromAttributeOrInput(llvm::StringRef name, unsigned index,
                                                                    int64_t sinceOpset);

  /// Maps -rank .. rank-1 to 0 .. rank-1; fails outside.
  mlir::FailureOr<int64_t> normalizeAxis(int64_t axis, int64_t rank);
  /// The same of several, which must differ.
  mlir::FailureOr<Shape> normalizeAxes(llvm::ArrayRef<int64_t> axes, int64_t rank);

  //===--- Operators defined by others ---===//
  /// Names a value for parts to read.
  std::string addOperand(Operand operand);
  const Operand &getOperand(llvm::StringRef name) const { return state.operands.find(name)->second; }
  /// Builds an operator of ONNX's own domain as a part of what this node computes, by the rules of operator set `opset`.
  /// Inputs are names of values (of this node's inputs, or of parts; empty: absent). Gives the name of output 0.
  mlir::FailureOr<std::string> buildPart(llvm::StringRef type, std::vector<std::string> inputs,
                                         std::map<std::string, Attribute> attributes = {}, int64_t opset = kPartOpset);
  /// The same of the first `count` outputs; empty names for those that the node itself does not have at their place.
  mlir::FailureOr<llvm::SmallVector<std::string>> buildPartOutputs(llvm::StringRef type, std::vector<std::string> inputs,
                                                                   std::map<std::string, Attribute> attributes, unsigned count,
                                                                   int64_t opset = kPartOpset);

  //===--- Results ---===//
  void setOutput(unsigned index, Operand operand);
  void setOutput(mlir::Value value) { setOutput(0, Operand(value, DataType::Float)); }
  void setOutput(ConstantRef constant) { setOutput(0, Operand(std::move(constant))); }

  /// A tensor type; fails if a dimension is below 1 or the tensor is larger than kMaxElements.
  mlir::FailureOr<mlir::RankedTensorType> makeType(llvm::ArrayRef<int64_t> shape, mlir::Type elementType);
  mlir::FailureOr<mlir::RankedTensorType> makeFloatType(llvm::ArrayRef<int64_t> shape) {
    return makeType(shape, builder.getF32Type());
  }
  /// nn.constant, followed by quant.dcast if dequantized.
  mlir::Value materialize(const Constant &constant);
  mlir::Value reshape(mlir::Value value, llvm::ArrayRef<int64_t> shape);
  mlir::Value transpose(mlir::Value value, llvm::ArrayRef<int64_t> permutation);
  /// Broadcasts `value` to `shape`, which it must fit, by joining it with itself along each axis that grows.
  mlir::FailureOr<mlir::Value> expand(mlir::Value value, llvm::ArrayRef<int64_t> shape);
  /// Reshapes or permutes a constant at import where possible, else at run time. The operand's type must be Float.
  mlir::Value reshapeOperand(const Operand &operand, llvm::ArrayRef<int64_t> shape);
  mlir::Value materializeOperand(const Operand &operand) {
    return operand.isConstant() ? materialize(*operand.constant) : operand.value;
  }
  /// Creates an op at the node's location.
  template <typename Op, typename... Args> Op create(Args &&...args) {
    return Op::create(builder, loc, std::forward<Args>(args)...);
  }

private:
  mlir::LogicalResult buildPartTo(std::vector<std::string> outputs, llvm::StringRef type, std::vector<std::string> inputs,
                                  std::map<std::string, Attribute> attributes, int64_t opset);

  ImportState &state;
  const Node &node;
  const int64_t opset;
  const std::string whole;
};

/// The storage type of quantized values of an ONNX integer type (i4, i8, i16 or i32; unsigned ones are shifted to signed).
mlir::IntegerType getStorageType(mlir::MLIRContext *context, DataType type);

/// The element type of values of storage `type`, per tensor or per axis.
mlir::quant::QuantizedType getQuantizedType(mlir::MLIRContext *context, DataType type,
                                            const Quantization &quantization);

/// Shape of a tensor value.
inline llvm::ArrayRef<int64_t> getShape(mlir::Value value) {
  return llvm::cast<mlir::RankedTensorType>(value.getType()).getShape();
}

/// Shape that both broadcast to by numpy's rules, or nullopt.
std::optional<Shape> broadcastShapes(llvm::ArrayRef<int64_t> lhs, llvm::ArrayRef<int64_t> rhs);

/// `shape` with ones put before it up to `rank`.
Shape withLeadingOnes(llvm::ArrayRef<int64_t> shape, int64_t rank);

/// The permutation that takes [N, C, spatial...] to [N, spatial..., C], and the one back.
Shape channelLastPermutation(int64_t rank);
Shape channelFirstPermutation(int64_t rank);

} // namespace tinyc::onnx

#endif // TINYC_COMPILER_ONNX_NODEIMPORTER_H
