#include "dialects/kernel/Kernel.h"
#include "passes/lower/Passes.h"

#include "mlir/IR/Builders.h"

using namespace mlir;

namespace tinyc::lower {

#define GEN_PASS_DEF_KERNELSTOCALLSPASS
#include "passes/lower/Passes.h.inc"

namespace {

LogicalResult convert(kernel::KernelOpInterface op) {
  if (op.getSymbol().empty())
    return op->emitOpError("has no kernel chosen: run lower-select-kernels first");
  OpBuilder builder(op);
  SmallVector<Value> operands;
  SmallVector<int32_t> nulls;
  for (auto [position, argument] : llvm::enumerate(op.getCallArguments())) {
    if (argument)
      operands.push_back(argument);
    else
      nulls.push_back(static_cast<int32_t>(position));
  }
  auto [begin, end] = op.getRows();
  auto call =
      kernel::CallOp::create(builder, op->getLoc(), FlatSymbolRefAttr::get(builder.getContext(), op.getSymbol()),
                             operands, builder.getDenseI32ArrayAttr(nulls), builder.getI32IntegerAttr(begin),
                             builder.getI32IntegerAttr(end), op.getParams());
  if (int64_t macs = op.getMacs())
    call->setAttr(kernel::kMacsAttr, builder.getI64IntegerAttr(macs));
  op->erase();
  return success();
}

class KernelsToCallsPass : public impl::KernelsToCallsPassBase<KernelsToCallsPass> {
  void runOnOperation() override {
    bool ok = true;
    getOperation().walk([&](kernel::KernelOpInterface op) { ok &= succeeded(convert(op)); });
    if (!ok)
      signalPassFailure();
  }
};

} // namespace

} // namespace tinyc::lower
