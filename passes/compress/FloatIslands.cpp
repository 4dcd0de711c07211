#include "passes/compress/FloatIslands.h"

#include "passes/compress/LayerParameters.h"
#include "passes/compress/LoopForms.h"
#include "passes/graph/MinimumCut.h"

using namespace mlir;

namespace tinyc::compress {

/// An nn.constant or the quant.dcast of one.
static bool isConstantOp(Operation *op) { return op->getNumResults() == 1 && getStoredConstant(op->getResult(0)); }

/// The calibrated range of a value, or the range that its op fixes.
static std::optional<Range> getRange(Value value) {
  DenseF64ArrayAttr range;
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    auto function = cast<func::FuncOp>(argument.getOwner()->getParentOp());
    range = function.getArgAttrOfType<DenseF64ArrayAttr>(argument.getArgNumber(), nn::kRangeAttr);
  } else {
    if (auto quantizable = dyn_cast<nn::QuantizableOpInterface>(value.getDefiningOp()))
      if (std::optional<Range> fixed = quantizable.getFixedRange())
        return fixed;
    range = value.getDefiningOp()->getAttrOfType<DenseF64ArrayAttr>(nn::kRangeAttr);
  }
  if (!range || range.size() != 2)
    return std::nullopt;
  return Range(range[0], range[1]);
}

static double getWidth(Range range) { return std::max(range.second, 0.0) - std::min(range.first, 0.0); }

/// Beyond this share of the range, constants leave the other values fewer than 6 bits of 8.
constexpr double kGreatestShare = 64.0;

/// Whether an addition, or an op that moves elements, joins its variable operands with constants that need a far wider range, as
/// attention masks of -1e9 are: of the operands nothing would be left.
static bool isMasked(Operation *op) {
  if (!isa<nn::AddOp, nn::SubOp>(op) && !keepsScale(op))
    return false;
  std::optional<Range> result = getRange(op->getResult(0));
  if (auto nest = dyn_cast<nn::LoopNestOp>(op); nest && result)
    if (std::optional<Range> constants = getBodyConstants(nest))
      result = {std::min(result->first, constants->first), std::max(result->second, constants->second)};
  double width = 0.0;
  bool hasConstants = isa<nn::LoopNestOp, nn::PadOp>(op);
  for (unsigned number : getActivationOperands(op)) {
    hasConstants |= getStoredConstant(op->getOperand(number)).has_value();
    if (!getStoredConstant(op->getOperand(number)))
      if (std::optional<Range> range = getRange(op->getOperand(number)))
        width = std::max(width, getWidth(*range));
  }
  return hasConstants && result && width > 0.0 && getWidth(*result) > kGreatestShare * width;
}

/// The values that 8 bits are too coarse for: those of masks, and what ops make of them that is as wide.
static llvm::DenseSet<Value> findCoarse(func::FuncOp function) {
  llvm::DenseSet<Value> coarse;
  for (Operation &op : function.getBody().front().without_terminator()) {
    std::optional<Range> range = op.getNumResults() == 1 ? getRange(op.getResult(0)) : std::nullopt;
    if (!range)
      continue;
    auto comesFrom = [&](Value operand) {
      return coarse.contains(operand) && getWidth(*range) * kGreatestShare >= getWidth(*getRange(operand));
    };
    if (!std::isfinite(getWidth(*range)) || isMasked(&op) || llvm::any_of(op.getOperands(), comesFrom))
      coarse.insert(op.getResult(0));
  }
  return coarse;
}

static bool isWide(Operation *op, unsigned activationBits) {
  for (Operation *place : {op, op->getParentOp()})
    if (auto chosen = place->getAttrOfType<IntegerAttr>(nn::kActivationBitsAttr))
      return chosen.getInt() > 8;
  return activationBits > 8;
}

