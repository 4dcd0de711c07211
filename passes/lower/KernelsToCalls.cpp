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

/// Makes the functions of loop nests; those that do the same share one.
class LoopFunctions {
public:
  explicit LoopFunctions(ModuleOp module) : module(module), symbols(module) {}

  StringRef getFunction(kernel::LoopNestOp op) {
    SmallVector<Attribute> types;
    for (Value buffer : op.getInputs())
      types.push_back(TypeAttr::get(dropLayout(buffer.getType())));
    types.push_back(TypeAttr::get(dropLayout(op.getOutput().getType())));
    Builder builder(op.getContext());
    ArrayAttr key = builder.getArrayAttr({builder.getArrayAttr(types), op.getSizesAttr(), op.getParallelAttr(),
                                          op.getMapsAttr(), op.getInitAttr() ? op.getInitAttr() : builder.getUnitAttr()});
    for (kernel::LoopFunctionOp known : functions[key])
      if (OperationEquivalence::isRegionEquivalentTo(&known.getBody(), &op.getBody(),
                                                     OperationEquivalence::IgnoreLocations))
        return known.getSymName();
    OpBuilder at = OpBuilder::atBlockBegin(module.getBody());
    std::string name = "loops_" + op.getOnnxOperator().lower();
    auto function = kernel::LoopFunctionOp::create(at, op.getLoc(), builder.getStringAttr(name), builder.getArrayAttr(types), op.getSizesAttr(),
                                                   op.getParallelAttr(), op.getMapsAttr(), op.getInitAttr());
    function.getBody().takeBody(op.getBody());
    symbols.insert(function);
    functions[key].push_back(function);
    return function.getSymName();
  }

private:
  static Type dropLayout(Type type) {
    auto buffer = cast<MemRefType>(type);
    return MemRefType::get(buffer.getShape(), buffer.getElementType());
  }

  ModuleOp module;
  SymbolTable symbols;
  llvm::DenseMap<Attribute, SmallVector<kernel::LoopFunctionOp>> functions;
};

LogicalResult convert(kernel::KernelOpInterface op, LoopFunctions &functions) {
  kernel::ParamsAttr params = op.getParams();
  if (auto nest = dyn_cast<kernel::LoopNestOp>(op.getOperation()))
    nest.setSymbol(functions.getFunction(nest));
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
                             builder.getI32IntegerAttr(end), params, step);
  if (int64_t macs = op.getMacs())
    call->setAttr(kernel::kMacsAttr, builder.getI64IntegerAttr(macs));
  op->erase();
  return success();
}

class KernelsToCallsPass : public impl::KernelsToCallsPassBase<KernelsToCallsPass> {
  void runOnOperation() override {
    bool ok = true;
    LoopFunctions functions(getOperation());
    getOperation().walk([&](kernel::KernelOpInterface op) {
      if (!isa<kernel::ReceiveOp, kernel::SendOp>(op)) // where the program stops for its user
        ok &= succeeded(convert(op, functions));
    });
    if (!ok)
      signalPassFailure();
  }
};

} // namespace

} // namespace tinyc::lower
