#include "compiler/onnx/Import.h"

#include "compiler/onnx/FoldNode.h"
#include "compiler/onnx/Graph.h"
#include "compiler/onnx/Loops.h"
#include "compiler/onnx/Operators.h"
#include "llvm/ADT/StringSet.h"
#include "mlir/IR/Verifier.h"

#include <set>

using namespace mlir;

namespace tinyc::onnx {

namespace {

/// The location of a node or tensor, or for an empty name of the file.
Location getLocation(MLIRContext *context, llvm::StringRef path, llvm::StringRef name) {
  Location file = FileLineColLoc::get(context, path, 0, 0);
  return name.empty() ? file : NameLoc::get(StringAttr::get(context, name), file);
}

class ModelImporter {
public:
  ModelImporter(Model model, llvm::StringRef path, const ImportOptions &options, MLIRContext *context)
      : model(std::move(model)), path(path), options(options), context(context), state(context) {}

  OwningOpRef<ModuleOp> run();

private:
  Location getLoc(llvm::StringRef name) { return getLocation(context, path, name); }
  InFlightDiagnostic emitError(llvm::StringRef name) { return mlir::emitError(getLoc(name)); }

  LogicalResult checkOpsets();
  void countUses();
  void findQuantized(llvm::ArrayRef<const Node *> nodes);
  LogicalResult resolveShapeOptions();
  FailureOr<Shape> resolveShape(const TensorInfo &input);
  LogicalResult importInput(const TensorInfo &input);
  LogicalResult importInputValue(const TensorInfo &input, llvm::ArrayRef<std::string> texts);
  LogicalResult importNode(const Node &node);
  void release(const Node &node);
  LogicalResult buildNode(const Node &node);
  void completeOutputs(const Node &node);
  FailureOr<Value> importOutput(const TensorInfo &output);
  FailureOr<SmallVector<Value>> importOutputs();

