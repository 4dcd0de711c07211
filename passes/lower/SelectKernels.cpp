#include "passes/lower/Constants.h"
#include "passes/lower/Passes.h"
#include "passes/lower/StreamCosts.h"
#include "targets/Target.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/Builders.h"

using namespace mlir;

namespace tinyc::lower {

#define GEN_PASS_DEF_SELECTKERNELSPASS
#include "passes/lower/Passes.h.inc"

LogicalResult selectKernel(kernel::KernelOpInterface op, const targets::Target &target, SymbolTable &symbols) {
  if (isa<kernel::ReceiveOp, kernel::SendOp>(op)) // the program's user copies the rows
    return success();
  kernel::Contract contract = op.getContract();
  SmallVector<uint32_t> words = op.getParams().getWords();
  std::optional<WeightedConstants> constants = WeightedConstants::read(op, symbols);
  auto accepts = [&](const targets::Kernel &kernel) {
    if (!kernel.packing)
      return true;
    if (!constants)
      return false;
    tinyc_constants values = constants->get();
    return kernel.packing->supports(words.data(), &values) != 0;
  };
  const targets::Kernel *kernel = targets::findKernel(target, contract.op, contract.input, contract.weight, accepts);
  if (!kernel)
    return op->emitOpError("has no kernel on ") << target.name << " for " << contract.input << " inputs and "
                                                << contract.weight << " weights";
  kernel::ParamsAttr params = op.getParams();
  if (params.getType().getValue() != kernel->params)
    return op->emitOpError("has parameters of type ")
           << params.getType().getValue() << ", " << kernel->symbol << " takes " << kernel->params;
  op.setSymbol(kernel->symbol);
  int32_t bytes = kernel->scratch(words.data());
  if (bytes < 0)
    return op->emitOpError("is too large for ") << kernel->symbol << ": its scratch buffer exceeds 2^31 - 1 bytes";
  if (bytes == 0)
    return success();
  Operation *parent = op->getParentOp();
  OpBuilder builder(isa<kernel::StreamOp>(parent) ? parent : op.getOperation());
  auto type = MemRefType::get({bytes}, builder.getI8Type());
  op.setScratchBuffer(memref::AllocOp::create(builder, op->getLoc(), type));
  return success();
}

namespace {

class SelectKernelsPass : public impl::SelectKernelsPassBase<SelectKernelsPass> {
public:
  using SelectKernelsPassBase::SelectKernelsPassBase;

  void runOnOperation() override {
    const targets::Target *found = targets::findTarget(target);
    if (!found) {
      getOperation().emitError("unknown target '") << target << "', expects one of " << targets::listTargets();
      return signalPassFailure();
    }
    bool ok = true;
    SymbolTable symbols(getOperation());
    getOperation().walk([&](kernel::KernelOpInterface op) { ok &= succeeded(selectKernel(op, *found, symbols)); });
    if (!ok)
      signalPassFailure();
  }
};

} // namespace

} // namespace tinyc::lower
