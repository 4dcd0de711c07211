#include "passes/compress/Passes.h"

#include "mlir/Pass/PassManager.h"

using namespace mlir;

namespace tinyc::compress {

void buildCompressPipeline(OpPassManager &manager, const CompressOptions &options) {
  if (options.quantize) {
    manager.addNestedPass<func::FuncOp>(createCalibratePass(options.calibration, options.data));
    manager.addNestedPass<func::FuncOp>(createQuantizePass(options.precision));
  }
  if (options.removeChannels)
    manager.addNestedPass<func::FuncOp>(createRemoveChannelsPass());
  manager.addNestedPass<func::FuncOp>(createVerifyPass(VerifyPassOptions{options.fullInteger}));
}

} // namespace tinyc::compress
