#include "passes/graph/Passes.h"

#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

namespace tinyc::graph {

void buildGraphPipeline(OpPassManager &manager) {
  auto add = [&](std::unique_ptr<Pass> pass) { manager.addNestedPass<func::FuncOp>(std::move(pass)); };
  add(createSimplifyPass());
  add(createFoldConstantsPass());
  add(createConvertMatMulPass());
  // Layouts first: what stands apart by a transpose now is adjacent then.
  manager.addPass(createPropagateLayoutPass());
  add(createFoldConstantsPass());
  add(createSimplifyPass());
  add(createFoldPadPass());
  add(createFoldBatchNormPass());
  add(createFuseHardSwishPass());
  add(createFoldArithmeticPass());
  add(createFuseActivationPass());
  add(createSimplifyPass());
  add(createCSEPass());
}

} // namespace tinyc::graph
