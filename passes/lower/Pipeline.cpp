#include "passes/lower/Passes.h"
#include "targets/Target.h"

#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

namespace tinyc::lower {

void buildLowerPipeline(OpPassManager &manager, const LowerOptions &options) {
  const targets::Target *target = targets::findTarget(options.target);
  int64_t alignment = target ? target->arenaAlignment : 16;
  manager.addPass(createConvertNNToKernelPass());
  manager.addPass(createSelectKernelsPass({.target = options.target}));
  manager.addPass(createPackWeightsPass());
  PlanMemoryPassOptions plan;
  plan.alignment = alignment;
  manager.addPass(createPlanMemoryPass(plan));
  VerifyPlanPassOptions verify;
  verify.sram = options.sram;
  verify.flash = options.flash;
  verify.alignment = alignment;
  manager.addPass(createVerifyPlanPass(verify));
}

} // namespace tinyc::lower