  Model model;
  const llvm::StringRef path;
  const ImportOptions &options;
  MLIRContext *const context;
  ImportState state;
  /// Sizes of symbolic dimensions, from --input-shape.
  llvm::StringMap<int64_t> symbols;
  /// Values of integers that a scale makes real numbers: a dequantizing operator reads them, or what is moved out of them.
  llvm::StringSet<> quantized;
  func::FuncOp function;
  /// How often constants of the graph itself are still to be read.
  llvm::StringMap<unsigned> remainingUses;
};

LogicalResult ModelImporter::checkOpsets() {
  auto it = model.opsets.find("");
  if (it == model.opsets.end()) {
    if (llvm::all_of(model.nodes, [](const Node &node) { return !node.domain.empty(); }))
      return success();
    return emitError("") << "the model names no operator set of domain ai.onnx";
  }
  if (it->second < 1 || it->second > kNewestOpset)
    return emitError("") << "operator set " << it->second << " of domain ai.onnx is not supported, only 1 to "
                         << kNewestOpset;
  return success();
}

void ModelImporter::countUses() {
  for (const Node &node : model.nodes)
    for (const std::string &input : llvm::concat<const std::string>(node.inputs, node.captures))
      ++state.useCounts[input];
  for (const TensorInfo &output : model.outputs)
    ++state.useCounts[output.name];
}

void ModelImporter::findQuantized(llvm::ArrayRef<const Node *> nodes) {
  llvm::StringSet<> constants;
  for (const auto &[name, constant] : model.initializers)
    constants.insert(name);
  for (const Node *node : nodes)
    if (node->type == "Constant" && !node->outputs.empty())
      constants.insert(node->outputs.front());
  for (const Node *node : llvm::reverse(nodes)) {
    const llvm::StringRef type = node->type;
    const bool moves = llvm::is_contained({"Reshape", "Transpose", "Squeeze", "Unsqueeze", "Flatten", "Identity", "MaxPool",
                                           "Concat", "Dropout"},
                                          type);
    const bool isMoved = moves && !node->outputs.empty() && quantized.contains(node->outputs.front());
    const bool scales = llvm::is_contained({"DequantizeLinear", "ConvInteger", "MatMulInteger", "MatMulIntegerToFloat",
                                            "QGemm"},
                                           type) ||
                        type.starts_with("QLinear");
    // Without a scale known here, integers stay integers (QuantizationLoops.cpp).
    auto block = node->attributes.find("block_size");
    const bool isPlain = type == "DequantizeLinear" && node->inputs.size() > 1 &&
                         (!constants.contains(node->inputs[1]) || (block != node->attributes.end() && block->second.integer > 0));
    if (isMoved || (scales && !isPlain))
      for (const std::string &input : node->inputs)
        quantized.insert(input);
  }
  for (const TensorInfo &input : model.inputs)
    if (!isQuantizedStorage(input.type) || getBitWidth(input.type) < 8)
      quantized.erase(input.name);
}

/// Checks the options against the inputs and learns the sizes of symbols from them.
LogicalResult ModelImporter::resolveShapeOptions() {
  LogicalResult result = success();
  for (const auto &[name, size] : options.dimensions) {
    symbols[name] = size;
    if (llvm::none_of(model.inputs, [&](const TensorInfo &info) {
          return llvm::any_of(info.shape, [&](const Dimension &each) { return each.symbol == name; });
        })) {
      std::set<std::string> known;
      for (const TensorInfo &info : model.inputs)
        for (const Dimension &dimension : info.shape)
          if (!dimension.symbol.empty())
            known.insert("'" + dimension.symbol + "'");
      result = emitError("") << "--dim names '" << name << "', which is no symbolic dimension of an input"
                             << (known.empty() ? "; there are none" : "; these are " + llvm::join(known, ", "));
    }
  }
  for (const auto &[name, shape] : options.inputShapes) {
    auto input =
        llvm::find_if(model.inputs, [&](const TensorInfo &info) { return info.name == llvm::StringRef(name); });
    if (input == model.inputs.end() || model.initializers.contains(name)) {
      InFlightDiagnostic diagnostic = emitError("") << "--input-shape names '" << name
                                                    << "', which is not an input of the model; its inputs are";
      llvm::ListSeparator separator(",");
      for (const TensorInfo &info : model.inputs)
        if (!model.initializers.contains(info.name))
          diagnostic << static_cast<llvm::StringRef>(separator) << " '" << info.name << "'";
      result = diagnostic;
      continue;
    }
    if (input->hasShape && input->shape.size() != shape.size()) {
      result = emitError(name) << "--input-shape gives input '" << name << "' " << shape.size()
                               << " dimensions, the model " << input->shape.size();
      continue;
    }
    for (auto [index, dimension] : llvm::enumerate(input->shape)) {
      if (dimension.size > 0 && dimension.size != shape[index])
        result = emitError(name) << "--input-shape gives dimension " << index << " of input '" << name << "' as "
                                 << shape[index] << ", the model as " << dimension.size;
      if (!dimension.symbol.empty() &&
          symbols.try_emplace(dimension.symbol, shape[index]).first->second != shape[index])
        result = emitError(name) << "--input-shape gives the symbolic dimension '" << dimension.symbol
                                 << "' another size than before, or than --dim";
    }
  }
  for (const auto &[name, values] : options.inputValues)
    if (model.initializers.contains(name) ||
        llvm::none_of(model.inputs, [&](const TensorInfo &info) { return info.name == llvm::StringRef(name); }))
      result = emitError("") << "--input-value names '" << name << "', which is not an input of the model";
  return result;
}

/// An input that --input-value makes a constant: one element for all, or one for each.
LogicalResult ModelImporter::importInputValue(const TensorInfo &input, llvm::ArrayRef<std::string> texts) {
  FailureOr<Shape> shape = resolveShape(input);
  if (failed(shape))
    return failure();
  std::optional<int64_t> count = countElements(*shape);
  if (!input.isTensor || !isLoopType(input.type) || !count)
    return emitError(input.name) << "--input-value: input '" << input.name << "' of " << getName(input.type) << " and shape "
                                 << toString(*shape) << " can have no values";
  if (texts.size() != 1 && static_cast<int64_t>(texts.size()) != *count)
    return emitError(input.name) << "--input-value gives " << texts.size() << " elements for input '" << input.name
                                 << "' of shape " << toString(*shape) << ", expects 1 or " << *count;
  std::vector<float> reals;
  llvm::SmallVector<int64_t> integers;
  for (int64_t index = 0; index < *count; ++index) {
    const llvm::StringRef text = texts[texts.size() == 1 ? 0 : index];
    double real;
    int64_t integer = text == "true";
    const bool isBool = input.type == DataType::Bool && (text == "true" || text == "false");
    if (input.type == DataType::Float ? text.getAsDouble(real) : !isBool && text.getAsInteger(10, integer))
      return emitError(input.name) << "--input-value: '" << text << "' is no " << getName(input.type) << " for input '"
                                   << input.name << "'";
    if (input.type == DataType::Float)
      reals.push_back(static_cast<float>(real));
    else
      integers.push_back(integer);
  }
  if (input.type != DataType::Float) {
    const unsigned width = input.type == DataType::Bool ? 1 : getBitWidth(input.type);
    for (int64_t value : integers)
      if (width < 64 && !(isUnsigned(input.type) || width == 1 ? llvm::isUIntN(width, value) : llvm::isIntN(width, value)))
        return emitError(input.name) << "--input-value: " << value << " is no " << getName(input.type) << " for input '"
                                     << input.name << "'";
  }
  state.operands[input.name] = Operand(input.type == DataType::Float ? Constant::fromFloats(*shape, reals)
                                                                     : Constant::fromIntegers(input.type, *shape, integers));
  return success();
}

/// The shape of an input: as declared, symbols from --input-shape, a symbolic first dimension 1.
FailureOr<Shape> ModelImporter::resolveShape(const TensorInfo &input) {
  if (auto it = options.inputShapes.find(input.name); it != options.inputShapes.end())
    return it->second;
  if (!input.hasShape)
    return emitError(input.name) << "input '" << input.name
                                 << "' has no shape: give one with --input-shape=" << input.name << ":D0xD1x...";
  Shape shape;
  for (auto [index, dimension] : llvm::enumerate(input.shape)) {
    if (dimension.size < -1)
      return emitError(input.name) << "dimension " << index << " of input '" << input.name
                                   << "' is negative: " << dimension.size;
    if (dimension.size > 0) {
      shape.push_back(dimension.size);
      continue;
    }
    auto it = symbols.find(dimension.symbol);
    if (it == symbols.end() && index > 0)
      return emitError(input.name) << "dimension " << index << " of input '" << input.name << "' is symbolic"
                                   << (dimension.symbol.empty() ? "" : " ('" + dimension.symbol + "')")
                                   << ": give the shape with --input-shape=" << input.name << ":"
                                   << llvm::join(llvm::map_range(input.shape,
                                                                 [](const Dimension &each) {
                                                                   return each.size > 0 ? std::to_string(each.size)
                                                                          : each.symbol.empty() ? "?"
                                                                                                : each.symbol;
                                                                 }),
                                                 "x");
    shape.push_back(it == symbols.end() ? 1 : it->second);
  }
  return shape;
}

LogicalResult ModelImporter::importInput(const TensorInfo &input) {
  if (auto values = options.inputValues.find(input.name); values != options.inputValues.end())
    return importInputValue(input, values->second);
  FailureOr<Shape> shape = input.isTensor ? resolveShape(input) : FailureOr<Shape>(Shape());
  if (failed(shape))
    return failure();
  std::optional<int64_t> count = countElements(*shape);
  if (!count || *count == 0)
    return emitError(input.name) << "input '" << input.name << "' has the shape " << toString(*shape)
                                 << ": dimensions must be positive, and at most " << kMaxElements
                                 << " elements are supported";
  if (!input.isTensor || !isLoopType(input.type))
    return emitError(input.name) << "input '" << input.name << "' is "
                                 << (input.isTensor ? getName(input.type) : "not a tensor")
                                 << ", only tensors of float32, integers of 8 to 64 bits and bool are supported";
  Type element = getPlainType(context, input.type);
  const bool isQuantized = quantized.contains(input.name);
  if (isQuantized) // a stand-in; the first DequantizeLinear assigns the real type
    element = getQuantizedType(context, input.type, Quantization{{1.0f}, {0}, -1});
  const unsigned index = function.getNumArguments();
  auto type = RankedTensorType::get(*shape, element);
  auto attributes = DictionaryAttr::get(
      context, NamedAttribute(StringAttr::get(context, nn::kNameAttr), StringAttr::get(context, input.name)));
  if (failed(function.insertArgument(index, type, attributes, getLoc(input.name))))
    return failure();
  Value argument = function.getArgument(index);
  if (isQuantized)
    state.untypedArguments.push_back(argument);
  state.operands[input.name] = Operand(argument, input.type);
  return success();
}

LogicalResult ModelImporter::buildNode(const Node &node) {
  const int64_t version = node.opset;
  NodeImporter importer(state, node, version, getLoc(node.getLabel()));
  if (version == 0)
    return importer.emitError() << "the model names no operator set of this domain";
  if (node.domain.empty() && version > kNewestOpset) // of a function
    return importer.emitError() << "the operator set is not supported, only those up to " << kNewestOpset;
  std::optional<int64_t> firstOpset = findFirstOpset(node.domain, node.type);
  if (!firstOpset)
    return importer.emitError() << "the operator is not supported";
  const Operator *op = findOperator(node.domain, node.type, version);
  if (!op)
    return importer.emitError() << "the operator is supported from operator set " << *firstOpset << " on";
  if (failed(verifySignature(node, *op, importer)))
    return failure();
  // A node behind one that failed has nothing to be built of; its own problems, if any, show later.
  for (const std::string &input : llvm::concat<const std::string>(node.inputs, node.captures))
    if (!input.empty() && !state.operands.lookup(input).isValid())
      return success();
  Block &block = *state.builder.getInsertionBlock();
  Operation *before = block.empty() ? nullptr : &block.back();
  if (failed(op->build(importer)) || failed(foldNode(importer, node.outputs, before)))
    return failure();
  for (auto [index, output] : llvm::enumerate(node.outputs))
    if (importer.isOutputUsed(index) && !state.operands.contains(output))
      return importer.emitError() << "output " << index << " ('" << output << "') is not supported";
  return success();
}

/// Gives outputs that were not built a stand-in of the declared type, so that the nodes behind are checked too, and
/// compares declared shapes with those of built ones.
void ModelImporter::completeOutputs(const Node &node) {
  for (const std::string &output : node.outputs) {
    if (output.empty())
      continue;
    auto info = model.values.find(output);
    const bool declared = info != model.values.end() && info->second.hasShape;
    Operand &operand = state.operands[output];
    Shape shape;
    for (const Dimension &dimension : declared ? info->second.shape : llvm::SmallVector<Dimension>())
      shape.push_back(dimension.size);
    if (operand.isValid()) {
      bool equal = operand.getRank() == static_cast<int64_t>(shape.size());
      for (auto [actual, expected] : llvm::zip(operand.getShape(), shape))
        equal &= expected <= 0 || actual == expected;
      if (declared && !equal)
        mlir::emitWarning(getLoc(node.getLabel()))
            << node.type << ": the model declares '" << output << "' as " << toString(shape) << ", its shape is "
            << toString(operand.getShape());
      continue;
    }
    if (!declared || info->second.type != DataType::Float || countElements(shape).value_or(0) == 0)
      continue;
    Type type = RankedTensorType::get(shape, Float32Type::get(context));
    auto standIn = UnrealizedConversionCastOp::create(state.builder, getLoc(output), type, ValueRange());
    operand = Operand(standIn.getResult(0), DataType::Float);
  }
}

LogicalResult ModelImporter::importNode(const Node &node) {
  LogicalResult result = buildNode(node);
  completeOutputs(node);
  return result;
}

/// Frees the constants that only `node` of the graph itself still needed: each weight is in memory once, as it is or as an
/// attribute.
void ModelImporter::release(const Node &node) {
  for (const std::string &input : llvm::concat<const std::string>(node.inputs, node.captures))
    if (auto uses = remainingUses.find(input); uses != remainingUses.end() && --uses->second == 0)
      state.operands[input].constant = nullptr;
  for (const std::string &part : state.parts)
    state.operands[part].constant = nullptr;
  state.parts.clear();
  model.nodes[&node - model.nodes.data()].attributes.clear();
}

/// The value of a graph output; null if its producer failed.
FailureOr<Value> ModelImporter::importOutput(const TensorInfo &output) {
  const Operand &operand = state.operands[output.name];
  if (!operand.isValid())
    return Value();
  if (output.type != DataType::Undefined && output.type != operand.type)
    return emitError(output.name) << "the model declares output '" << output.name << "' as " << getName(output.type)
                                  << ", it is " << getName(operand.type);
  bool equal = !output.hasShape || static_cast<int64_t>(output.shape.size()) == operand.getRank();
  for (auto [dimension, actual] : llvm::zip(output.shape, operand.getShape()))
    equal &= dimension.size <= 0 || dimension.size == actual;
  if (!equal) {
    Shape declared;
    for (const Dimension &dimension : output.shape)
      declared.push_back(dimension.size);
    mlir::emitWarning(getLoc(output.name)) << "the model declares output '" << output.name << "' as "
                                           << toString(declared) << ", its shape is " << toString(operand.getShape());
  }
  if (!operand.isConstant())
    return operand.value;
  if (!isLoopType(operand.type) || countElements(operand.getShape()).value_or(0) == 0)
    return emitError(output.name) << "output '" << output.name << "' is a constant of " << getName(operand.type)
                                  << " and shape " << toString(operand.getShape())
                                  << ", only plain elements, at least one, are supported";
  const Node node{output.name, "Constant", "", {}, {output.name}, {}};
  return NodeImporter(state, node, 0, getLoc(output.name)).materialize(*operand.constant);
}

FailureOr<SmallVector<Value>> ModelImporter::importOutputs() {
  SmallVector<Value> results;
  LogicalResult status = success();
  for (const TensorInfo &output : model.outputs) {
    FailureOr<Value> value = importOutput(output);
    if (failed(value))
      status = failure();
    else
      results.push_back(*value);
  }
  for (Value argument : state.untypedArguments) {
    const std::string name =
        function.getArgAttrOfType<StringAttr>(cast<BlockArgument>(argument).getArgNumber(), nn::kNameAttr).str();
    status = emitError(name) << "input '" << name << "' holds integers, and no DequantizeLinear gives their scale";
  }
  if (failed(status))
    return failure();
  return results;
}

OwningOpRef<ModuleOp> ModelImporter::run() {
  auto report = [&](llvm::StringRef name, const std::string &message) { emitError(name) << message; };
  if (failed(checkOpsets()))
    return nullptr;
  std::optional<std::vector<const Node *>> nodes = orderNodes(model, report);
  if (!nodes || failed(resolveShapeOptions()))
    return nullptr;
  countUses();
  findQuantized(*nodes);

  OpBuilder &builder = state.builder;
  OwningOpRef<ModuleOp> module = ModuleOp::create(builder, getLoc(""));
  builder.setInsertionPointToEnd(module->getBody());
  function = func::FuncOp::create(builder, getLoc(""), "main", builder.getFunctionType({}, {}));
  builder.setInsertionPointToEnd(function.addEntryBlock());

  for (auto &[name, constant] : model.initializers)
    if (state.useCounts.contains(name))
      state.operands[name] = Operand(std::move(constant));
    else
      constant = nullptr;
  remainingUses = state.useCounts;
  state.importNode = [this](const Node &node) { return importNode(node); };
  LogicalResult status = success();
  for (const TensorInfo &input : model.inputs)
    if (!model.initializers.contains(input.name) && failed(importInput(input)))
      status = failure();
  for (const Node *node : *nodes) {
    if (failed(importNode(*node)))
      status = failure();
    release(*node);
  }
  if (failed(status))
    return nullptr;
  FailureOr<SmallVector<Value>> results = importOutputs();
  if (failed(results))
    return nullptr;

  func::ReturnOp::create(builder, getLoc(""), *results);
  // DequantizeLinear may have changed the types of arguments.
  function.setFunctionType(
      builder.getFunctionType(function.getBody().front().getArgumentTypes(), ValueRange(*results).getTypes()));
  for (auto [index, output] : llvm::enumerate(model.outputs))
    function.setResultAttr(index, nn::kNameAttr, builder.getStringAttr(output.name));
  if (failed(verify(*module)))
    return nullptr;
  return module;
}

OwningOpRef<ModuleOp> importModel(std::optional<Model> model, llvm::StringRef path, const ImportOptions &options,
                                  MLIRContext *context) {
  if (!model)
    return nullptr;
  context->loadDialect<nn::NNDialect, quant::QuantDialect, func::FuncDialect>();
  return ModelImporter(std::move(*model), path, options, context).run();
}

/// Emits the errors of reading the model, each at what it names.
auto reportAt(llvm::StringRef path, MLIRContext *context) {
  return [=](llvm::StringRef name, const std::string &message) {
    mlir::emitError(getLocation(context, path, name)) << message;
  };
}

} // namespace

} // namespace tinyc::onnx

namespace tinyc {

OwningOpRef<ModuleOp> importOnnxText(llvm::StringRef text, llvm::StringRef path, const ImportOptions &options,
                                     MLIRContext *context) {
  return onnx::importModel(onnx::readModelText(text, "", onnx::reportAt(path, context)), path, options, context);
}

OwningOpRef<ModuleOp> importOnnxBytes(llvm::StringRef bytes, llvm::StringRef path, const ImportOptions &options,
                                      MLIRContext *context) {
  std::unique_ptr<llvm::MemoryBuffer> buffer = llvm::MemoryBuffer::getMemBuffer(bytes, "", false);
  return onnx::importModel(onnx::readModel(std::move(buffer), "", onnx::reportAt(path, context)), path, options,
                           context);
}

OwningOpRef<ModuleOp> importOnnx(llvm::StringRef path, const ImportOptions &options, MLIRContext *context) {
  return onnx::importModel(onnx::readModelFile(path, onnx::reportAt(path, context)), path, options, context);
}

} // namespace tinyc
