#include "passes/compress/ChannelPruner.h"

#include "passes/compress/FitNetwork.h"
#include "passes/compress/SliceChannels.h"
#include "passes/compress/StepwiseRun.h"
#include "passes/compress/TuneNetwork.h"

using namespace mlir;

namespace tinyc::compress {

/// Bytes of the values of all samples that are held at once, in each of both networks.
static constexpr int64_t kSampleBytes = int64_t(1) << 30;
/// Measurements of each stage.
static constexpr int64_t kParts = 8;

static bool isFloatTensor(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor && tensor.getElementType().isF32();
}

FailureOr<std::unique_ptr<ChannelPruner>> ChannelPruner::create(func::FuncOp function, ChannelImportance importance,
                                                                const CalibrationData &data, int64_t samples) {
  for (Operation &op : function.getBody().front().without_terminator())
    if (!llvm::all_of(op.getOperandTypes(), isFloatTensor) || !llvm::all_of(op.getResultTypes(), isFloatTensor))
      return op.emitOpError("has a value that is not float32: channels are pruned in float models");
  if (data.count < 1)
    return function.emitError("expects at least one calibration sample");
  std::unique_ptr<ChannelPruner> pruner(new ChannelPruner(function));
  int64_t count = StepwiseRun::limitSamples(function, std::min(samples, data.count), kSampleBytes);
  pruner->given = data;
  pruner->samples = spreadSamples(data, count);
  pruner->shown = takeSamples(pruner->samples, /*held=*/false);
  pruner->held = takeSamples(pruner->samples, /*held=*/true);
  FailureOr<ChannelRemoval> removal = ChannelRemoval::create(function, pruner->groups, importance, pruner->shown);
  if (failed(removal))
    return failure();
  pruner->removal = std::move(*removal);
  if (importance == ChannelImportance::Weight) {
    for (const ChannelStage &stage : pruner->getStages())
      pruner->losses.push_back(stage.losses);
    return pruner;
  }
  if (failed(pruner->measureLosses()))
    return failure();
  return pruner;
}

LogicalResult ChannelPruner::measureLosses() {
  FailureOr<NetworkScores> expected = computeScores(function, held);
  if (failed(expected))
    return failure();
  for (auto [number, stage] : llvm::enumerate(getStages())) {
    auto size = static_cast<int64_t>(stage.order.size());
    int64_t before = 0;
    double lossBefore = 0.0;
    std::vector<double> measured(size);
    for (int64_t part = 1; part <= kParts; ++part) {
      int64_t count = size * part / kParts;
      if (count == before)
        continue;
      OwningOpRef<func::FuncOp> copy = cast<func::FuncOp>(function->clone());
      Removal removed(getStages().size(), 0);
      removed[number] = count;
      removal->compensate(*copy, removed);
      FailureOr<NetworkScores> actual = computeScores(*copy, held);
      if (failed(actual))
        return failure();
      double loss = std::max(lossBefore, compareScores(*expected, *actual));
      for (int64_t i = before; i < count; ++i)
        measured[i] = lossBefore +
                      (loss - lossBefore) * static_cast<double>(i + 1 - before) / static_cast<double>(count - before);
      before = count;
      lossBefore = loss;
    }
    losses.push_back(std::move(measured));
  }
  return success();
}

double ChannelPruner::getCost(ChannelCost measure, ArrayRef<int64_t> removed) const {
  ChannelCosts costs(function, groups, measure);
  for (auto [stage, count] : llvm::zip_equal(getStages(), removed))
    for (unsigned group : ArrayRef(stage.order).take_front(count))
      costs.remove(group);
  return costs.getCost();
}

std::optional<int64_t> ChannelPruner::countKept(Value value, ArrayRef<int64_t> removed) const {
  if (!groups.getAxis(value))
    return std::nullopt;
  return getKeptChannels(groups, removal->getKept(removed), value).size();
}

FailureOr<double> ChannelPruner::measureDrop(ArrayRef<int64_t> removed) const {
  OwningOpRef<func::FuncOp> copy = cast<func::FuncOp>(function->clone());
  ChannelGroups copyGroups = ChannelGroups::create(*copy);
  BitVector kept = removal->getKept(removed);
  if (failed(fitNetwork(*copy, copyGroups, kept, shown)))
    return failure();
  sliceChannels(*copy, copyGroups, kept);
  FailureOr<NetworkScores> expected = computeScores(function, held), actual = computeScores(*copy, held);
  if (failed(expected) || failed(actual))
    return failure();
  double changed = 0.0;
  for (auto [wanted, found] : llvm::zip_equal(*expected, *actual))
    changed += llvm::max_element(wanted) - wanted.begin() != llvm::max_element(found) - found.begin();
  return changed / static_cast<double>(held.count);
}

ChannelPruner::Removal ChannelPruner::select(ChannelCost measure, double share) const {
  ArrayRef<ChannelStage> stages = getStages();
  Removal removed(stages.size(), 0);
  ChannelCosts costs(function, groups, measure);
  double limit = costs.getCost() * share;
  auto getMarginal = [&](size_t stage, int64_t count) { return getLoss(stage, count + 1) - getLoss(stage, count); };
  while (costs.getCost() > limit) {
    std::optional<size_t> best;
    double bestScore = 0.0;
    for (auto [number, stage] : llvm::enumerate(stages)) {
      int64_t count = removed[number];
      if (count == static_cast<int64_t>(stage.order.size()))
        continue;
      double savings = costs.getSavings(stage.order[count]);
      double score = getMarginal(number, count) / savings;
      if (savings > 0.0 && (!best || score < bestScore)) {
        best = number;
        bestScore = score;
      }
    }
    if (!best)
      break;
    costs.remove(stages[*best].order[removed[*best]++]);
  }
  // The last removals may have saved more than was needed: what fits comes back, the greatest loss first.
  while (true) {
    std::optional<size_t> best;
    for (auto [number, stage] : llvm::enumerate(stages)) {
      if (removed[number] == 0 ||
          (best && getMarginal(number, removed[number] - 1) <= getMarginal(*best, removed[*best] - 1)))
        continue;
      unsigned group = stage.order[removed[number] - 1];
      costs.restore(group);
      if (costs.getCost() <= limit)
        best = number;
      costs.remove(group);
    }
    if (!best)
      return removed;
    costs.restore(stages[*best].order[--removed[*best]]);
  }
}

LogicalResult ChannelPruner::tune(func::FuncOp pruned, int64_t epochs) const {
  return tuneTowards(pruned, function, given, epochs, /*keepsZeros=*/false);
}

LogicalResult ChannelPruner::prune(func::FuncOp copy, ArrayRef<int64_t> removed, bool refit) const {
  BitVector kept = removal->getKept(removed);
  ChannelGroups copyGroups = ChannelGroups::create(copy);
  if (!refit)
    removal->compensate(copy, removed);
  else if (failed(fitNetwork(copy, copyGroups, kept, samples)))
    return failure();
  sliceChannels(copy, copyGroups, kept);
  return success();
}

} // namespace tinyc::compress
