#include "compiler/CompressPhase.h"

#include "compiler/Dataset.h"
#include "compiler/DriverSupport.h"
#include "compiler/Files.h"
#include "compiler/Layers.h"
#include "compiler/MethodTrial.h"
#include "compiler/MixedPrecision.h"
#include "compiler/Npy.h"
#include "compiler/PruneModule.h"
#include "compiler/RunPasses.h"
#include "dialects/nn/NN.h"
#include "passes/compress/Passes.h"
#include "passes/compress/Precision.h"
#include "passes/compress/StepwiseRun.h"
#include "passes/compress/TuneNetwork.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace mlir;

namespace tinyc {

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

static StringRef getName(ActivationType type) {
  return type == ActivationType::Int16 ? "int16" : type == ActivationType::Int4 ? "int4" : "int8";
}

/// Reads --precision, gives the layers their bits, and says what --prune has to be.
static LogicalResult applyPrecisionFile(func::FuncOp function, StringRef path, Pruning &pruning) {
  llvm::ErrorOr<std::unique_ptr<llvm::MemoryBuffer>> buffer = llvm::MemoryBuffer::getFile(path);
  if (!buffer)
    return complain(makeFileError(path, buffer.getError().message()));
  llvm::Expected<compress::SavedPrecision> precision = compress::parsePrecision((*buffer)->getBuffer(), path);
  if (!precision)
    return complain(precision.takeError());
  if (!precision->prune.empty()) {
    if (!pruning.budgets.empty())
      return complain(
          makeFileError(path, "has channels pruned to " + precision->prune + ": it does not go with --prune"));
    llvm::Expected<PruneBudget> budget = parsePruneBudget(precision->prune);
    if (!budget || !budget->limit)
      return complain(
          makeFileError(path, "\"prune\": " + (budget ? "expected a limit" : llvm::toString(budget.takeError()))));
    pruning.budgets.push_back(*budget);
  }
  return compress::applyPrecision(function, precision->layers, path);
}

/// Most samples and MACs that a search spends on one measurement.
static constexpr int64_t kSearchSamples = 256, kLeastSearchSamples = 64, kSearchMacs = 2'000'000'000;

/// What is left of a cost, as a share, in the variants that a search of channels and precisions chooses from.
static constexpr double kPrunedShares[] = {0.875, 0.75, 0.625, 0.5};

/// Searches the precision of a float module's layers, and sets it. The search works on copies, so that the module goes
/// the same way as with --precision. `prune` removes channels to a budget; null: the search leaves them alone.
static LogicalResult choosePrecision(ModuleOp module, const Options &options, const targets::Target &target,
                                     const compress::CompressOptions &compression,
                                     llvm::function_ref<LogicalResult(ModuleOp, StringRef budget)> prune) {
  auto function = *module.getOps<func::FuncOp>().begin();
  int64_t macs = 1 + countMacs(module), available = compression.data.count;
  int64_t count = std::min(available, std::clamp(kSearchMacs / macs, kLeastSearchSamples, kSearchSamples));
  PrecisionProblem problem;
  problem.target = &target;
  problem.optimize = options.optimize;
  problem.choosesActivations = options.activations == ActivationType::Int8;
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
      return complain(makeFileError(options.search.labelFile,
                                    "holds " + Twine(labels.size()) + " labels, fewer than the calibration samples"));
    problem.samples.labels.push_back(labels[number]);
  }
  compress::CompressOptions searching = compression;
  searching.observeFloat = searching.observeQuantized = nullptr;
  problem.quantize = [searching](ModuleOp fitted) {
    return runPasses(fitted, [&](OpPassManager &manager) { compress::buildQuantizePipeline(manager, searching); });
  };
  problem.round = [searching](ModuleOp prepared, int32_t bits) mutable {
    searching.precision.weights = "int" + std::to_string(bits);
    return runPasses(prepared, [&](OpPassManager &manager) { compress::buildFitPipeline(manager, searching); });
  };
  SmallVector<OwningOpRef<ModuleOp>> variants;
  variants.push_back(module.clone());
  if (prune) {
    const PruneBudget &budget = options.pruning.budgets.front();
    for (double share : kPrunedShares) {
      std::string name =
          llvm::formatv("{0}:{1:f3}x", budget.cost ? search::getName(*budget.cost) : "macs", share).str();
      // Some models cannot be pruned as far; one that cannot be pruned at all is an error.
      std::optional<ScopedDiagnosticHandler> silence;
      if (!problem.prunings.empty())
        silence.emplace(module.getContext(), [](Diagnostic &) { return success(); });
      OwningOpRef<ModuleOp> variant = module.clone();
      if (failed(prune(*variant, name))) {
        if (problem.prunings.empty())
          return failure();
        break;
      }
      variants.push_back(std::move(variant));
      problem.prunings.push_back(std::move(name));
    }
  }
  problem.compile = [&variants, searching](size_t variant,
                                           const compress::Precision &precision) -> FailureOr<OwningOpRef<ModuleOp>> {
    OwningOpRef<ModuleOp> copy = variants[variant]->clone();
    if (failed(compress::applyPrecision(*copy->getOps<func::FuncOp>().begin(), precision, "search")) ||
        failed(runPasses(*copy, [&](OpPassManager &manager) { compress::buildCompressPipeline(manager, searching); })))
      return failure();
    return copy;
  };
  compress::CompressOptions preparing = searching;
  preparing.precision.weights = "int4"; // what most layers will have
  SmallVector<OwningOpRef<ModuleOp>> prepared;
  SmallVector<ModuleOp> given;
  for (OwningOpRef<ModuleOp> &variant : variants) {
    given.push_back(*prepared.emplace_back(variant->clone()));
    if (failed(runPasses(given.back(),
                         [&](OpPassManager &manager) { compress::buildPreparePipeline(manager, preparing); })))
      return failure();
  }
  FailureOr<compress::SavedPrecision> precision = searchPrecision(given, options, std::move(problem));
  if (failed(precision) || (!precision->prune.empty() && failed(prune(module, precision->prune))))
    return failure();
  return compress::applyPrecision(function, precision->layers, "search");
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
  if (compression.correctBias.empty())
    compression.correctBias = "analytic";
  function.emitWarning(
      "quantized without samples of real input: ranges come from batch norms, where the model has them, "
      "and from random inputs of ")
      << low << " to " << high << "; --calibrate=X.npy is more accurate";
  return compress::makeRandomData(function, kSamples, /*seed=*/1, low, high);
}

