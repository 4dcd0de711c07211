#include "passes/graph/Affine.h"
#include "passes/graph/Bounds.h"
#include "passes/graph/Constants.h"
#include "passes/graph/Passes.h"
#include "passes/graph/Rewrite.h"

using namespace mlir;

namespace tinyc::graph {
#define GEN_PASS_DEF_FOLDARITHMETICPASS
#include "passes/graph/Passes.h.inc"

/// The op as an affine map of one of its operands (`input`), whose type is the result's.
static std::optional<Affine> getAffine(Operation *op, Value &input) {
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  if (!type.getElementType().isF32() || type.getRank() == 0)
    return std::nullopt;
  for (unsigned variable : {0, 1}) {
    input = op->getOperand(variable);
    if (input.getType() != type || getConstantSource(input))
      continue;
    std::optional<SmallVector<double>> constant = getChannelConstant(op->getOperand(1 - variable), type.getShape());
    if (!constant)
      continue;
    SmallVector<double> ones(constant->size(), 1.0), zeros(constant->size(), 0.0);
    if (isa<nn::MulOp>(op))
      return Affine{*constant, zeros};
    if (isa<nn::AddOp>(op))
      return Affine{ones, *constant};
    // x - c, or c - x.
    for (double &value : *constant)
      value = variable == 0 ? -value : value;
    for (double &value : ones)
      value = variable == 0 ? 1.0 : -1.0;
    return Affine{ones, *constant};
  }
  return std::nullopt;
}

namespace {
template <typename Op> struct FoldIntoProduct : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;

  LogicalResult matchAndRewrite(Op op, PatternRewriter &rewriter) const override {
    Value input;
    std::optional<Affine> affine = getAffine(op, input);
    if (!affine)
      return rewriter.notifyMatchFailure(op, "no constant per channel");
    if (succeeded(foldIntoProducer(rewriter, op, input, *affine)))
      return success();
    return foldIntoConsumer(rewriter, op, input, *affine);
  }
};

/// A product or sum with a constant behind the reshape of a convolution or fully_connected moves before the reshape,
/// where it folds: a linear layer of PyTorch over more than two dimensions.
template <typename Op> struct MoveBeforeReshape : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;

  LogicalResult matchAndRewrite(Op op, PatternRewriter &rewriter) const override {
    Value input;
    std::optional<Affine> affine = getAffine(op, input);
    auto reshape = affine ? input.getDefiningOp<nn::ReshapeOp>() : nn::ReshapeOp();
    if (!reshape || !reshape->hasOneUse() || !reshape.getInput().hasOneUse())
      return rewriter.notifyMatchFailure(op, "no reshape before it that only it uses");
    Operation *product = reshape.getInput().getDefiningOp();
    if (!isa_and_nonnull<nn::FullyConnectedOp, nn::Conv2DOp>(product) || hasBounds(product))
      return rewriter.notifyMatchFailure(op, "no product before the reshape");
    RankedTensorType type = reshape.getInput().getType();
    if (type.getShape().back() != op.getType().getShape().back())
      return rewriter.notifyMatchFailure(op, "the reshape moves channels");
    if (!affine->isScaling() && !affine->isTranslation())
      return rewriter.notifyMatchFailure(op, "a difference from a constant");
    SmallVector<int64_t> shape(type.getRank(), 1);
    shape.back() = type.getShape().back();
    bool scaling = affine->isScaling();
    Value constant = createFloatConstant(rewriter, op.getLoc(), shape, scaling ? affine->scale : affine->offset);
    Operation *moved;
    if (scaling)
      moved = nn::MulOp::create(rewriter, op.getLoc(), type, reshape.getInput(), constant, op.getClampMinAttr(),
                                op.getClampMaxAttr());
    else
      moved = nn::AddOp::create(rewriter, op.getLoc(), type, reshape.getInput(), constant, op.getClampMinAttr(),
                                op.getClampMaxAttr());
    rewriter.replaceOpWithNewOp<nn::ReshapeOp>(op, op.getType(), moved->getResult(0));
    return success();
  }
};

/// Two products with constants, or two sums, become one.
template <typename Op> struct MergeArithmetic : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;

  LogicalResult matchAndRewrite(Op op, PatternRewriter &rewriter) const override {
    Value middle, input;
    std::optional<Affine> outer = getAffine(op, middle);
    Operation *producer = outer ? middle.getDefiningOp() : nullptr;
    if (!producer || !isa<nn::AddOp, nn::SubOp, nn::MulOp>(producer) || !middle.hasOneUse() || hasBounds(producer))
      return rewriter.notifyMatchFailure(op, "no arithmetic before it that only it uses");
    std::optional<Affine> inner = getAffine(producer, input);
    if (!inner)
      return rewriter.notifyMatchFailure(op, "no constant per channel before it");
    bool scaling = outer->isScaling() && inner->isScaling();
    if (!scaling && !(outer->isTranslation() && inner->isTranslation()))
      return rewriter.notifyMatchFailure(op, "a product and a sum");
    SmallVector<double> &values = scaling ? outer->scale : outer->offset;
    for (auto [index, value] : llvm::enumerate(values))
      value = scaling ? value * inner->scale[index] : value + inner->offset[index];
    RankedTensorType type = op.getType();
    SmallVector<int64_t> shape(type.getRank(), 1);
    shape.back() = type.getShape().back();
    Value constant = createFloatConstant(rewriter, op.getLoc(), shape, values);
    if (scaling)
      rewriter.replaceOpWithNewOp<nn::MulOp>(op, type, input, constant, op.getClampMinAttr(), op.getClampMaxAttr());
    else
      rewriter.replaceOpWithNewOp<nn::AddOp>(op, type, input, constant, op.getClampMinAttr(), op.getClampMaxAttr());
    return success();
  }
};

struct FoldArithmeticPass : impl::FoldArithmeticPassBase<FoldArithmeticPass> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<FoldIntoProduct<nn::AddOp>, FoldIntoProduct<nn::SubOp>, FoldIntoProduct<nn::MulOp>,
                 MoveBeforeReshape<nn::AddOp>, MoveBeforeReshape<nn::SubOp>, MoveBeforeReshape<nn::MulOp>,
                 MergeArithmetic<nn::AddOp>, MergeArithmetic<nn::SubOp>, MergeArithmetic<nn::MulOp>>(&getContext());
    if (failed(applyPatterns(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace

} // namespace tinyc::graph
