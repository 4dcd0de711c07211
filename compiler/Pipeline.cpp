#include "compiler/Pipeline.h"

#include "compiler/Dataset.h"
#include "compiler/DriverSupport.h"
#include "compiler/Files.h"
#include "compiler/MixedPrecision.h"
#include "compiler/Npy.h"
#include "compiler/QuantizationErrors.h"
#include "compiler/Report.h"
#include "dialects/kernel/Kernel.h"
#include "dialects/nn/NN.h"
#include "passes/compress/Passes.h"
#include "passes/compress/Precision.h"
#include "passes/compress/StepwiseRun.h"
#include "passes/graph/Passes.h"
#include "passes/lower/Passes.h"
#include "passes/lower/Regions.h"
#include "passes/schedule/Passes.h"
#include "targets/Target.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Quant/IR/Quant.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassOptions.h"
#include "mlir/Pass/PassRegistry.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace mlir;

namespace tinyc {

void registerDialects(DialectRegistry &registry) {
  registry.insert<nn::NNDialect, kernel::KernelDialect, quant::QuantDialect, func::FuncDialect, arith::ArithDialect,
                  memref::MemRefDialect>();
}

namespace {
struct CompressFlags : PassPipelineOptions<CompressFlags> {
  Option<bool> quantize{*this, "quantize", llvm::cl::desc("Calibrate with random inputs and quantize to int8"),
                        llvm::cl::init(false)};
  Option<std::string> weights{*this, "weights", llvm::cl::desc("int8, int4 or int2"), llvm::cl::init("int8")};
};
struct LowerFlags : PassPipelineOptions<LowerFlags> {
  Option<std::string> target{*this, "target", llvm::cl::desc("Processor"), llvm::cl::init("cortex-m7")};
  Option<int64_t> sram{*this, "sram", llvm::cl::desc("Budget in bytes; 0: none"), llvm::cl::init(0)};
  Option<int64_t> flash{*this, "flash", llvm::cl::desc("Budget in bytes; 0: none"), llvm::cl::init(0)};
  Option<std::string> optimize{*this, "optimize", llvm::cl::desc("ram, balanced, speed or size"),
                               llvm::cl::init("balanced")};
  Option<double> maxRecompute{*this, "max-recompute", llvm::cl::desc("MACs executed over MACs of the model, at most"),
                              llvm::cl::init(1.0)};
  Option<bool> streamInput{*this, "stream-input", llvm::cl::desc("Take inputs in rows"), llvm::cl::init(false)};
  Option<bool> streamOutput{*this, "stream-output", llvm::cl::desc("Hand out outputs in rows"), llvm::cl::init(false)};
};
} // namespace

void registerPipelines() {
  PassPipelineRegistration<>("graph", "Phase Graph: fold, fuse and choose layouts", graph::buildGraphPipeline);
  PassPipelineRegistration<CompressFlags>(
      "compress", "Phase Compress: quantize", [](OpPassManager &manager, const CompressFlags &flags) {
        compress::CompressOptions options;
        options.quantize = flags.quantize;
        options.precision.weights = flags.weights;
        compress::buildCompressPipeline(manager, options);
      });
  PassPipelineRegistration<>("schedule", "Phase Schedule: order the operators", schedule::buildSchedulePipeline);
  PassPipelineRegistration<LowerFlags>(
      "lower", "Phase Kernel: select kernels, pack weights, plan and verify memory",
      [](OpPassManager &manager, const LowerFlags &flags) {
        lower::LowerOptions options;
        options.target = flags.target;
        options.sram = flags.sram;
        options.flash = flags.flash;
        options.optimize = flags.optimize;
        options.maxRecompute = flags.maxRecompute;
        options.streamInput = flags.streamInput;
        options.streamOutput = flags.streamOutput;
        lower::buildLowerPipeline(manager, options);
      });
}

static LogicalResult run(ModuleOp module, llvm::function_ref<void(OpPassManager &)> build) {
  PassManager manager(module.getContext(), ModuleOp::getOperationName());
  build(manager);
  return manager.run(module);
}

static bool hasCasts(ModuleOp module) {
  return module
      .walk([](Operation *op) {
        return isa<quant::QuantizeCastOp, quant::DequantizeCastOp>(op) ? WalkResult::interrupt()
                                                                       : WalkResult::advance();
      })
      .wasInterrupted();
}

/// Elements of the constants that the layers hold: weights, biases.
static int64_t countParameters(ModuleOp module) {
  int64_t count = 0;
  module.walk([&](nn::ConstantOp constant) { count += constant.getOutput().getType().getNumElements(); });
  return count;
}

static int64_t countMacs(ModuleOp module) {
  int64_t macs = 0;
  module.walk([&](nn::CostOpInterface op) { macs += op.getMacs(); });
  return macs;
}

/// Output channels of all layers with weights.
static int64_t countChannels(ModuleOp module) {
  int64_t count = 0;
  module.walk([&](nn::QuantizableOpInterface op) {
    if (op.getWeightOperand())
      count += cast<RankedTensorType>(op->getResult(0).getType()).getShape().back();
  });
  return count;
}

/// Calibration samples that are used where the user sets no limit.
static constexpr int64_t kCalibrationSamples = 512;

static compress::CalibratePassOptions makeCalibration(const Options &options) {
  compress::CalibratePassOptions calibration;
  calibration.method = options.methods.calibration;
  calibration.symmetric = options.methods.symmetric;
  calibration.percentile = options.percentile;
  return calibration;
}

static StringRef getName(WeightType type) {
  switch (type) {
  case WeightType::Int8:
    return "int8";
  case WeightType::Int4:
    return "int4";
  case WeightType::Int2:
    return "int2";
  }
  llvm_unreachable("unknown WeightType");
}

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

/// Reads --precision and gives the layers their bits.
static LogicalResult applyPrecisionFile(func::FuncOp function, StringRef path) {
  llvm::ErrorOr<std::unique_ptr<llvm::MemoryBuffer>> buffer = llvm::MemoryBuffer::getFile(path);
  if (!buffer)
    return complain(makeFileError(path, buffer.getError().message()));
  llvm::Expected<compress::Precision> precision = compress::parsePrecision((*buffer)->getBuffer(), path);
  if (!precision)
    return complain(precision.takeError());
  return compress::applyPrecision(function, *precision, path);
}

/// Most samples and MACs that a search spends on one measurement.
static constexpr int64_t kSearchSamples = 256, kLeastSearchSamples = 64, kSearchMacs = 2'000'000'000;

/// Searches the precision of a float module's layers, and sets it. The search works on a copy, so that the module goes the same way as
/// with --precision.
static LogicalResult choosePrecision(ModuleOp module, const Options &options, const targets::Target &target,
                                     const compress::CompressOptions &compression) {
  auto function = *module.getOps<func::FuncOp>().begin();
  int64_t macs = 1, available = compression.data.count;
  function.walk([&](nn::CostOpInterface op) { macs += op.getMacs(); });
  int64_t count = std::min(available, std::clamp(kSearchMacs / macs, kLeastSearchSamples, kSearchSamples));
  PrecisionProblem problem;
  problem.target = &target;
  problem.optimize = options.optimize;
  std::vector<int64_t> labels;
  if (!options.search.labelFile.empty()) {
    llvm::Expected<NpyArray> file = NpyArray::read(options.search.labelFile);
    if (!file)
      return complain(file.takeError());
    llvm::Expected<std::vector<int64_t>> values = file->toIntegers();
    if (!values)
      return complain(values.takeError());
    labels = std::move(*values);
  }
  for (int64_t sample = 0; sample < count; ++sample) {
    int64_t index = sample * available / count;
    problem.samples.inputs.push_back(compression.data.getInputs(index));
    if (labels.empty())
      continue;
    int64_t number = compression.data.getNumber(index);
    if (number >= static_cast<int64_t>(labels.size()))
      return complain(makeFileError(options.search.labelFile, "holds " + Twine(labels.size()) +
                                                                  " labels, fewer than the calibration samples"));
    problem.samples.labels.push_back(labels[number]);
  }
  compress::CompressOptions searching = compression;
  searching.observeFloat = searching.observeQuantized = nullptr;
  problem.quantize = [searching](ModuleOp fitted) {
    return run(fitted, [&](OpPassManager &manager) { compress::buildQuantizePipeline(manager, searching); });
  };
  problem.round = [searching](ModuleOp prepared, int32_t bits) mutable {
    searching.precision.weights = "int" + std::to_string(bits);
    return run(prepared, [&](OpPassManager &manager) { compress::buildFitPipeline(manager, searching); });
  };
  OwningOpRef<ModuleOp> prepared = module.clone();
  compress::CompressOptions preparing = searching;
  preparing.precision.weights = "int4"; // what most layers will have
  if (failed(run(*prepared, [&](OpPassManager &manager) { compress::buildPreparePipeline(manager, preparing); })))
    return failure();
  FailureOr<compress::Precision> precision = searchPrecision(*prepared, options, std::move(problem));
  if (failed(precision))
    return failure();
  return compress::applyPrecision(function, *precision, "search");
}

/// Inputs for quantization without data: uniform numbers over the range that 8-bit samples have after the transform, or
/// -1 .. 1 where there is none.
static compress::CalibrationData makeSyntheticData(func::FuncOp function, const Options &options,
                                                   compress::CompressOptions &compression) {
  constexpr int64_t kSamples = 64;
  double low = -1.0, high = 1.0;
  const InputTransform &transform = options.inputTransform;
  if (transform.scale != InputTransform().scale || transform.offset != InputTransform().offset) {
    low = *llvm::min_element(transform.offset);
    high = *llvm::max_element(transform.offset) + 255.0 * *llvm::max_element(transform.scale);
  }
  compression.calibration.method = "min-max";
  compression.calibration.statistics = true;
  // Noise has not the moments of real inputs, which second-order rounding would fit.
  if (compression.rounding.empty())
    compression.rounding = "nearest";
  if (compression.weightScales.empty())
    compression.weightScales = compression.precision.weights == "int8" ? "max" : "mse";
  if (compression.correctBias == "none")
    compression.correctBias = "analytic";
  function.emitWarning("quantized without samples of real input: ranges come from batch norms, where the model has them, "
                       "and from random inputs of ")
      << low << " to " << high << "; --calibrate=X.npy is more accurate";
  return compress::makeRandomData(function, kSamples, /*seed=*/1, low, high);
}

/// With Options::explainQuantization, `facts` (which may be null) gets copies of the module before and after.
static LogicalResult runCompress(ModuleOp module, const Options &options, const targets::Target &target,
                                 bool hasQuantization, ModelFacts *facts) {
  auto function = *module.getOps<func::FuncOp>().begin();
  bool isFloat = llvm::any_of(function.getOps<nn::QuantizableOpInterface>(), [](nn::QuantizableOpInterface op) {
    return !nn::getQuantizedElement(op->getResult(0).getType());
  });
  compress::CompressOptions compression;
  compression.removeChannels = !options.keepChannels;
  compression.quantize = isFloat && (options.quantize == Quantize::Int8 || options.quantize == Quantize::Mixed ||
                                     (options.quantize == Quantize::Automatic && !options.calibrationFiles.empty()));
  compression.calibration = makeCalibration(options);
  auto copyTo = [](OwningOpRef<ModuleOp> &copy) {
    return [&copy](func::FuncOp function) { copy = function->getParentOfType<ModuleOp>().clone(); };
  };
  if (options.explainQuantization && facts) {
    compression.observeFloat = copyTo(facts->reference);
    compression.observeQuantized = copyTo(facts->quantized);
  }
  compression.fullInteger = compression.quantize;
  compression.precision.weights = getName(options.weights).str();
  if (!compression.quantize && options.weights != WeightType::Int8)
    return module.emitError("--weights=")
           << getName(options.weights)
           << (isFloat ? " quantizes with samples of the model's input: give --calibrate=X.npy"
                       : " does not apply: the model comes with quantized weights");
  for (auto [flag, isGiven] : {std::pair("--quantize=mixed", options.quantize == Quantize::Mixed),
                               std::pair("--precision", !options.precisionFile.empty())})
    if (isGiven && !isFloat)
      return module.emitError(flag) << " does not apply: the model comes with quantized weights";
  if (!compression.quantize && !options.precisionFile.empty())
    return module.emitError("--precision quantizes with samples of the model's input: give --calibrate=X.npy");
  if (!options.precisionFile.empty() && failed(applyPrecisionFile(function, options.precisionFile)))
    return failure();
  std::optional<InputDatasets> datasets;
  const QuantizationMethods &methods = options.methods;
  compression.equalize = methods.equalize;
  compression.weightScales = methods.weightScales;
  compression.rounding = methods.rounding;
  compression.correctBias = methods.correctBias;
  if (options.quantize == Quantize::Mixed && options.calibrationFiles.empty())
    return module.emitError("--quantize=mixed measures accuracy on samples of the model's input: give --calibrate=X.npy");
  if (compression.quantize && options.calibrationFiles.empty()) {
    compression.data = makeSyntheticData(function, options, compression);
  } else if (compression.quantize) {
    llvm::Expected<InputDatasets> opened =
        InputDatasets::open(function, options.calibrationFiles, options.inputTransform);
    if (!opened)
      return complain(opened.takeError());
    datasets = std::move(*opened);
    int64_t available = datasets->size(), count = std::min(available, kCalibrationSamples);
    // Without a limit, as many samples as a quick compilation can afford, spread over all of them.
    int64_t spread = options.calibrationLimit > 0 ? 0 : available;
    if (options.calibrationLimit > 0)
      count = std::min(options.calibrationLimit, available);
    compression.data.count = count;
    compression.data.getNumber = [spread, count](int64_t index) {
      return spread > 0 ? index * spread / count : index;
    };
    compression.data.getInputs = [&datasets, getNumber = compression.data.getNumber](int64_t index) {
      return datasets->get(getNumber(index));
    };
  } else if (isFloat && !hasQuantization && options.quantize == Quantize::Automatic) {
    module.emitRemark("compiled in float32: give --calibrate=X.npy for int8, or --quantize=none to say so");
  }
  if (options.quantize == Quantize::Mixed && failed(choosePrecision(module, options, target, compression)))
    return failure();
  return run(module, [&](OpPassManager &manager) { compress::buildCompressPipeline(manager, compression); });
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
  if (failed(run(*smallest, [&](OpPassManager &manager) { lower::buildLowerPipeline(manager, lowering); })))
    return std::nullopt;
  return makeReport(*smallest, options, {});
}

/// Streams are chosen by the bytes live, but a placement may need more than those, and memories that have room for all may
/// not have it in parts: tries schedules of a smaller peak, the smallest last. `scheduled` is the module as `module` was.
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
    if (failed(run(*attempt, [&](OpPassManager &manager) { lower::buildLowerPipeline(manager, lowering); })))
      continue;
    module->setAttrs(attempt.get()->getAttrDictionary());
    module.getBodyRegion().takeBody(attempt->getBodyRegion());
    return success();
  }
  return failure();
}

