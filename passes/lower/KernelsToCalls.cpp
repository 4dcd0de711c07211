#include "dialects/kernel/Kernel.h"
#include "passes/lower/Passes.h"

#include "mlir/IR/Builders.h"

using namespace mlir;

namespace tinyc::lower {

#define GEN_PASS_DEF_KERNELSTOCALLSPASS
#include "passes/lower/Passes.h.inc"

namespace {

// How the call of an op in a stream advances: which of its arguments move with the rows, and how.
kernel::StepAttr makeStep(kernel::KernelOpInterface op, ArrayRef<Value> arguments) {
  using Kind = kernel::RowAccess::Kind;
  SmallVector<int32_t> bands, tables;
  for (auto [position, argument] : llvm::enumerate(arguments)) {
    if (!argument)
      continue;
    // A buffer that is more than one operand is touched alike by each.
    unsigned operand = llvm::find(op->getOperands(), argument) - op->operand_begin();
    Kind kind = op.getRowAccess(operand).kind;
    if (kind == Kind::Same)
      bands.push_back(static_cast<int32_t>(position));
    else if (kind == Kind::Window && argument.getDefiningOp<kernel::RowsOp>())
      tables.push_back(static_cast<int32_t>(position));
  }
  Builder builder(op.getContext());
  int32_t scale = op.isRowLocal() ? op.getRowScale() : 0;
  return kernel::StepAttr::get(op.getContext(), op.getRowsPerStep(), scale, builder.getDenseI32ArrayAttr(bands),
                               builder.getDenseI32ArrayAttr(tables));
}

LogicalResult convert(kernel::KernelOpInterface op) {
  if (op.getSymbol().empty())
    return op->emitOpError("has no kernel chosen: run lower-select-kernels first");
  OpBuilder builder(op);
  SmallVector<Value> operands, arguments = op.getCallArguments();
  SmallVector<int32_t> nulls;
  for (auto [position, argument] : llvm::enumerate(arguments)) {
    if (argument)
      operands.push_back(argument);
    else
      nulls.push_back(static_cast<int32_t>(position));
  }
  auto [begin, end] = op.getRows();
  kernel::StepAttr step;
  if (op.getRowsPerStep() > 0) {
    step = makeStep(op, arguments);
    begin = 0;
    end = op.getRowCount();
  }
  auto call =
      kernel::CallOp::create(builder, op->getLoc(), FlatSymbolRefAttr::get(builder.getContext(), op.getSymbol()),
                             operands, builder.getDenseI32ArrayAttr(nulls), builder.getI32IntegerAttr(begin),
                             builder.getI32IntegerAttr(end), op.getParams(), step);
  if (int64_t macs = op.getMacs())
    call->setAttr(kernel::kMacsAttr, builder.getI64IntegerAttr(macs));
  op->erase();
  return success();
}

class KernelsToCallsPass : public impl::KernelsToCallsPassBase<KernelsToCallsPass> {
  void runOnOperation() override {
    bool ok = true;
    getOperation().walk([&](kernel::KernelOpInterface op) {
      if (!isa<kernel::ReceiveOp, kernel::SendOp>(op)) // where the program stops for its user
        ok &= succeeded(convert(op));
    });
    if (!ok)
      signalPassFailure();
  }
};

} // namespace

} // namespace tinyc::lower
