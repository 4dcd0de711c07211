#include "passes/schedule/Passes.h"

#include "mlir/Pass/PassManager.h"

namespace tinyc::schedule {

void buildSchedulePipeline(mlir::OpPassManager &manager) {
  manager.addNestedPass<mlir::func::FuncOp>(createOrderOperatorsPass());
}

} // namespace tinyc::schedule
