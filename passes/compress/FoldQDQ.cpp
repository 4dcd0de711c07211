#include "passes/compress/LayerParameters.h"
#include "passes/compress/Passes.h"
#include "passes/compress/QDQCasts.h"

using namespace mlir;

namespace tinyc::compress {

#define GEN_PASS_DEF_FOLDQDQPASS
#include "passes/compress/Passes.h.inc"

namespace {

using quant::DequantizeCastOp;
using quant::QuantizeCastOp;

/// Folds the casts of one function, step by step.
class QDQFolder {
public:
  QDQFolder(func::FuncOp function, bool warnFloat)
      : function(function), warnFloat(warnFloat), block(function.getBody().front()), rewriter(function.getContext()),
        casts(block, rewriter) {}

  LogicalResult run() {
    if (llvm::none_of(block, [](Operation &op) { return isa<QuantizeCastOp, DequantizeCastOp>(op); }))
      return success();
    convertBatchNorms(block, rewriter);
    if (failed(casts.arrange()) || failed(convertOps()))
      return failure();
    casts.eraseReplaced();
    foldBorder();
    foldPairs();
    cleanUp();
    updateFunctionType(function);
    if (warnFloat)
      nameFloat();
    return success();
  }

private:
  //===--------------------------------------------------------------------===//
  // Ops
  //===--------------------------------------------------------------------===//

  LogicalResult convertOps() {
    for (Operation *op : casts.listOps()) {
      auto quantizable = dyn_cast<nn::QuantizableOpInterface>(op);
      if (!quantizable || !isFloat(op->getResult(0)))
        continue;
      std::string reason = explainFloat(quantizable);
      if (!reason.empty())
        reasons[op] = reason;
      else if (failed(convert(quantizable)))
        return failure();
    }
    return success();
  }

  /// Why an op has no integer form here; empty if it has one.
  std::string explainFloat(nn::QuantizableOpInterface op) {
    if (!casts.getTarget(op->getResult(0)))
      return "its result is not quantized in the model";
    for (unsigned index : op.getActivationOperands()) {
      Value operand = op->getOperand(index);
      if (getStoredConstant(operand))
        continue;
      auto cast = operand.getDefiningOp<DequantizeCastOp>();
      if (!cast)
        return "operand " + std::to_string(index) + " is not quantized in the model";
      if (!isActivation(cast.getInput().getType()))
        return "operand " + std::to_string(index) + " is not quantized to 8 bits per tensor";
    }
    if (std::optional<unsigned> index = findVariableParameter(op))
      return "operand " + std::to_string(*index) + " is not constant";
    return {};
  }

  static bool isActivation(Type type) {
    quant::UniformQuantizedType perTensor = nn::getPerTensor(type);
    return perTensor && perTensor.getStorageTypeIntegralWidth() == 8;
  }

  LogicalResult convert(nn::QuantizableOpInterface op) {
    quant::UniformQuantizedType target = casts.getTarget(op->getResult(0));
    for (unsigned index : op.getActivationOperands()) {
      OpOperand &operand = op->getOpOperand(index);
      auto cast = operand.get().getDefiningOp<DequantizeCastOp>();
      if (cast && isActivation(cast.getInput().getType())) {
        Value stored = cast.getInput();
        auto type = mlir::cast<RankedTensorType>(stored.getType());
        rewriter.setInsertionPoint(op);
        if (op.sharesScale() && nn::getPerTensor(type) != target)
          stored = nn::RequantizeOp::create(rewriter, op->getLoc(), type.clone(target), stored);
        casts.set(operand, stored);
        continue;
      }
      nn::HostTensor constant = *getRealConstant(operand.get());
      quant::UniformQuantizedType type = op.sharesScale() ? target : chooseConstantType(op->getContext(), constant);
      if (!type)
        return op->emitOpError("expects a finite constant as operand ") << index << " to quantize";
      rewriter.setInsertionPoint(op);
      casts.set(operand, createActivationConstant(rewriter, operand.get().getLoc(), constant, type));
    }
    casts.setResultType(op, target);
    if (std::optional<unsigned> index = op.getWeightOperand())
      if (op->getOperand(*index).getDefiningOp<nn::ConstantOp>())
        op->emitWarning("float weights are quantized, symmetric per output channel");
    return quantizeParameters(op, rewriter);
  }

  //===--------------------------------------------------------------------===//
  // Border and rest
  //===--------------------------------------------------------------------===//

  void foldBorder() {
    for (BlockArgument argument : block.getArguments()) {
      if (!isFloat(argument))
        continue;
      quant::UniformQuantizedType type = casts.getTarget(argument);
      if (!type || !llvm::all_of(argument.getUsers(), [&](Operation *user) {
            return isa<QuantizeCastOp>(user) && nn::getPerTensor(user->getResult(0).getType()) == type;
          }))
        continue;
      argument.setType(cast<RankedTensorType>(argument.getType()).clone(type));
      for (Operation *user : llvm::make_early_inc_range(argument.getUsers()))
        rewriter.replaceOp(user, argument);
    }
    for (OpOperand &operand : block.getTerminator()->getOpOperands())
      if (auto cast = operand.get().getDefiningOp<DequantizeCastOp>())
        if (nn::getPerTensor(cast.getInput().getType()))
          casts.set(operand, cast.getInput());
  }

  /// qcast(dcast(x)) -> requantize(x), or x if the types are equal.
  void foldPairs() {
    for (Operation *op : casts.listOps()) {
      auto cast = dyn_cast<QuantizeCastOp>(op);
      auto source = cast ? cast.getInput().getDefiningOp<DequantizeCastOp>() : DequantizeCastOp();
      if (!source || !nn::getPerTensor(source.getInput().getType()) || !nn::getPerTensor(op->getResult(0).getType()))
        continue;
      rewriter.setInsertionPoint(op);
      if (source.getInput().getType() == op->getResult(0).getType())
        rewriter.replaceOp(op, source.getInput());
      else
        rewriter.replaceOpWithNewOp<nn::RequantizeOp>(op, cast.getResult().getType(), source.getInput());
    }
  }

  void eraseUnused() {
    SmallVector<Operation *> ops = casts.listOps();
    for (Operation *op : llvm::reverse(ops))
      if (isa<nn::ConstantOp, QuantizeCastOp, DequantizeCastOp>(op) && op->use_empty())
        rewriter.eraseOp(op);
  }

  void cleanUp() {
    eraseUnused();
    for (Operation *op : casts.listOps()) // constants of ops that stay in float
      if (isa<DequantizeCastOp>(op))
        casts.foldConstant(op);
    eraseUnused();
  }

  void nameFloat() {
    for (Operation &op : block) {
      if (isa<nn::ConstantOp, QuantizeCastOp, DequantizeCastOp>(op) || llvm::none_of(op.getResults(), isFloat))
        continue;
      auto found = reasons.find(&op);
      op.emitWarning("stays in float: ") << (found != reasons.end() ? found->second : "the op has no integer form");
    }
  }

  func::FuncOp function;
  bool warnFloat;
  Block &block;
  IRRewriter rewriter;
  QDQCasts casts;
  DenseMap<Operation *, std::string> reasons; // of ops that stay in float
};

struct FoldQDQPass : impl::FoldQDQPassBase<FoldQDQPass> {
  using FoldQDQPassBase::FoldQDQPassBase;

  void runOnOperation() override {
    if (!getOperation().isExternal() && failed(QDQFolder(getOperation(), warnFloat).run()))
      signalPassFailure();
  }
};
} // namespace

} // namespace tinyc::compress
