#include "compiler/Pipeline.h"

#include "compiler/CompressPhase.h"
#include "compiler/Layers.h"
#include "compiler/LowerPhase.h"
#include "compiler/QuantizationErrors.h"
#include "compiler/RunPasses.h"
#include "dialects/kernel/Kernel.h"
#include "dialects/nn/NN.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Quant/IR/Quant.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassOptions.h"
#include "mlir/Pass/PassRegistry.h"
#include "passes/compress/Passes.h"
#include "passes/compress/Precision.h"
#include "passes/compress/Parameters.h"
#include "passes/graph/Passes.h"
#include "passes/lower/Passes.h"
#include "passes/schedule/Passes.h"

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
  Option<std::string> activations{*this, "activations", llvm::cl::desc("int8, int16 or int4"), llvm::cl::init("int8")};
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
  PassPipelineRegistration<CompressFlags>("compress", "Phase Compress: quantize",
                                          [](OpPassManager &manager, const CompressFlags &flags) {
                                            compress::CompressOptions options;
                                            options.quantize = flags.quantize;
                                            options.precision.weights = flags.weights;
        options.precision.activations = flags.activations;
                                            compress::buildCompressPipeline(manager, options);
                                          });
  PassPipelineRegistration<>("schedule", "Phase Schedule: order the operators", schedule::buildSchedulePipeline);
  PassPipelineRegistration<LowerFlags>("lower", "Phase Kernel: select kernels, pack weights, plan and verify memory",
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

/// Output channels of all layers with weights.
static int64_t countChannels(ModuleOp module) {
  int64_t count = 0;
  for (nn::QuantizableOpInterface op : findLayers(module))
    count += cast<RankedTensorType>(op->getResult(0).getType()).getShape().back();
  return count;
}

/// The weights of the layers that have them in integers.
static std::vector<LayerWeights> countWeights(ModuleOp module) {
  std::vector<LayerWeights> layers;
  for (nn::QuantizableOpInterface op : findLayers(module)) {
    std::optional<nn::HostTensor> weight = compress::getStoredConstant(op->getOperand(*op.getWeightOperand()));
    quant::QuantizedType type = weight ? nn::getQuantizedElement(weight->getType()) : quant::QuantizedType();
    if (!type || type.getStorageTypeIntegralWidth() > 8)
      continue;
    LayerWeights layer;
    layer.node = compress::getLayerName(op).str();
    layer.count = weight->getNumElements();
    layer.zeros = llvm::count(weight->get<int8_t>(), 0);
    layer.parameters = layer.count;
    if (std::optional<unsigned> bias = op.getBiasOperand())
      layer.parameters += cast<RankedTensorType>(op->getOperand(*bias).getType()).getNumElements();
    layers.push_back(std::move(layer));
  }
  return layers;
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
  if (found.hasQuantization && failed(runPasses(*module, [&](OpPassManager &manager) {
        // A weight can be quantized per channel, the operand of a matmul cannot.
        manager.addNestedPass<func::FuncOp>(graph::createFoldConstantsPass());
        manager.addNestedPass<func::FuncOp>(graph::createConvertMatMulPass());
        manager.addNestedPass<func::FuncOp>(compress::createFoldQDQPass(folding));
      })))
    return nullptr;
  if (failed(runPasses(*module, graph::buildGraphPipeline)))
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
    facts->removedChannels = channels - countChannels(*module) - (facts->pruning ? facts->pruning->getRemovedChannels() : 0);
  if (facts)
    facts->weights = countWeights(*module);
  if (options.explainQuantization && facts)
    facts->reference = makeFloatForm(facts->reference ? *facts->reference : *facts->quantized);
  if (last == Phase::Compress)
    return module;
  OwningOpRef<ModuleOp> unordered = options.explainMemory ? module->clone() : nullptr;
  if (failed(runPasses(*module, schedule::buildSchedulePipeline)))
    return nullptr;
  if (last == Phase::Schedule)
    return module;
  if (failed(runLower(*module, options, target, std::move(unordered))))
    return nullptr;
  if (last == Phase::Kernel)
    return module;
  if (failed(lowerToCalls(*module)))
    return nullptr;
  return module;
}

} // namespace tinyc
