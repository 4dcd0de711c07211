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

static void observe(OpPassManager &manager, const std::function<void(func::FuncOp)> &observer) {
  if (observer)
    manager.addNestedPass<func::FuncOp>(std::make_unique<ObservePass>(observer));
}

void buildPreparePipeline(OpPassManager &manager, const CompressOptions &options) {
  if (!options.quantize)
    return;
  manager.addNestedPass<func::FuncOp>(createCalibratePass(options.calibration, options.data));
  observe(manager, options.observeFloat);
}

void buildFinishPipeline(OpPassManager &manager, const CompressOptions &options) {
  if (options.quantize)
    manager.addNestedPass<func::FuncOp>(createQuantizePass(options.precision));
  observe(manager, options.observeQuantized);
  if (options.removeChannels)
    manager.addNestedPass<func::FuncOp>(createRemoveChannelsPass());
  manager.addNestedPass<func::FuncOp>(createVerifyPass(VerifyPassOptions{options.fullInteger}));
}

void buildCompressPipeline(OpPassManager &manager, const CompressOptions &options) {
  buildPreparePipeline(manager, options);
  buildFinishPipeline(manager, options);
}

} // namespace tinyc::compress
