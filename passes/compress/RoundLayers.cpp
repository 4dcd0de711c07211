#include "passes/compress/RoundLayers.h"

#include "passes/compress/ScaleGroups.h"

using namespace mlir;

namespace tinyc::compress {

OwningOpRef<func::FuncOp> copyFloatFunction(func::FuncOp function) {
  OwningOpRef<func::FuncOp> copy = cast<func::FuncOp>(function->clone());
  copy->walk([](Operation *op) {
    std::optional<Layer> layer = Layer::get(op);
    auto weight = op->getAttrOfType<ElementsAttr>(nn::kFloatWeightAttr);
    auto bias = op->getAttrOfType<ElementsAttr>(nn::kFloatBiasAttr);
    if (!layer || !weight || !bias)
      return;
    layer->weight = nn::HostTensor::fromElements(layer->weight.getType(), weight);
    llvm::copy(bias.getValues<float>(), layer->bias.begin());
    layer->store();
  });
  return copy;
}

void keepFloatParameters(Operation *op, const Layer &layer) {
  if (op->hasAttr(nn::kFloatWeightAttr))
    return;
  op->setAttr(nn::kFloatWeightAttr, layer.weight.toElements());
  auto type = RankedTensorType::get({layer.getChannels()}, Float32Type::get(op->getContext()));
  op->setAttr(nn::kFloatBiasAttr, DenseElementsAttr::get(type, ArrayRef<float>(layer.bias)));
}

namespace {
/// The float network and the one whose layers are rounded one after the other, on the same samples.
class LayerWalk {
public:
  LayerWalk(func::FuncOp function, func::FuncOp original, const ScaleGroups &groups, const CalibrationData &data,
            const RoundingOptions &options)
      : function(function), groups(groups), options(options), reference(original, data),
        actual(function, data) {
    for (BlockArgument argument : function.getArguments())
      quantize(argument);
  }

  LogicalResult visit(Operation *op, Operation *originalOp, LayerRounder round) {
    if (op->getNumResults() != 1 || !StepwiseRun::isVariable(op->getResult(0)))
      return success();
    if (Layer::get(op) && failed(roundLayer(op, originalOp, round)))
      return failure();
    if (failed(run(reference, originalOp)) || failed(run(actual, op)))
      return failure();
    quantize(op->getResult(0));
    return success();
  }

private:
  /// A weight that was rounded, and what became of it.
  struct Rounded {
    Value weight;
    SmallVector<double> scales;
  };

  static LogicalResult run(StepwiseRun &run, Operation *op) {
    FailureOr<StepwiseRun::Samples> results = run.evaluate(op);
    if (failed(results))
      return failure();
    run.set(op->getResult(0), std::move(*results));
    run.release(op);
    return success();
  }

  void quantize(Value value) {
    if (quant::UniformQuantizedType type = groups.getType(value))
      roundToType(actual.get(value), type);
  }

  LogicalResult roundLayer(Operation *op, Operation *originalOp, LayerRounder round) {
    quant::UniformQuantizedType input = groups.getReadType(op, op->getOperand(0)),
                                result = groups.getType(op->getResult(0));
    if (!input || !result)
      return success(); // activations without a range
    RoundingProblem problem;
    problem.layer = *Layer::get(originalOp);
    problem.reference = std::as_const(reference).get(originalOp->getOperand(0));
    problem.actual = std::as_const(actual).get(op->getOperand(0));
    if (problem.reference.empty() || problem.actual.empty())
      return success(); // a constant input
    StepwiseRun::Samples narrowed; // in the width in which the layer reads its input
    if (input != groups.getType(op->getOperand(0))) {
      narrowed.assign(problem.actual.begin(), problem.actual.end());
      roundToType(narrowed, input);
      problem.actual = narrowed;
    }
    problem.grid = WeightGrid::get(getChosenWeightBits(op, options.weightBits));
    if (!options.concerns(problem.grid.bits))
      return success();
    problem.leastScales = getLeastWeightScales(problem.layer, problem.grid, input, result);
    if (std::optional<SmallVector<double>> chosen = getChosenWeightScales(op))
      problem.scales = *chosen;
    auto fused = cast<nn::FusedActivationOpInterface>(op);
    problem.lower = fused.getLowerBound();
    problem.upper = fused.getUpperBound();
    problem.silent = findSilent(problem.actual, problem.layer.getInputChannels());
    findAddend(op, originalOp, problem);
    keepFloatParameters(op, problem.layer);
    problem.layer.op = op;
    Value weight = op->getOperand(1);
    if (auto found = rounded.find(weight); found != rounded.end())
      return shareWeight(problem, found->second);
    if (failed(round(problem)))
      return failure();
    setChosenWeightScales(op, problem.scales);
    bool isShared = !weight.hasOneUse();
    problem.layer.store();
    if (isShared)
      rounded[weight] = {op->getOperand(1), problem.scales};
    return success();
  }

