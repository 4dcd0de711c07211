#include "passes/compress/Passes.h"

#include "mlir/Pass/PassManager.h"

using namespace mlir;

namespace tinyc::compress {

namespace {
/// Shows a function to CompressOptions::observeFloat or observeQuantized.
struct ObservePass : PassWrapper<ObservePass, OperationPass<func::FuncOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(ObservePass)
  explicit ObservePass(std::function<void(func::FuncOp)> observe) : observe(std::move(observe)) {}
  void runOnOperation() override {
    observe(getOperation());
    markAllAnalysesPreserved();
  }
  std::function<void(func::FuncOp)> observe;
};
} // namespace

/// Adds a pass that shows the function to an observer.
static void observe(OpPassManager &manager, const std::function<void(func::FuncOp)> &observer) {
  if (observer)
    manager.addNestedPass<func::FuncOp>(std::make_unique<ObservePass>(observer));
}

static int64_t getBits(StringRef weights) { return weights == "int4" ? 4 : weights == "int2" ? 2 : 8; }

static void addRounding(OpPassManager &manager, const CompressOptions &options, int64_t bits) {
  // Weights of 8 bits are rounded to nearest unless another method is asked for.
  int64_t greatestBits = options.rounding.empty() ? 4 : 8;
  RoundGPTQPassOptions second;
  second.weightBits = bits;
  second.greatestBits = greatestBits;
  second.searchScales = options.weightScales.empty();
  manager.addNestedPass<func::FuncOp>(createRoundGPTQPass(second, options.data));
  if (options.rounding != "adaround")
    return;
  RoundAdaRoundPassOptions adaptive;
  adaptive.weightBits = bits;
  manager.addNestedPass<func::FuncOp>(createRoundAdaRoundPass(adaptive, options.data));
}

void buildPreparePipeline(OpPassManager &manager, const CompressOptions &options) {
  if (!options.quantize)
    return;
  if (options.precision.activations != "int8") {
    AssignPrecisionPassOptions precision;
    precision.activations = options.precision.activations;
    manager.addNestedPass<func::FuncOp>(createAssignPrecisionPass(precision));
  }
  // A table may be too coarse and stay in float where its parts would not: full integer compilation takes the parts.
  if (options.precision.activations == "int8" && !options.fullInteger)
    manager.addNestedPass<func::FuncOp>(createFuseTablesPass());
  if (options.equalize) {
    EqualizePassOptions equalization;
    equalization.weightBits = getBits(options.precision.weights);
    equalization.statistics = options.calibration.statistics;
    manager.addNestedPass<func::FuncOp>(createEqualizePass(equalization, options.data));
  }
  manager.addNestedPass<func::FuncOp>(createCalibratePass(options.calibration, options.data));
  observe(manager, options.observeFloat);
}

void buildFitPipeline(OpPassManager &manager, const CompressOptions &options) {
  if (!options.quantize)
    return;
  int64_t bits = getBits(options.precision.weights);
  if (options.roundCoded) {
    manager.addNestedPass<func::FuncOp>(createRoundCodedPass(*options.roundCoded, options.data));
    return;
  }
  bool nearest = options.rounding == "nearest";
  if (!options.weightScales.empty() || (nearest && bits < 8)) {
    ChooseWeightScalesPassOptions scales;
    scales.weightBits = bits;
    scales.method = options.weightScales.empty() ? "weighted" : options.weightScales;
    manager.addNestedPass<func::FuncOp>(createChooseWeightScalesPass(scales, options.data));
  }
  if (!nearest)
    addRounding(manager, options, bits);
  // Rounding passes have fitted the biases of their layers.
  bool isFitted = options.correctBias.empty() && !nearest && !options.rounding.empty();
  if (options.correctBias != "none" && !isFitted) {
    CorrectBiasPassOptions correction;
    correction.weightBits = bits;
    correction.leastBits = options.correctBias.empty() && !nearest ? 8 : 2;
    correction.method = options.correctBias.empty() ? "empirical" : options.correctBias;
    manager.addNestedPass<func::FuncOp>(createCorrectBiasPass(correction, options.data));
  }
}

void buildQuantizePipeline(OpPassManager &manager, const CompressOptions &options) {
  if (options.quantize) {
    QuantizePassOptions quantization = options.precision;
    quantization.fullInteger = options.fullInteger;
    manager.addNestedPass<func::FuncOp>(createQuantizePass(quantization));
    if (options.shortenParameters)
      manager.addNestedPass<func::FuncOp>(createShortenParametersPass());
  }
  observe(manager, options.observeQuantized);
  if (options.removeChannels)
    manager.addNestedPass<func::FuncOp>(createRemoveChannelsPass());
  manager.addNestedPass<func::FuncOp>(createVerifyPass(VerifyPassOptions{options.fullInteger}));
}

void buildCompressPipeline(OpPassManager &manager, const CompressOptions &options) {
  buildPreparePipeline(manager, options);
  buildFitPipeline(manager, options);
  buildQuantizePipeline(manager, options);
}

} // namespace tinyc::compress