/// The options of compress-round-coded that --weights asks for.
static std::optional<compress::RoundCodedPassOptions> makeCodedRounding(const WeightCoding &coding) {
  if (!coding.isRounded())
    return std::nullopt;
  compress::RoundCodedPassOptions rounding;
  rounding.codebook = coding.codebookBits;
  if (coding.entropyBits > 0.0)
    rounding.bits = coding.entropyBits;
  return rounding;
}

/// Whether weights are rounded to the nearest and nobody has said what becomes of the biases then. Where layers have
/// precisions of their own, those of 8 bits are corrected: the package of a search has to be that of what it saved.
static bool isBiasOpen(const Options &options, const compress::CompressOptions &compression) {
  bool isMixed = options.quantize == Quantize::Mixed || !options.precisionFile.empty();
  bool isNearest = compression.rounding == "nearest" || options.weights == WeightType::Int8;
  return compression.quantize && compression.correctBias.empty() && !options.calibrationFiles.empty() && isNearest &&
         (compression.rounding.empty() || compression.rounding == "nearest") && !compression.roundCoded && !isMixed;
}

LogicalResult runCompress(ModuleOp module, const Options &options, const targets::Target &target, bool hasQuantization,
                          ModelFacts *facts) {
  auto function = *module.getOps<func::FuncOp>().begin();
  auto quantizables = function.getOps<nn::QuantizableOpInterface>();
  bool isFloat = quantizables.empty() || llvm::any_of(quantizables, [](nn::QuantizableOpInterface op) {
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
  compression.fullInteger = options.fullInteger;
  compression.precision.weights = getName(options.weights).str();
  if (!compression.quantize && options.weights != WeightType::Int8)
    return module.emitError("--weights=")
           << getName(options.weights)
           << (isFloat ? " quantizes with samples of the model's input: give --calibrate=X.npy"
                       : " does not apply: the model comes with quantized weights");
  // Of these there is no form without samples: a random input says nothing of which weights matter.
  for (auto [flag, isGiven] : {std::pair("--weights=entropy or codebook", options.weightCoding.isRounded()),
                               std::pair("--sparsity", !options.sparsity.empty())}) {
    if (isGiven && !isFloat)
      return module.emitError(flag) << " does not apply: the model comes with quantized weights";
    if (isGiven && options.calibrationFiles.empty())
      return module.emitError(flag) << " fits weights to samples of the model's input: give --calibrate=X.npy";
  }
  if (options.weightCoding.isRounded() && !compression.quantize)
    return module.emitError("--weights=entropy or codebook rounds weights: it does not go with --quantize=none");
  compression.shortenParameters = options.weightCoding.isCoded;
  compression.roundCoded = makeCodedRounding(options.weightCoding);
  compression.precision.activations = getName(options.activations).str();
  if (!compression.quantize && options.activations != ActivationType::Int8)
    return module.emitError("--activations=")
           << getName(options.activations)
           << (isFloat ? " quantizes with samples of the model's input: give --calibrate=X.npy"
                       : " does not apply: the model comes with quantized activations");
  for (auto [flag, isGiven] : {std::pair("--quantize=mixed", options.quantize == Quantize::Mixed),
                               std::pair("--precision", !options.precisionFile.empty())})
    if (isGiven && !isFloat)
      return module.emitError(flag) << " does not apply: the model comes with quantized weights";
  if (!compression.quantize && !options.precisionFile.empty())
    return module.emitError("--precision quantizes with samples of the model's input: give --calibrate=X.npy");
  Pruning pruning = options.pruning;
  if (!options.precisionFile.empty() && failed(applyPrecisionFile(function, options.precisionFile, pruning)))
    return failure();
  std::optional<InputDatasets> datasets;
  const QuantizationMethods &methods = options.methods;
  compression.equalize = methods.equalize;
  compression.weightScales = methods.weightScales;
  compression.rounding = methods.rounding;
  compression.correctBias = methods.correctBias;
  if (options.quantize == Quantize::Mixed && options.calibrationFiles.empty())
    return module.emitError(
        "--quantize=mixed measures accuracy on samples of the model's input: give --calibrate=X.npy");
  const bool isPruned = !pruning.budgets.empty();
  if (isPruned && !isFloat)
    return module.emitError("--prune does not apply: the model comes with quantized weights");
  if (isPruned && options.calibrationFiles.empty())
    return module.emitError("--prune fits layers to samples of the model's input: give --calibrate=X.npy");
  compress::CalibrationData pruningData;
  if (compression.quantize && options.calibrationFiles.empty()) {
    compression.data = makeSyntheticData(function, options, compression);
  } else if (compression.quantize || isPruned || !options.sparsity.empty()) {
    llvm::Expected<InputDatasets> opened =
        InputDatasets::open(function, options.calibrationFiles, options.inputTransform);
    if (!opened)
      return complain(opened.takeError());
    datasets = std::move(*opened);
    llvm::Expected<CalibrationRows> rows = CalibrationRows::choose(*datasets, options);
    if (!rows)
      return complain(rows.takeError());
    // Without a limit, as many samples as a quick compilation can afford, spread over all of them.
    int64_t count = options.calibrationLimit > 0 ? rows->count : std::min(rows->count, kCalibrationSamples);
    compression.data.count = count;
    compression.data.getNumber = [rows = *rows, count](int64_t index) { return rows.getNumber(index, count); };
    compression.data.getInputs = [&datasets, getNumber = compression.data.getNumber](int64_t index) {
      return datasets->get(getNumber(index));
    };
    pruningData = compression.data;
    if (options.calibrationLimit == 0) {
      pruningData.count = rows->count; // it takes as many as fit in memory
      pruningData.getInputs = [&datasets, rows = *rows](int64_t index) { return datasets->get(rows.first + index); };
    }
  } else if (isFloat && !hasQuantization && options.quantize == Quantize::Automatic) {
    module.emitRemark("compiled in float32: give --calibrate=X.npy for int8, or --quantize=none to say so");
  }
  auto prune = [&](ModuleOp pruned, ArrayRef<PruneBudget> budgets) -> LogicalResult {
    Options limited = options;
    limited.pruning.budgets = budgets.vec();
    FailureOr<PruningReport> report = pruneModule(pruned, limited, target, compression, pruningData);
    if (failed(report))
      return failure();
    if (facts && pruned == module)
      facts->pruning = std::move(*report);
    return success();
  };
  // How far is then the search's choice.
  const bool searchesChannels = options.quantize == Quantize::Mixed && isPruned && !pruning.budgets.front().limit;
  if (isPruned && !searchesChannels && failed(prune(module, pruning.budgets)))
    return failure();
  if (!options.sparsity.empty()) {
    compress::SparsifyPassOptions sparsity;
    sparsity.pattern = options.sparsity;
    OwningOpRef<ModuleOp> dense = module.clone();
    // What tuning is judged by must not have been fitted before.
    compress::CalibrationData fitted =
        pruning.tuneEpochs > 0 ? compress::takeSamples(pruningData, /*held=*/false) : pruningData;
    if (failed(runPasses(module, [&](OpPassManager &manager) {
          manager.addNestedPass<func::FuncOp>(compress::createSparsifyPass(sparsity, fitted));
        })))
      return failure();
    if (pruning.tuneEpochs > 0 &&
        failed(compress::tuneTowards(function, *dense->getOps<func::FuncOp>().begin(), pruningData, pruning.tuneEpochs,
                                     /*keepsZeros=*/true)))
      return failure();
  }
  if (isBiasOpen(options, compression)) {
    compress::CompressOptions without = compression;
    without.correctBias = "none";
    if (losesLess(module, compression, without))
      compression.correctBias = "none";
  }
  if (compression.quantize && facts) {
    facts->methods = methods;
    facts->methods->correctBias = compression.correctBias;
  }
  auto pruneTo = [&](ModuleOp pruned, StringRef budget) {
    return prune(pruned, llvm::cantFail(parsePruneBudget(budget)));
  };
  llvm::function_ref<LogicalResult(ModuleOp, StringRef)> pruneVariant;
  if (searchesChannels)
    pruneVariant = pruneTo;
  if (options.quantize == Quantize::Mixed &&
      failed(choosePrecision(module, options, target, compression, pruneVariant)))
    return failure();
  return runPasses(module, [&](OpPassManager &manager) { compress::buildCompressPipeline(manager, compression); });
}

} // namespace tinyc