/// Phase Kernel. Where the budget of SRAM is missed, the error says what the smallest schedule needs, and what it costs.
static LogicalResult runLower(ModuleOp module, const Options &options, const lower::LowerOptions &lowering) {
  auto build = [&](OpPassManager &manager) { lower::buildLowerPipeline(manager, lowering); };
  if (!options.sramBudget)
    return run(module, build);
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
    result = run(module, build);
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
  if (failed(run(*unordered, [&](OpPassManager &manager) { lower::buildLowerPipeline(manager, lowering); })))
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
  lowering.streamInput = options.streamInput;
  lowering.streamOutput = options.streamOutput;
  return lowering;
}

LogicalResult lowerCompressed(ModuleOp module, const Options &options, const targets::Target &target) {
  if (failed(run(module, schedule::buildSchedulePipeline)))
    return failure();
  return runLower(module, options, makeLowering(options, target));
}

OwningOpRef<ModuleOp> compile(const Options &options, const targets::Target &target, Phase last, MLIRContext *context,
                              ModelFacts *facts) {
  OwningOpRef<ModuleOp> module = importOnnx(options.model, options.import, context);
  if (!module || last == Phase::Import)
    return module;
  ModelFacts found;
  found.hasQuantization = hasCasts(*module);
  // Imported Q/DQ pairs become integer ops before any rewrite can fold a pair away. What the model leaves in float is
  // quantized later if there is calibration data.
  compress::FoldQDQPassOptions folding;
  folding.warnFloat = options.calibrationFiles.empty();
  if (found.hasQuantization &&
      failed(run(*module, [&](OpPassManager &manager) {
        // A weight can be quantized per channel, the operand of a matmul cannot.
        manager.addNestedPass<func::FuncOp>(graph::createFoldConstantsPass());
        manager.addNestedPass<func::FuncOp>(graph::createConvertMatMulPass());
        manager.addNestedPass<func::FuncOp>(compress::createFoldQDQPass(folding));
      })))
    return nullptr;
  if (failed(run(*module, graph::buildGraphPipeline)))
    return nullptr;
  found.parameters = countParameters(*module);
  found.macs = countMacs(*module);
  int64_t channels = countChannels(*module);
  const bool hasQuantization = found.hasQuantization;
  if (facts)
    *facts = std::move(found);
  if (last == Phase::Graph)
    return module;
  if (failed(runCompress(*module, options, target, hasQuantization, facts)))
    return nullptr;
  if (facts)
    facts->removedChannels = channels - countChannels(*module);
  if (options.explainQuantization && facts)
    facts->reference = makeFloatForm(facts->reference ? *facts->reference : *facts->quantized);
  if (last == Phase::Compress)
    return module;
  OwningOpRef<ModuleOp> unordered = options.explainMemory ? module->clone() : nullptr;
  if (failed(run(*module, schedule::buildSchedulePipeline)))
    return nullptr;
  if (unordered && hasSameOrder(*unordered, *module))
    unordered = nullptr;
  if (last == Phase::Schedule)
    return module;
  lower::LowerOptions lowering = makeLowering(options, target);
  if (failed(runLower(*module, options, lowering)))
    return nullptr;
  if (unordered)
    addOrderSaving(*module, std::move(unordered), lowering);
  if (last == Phase::Kernel)
    return module;
  if (failed(lowerToCalls(*module)))
    return nullptr;
  return module;
}

LogicalResult lowerToCalls(ModuleOp module) {
  return run(module, [](OpPassManager &manager) {
    manager.addPass(lower::createSplitArenaPass());
    manager.addPass(lower::createKernelsToCallsPass());
  });
}

} // namespace tinyc
