#include "passes/graph/Bounds.h"
#include "passes/graph/Constants.h"
#include "passes/graph/Passes.h"
#include "passes/graph/Rewrite.h"

using namespace mlir;

namespace tinyc::graph {
#define GEN_PASS_DEF_SIMPLIFYPASS
#include "passes/graph/Passes.h.inc"

static bool isAll(ArrayRef<int64_t> values, int64_t expected) {
  return llvm::all_of(values, [&](int64_t value) { return value == expected; });
}

namespace {
/// Replaces `op` by `value`, which has its type; a fused clamp stays.
LogicalResult replaceByOperand(PatternRewriter &rewriter, Operation *op, Value value) {
  if (value.getType() != op->getResult(0).getType())
    return rewriter.notifyMatchFailure(op, "the operand has another type");
  if (!hasBounds(op)) {
    rewriter.replaceOp(op, value);
    return success();
  }
  auto fused = cast<nn::FusedActivationOpInterface>(op);
  auto attribute = [&](std::optional<float> bound) {
    return bound ? rewriter.getF32FloatAttr(*bound) : FloatAttr();
  };
  rewriter.replaceOpWithNewOp<nn::ClampOp>(op, value.getType(), value, attribute(fused.getLowerBound()),
                                           attribute(fused.getUpperBound()));
  return success();
}

/// Folds of the nn dialect that yield an operand.
struct FoldToValue : RewritePattern {
  explicit FoldToValue(MLIRContext *context) : RewritePattern(MatchAnyOpTypeTag(), /*benefit=*/1, context) {}

  LogicalResult matchAndRewrite(Operation *op, PatternRewriter &rewriter) const override {
    if (!isa_and_nonnull<nn::NNDialect>(op->getDialect()) || isa<nn::ConstantOp>(op) || op->getNumResults() != 1)
      return rewriter.notifyMatchFailure(op, "nothing to fold");
    SmallVector<Attribute> unknown(op->getNumOperands());
    SmallVector<OpFoldResult> results;
    if (failed(op->fold(unknown, results)) || results.size() != 1 || !isa<Value>(results.front()))
      return rewriter.notifyMatchFailure(op, "does not fold");
    rewriter.replaceOp(op, cast<Value>(results.front()));
    return success();
  }
};

/// x * 1, x + 0, 0 + x, x - 0
template <typename Op> struct RemoveNeutral : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;

  LogicalResult matchAndRewrite(Op op, PatternRewriter &rewriter) const override {
    double neutral = std::is_same_v<Op, nn::MulOp> ? 1.0 : 0.0;
    for (unsigned variable : {0, 1}) {
      if (std::is_same_v<Op, nn::SubOp> && variable == 1)
        continue;
      std::optional<SmallVector<double>> constant = getFloatConstant(op->getOperand(1 - variable));
      if (constant && llvm::all_of(*constant, [&](double value) { return value == neutral; }) &&
          succeeded(replaceByOperand(rewriter, op, op->getOperand(variable))))
        return success();
    }
    return rewriter.notifyMatchFailure(op, "no neutral constant");
  }
};

struct SimplifyClamp : OpRewritePattern<nn::ClampOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(nn::ClampOp op, PatternRewriter &rewriter) const override {
    if (op.getType() != op.getInput().getType())
      return rewriter.notifyMatchFailure(op, "changes the quantization");
    Bounds bounds = getBounds(op), known = getKnownBounds(op.getInput());
    bool lower = bounds.lower && !(known.lower && *known.lower >= *bounds.lower);
    bool upper = bounds.upper && !(known.upper && *known.upper <= *bounds.upper);
    if (!lower && !upper) {
      rewriter.replaceOp(op, op.getInput());
      return success();
    }
    if (auto producer = op.getInput().getDefiningOp<nn::ClampOp>();
        producer && producer.getType() == producer.getInput().getType()) {
      Bounds composed = composeBounds(getBounds(producer), bounds);
      auto attribute = [&](std::optional<float> bound) {
        return bound ? rewriter.getF32FloatAttr(*bound) : FloatAttr();
      };
      rewriter.modifyOpInPlace(op, [&] {
        op.getInputMutable().assign(producer.getInput());
        op.setMinAttr(attribute(composed.lower));
        op.setMaxAttr(attribute(composed.upper));
      });
      return success();
    }
    return rewriter.notifyMatchFailure(op, "has bounds that matter");
  }
};

/// A pool over windows of one element, moved by one.
template <typename Op> struct RemovePool : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;

  LogicalResult matchAndRewrite(Op op, PatternRewriter &rewriter) const override {
    if (!isAll(op.getKernel(), 1) || !isAll(op.getStrides(), 1) || !isAll(op.getPads(), 0))
      return rewriter.notifyMatchFailure(op, "has a window");
    return replaceByOperand(rewriter, op, op.getInput());
  }
};

struct RemoveConcat : OpRewritePattern<nn::ConcatOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(nn::ConcatOp op, PatternRewriter &rewriter) const override {
    if (op.getInputs().size() != 1)
      return rewriter.notifyMatchFailure(op, "joins operands");
    return replaceByOperand(rewriter, op, op.getInputs().front());
  }
};

/// An operand of a binary op that is one value, of size 1 along an axis, joined with itself: the op broadcasts it.
template <typename Op> struct RemoveRepetition : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;

  LogicalResult matchAndRewrite(Op op, PatternRewriter &rewriter) const override {
    for (OpOperand &use : op->getOpOperands()) {
      auto concat = use.get().template getDefiningOp<nn::ConcatOp>();
      if (!concat || !llvm::all_equal(concat.getInputs()))
        continue;
      uint64_t axis = concat.getAxis();
      auto getSize = [&](Value value) { return cast<RankedTensorType>(value.getType()).getDimSize(axis); };
      if (getSize(concat.getInputs().front()) != 1 ||
          getSize(op->getOperand(1 - use.getOperandNumber())) != getSize(op.getOutput()))
        continue;
      rewriter.modifyOpInPlace(op, [&] { use.set(concat.getInputs().front()); });
      return success();
    }
    return rewriter.notifyMatchFailure(op, "no operand that repeats a value");
  }
};

struct RemovePad : OpRewritePattern<nn::PadOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(nn::PadOp op, PatternRewriter &rewriter) const override {
    if (!isAll(op.getBefore(), 0) || !isAll(op.getAfter(), 0))
      return rewriter.notifyMatchFailure(op, "pads");
    return replaceByOperand(rewriter, op, op.getInput());
  }
};

struct SimplifyPass : impl::SimplifyPassBase<SimplifyPass> {
  void runOnOperation() override {
    MLIRContext *context = &getContext();
    RewritePatternSet patterns(context);
    for (RegisteredOperationName name : context->getRegisteredOperations())
      if (name.getDialectNamespace() == nn::NNDialect::getDialectNamespace())
        name.getCanonicalizationPatterns(patterns, context);
    patterns.add<FoldToValue, RemoveNeutral<nn::AddOp>, RemoveNeutral<nn::SubOp>, RemoveNeutral<nn::MulOp>,
                 SimplifyClamp, RemovePool<nn::AvgPoolOp>, RemovePool<nn::MaxPoolOp>, RemoveConcat, RemovePad,
                 RemoveRepetition<nn::AddOp>, RemoveRepetition<nn::SubOp>, RemoveRepetition<nn::MulOp>>(
        context);
    if (failed(applyPatterns(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace

} // namespace tinyc::graph
