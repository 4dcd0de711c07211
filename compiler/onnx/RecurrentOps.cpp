// LSTM, GRU and RNN: one nn.recurrent each.
#include "compiler/onnx/Operators.h"

using namespace mlir;

namespace tinyc::onnx {

namespace {

/// What an operator's name decides.
struct Cell {
  llvm::StringLiteral name; ///< of nn.recurrent
  int64_t gates;
  std::vector<std::string> functions; ///< of one direction, where the node names none
};

Cell getCell(llvm::StringRef op) {
  if (op == "LSTM")
    return {"lstm", 4, {"Sigmoid", "Tanh", "Tanh"}};
  if (op == "GRU")
    return {"gru", 3, {"Sigmoid", "Tanh"}};
  return {"rnn", 1, {"Tanh"}};
}

/// An activation of ONNX; alpha and beta are what it has where the node gives none, nullopt: it has no such parameter.
struct FunctionRow {
  llvm::StringLiteral name;
  std::optional<float> alpha, beta;
};
constexpr FunctionRow kFunctions[] = {
    {"Affine", 1.0f, 0.0f},         {"Elu", 1.0f, std::nullopt},
    {"HardSigmoid", 0.2f, 0.5f},    {"LeakyRelu", 0.01f, std::nullopt},
    {"Relu", std::nullopt, std::nullopt}, {"ScaledTanh", 1.0f, 1.0f},
    {"Sigmoid", std::nullopt, std::nullopt}, {"Softplus", std::nullopt, std::nullopt},
    {"Softsign", std::nullopt, std::nullopt}, {"Tanh", std::nullopt, std::nullopt},
    {"ThresholdedRelu", 1.0f, std::nullopt},
};

/// The functions of all directions.
struct Functions {
  SmallVector<mlir::Attribute> names;
  SmallVector<float> alphas, betas;
};

/// activation_alpha and activation_beta go to the functions that have such a parameter, in their order.
FailureOr<Functions> readFunctions(NodeImporter &node, const Cell &cell, int64_t directions) {
  std::vector<std::string> names;
  if (const Attribute *given = node.findAttribute("activations")) {
    names = given->strings;
  } else {
    for (int64_t direction = 0; direction < directions; ++direction)
      names.insert(names.end(), cell.functions.begin(), cell.functions.end());
  }
  const size_t expected = cell.functions.size() * directions;
  if (names.size() != expected)
    return node.emitError() << "expects " << expected << " activations, got " << names.size();
  auto getReals = [&](llvm::StringRef name) {
    const Attribute *attribute = node.findAttribute(name);
    return attribute ? llvm::ArrayRef<float>(attribute->reals) : llvm::ArrayRef<float>();
  };
  llvm::ArrayRef<float> alphas = getReals("activation_alpha"), betas = getReals("activation_beta");
  Functions functions;
  for (const std::string &name : names) {
    const auto *row = llvm::find_if(kFunctions, [&](const FunctionRow &each) { return each.name.equals_insensitive(name); });
    if (row == std::end(kFunctions))
      return node.emitError() << "the activation '" << name << "' is not known";
    auto take = [](std::optional<float> otherwise, llvm::ArrayRef<float> &given) {
      const float value = !otherwise ? 0.0f : given.empty() ? *otherwise : given.front();
      if (otherwise && !given.empty())
        given = given.drop_front();
      return value;
    };
    functions.names.push_back(node.builder.getStringAttr(row->name));
    functions.alphas.push_back(take(row->alpha, alphas));
    functions.betas.push_back(take(row->beta, betas));
  }
  return functions;
}

FailureOr<int64_t> readDirections(NodeImporter &node) {
  const std::string direction = node.getString("direction", "forward");
  if (direction != "forward" && direction != "reverse" && direction != "bidirectional")
    return node.emitError() << "attribute 'direction' must be 'forward', 'reverse' or 'bidirectional', got '" << direction << "'";
  return direction == "bidirectional" ? 2 : 1;
}

/// The operand at `index` as float of that shape; null where it is absent.
FailureOr<Value> getOptional(NodeImporter &node, unsigned index, llvm::ArrayRef<int64_t> shape) {
  if (!node.hasInput(index))
    return Value();
  if (node.getShape(index) != shape)
    return node.emitError() << node.describeInput(index) << " has shape " << toString(node.getShape(index)) << ", expects "
                            << toString(shape);
  return node.getFloat(index);
}

/// As getOptional, of an initial state: [N, D, H] with layout 1.
FailureOr<Value> getState(NodeImporter &node, unsigned index, llvm::ArrayRef<int64_t> shape, bool batchFirst) {
  if (!batchFirst)
    return getOptional(node, index, shape);
  FailureOr<Value> state = getOptional(node, index, {shape[1], shape[0], shape[2]});
  if (succeeded(state) && *state)
    return node.transpose(*state, {1, 0, 2});
  return state;
}

/// The lengths as int32; null where all are T.
FailureOr<Value> getLengths(NodeImporter &node, int64_t batch, int64_t steps) {
  constexpr unsigned index = 4;
  if (!node.hasInput(index))
    return Value();
  const Operand &lengths = node.getInput(index);
  if (lengths.type != DataType::Int32 || lengths.getShape() != llvm::ArrayRef<int64_t>({batch}))
    return node.emitError() << node.describeInput(index) << " is " << getName(lengths.type) << " of shape "
                            << toString(lengths.getShape()) << ", expects int32 of shape " << toString({batch});
  if (lengths.isConstant() && llvm::all_of(lengths.constant->getIntegers(), [&](int64_t each) { return each == steps; }))
    return Value();
  return node.materializeOperand(lengths);
}

} // namespace

LogicalResult buildRecurrent(NodeImporter &node) {
  const Cell cell = getCell(node.getOperatorName());
  FailureOr<int64_t> directions = readDirections(node);
  FailureOr<Value> input = node.getFloat(0), weights = node.getFloat(1), recurrence = node.getFloat(2);
  if (failed(directions) || failed(input) || failed(weights) || failed(recurrence))
    return failure();
  const bool batchFirst = node.getInt("layout", 0) != 0;
  if (onnx::getShape(*input).size() != 3)
    return node.emitError() << node.describeInput(0) << " has shape " << toString(onnx::getShape(*input)) << ", expects 3 dimensions";
  if (batchFirst)
    input = node.transpose(*input, {1, 0, 2});
  llvm::ArrayRef<int64_t> sizes = onnx::getShape(*input), recurrent = onnx::getShape(*recurrence);
  const int64_t steps = sizes[0], batch = sizes[1], hidden = recurrent.empty() ? 0 : recurrent.back();
  const Shape wanted[] = {{*directions, cell.gates * hidden, sizes[2]}, {*directions, cell.gates * hidden, hidden}};
  for (unsigned index : {1u, 2u})
    if (node.getShape(index) != llvm::ArrayRef<int64_t>(wanted[index - 1]))
      return node.emitError() << node.describeInput(index) << " has shape " << toString(node.getShape(index)) << ", expects "
                              << toString(wanted[index - 1]);
  if (node.getInt("hidden_size", hidden) != hidden)
    return node.emitError() << "attribute 'hidden_size' is " << node.getInt("hidden_size", hidden) << ", the recurrence has "
                            << hidden;
  const bool isLstm = cell.name == "lstm";
  const Shape state = {*directions, batch, hidden};
  FailureOr<Functions> functions = readFunctions(node, cell, *directions);
  FailureOr<Value> bias = getOptional(node, 3, {*directions, 2 * cell.gates * hidden});
  FailureOr<Value> lengths = getLengths(node, batch, steps);
  FailureOr<Value> initialHidden = getState(node, 5, state, batchFirst);
  FailureOr<Value> initialCell = isLstm ? getState(node, 6, state, batchFirst) : Value();
  FailureOr<Value> peepholes = isLstm ? getOptional(node, 7, {*directions, 3 * hidden}) : Value();
  if (failed(functions) || failed(bias) || failed(lengths) || failed(initialHidden) || failed(initialCell) || failed(peepholes))
    return failure();
  FloatAttr clip;
  if (node.hasAttribute("clip")) {
    const float bound = node.getFloatAttribute("clip", 0);
    if (!(bound > 0))
      return node.emitError() << "attribute 'clip' must be above 0, got " << bound;
    clip = node.builder.getF32FloatAttr(bound);
  }
  const bool keepSequence = node.isOutputUsed(0), keepHidden = node.isOutputUsed(1), keepCell = node.isOutputUsed(2);
  if (!keepSequence && !keepHidden && !keepCell)
    return success();
  FailureOr<RankedTensorType> type =
      node.makeFloatType({(keepSequence ? steps : 0) + keepHidden + keepCell, *directions, batch, hidden});
  if (failed(type))
    return failure();
  auto flag = [&](bool isSet) { return isSet ? node.builder.getUnitAttr() : UnitAttr(); };
  auto op = node.create<nn::RecurrentOp>(
      *type, node.builder.getStringAttr(cell.name), *input, *weights, *recurrence, *bias, *lengths, *initialHidden, *initialCell,
      *peepholes, node.builder.getArrayAttr(functions->names), node.builder.getDenseF32ArrayAttr(functions->alphas),
      node.builder.getDenseF32ArrayAttr(functions->betas), clip, flag(node.getString("direction", "forward") == "reverse"),
      flag(node.getInt("linear_before_reset", 0) != 0), flag(node.getInt("input_forget", 0) != 0), flag(keepSequence),
      flag(keepHidden), flag(keepCell));
  const std::string all = node.addOperand(Operand(op.getOutput(), DataType::Float));
  // Rows [begin, begin + count) of what was kept, in ONNX's shape.
  auto setRows = [&](unsigned output, int64_t begin, int64_t count) -> LogicalResult {
    Value rows = op.getOutput();
    if (count != type->getDimSize(0)) {
      auto addIndex = [&](int64_t value) {
        return node.addOperand(Operand(Constant::fromIntegers(DataType::Int64, {1}, {value})));
      };
      FailureOr<std::string> slice =
          node.buildPart("Slice", {all, addIndex(begin), addIndex(begin + count), addIndex(0)});
      if (failed(slice))
        return failure();
      rows = node.getOperand(*slice).value;
    }
    if (output == 0)
      rows = node.transpose(rows, batchFirst ? llvm::ArrayRef<int64_t>({2, 0, 1, 3}) : llvm::ArrayRef<int64_t>({0, 1, 2, 3}));
    else
      rows = node.reshape(rows, state);
    if (output != 0 && batchFirst)
      rows = node.transpose(rows, {1, 0, 2});
    node.setOutput(output, Operand(rows, DataType::Float));
    return success();
  };
  int64_t row = 0;
  if (keepSequence && failed(setRows(0, 0, steps)))
    return failure();
  row += keepSequence ? steps : 0;
  if (keepHidden && failed(setRows(1, row, 1)))
    return failure();
  row += keepHidden;
  if (keepCell && failed(setRows(2, row, 1)))
    return failure();
  return success();
}

} // namespace tinyc::onnx
