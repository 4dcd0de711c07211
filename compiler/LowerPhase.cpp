#include "compiler/LowerPhase.h"

#include "compiler/Report.h"
#include "compiler/RunPasses.h"
#include "dialects/kernel/Kernel.h"
#include "dialects/nn/NN.h"
#include "targets/Target.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/PassManager.h"
#include "passes/lower/Passes.h"
#include "passes/lower/Regions.h"
#include "passes/schedule/Passes.h"

using namespace mlir;

namespace tinyc {

StringRef getName(Optimize optimize) {
  switch (optimize) {
  case Optimize::Ram:
    return "ram";
  case Optimize::Balanced:
    return "balanced";
  case Optimize::Speed:
    return "speed";
  case Optimize::Size:
    return "size";
  }
  llvm_unreachable("unknown Optimize");
}

std::vector<std::string> listMemories(const targets::Board &board, targets::MemoryRegion::Kind kind) {
  std::vector<std::string> memories;
  for (const targets::MemoryRegion &memory : board.getRegions(kind))
    memories.push_back(lower::Region{memory.name, memory.getFreeBytes(), memory.read, memory.write}.toString());
  return memories;
}

/// The report of the smallest schedule, whatever the budget of SRAM and the board's memories; nullopt if there is none.
static std::optional<Report> findSmallest(ModuleOp scheduled, const Options &options, lower::LowerOptions lowering) {
  lowering.sram = 0;
  lowering.ramMemories.clear();
  lowering.optimize = getName(Optimize::Ram).str();
  OwningOpRef<ModuleOp> smallest = scheduled.clone();
  // What goes wrong here goes wrong with the budget, too, and is reported there.
  ScopedDiagnosticHandler silence(scheduled.getContext(), [](Diagnostic &) { return success(); });
  if (failed(runPasses(*smallest, [&](OpPassManager &manager) { lower::buildLowerPipeline(manager, lowering); })))
    return std::nullopt;
  return makeReport(*smallest, options, {});
}

/// Streams are chosen by the bytes live, but a placement may need more than those, and memories that have room for all
/// may not have it in parts: tries schedules of a smaller peak, the smallest last. `scheduled` is the module as
/// `module` was.
static LogicalResult lowerSmaller(ModuleOp module, ModuleOp scheduled, const Options &options,
                                  lower::LowerOptions lowering) {
  int64_t budget = *options.sramBudget;
  SmallVector<int64_t> peaks = {budget - budget / 32, budget - budget / 8, 0};
  if (lowering.ramMemories.size() > 1) {
    int64_t largest = 0;
    for (const targets::MemoryRegion &memory : options.board->getRegions(targets::MemoryRegion::Kind::Ram))
      largest = std::max(largest, memory.getFreeBytes());
    peaks = {largest, 0};
  }
  ScopedDiagnosticHandler silence(module.getContext(), [](Diagnostic &) { return success(); });
  for (int64_t peak : peaks) {
    lowering.scheduleSram = peak;
    if (peak == 0)
      lowering.optimize = getName(Optimize::Ram).str();
    OwningOpRef<ModuleOp> attempt = scheduled.clone();
    if (failed(runPasses(*attempt, [&](OpPassManager &manager) { lower::buildLowerPipeline(manager, lowering); })))
      continue;
    module->setAttrs(attempt.get()->getAttrDictionary());
    module.getBodyRegion().takeBody(attempt->getBodyRegion());
    return success();
  }
  return failure();
}

/// Where the budget of SRAM is missed, the error says what the smallest schedule needs, and what it costs.
static LogicalResult lowerWithinBudget(ModuleOp module, const Options &options, const lower::LowerOptions &lowering) {
  auto build = [&](OpPassManager &manager) { lower::buildLowerPipeline(manager, lowering); };
  if (!options.sramBudget)
    return runPasses(module, build);
  OwningOpRef<ModuleOp> scheduled = module.clone();
  SmallVector<Diagnostic> errors;
  LogicalResult result = success();
  {
    ScopedDiagnosticHandler keep(module.getContext(), [&](Diagnostic &diagnostic) {
      if (diagnostic.getSeverity() != DiagnosticSeverity::Error)
        return failure();
      errors.push_back(std::move(diagnostic));
      return success();
    });
    result = runPasses(module, build);
  }
  func::FuncOp function = getPlannedFunction(module);
  std::optional<lower::MemoryPlan> plan = function ? lower::MemoryPlan::get(function) : std::nullopt;
  if (failed(result) && !errors.empty() && plan) {
    std::optional<Report> smallest = findSmallest(*scheduled, options, lowering);
    if (smallest && smallest->sramBytes <= *options.sramBudget &&
        succeeded(lowerSmaller(module, *scheduled, options, lowering)))
      return success();
    if (smallest && plan->bytes > *options.sramBudget)
      errors.back().attachNote(errors.back().getLocation())
          << "the smallest schedule, with --optimize=ram, needs --sram=" << smallest->sramBytes << ": "
          << smallest->macs << " MACs, about " << std::llround(smallest->cycles) << " cycles";
  }
  for (Diagnostic &error : errors)
    module.getContext()->getDiagEngine().emit(std::move(error));
  return result;
}

/// True if the ops of both programs follow each other in the same way.
static bool hasSameOrder(ModuleOp one, ModuleOp other) {
  SmallVector<Location> locations[2];
  for (auto [module, list] : llvm::zip(ArrayRef<ModuleOp>{one, other}, locations))
    ModuleOp(module).walk([&](Operation *op) { list.push_back(op->getLoc()); });
  return locations[0] == locations[1];
}

/// Notes in the plan of a program what ordering the ops spares: in the model's own order more is live at the peak.
static void addOrderSaving(ModuleOp module, OwningOpRef<ModuleOp> unordered, lower::LowerOptions lowering) {
  lowering.sram = lowering.flash = 0;
  ScopedDiagnosticHandler silence(module.getContext(), [](Diagnostic &) { return success(); });
  if (failed(runPasses(*unordered, [&](OpPassManager &manager) { lower::buildLowerPipeline(manager, lowering); })))
    return;
  func::FuncOp function = getPlannedFunction(module);
  std::optional<lower::MemoryPlan> plan = lower::MemoryPlan::get(function),
                                   before = lower::MemoryPlan::get(getPlannedFunction(*unordered));
  if (!plan || !before || before->peakBytes <= plan->peakBytes)
    return;
  plan->savings.push_back({"order", before->peakBytes - plan->peakBytes});
  function->setAttr(kernel::kPlanAttr, plan->toAttribute(module.getContext()));
}

static lower::LowerOptions makeLowering(const Options &options, const targets::Target &target) {
  lower::LowerOptions lowering;
  lowering.target = target.name.str();
  lowering.sram = options.sramBudget.value_or(0);
  lowering.flash = options.flashBudget.value_or(0);
  if (options.board) {
    lowering.ramMemories = listMemories(*options.board, targets::MemoryRegion::Kind::Ram);
    lowering.flashMemories = listMemories(*options.board, targets::MemoryRegion::Kind::Flash);
    std::optional<double> fastest; // where constants go first
    for (const targets::MemoryRegion &memory : options.board->getRegions(targets::MemoryRegion::Kind::Flash))
      fastest = std::min(fastest.value_or(memory.read), memory.read);
    lowering.flashRead = fastest.value_or(1.0);
  }
  lowering.optimize = getName(options.optimize).str();
  lowering.maxRecompute = options.maxRecompute;
  lowering.coded = options.weightCoding.isCoded;
  lowering.decodeCycles = options.weightCoding.decodeCycles;
  lowering.streamInput = options.streamInput;
  lowering.streamOutput = options.streamOutput;
  return lowering;
}

LogicalResult runLower(ModuleOp module, const Options &options, const targets::Target &target,
                       OwningOpRef<ModuleOp> unordered) {
  if (unordered && hasSameOrder(*unordered, module))
    unordered = nullptr;
  lower::LowerOptions lowering = makeLowering(options, target);
  if (failed(lowerWithinBudget(module, options, lowering)))
    return failure();
  if (unordered)
    addOrderSaving(module, std::move(unordered), lowering);
  return success();
}

LogicalResult lowerCompressed(ModuleOp module, const Options &options, const targets::Target &target) {
  if (failed(runPasses(module, schedule::buildSchedulePipeline)))
    return failure();
  return runLower(module, options, target);
}

LogicalResult lowerToCalls(ModuleOp module) {
  return runPasses(module, [](OpPassManager &manager) {
    manager.addPass(lower::createSplitArenaPass());
    manager.addPass(lower::createKernelsToCallsPass());
  });
}

} // namespace tinyc
