#include "passes/compress/FitNetwork.h"

#include "passes/compress/FitLayer.h"
#include "passes/compress/StepwiseRun.h"

using namespace mlir;

namespace tinyc::compress {

namespace {

/// The addition that alone reads a layer's unclamped result, and both have the same type; null if there is none.
nn::AddOp getAddition(Operation *op) {
  auto fused = dyn_cast<nn::FusedActivationOpInterface>(op);
  if (!fused || fused.getLowerBound() || fused.getUpperBound() || !op->hasOneUse())
    return nullptr;
  auto addition = dyn_cast<nn::AddOp>(*op->user_begin());
  if (!addition || addition->getResult(0).getType() != op->getResult(0).getType())
    return nullptr;
  return addition;
}

/// Where an addition's operands are both made by layers, the one with fewer weights to fit comes first: the other makes
/// up for what that one cannot.
void orderAddends(func::FuncOp function) {
  for (auto addition : function.getOps<nn::AddOp>()) {
    std::optional<Layer> layers[2];
    for (unsigned operand : {0, 1})
      if (Operation *op = addition->getOperand(operand).getDefiningOp(); op && getAddition(op) == addition)
        layers[operand] = Layer::get(op);
    if (!layers[0] || !layers[1] || layers[0]->op == layers[1]->op)
      continue;
    unsigned few = layers[0]->depth <= layers[1]->depth ? 0 : 1;
    Operation *first = layers[few]->op, *second = layers[1 - few]->op;
    Operation *input = first->getOperand(0).getDefiningOp();
    if (first->isBeforeInBlock(second) || (input && second->isBeforeInBlock(input)))
      continue;
    for (Value operand : llvm::drop_begin(first->getOperands()))
      if (second->isBeforeInBlock(operand.getDefiningOp()))
        operand.getDefiningOp()->moveBefore(second);
    first->moveBefore(second);
  }
}

/// The original and the pruned network side by side; the pruned one has zeros for the channels it is going to lose.
class NetworkFit {
public:
  NetworkFit(func::FuncOp function, func::FuncOp original, const ChannelGroups &groups, const BitVector &kept,
             const CalibrationData &data)
      : groups(groups), kept(kept), reference(original, data, data.count), actual(function, data, data.count) {}

  LogicalResult visit(Operation *op, Operation *originalOp) {
    if (op->getNumResults() != 1 || !StepwiseRun::isVariable(op->getResult(0)))
      return success();
    Value result = op->getResult(0);
    bool isChanged = llvm::any_of(op->getOperands(), [&](Value operand) { return changed.contains(operand); });
    if (isChanged && failed(fit(op, originalOp)))
      return failure();
    for (auto [run, step] : {std::pair(&reference, originalOp), std::pair(&actual, op)}) {
      FailureOr<StepwiseRun::Samples> results = run->evaluate(step);
      if (failed(results))
        return failure();
      run->set(step->getResult(0), std::move(*results));
      run->release(step);
    }
    if (isChanged | mask(result))
      changed.insert(result);
    return success();
  }

private:
  /// Sets the channels that go to zero; true if there are any.
  bool mask(Value value) {
    if (!groups.getAxis(value))
      return false;
    ArrayRef<unsigned> channels = groups.getGroups(value);
    if (llvm::all_of(channels, [&](unsigned group) { return kept.test(group); }))
      return false;
    int64_t inner = 1;
    for (int64_t size : cast<RankedTensorType>(value.getType()).getShape().drop_front(*groups.getAxis(value) + 1))
      inner *= size;
    for (nn::HostTensor &tensor : actual.get(value)) {
      MutableArrayRef<float> elements = tensor.get<float>();
      for (size_t index = 0; index < elements.size(); ++index)
        if (!kept.test(channels[index / inner % channels.size()]))
          elements[index] = 0.0f;
    }
    return true;
  }

  LogicalResult fit(Operation *op, Operation *originalOp) {
    std::optional<Layer> layer = Layer::get(originalOp);
    if (!layer || !op->getOperand(1).hasOneUse())
      return success();
    FitProblem problem;
    problem.layer = std::move(*layer);
    problem.reference = std::as_const(reference).get(originalOp->getOperand(0));
    problem.actual = std::as_const(actual).get(op->getOperand(0));
    if (problem.reference.empty() || problem.actual.empty())
      return success();
    for (unsigned group : groups.getGroups(op->getResult(0)))
      problem.outputs.push_back(kept.test(group));
    auto clamp = cast<nn::FusedActivationOpInterface>(op);
    if (nn::AddOp addition = getAddition(op)) {
      unsigned other = 1 - op->use_begin()->getOperandNumber();
      Operation *originalAddition = *originalOp->user_begin();
      problem.referenceAddend = std::as_const(reference).get(originalAddition->getOperand(other));
      problem.actualAddend = std::as_const(actual).get(addition->getOperand(other));
      if (problem.referenceAddend.empty() || problem.actualAddend.empty())
        problem.referenceAddend = problem.actualAddend = {};
      else
        clamp = addition;
    }
    problem.lower = clamp.getLowerBound();
    problem.upper = clamp.getUpperBound();
    if (!fitLayer(problem))
      return op->emitOpError("expects finite inputs on the calibration data");
    problem.layer.op = op;
    problem.layer.store();
    return success();
  }

  const ChannelGroups &groups;
  const BitVector &kept;
  StepwiseRun reference, actual;
  DenseSet<Value> changed; // values that differ from the original network's
};

SmallVector<Operation *> listOps(func::FuncOp function) {
  SmallVector<Operation *> ops;
  for (Operation &op : function.getBody().front().without_terminator())
    if (!op.hasTrait<OpTrait::ConstantLike>())
      ops.push_back(&op);
  return ops;
}
} // namespace

LogicalResult fitNetwork(func::FuncOp function, const ChannelGroups &groups, const BitVector &kept,
                         const CalibrationData &data) {
  orderAddends(function);
  OwningOpRef<func::FuncOp> original = cast<func::FuncOp>(function->clone());
  NetworkFit fit(function, *original, groups, kept, data);
  for (auto [op, originalOp] : llvm::zip_equal(listOps(function), listOps(*original)))
    if (failed(fit.visit(op, originalOp)))
      return failure();
  return success();
}

} // namespace tinyc::compress
