#include "compiler/PruneModule.h"

#include "compiler/Diagnostics.h"
#include "compiler/DriverSupport.h"
#include "compiler/ProgramCosts.h"
#include "compiler/RunPasses.h"
#include "mlir/Pass/PassManager.h"
#include "passes/compress/ChannelPruner.h"
#include "llvm/Support/FormatVariadic.h"

#include <cmath>

using namespace mlir;

namespace tinyc {

using compress::ChannelCost;
using compress::ChannelPruner;
using search::Cost;
using search::Costs;

namespace {

/// Samples used at most.
constexpr int64_t kSamples = 2500;
/// For the costs of a candidate, which hardly depend on its ranges.
constexpr int64_t kCostSamples = 4;
/// Bisection ends at such a step of the share.
constexpr double kShareStep = 1.0 / 64, kDropStep = 1.0 / 32;

func::FuncOp getFunction(ModuleOp module) { return *module.getOps<func::FuncOp>().begin(); }

class ModulePruning {
public:
  ModulePruning(ModuleOp module, const Options &options, const targets::Target &target,
                const compress::CompressOptions &compression)
      : module(module), original(module.clone()), options(options), target(target), costing(compression) {
    costing.observeFloat = costing.observeQuantized = nullptr;
    costing.equalize = false;
    costing.rounding = "nearest";
    costing.correctBias = "none";
    costing.data = compress::spreadSamples(compression.data, std::min(kCostSamples, compression.data.count));
  }

  FailureOr<PruningReport> run(const compress::CalibrationData &data) {
    FailureOr<std::unique_ptr<ChannelPruner>> created = ChannelPruner::create(
        getFunction(*original), *compress::parseChannelImportance(options.pruning.importance), data, kSamples);
    if (failed(created))
      return failure();
    pruner = std::move(*created);
    if (failed(setLimits()))
      return failure();
    FailureOr<ChannelPruner::Removal> removed = select();
    if (failed(removed) || failed(pruner->prune(getFunction(module), *removed, options.pruning.refit)))
      return failure();
    if (options.pruning.tuneEpochs > 0 && failed(pruner->tune(getFunction(module), options.pruning.tuneEpochs)))
      return failure();
    return makeReport(*removed);
  }

private:
  struct Limit {
    std::optional<Cost> cost; // nothing: MACs
    double value;
  };

  /// What removals are chosen by.
  ChannelCost getMeasure() const {
    std::optional<Cost> first = options.pruning.budgets.front().cost;
    return first == Cost::Flash || first == Cost::Weights ? ChannelCost::Weights
           : first == Cost::Sram                          ? ChannelCost::Activations
                                                          : ChannelCost::Macs;
  }

  ChannelPruner::Removal getNone() const { return ChannelPruner::Removal(pruner->getStages().size(), 0); }

  LogicalResult setLimits() {
    std::optional<Costs> before;
    for (const PruneBudget &budget : options.pruning.budgets) {
      if (!budget.limit)
        continue;
      double whole = 1.0;
      if (budget.isRelative && !budget.cost)
        whole = pruner->getCost(ChannelCost::Macs, getNone());
      if (budget.isRelative && budget.cost) {
        if (!before) {
          FailureOr<Costs> measured = measure(getNone());
          if (failed(measured))
            return failure();
          before = *measured;
        }
        whole = (*before)[*budget.cost];
      }
      limits.push_back({budget.cost, *budget.limit * whole});
    }
    return success();
  }

  /// The costs of the program of a removal.
  FailureOr<Costs> measure(ArrayRef<int64_t> removed) const {
    OwningOpRef<ModuleOp> candidate = original.get().clone();
    if (failed(pruner->prune(getFunction(*candidate), removed, /*refit=*/false)) ||
        failed(runPasses(*candidate, [&](OpPassManager &manager) { buildCompressPipeline(manager, costing); })))
      return failure();
    return measureProgram(*candidate, target, options);
  }

  /// The first limit that a removal exceeds, with what it needs.
  FailureOr<std::optional<std::pair<Limit, double>>> findExcess(ArrayRef<int64_t> removed) const {
    std::optional<Costs> costs;
    for (const Limit &limit : limits) {
      if (limit.cost && !costs) {
        FailureOr<Costs> measured = measure(removed);
        if (failed(measured))
          return failure();
        costs = *measured;
      }
      double value = limit.cost ? (*costs)[*limit.cost] : pruner->getCost(ChannelCost::Macs, removed);
      if (value > limit.value)
        return std::optional(std::pair(limit, value));
    }
    return std::optional<std::pair<Limit, double>>();
  }

  FailureOr<ChannelPruner::Removal> select() const {
    if (limits.size() < options.pruning.budgets.size())
      return selectByDrop();
    ChannelCost measure = getMeasure();
    if (limits.size() == 1 && !limits.front().cost) {
      ChannelPruner::Removal removed =
          pruner->select(measure, limits.front().value / pruner->getCost(measure, getNone()));
      if (double macs = pruner->getCost(ChannelCost::Macs, removed); macs > limits.front().value)
        return complainOf(limits.front(), macs);
      return removed;
    }
    auto excess = findExcess(getNone());
    if (failed(excess))
      return failure();
    if (!*excess)
      return getNone();
    // Schedules hold rows of values where they can: live bytes of whole values are not always the best guide to SRAM.
    SmallVector<ChannelCost> measures = {measure};
    if (measure == ChannelCost::Activations)
      measures.push_back(ChannelCost::Macs);
    std::optional<ChannelPruner::Removal> best;
    std::optional<std::pair<Limit, double>> missed;
    for (ChannelCost candidate : measures) {
      excess = findExcess(pruner->select(candidate, 0.0));
      if (failed(excess))
        return failure();
      if (*excess) {
        missed = *excess;
        continue;
      }
      FailureOr<ChannelPruner::Removal> removed = bisect(candidate);
      if (failed(removed))
        return failure();
      if (!best || getLoss(*removed) < getLoss(*best))
        best = *removed;
    }
    if (!best)
      return complainOf(missed->first, missed->second);
    return *best;
  }

