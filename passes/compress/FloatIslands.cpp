#include "passes/compress/FloatIslands.h"

#include "passes/compress/LayerParameters.h"
#include "passes/graph/MinimumCut.h"

using namespace mlir;

namespace tinyc::compress {

/// An nn.constant or the quant.dcast of one.
static bool isConstantOp(Operation *op) { return op->getNumResults() == 1 && getStoredConstant(op->getResult(0)); }

/// Why an op has no integer form; empty if it has one.
static std::string explainFloat(Operation *op) {
  if (isa<quant::DequantizeCastOp, quant::QuantizeCastOp>(op)) {
    Value stored = isa<quant::DequantizeCastOp>(op) ? op->getOperand(0) : op->getResult(0);
    return nn::getPerTensor(stored.getType()) ? "" : "it quantizes activations per axis";
  }
  auto quantizable = dyn_cast<nn::QuantizableOpInterface>(op);
  if (!quantizable)
    return "the op has no integer form";
  if (std::optional<unsigned> operand = findVariableParameter(quantizable))
    return "operand " + std::to_string(*operand) + " is not constant";
  return {};
}

namespace {

/// Costs of the cut, for each element of a tensor. Casts are what counts. Of divisions with equal casts, moving elements is better
/// done in integers, which are smaller, and sums and products in float, which rounds less.
constexpr int64_t kCast = int64_t(1) << 10, kMoveFloat = 1, kRoundInteger = 1;
constexpr int64_t kNever = int64_t(1) << 58;

int64_t countElements(Value value) { return cast<RankedTensorType>(value.getType()).getNumElements(); }

/// Builds and solves the cut: nodes are ops and arguments, the source's side is float.
class Division {
public:
  Division(func::FuncOp function, const llvm::MapVector<Operation *, std::string> &reasons)
      : function(function), reasons(reasons), cut(0) {}

  /// The ops on the float side, in order, and the arguments that stay float.
  std::pair<SmallVector<Operation *>, SmallVector<Value>> solve() {
    Block &block = function.getBody().front();
    for (Operation &op : block.without_terminator())
      if (!isConstantOp(&op) && (llvm::any_of(op.getOperands(), isFloat) || llvm::any_of(op.getResults(), isFloat)))
        addOp(&op);
    for (BlockArgument argument : block.getArguments())
      if (isFloat(argument))
        argumentNodes[argument] = cut.addNode();
    for (auto [argument, node] : argumentNodes)
      addValue(argument, node);
    for (auto [op, node] : opNodes)
      for (Value result : op->getResults())
        if (isFloat(result))
          addValue(result, node);
    llvm::BitVector floats = cut.solve();
    std::pair<SmallVector<Operation *>, SmallVector<Value>> side;
    for (auto [op, node] : opNodes)
      if (floats.test(node))
        side.first.push_back(op);
    for (auto [argument, node] : argumentNodes)
      if (floats.test(node))
        side.second.push_back(argument);
    return side;
  }

private:
  void addOp(Operation *op) {
    unsigned node = opNodes[op] = cut.addNode();
    auto quantizable = dyn_cast<nn::QuantizableOpInterface>(op);
    if (reasons.contains(op))
      cut.addCost(node, -kNever);
    else if (!quantizable || quantizable.getWeightOperand() || isa<nn::MatMulOp>(op))
      cut.addCost(node, kNever);
    else if (quantizable.sharesScale())
      cut.addCost(node, kMoveFloat * countElements(op->getResult(0)));
    else if (isa<nn::AddOp, nn::SubOp, nn::MulOp>(op))
      cut.addCost(node, -kRoundInteger * countElements(op->getResult(0)));
  }

  /// A value is cast once, whoever reads it in the other form.
  void addValue(Value value, unsigned producer) {
    SmallVector<unsigned> readers;
    for (Operation *user : value.getUsers())
      if (auto *found = opNodes.find(user); found != opNodes.end())
        readers.push_back(found->second);
    if (readers.empty())
      return;
    const int64_t cost = kCast * countElements(value);
    unsigned dequantized = cut.addNode(), quantized = cut.addNode();
    cut.addArc(dequantized, producer, cost);
    cut.addArc(producer, quantized, cost);
    for (unsigned reader : readers) {
      cut.addArc(reader, dequantized, kNever);
      cut.addArc(quantized, reader, kNever);
    }
  }

  func::FuncOp function;
  const llvm::MapVector<Operation *, std::string> &reasons;
  graph::MinimumCut cut;
  llvm::MapVector<Operation *, unsigned> opNodes;
  llvm::MapVector<Value, unsigned> argumentNodes;
};

} // namespace

FloatIslands FloatIslands::find(func::FuncOp function) {
  FloatIslands result;
  for (Operation &op : function.getBody().front().without_terminator()) {
    if (isConstantOp(&op) || (llvm::none_of(op.getOperands(), isFloat) && llvm::none_of(op.getResults(), isFloat)))
      continue;
    if (std::string reason = explainFloat(&op); !reason.empty())
      result.reasons[&op] = std::move(reason);
  }
  if (result.reasons.empty())
    return result;
  auto [ops, arguments] = Division(function, result.reasons).solve();
  result.number(ops);
  for (Value argument : arguments)
    if (llvm::all_of(argument.getUsers(), [&](Operation *user) { return result.islands.contains(user); }))
      result.floatArguments.insert(argument);
  return result;
}

/// Islands are numbered by their first op; an op that joins several makes them one. Those without an op that has to be float are none.
void FloatIslands::number(ArrayRef<Operation *> ops) {
  for (auto [index, op] : llvm::enumerate(ops)) {
    unsigned island = index;
    SmallVector<unsigned> joined;
    for (Value operand : op->getOperands())
      if (Operation *producer = operand.getDefiningOp(); producer && islands.contains(producer)) {
        joined.push_back(islands.lookup(producer));
        island = std::min(island, joined.back());
      }
    islands[op] = island;
    for (auto &[other, number] : islands)
      if (llvm::is_contained(joined, number))
        number = island;
  }
  llvm::SmallDenseSet<unsigned> needed;
  for (auto &[op, reason] : reasons)
    needed.insert(islands.lookup(op));
  for (Operation *op : ops)
    if (!needed.contains(islands.lookup(op)))
      islands.erase(op);
}

bool FloatIslands::isFloatValue(Value value) const {
  if (Operation *op = value.getDefiningOp())
    return islands.contains(op) && isFloat(value);
  return floatArguments.contains(value);
}

bool FloatIslands::needsType(Value value) const {
  return !isFloatValue(value) || llvm::any_of(value.getUsers(), [&](Operation *user) {
    return !islands.contains(user) && !user->hasTrait<OpTrait::IsTerminator>();
  });
}

static std::string getName(Location location) {
  if (auto name = dyn_cast<NameLoc>(location))
    return name.getName().str();
  if (auto fused = dyn_cast<FusedLoc>(location))
    for (Location part : fused.getLocations())
      if (std::string name = getName(part); !name.empty())
        return name;
  return {};
}

std::string describeOp(Operation *op) {
  std::string text = op->getName().stripDialect().str(), name = getName(op->getLoc());
  if (auto nest = dyn_cast<nn::LoopNestOp>(op))
    text = nest.getOnnxOperator().str();
  return name.empty() ? text : text + " '" + name + "'";
}

} // namespace tinyc::compress
