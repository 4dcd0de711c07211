#include "passes/compress/ChannelRemoval.h"

#include "passes/compress/StepwiseRun.h"
#include "llvm/ADT/IntEqClasses.h"

using namespace mlir;

namespace tinyc::compress {

FailureOr<ChannelRemoval> ChannelRemoval::create(func::FuncOp function, const ChannelGroups &groups,
                                                 ChannelImportance importance, const CalibrationData &data) {
  ChannelRemoval removal(function, groups, importance);
  removal.readers.resize(groups.getCount());
  removal.norms.assign(groups.getCount(), 0.0);
  if (importance == ChannelImportance::Weight)
    function.walk([&](Operation *op) { removal.addNorms(op); });
  else if (failed(removal.observe(data)))
    return failure();
  removal.findStages();
  ChannelCosts costs(function, groups);
  for (ChannelStage &stage : removal.stages)
    removal.orderStage(stage, costs);
  llvm::erase_if(removal.stages, [](const ChannelStage &stage) { return stage.order.empty(); });
  return removal;
}

LogicalResult ChannelRemoval::observe(const CalibrationData &data) {
  StepwiseRun run(function, data, data.count);
  for (Operation &op : function.getBody().front().without_terminator()) {
    if (op.getNumResults() != 1 || !StepwiseRun::isVariable(op.getResult(0)))
      continue;
    if (failed(addReader(&op, std::as_const(run).get(op.getOperand(0)))))
      return failure();
    FailureOr<StepwiseRun::Samples> results = run.evaluate(&op);
    if (failed(results))
      return failure();
    run.set(op.getResult(0), std::move(*results));
    run.release(&op);
  }
  return success();
}

LogicalResult ChannelRemoval::addReader(Operation *op, ArrayRef<nn::HostTensor> inputs) {
  std::optional<Layer> layer = Layer::get(op);
  Value input = op->getOperand(0);
  if (!layer || layer->groups != 1 || groups->getAxis(input) != cast<RankedTensorType>(input.getType()).getRank() - 1)
    return success();
  ArrayRef<unsigned> channels = groups->getGroups(input);
  if (llvm::all_of(channels, [&](unsigned group) { return groups->isFixed(group); }))
    return success();
  RoundingProblem problem;
  problem.layer = *layer;
  problem.reference = problem.actual = inputs;
  LayerMoments moments = computeMoments(problem, 0, chooseMomentRows(*layer, inputs.size()));
  std::optional<InputRemoval> removal =
      InputRemoval::create(*layer, moments, importance == ChannelImportance::SecondOrder);
  if (!removal)
    return op->emitOpError("expects finite inputs on the calibration data");
  auto number = static_cast<unsigned>(layers.size());
  layers.push_back({op, std::move(*removal)});
  llvm::MapVector<unsigned, SmallVector<int64_t>> columns;
  for (int64_t column = 0; column < layer->depth; ++column)
    columns[channels[layer->getInputChannel(0, column)]].push_back(column);
  for (auto &[group, list] : columns)
    readers[group].push_back({number, list});
  return success();
}

void ChannelRemoval::addNorms(Operation *op) {
  std::optional<Layer> layer = Layer::get(op);
  if (!layer)
    return;
  SmallVector<double> squares;
  double sum = 0.0;
  for (int64_t channel = 0; channel < layer->getChannels(); ++channel) {
    double square = 0.0;
    for (float weight : layer->getWeight(channel))
      square += static_cast<double>(weight) * weight;
    squares.push_back(square);
    sum += square;
  }
  for (auto [group, square] : llvm::zip_equal(groups->getGroups(op->getResult(0)), squares))
    norms[group] += square * static_cast<double>(squares.size()) / std::max(sum, 1e-30);
}

void ChannelRemoval::findStages() {
  llvm::IntEqClasses classes(groups->getCount());
  auto visit = [&](llvm::function_ref<void(Operation *, Value)> f) {
    for (Operation &op : function.getBody().front())
      for (Value value : op.getResults())
        if (groups->getAxis(value))
          f(&op, value);
  };
  visit([&](Operation *, Value value) {
    for (unsigned group : groups->getGroups(value))
      classes.join(groups->getGroups(value).front(), group);
  });
  classes.compress();
  stages.resize(classes.getNumClasses());
  for (unsigned group = 0; group < groups->getCount(); ++group) {
    ChannelStage &stage = stages[classes[group]];
    ++stage.groups;
    if (!groups->isFixed(group))
      stage.order.push_back(group);
  }
  visit([&](Operation *op, Value value) {
    if (!isa<nn::Conv2DOp, nn::FullyConnectedOp>(op))
      return;
    stages[classes[groups->getGroup(value, 0)]].makers.push_back(op);
    if (Value input = op->getOperand(0); groups->getAxis(input) && !groups->getGroups(input).empty())
      if (auto conv = dyn_cast<nn::Conv2DOp>(op); !conv || conv.getGroups() == 1)
        stages[classes[groups->getGroup(input, 0)]].readers.push_back(op);
  });
}

double ChannelRemoval::getLoss(unsigned group, ArrayRef<Reader> states) const {
  double loss = norms[group];
  for (const Columns &columns : readers[group])
    loss += states[columns.layer].removal.getLoss(columns.columns);
  return loss;
}

void ChannelRemoval::remove(unsigned group, std::vector<Reader> &states) const {
  for (const Columns &columns : readers[group])
    states[columns.layer].removal.remove(columns.columns);
}

void ChannelRemoval::orderStage(ChannelStage &stage, ChannelCosts costs) {
  SmallVector<unsigned> left = std::move(stage.order);
  stage.order.clear();
  // Only the layers that read the stage change.
  std::vector<Reader> before;
  llvm::SmallSetVector<unsigned, 4> changed;
  for (unsigned group : left)
    for (const Columns &columns : readers[group])
      changed.insert(columns.layer);
  for (unsigned layer : changed)
    before.push_back(layers[layer]);
  double sum = 0.0;
  while (true) {
    auto best = left.end();
    double bestLoss = 0.0, bestScore = 0.0;
    for (auto group = left.begin(); group != left.end(); ++group) {
      if (costs.isLast(*group))
        continue;
      double loss = getLoss(*group, layers);
      double score = loss / std::max(costs.getSavings(*group), 1.0);
      if (best == left.end() || score < bestScore) {
        best = group;
        bestLoss = loss;
        bestScore = score;
      }
    }
    if (best == left.end())
      break;
    remove(*best, layers);
    costs.remove(*best);
    stage.order.push_back(*best);
    stage.losses.push_back(sum += bestLoss);
    left.erase(best);
  }
  for (auto [layer, state] : llvm::zip_equal(changed, before))
    layers[layer] = std::move(state);
}

BitVector ChannelRemoval::getKept(ArrayRef<int64_t> removed) const {
  BitVector kept(groups->getCount(), true);
  for (auto [stage, count] : llvm::zip_equal(stages, removed))
    for (unsigned group : ArrayRef(stage.order).take_front(count))
      kept.reset(group);
  return kept;
}

void ChannelRemoval::compensate(func::FuncOp copy, ArrayRef<int64_t> removed) const {
  BitVector touched(layers.size());
  std::vector<Reader> states;
  std::vector<int> numbers(layers.size(), -1); // in `states`
  for (auto [stage, count] : llvm::zip_equal(stages, removed))
    for (unsigned group : ArrayRef(stage.order).take_front(count))
      for (const Columns &columns : readers[group]) {
        int &number = numbers[columns.layer];
        if (number < 0) {
          number = static_cast<int>(states.size());
          states.push_back(layers[columns.layer]);
        }
        states[number].removal.remove(columns.columns);
      }
  DenseMap<Operation *, Operation *> copies;
  for (auto [op, other] : llvm::zip_equal(*function->getRegion(0).begin(), copy.getBody().front()))
    copies[&op] = &other;
  for (Reader &state : states) {
    std::optional<Layer> layer = Layer::get(copies.lookup(state.op));
    state.removal.apply(*layer);
    layer->store();
  }
}

} // namespace tinyc::compress
