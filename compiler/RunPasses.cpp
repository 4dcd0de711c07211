#include "compiler/RunPasses.h"

#include "mlir/Pass/PassManager.h"

using namespace mlir;

namespace tinyc {

LogicalResult runPasses(ModuleOp module, llvm::function_ref<void(OpPassManager &)> build) {
  PassManager manager(module.getContext(), ModuleOp::getOperationName());
  build(manager);
  return manager.run(module);
}

} // namespace tinyc