  /// The errors of the stages, added up: what a removal does to the results, to first order.
  double getLoss(ArrayRef<int64_t> removed) const {
    double loss = 0.0;
    for (auto [stage, count] : llvm::enumerate(removed))
      loss += pruner->getLoss(stage, count);
    return loss;
  }

  /// The greatest share that keeps the limits, where a share of 0 does.
  FailureOr<ChannelPruner::Removal> bisect(ChannelCost measure) const {
    double low = 0.0, high = 1.0; // low keeps them, high does not
    while (high - low > kShareStep) {
      double middle = (low + high) / 2;
      auto excess = findExcess(pruner->select(measure, middle));
      if (failed(excess))
        return failure();
      (*excess ? high : low) = middle;
    }
    return pruner->select(measure, low);
  }

  /// The least share of the first cost whose drop is small enough; it has to keep the limits, too.
  FailureOr<ChannelPruner::Removal> selectByDrop() const {
    ChannelCost measure = getMeasure();
    double low = 0.0, high = 1.0; // high keeps the drop
    while (high - low > kDropStep) {
      double middle = (low + high) / 2;
      FailureOr<double> drop = pruner->measureDrop(pruner->select(measure, middle));
      if (failed(drop))
        return failure();
      (*drop <= *options.search.maxDrop ? high : low) = middle;
    }
    ChannelPruner::Removal removed = pruner->select(measure, high);
    auto excess = findExcess(removed);
    if (failed(excess))
      return failure();
    if (*excess)
      return complainOf((*excess)->first, (*excess)->second);
    return removed;
  }

  LogicalResult complainOf(const Limit &limit, double least) const {
    std::string within;
    if (limits.size() < options.pruning.budgets.size())
      within = llvm::formatv(" within --max-drop={0:f2}%", 100 * *options.search.maxDrop).str();
    return ModuleOp(module).emitError("--prune: the budget of ")
           << (limit.cost ? search::getName(*limit.cost) : "macs") << ", " << std::llround(limit.value)
           << ", cannot be kept by removing channels" << within << ": the least found is " << std::llround(least);
  }

  PruningReport makeReport(ArrayRef<int64_t> removed) const {
    PruningReport report;
    report.macsBefore = std::llround(pruner->getCost(ChannelCost::Macs, getNone()));
    report.macsAfter = std::llround(pruner->getCost(ChannelCost::Macs, removed));
    report.samples = pruner->getSampleCount();
    DenseMap<Operation *, int64_t> stageOf;
    for (auto [number, stage] : llvm::enumerate(pruner->getStages())) {
      for (Operation *op : stage.makers)
        stageOf[op] = static_cast<int64_t>(number);
      PrunedStage &entry = report.stages.emplace_back();
      int64_t count = removed[number];
      entry.groupsBefore = stage.groups;
      entry.groupsAfter = stage.groups - count;
      entry.error = pruner->getLoss(number, count);
      ChannelPruner::Removal alone = getNone();
      alone[number] = count;
      double macs = pruner->getCost(ChannelCost::Macs, alone);
      entry.macsSaved = static_cast<double>(report.macsBefore) - macs;
      if (count == static_cast<int64_t>(stage.order.size()))
        continue;
      entry.nextError = pruner->getLoss(number, count + 1) - entry.error;
      ++alone[number];
      entry.nextMacs = macs - pruner->getCost(ChannelCost::Macs, alone);
    }
    getFunction(*original).walk([&](Operation *op) {
      if (!isa<nn::Conv2DOp, nn::FullyConnectedOp>(op))
        return;
      PrunedLayer &layer = report.layers.emplace_back();
      layer.op = op->getName().stripDialect().str();
      layer.node = getNodeName(op->getLoc());
      layer.channelsBefore = cast<RankedTensorType>(op->getResult(0).getType()).getShape().back();
      layer.channelsAfter = pruner->countKept(op->getResult(0), removed).value_or(layer.channelsBefore);
      layer.macsBefore = cast<nn::CostOpInterface>(op).getMacs();
      int64_t inputs = cast<RankedTensorType>(op->getOperand(0).getType()).getShape().back();
      layer.macsAfter = layer.macsBefore / layer.channelsBefore * layer.channelsAfter;
      if (auto conv = dyn_cast<nn::Conv2DOp>(op); !conv || conv.getGroups() == 1)
        layer.macsAfter = layer.macsAfter / inputs * pruner->countKept(op->getOperand(0), removed).value_or(inputs);
      if (auto stage = stageOf.find(op); stage != stageOf.end())
        layer.stage = stage->second;
    });
    return report;
  }

  ModuleOp module;
  OwningOpRef<ModuleOp> original;
  const Options &options;
  const targets::Target &target;
  compress::CompressOptions costing;
  std::unique_ptr<ChannelPruner> pruner;
  SmallVector<Limit> limits;
};
} // namespace

FailureOr<PruningReport> pruneModule(ModuleOp module, const Options &options, const targets::Target &target,
                                     const compress::CompressOptions &compression,
                                     const compress::CalibrationData &data) {
  return ModulePruning(module, options, target, compression).run(data);
}

} // namespace tinyc