/// Why an op has no integer form; empty if it has one.
static std::string explainFloat(Operation *op, unsigned activationBits) {
  if (isa<quant::DequantizeCastOp, quant::QuantizeCastOp>(op)) {
    Value stored = isa<quant::DequantizeCastOp>(op) ? op->getOperand(0) : op->getResult(0);
    return nn::getPerTensor(stored.getType()) ? "" : "it quantizes activations per axis";
  }
  if (isMasked(op))
    return "its constants would take the range of 8 bits from its other values";
  if (auto nest = dyn_cast<nn::LoopNestOp>(op)) {
    LoopForm form = getLoopForm(nest);
    if (form == LoopForm::Table && isWide(op, activationBits))
      return "its integer form, a table, has 8 bits";
    return form == LoopForm::None ? "the op has no integer form" : "";
  }
  auto quantizable = dyn_cast<nn::QuantizableOpInterface>(op);
  if (!quantizable)
    return "the op has no integer form";
  if (std::optional<unsigned> operand = findVariableParameter(quantizable))
    return "operand " + std::to_string(*operand) + " is not constant";
  return {};
}

/// Whether a table reads its operand too coarsely in 8 bits (a reciprocal, a logarithm near 0): better nobody quantizes it.
static bool wantsFloat(OpOperand &operand) {
  constexpr double kLeastRatio = 20.0; // dB
  auto nest = dyn_cast<nn::LoopNestOp>(operand.getOwner());
  if (!nest || getLoopForm(nest) != LoopForm::Table)
    return false;
  std::optional<Range> from = getRange(operand.get()), to = getRange(nest.getOutput());
  return from && to && estimateTableNoise(nest, *from, *to) < kLeastRatio;
}

namespace {

/// Costs of the cut, for each element of a tensor. Casts are what counts. Of divisions with equal casts, moving elements is better
/// done in integers, which are smaller, and sums and products in float, which rounds less.
constexpr int64_t kCast = int64_t(1) << 10, kMoveFloat = 1, kRoundInteger = 1;
constexpr int64_t kCoarse = int64_t(1) << 20; // to have in 8 bits what should not be
constexpr int64_t kNever = int64_t(1) << 58;

int64_t countElements(Value value) { return cast<RankedTensorType>(value.getType()).getNumElements(); }

/// Builds and solves the cut: nodes are ops and arguments, the source's side is float.
class Division {
public:
  Division(func::FuncOp function, const llvm::MapVector<Operation *, std::string> &reasons)
      : function(function), reasons(reasons), coarse(findCoarse(function)), cut(0) {}

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
    else if (isa<nn::MatMulOp, quant::QuantizeCastOp, quant::DequantizeCastOp>(op) ||
             (quantizable && quantizable.getWeightOperand()))
      cut.addCost(node, kNever);
    else if (keepsScale(op))
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
    const int64_t elements = countElements(value);
    const bool isCoarse = coarse.contains(value) || llvm::any_of(value.getUses(), wantsFloat);
    if (isCoarse)
      cut.addCost(producer, -kCoarse * elements);
    unsigned dequantized = cut.addNode(), quantized = cut.addNode();
    cut.addArc(dequantized, producer, kCast * elements);
    cut.addArc(producer, quantized, (isCoarse ? kCoarse : kCast) * elements);
    for (unsigned reader : readers) {
      cut.addArc(reader, dequantized, kNever);
      cut.addArc(quantized, reader, kNever);
    }
  }

  func::FuncOp function;
  const llvm::MapVector<Operation *, std::string> &reasons;
  llvm::DenseSet<Value> coarse;
  graph::MinimumCut cut;
  llvm::MapVector<Operation *, unsigned> opNodes;
  llvm::MapVector<Value, unsigned> argumentNodes;
};

} // namespace

FloatIslands FloatIslands::find(func::FuncOp function, unsigned activationBits) {
  FloatIslands result;
  for (Operation &op : function.getBody().front().without_terminator()) {
    if (isConstantOp(&op) || (llvm::none_of(op.getOperands(), isFloat) && llvm::none_of(op.getResults(), isFloat)))
      continue;
    if (std::string reason = explainFloat(&op, activationBits); !reason.empty())
      result.reasons[&op] = std::move(reason);
  }
  auto [ops, arguments] = Division(function, result.reasons).solve();
  result.number(ops);
  for (Value argument : arguments)
    if (llvm::all_of(argument.getUsers(), [&](Operation *user) { return result.islands.contains(user); }))
      result.floatArguments.insert(argument);
  return result;
}

/// Islands are numbered by their first op; an op that joins several makes them one. One of ops that can all be
/// integer, apart from tables that want better operands, is none.
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
  for (Operation *op : ops)
    if (reasons.contains(op) || llvm::any_of(op->getOpOperands(), wantsFloat))
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