  static std::vector<bool> findSilent(ArrayRef<nn::HostTensor> samples, int64_t channels) {
    std::vector<bool> silent(channels, true);
    for (const nn::HostTensor &sample : samples)
      for (auto [index, value] : llvm::enumerate(sample.get<float>()))
        if (value != 0.0f)
          silent[index % channels] = false;
    return silent;
  }

  /// Finds the other operand of an addition that alone reads the layer's unclamped result, if it has its values
  /// already.
  void findAddend(Operation *op, Operation *originalOp, RoundingProblem &problem) {
    if (problem.lower || problem.upper || !op->hasOneUse() || !isa<nn::AddOp>(*op->user_begin()))
      return;
    unsigned other = 1 - op->use_begin()->getOperandNumber();
    Value addend = op->use_begin()->getOwner()->getOperand(other);
    Value originalAddend = originalOp->use_begin()->getOwner()->getOperand(other);
    if (addend.getType() != op->getResult(0).getType())
      return;
    problem.referenceAddend = std::as_const(reference).get(originalAddend);
    problem.actualAddend = std::as_const(actual).get(addend);
    if (problem.referenceAddend.empty() || problem.actualAddend.empty())
      problem.referenceAddend = problem.actualAddend = {};
  }

  /// Gives the layer the weight that another layer got for the same float weight. Its bias stays.
  LogicalResult shareWeight(RoundingProblem &problem, const Rounded &other) {
    Operation *op = problem.layer.op;
    Value weight = op->getOperand(1);
    op->setOperand(1, other.weight);
    other.weight.getDefiningOp()->moveBefore(&function.getBody().front().front());
    setChosenWeightScales(op, other.scales);
    if (weight.use_empty()) {
      rounded.erase(weight);
      weight.getDefiningOp()->erase();
    }
    return success();
  }

  func::FuncOp function;
  const ScaleGroups &groups;
  const RoundingOptions &options;
  StepwiseRun reference, actual;
  DenseMap<Value, Rounded> rounded; // by the weight before
};
} // namespace

LogicalResult roundLayers(func::FuncOp function, const CalibrationData &data, const RoundingOptions &options,
                          LayerRounder round) {
  bool isNeeded = function
                      .walk([&](Operation *op) {
                        return Layer::get(op) && options.concerns(getChosenWeightBits(op, options.weightBits))
                                   ? WalkResult::interrupt()
                                   : WalkResult::advance();
                      })
                      .wasInterrupted();
  if (!isNeeded)
    return success();
  FailureOr<CalibrationData> samples = chooseSamples(function, data, options.samples);
  if (failed(samples))
    return failure();
  FailureOr<ScaleGroups> groups = ScaleGroups::create(function, FloatIslands::find(function));
  if (failed(groups))
    return failure();
  OwningOpRef<func::FuncOp> original = copyFloatFunction(function);
  LayerWalk walk(function, *original, *groups, *samples, options);
  SmallVector<std::pair<Operation *, Operation *>> ops;
  for (Operation &op : function.getBody().front().without_terminator())
    if (!op.hasTrait<OpTrait::ConstantLike>())
      ops.push_back({&op, nullptr});
  size_t index = 0;
  for (Operation &op : original->getBody().front().without_terminator())
    if (!op.hasTrait<OpTrait::ConstantLike>())
      ops[index++].second = &op;
  for (auto [op, originalOp] : ops)
    if (failed(walk.visit(op, originalOp, round)))
      return failure();
  return success();
}

} // namespace tinyc::compress
