#include "dialects/nn/Interpreter.h"
#include "passes/graph/Constants.h"
#include "passes/graph/Layout.h"
#include "passes/graph/Passes.h"

using namespace mlir;

namespace tinyc::graph {
#define GEN_PASS_DEF_FOLDCONSTANTSPASS
#include "passes/graph/Passes.h.inc"

namespace {
struct FoldConstantsPass : impl::FoldConstantsPassBase<FoldConstantsPass> {
  using FoldConstantsPassBase::FoldConstantsPassBase;

  void runOnOperation() override {
    if (getOperation().isExternal())
      return;
    IRRewriter rewriter(&getContext());
    SmallVector<Operation *> ops;
    getOperation().walk([&](Operation *op) { ops.push_back(op); });
    for (Operation *op : ops)
      if (failed(fold(op, rewriter)))
        return signalPassFailure();
    ops.clear();
    getOperation().walk([&](Operation *op) { ops.push_back(op); });
    for (Operation *op : llvm::reverse(ops))
      if (isOpTriviallyDead(op))
        rewriter.eraseOp(op);
  }

  LogicalResult fold(Operation *op, IRRewriter &rewriter) {
    bool known = isa_and_nonnull<nn::NNDialect>(op->getDialect()) || isa<quant::QuantizeCastOp>(op);
    if (!known || isa<nn::ConstantOp>(op) || op->getNumResults() != 1 || op->getNumOperands() == 0)
      return success();
    if (isa<nn::ReshapeOp, nn::TransposeOp>(op) && op->getOperand(0).getDefiningOp<quant::DequantizeCastOp>()) {
      moveToConstant(op, rewriter);
      return success();
    }
    int64_t bytes = slack;
    std::vector<nn::HostTensor> tensors;
    for (Value operand : op->getOperands()) {
      auto constant = operand.getDefiningOp<nn::ConstantOp>();
      if (!constant || !isa<DenseElementsAttr>(constant.getValue()))
        return success();
      bytes += getBytes(constant.getType());
    }
    auto type = cast<RankedTensorType>(op->getResult(0).getType());
    if (getBytes(type) > bytes)
      return success();
    for (Value operand : op->getOperands()) {
      auto constant = operand.getDefiningOp<nn::ConstantOp>();
      tensors.push_back(nn::HostTensor::fromElements(constant.getType(), constant.getValue()));
    }
    SmallVector<const nn::HostTensor *> operands;
    for (const nn::HostTensor &tensor : tensors)
      operands.push_back(&tensor);
    FailureOr<nn::HostTensor> result = nn::evaluate(op, operands);
    if (failed(result))
      return failure();
    rewriter.setInsertionPoint(op);
    rewriter.replaceOpWithNewOp<nn::ConstantOp>(op, type, result->toElements());
    return success();
  }

  /// move(dcast(constant)) -> dcast(move(constant))
  void moveToConstant(Operation *op, IRRewriter &rewriter) {
    std::optional<ConstantSource> source = getConstantSource(op->getOperand(0));
    if (!source)
      return;
    RankedTensorType type = source->constant.getType(), result = cast<RankedTensorType>(op->getResult(0).getType());
    SmallVector<int64_t> sources = llvm::to_vector(llvm::seq<int64_t>(0, type.getNumElements()));
    Type elementType = type.getElementType();
    if (auto transpose = dyn_cast<nn::TransposeOp>(op)) {
      sources = Layout::fromPermutation(type.getShape(), transpose.getPermutation()).getSources(sources.size());
      elementType = permuteAxis(elementType, transpose.getPermutation());
    } else if (isa<quant::UniformQuantizedPerAxisType>(elementType)) {
      return;
    }
    rewriter.setInsertionPoint(op);
    Value constant = createGathered(rewriter, source->constant.getLoc(),
                                    RankedTensorType::get(result.getShape(), elementType), source->getElements(),
                                    sources);
    auto cast = quant::DequantizeCastOp::create(rewriter, source->cast.getLoc(), result, constant);
    rewriter.replaceOp(op, cast);
  }
};
} // namespace

} // namespace tinyc::graph
