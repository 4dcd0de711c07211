#include "dialects/nn/QuantizedArithmetic.h"
#include "passes/graph/Bounds.h"
#include "passes/graph/Passes.h"
#include "passes/graph/Rewrite.h"

using namespace mlir;

namespace tinyc::graph {
#define GEN_PASS_DEF_FOLDPADPASS
#include "passes/graph/Passes.h.inc"

/// The pad of height and width before the operand of a window op, or null.
static nn::PadOp getSpatialPad(Value value) {
  auto pad = value.getDefiningOp<nn::PadOp>();
  if (!pad)
    return {};
  for (unsigned axis : {0u, 3u})
    if (pad.getBefore()[axis] != 0 || pad.getAfter()[axis] != 0)
      return {};
  return pad;
}

/// top, left, bottom, right of the op and of the pad together.
static SmallVector<int64_t> addPads(ArrayRef<int64_t> pads, nn::PadOp pad) {
  return {pads[0] + pad.getBefore()[1], pads[1] + pad.getBefore()[2], pads[2] + pad.getAfter()[1],
          pads[3] + pad.getAfter()[2]};
}

static bool isZero(nn::PadOp pad) { return pad.getValue().isZero(); }

/// True if some window of the op would see padding only: such a window has no maximum of its own.
static bool hasEmptyWindow(nn::MaxPoolOp op, ArrayRef<int64_t> pads, ArrayRef<int64_t> inputShape) {
  return llvm::any_of(ArrayRef{0, 1}, [&](int axis) {
    return nn::hasEmptyWindow(inputShape[1 + axis], op.getType().getDimSize(1 + axis), op.getKernel()[axis],
                              op.getStrides()[axis], op.getDilations()[axis], pads[axis]);
  });
}

namespace {
struct FoldIntoConvolution : OpRewritePattern<nn::Conv2DOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(nn::Conv2DOp op, PatternRewriter &rewriter) const override {
    nn::PadOp pad = getSpatialPad(op.getInput());
    if (!pad || !isZero(pad))
      return rewriter.notifyMatchFailure(op, "no pad by 0 before it");
    rewriter.modifyOpInPlace(op, [&] {
      op.setPads(addPads(op.getPads(), pad));
      op.getInputMutable().assign(pad.getInput());
    });
    return success();
  }
};

struct FoldIntoAverage : OpRewritePattern<nn::AvgPoolOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(nn::AvgPoolOp op, PatternRewriter &rewriter) const override {
    nn::PadOp pad = getSpatialPad(op.getInput());
    if (!pad || !isZero(pad))
      return rewriter.notifyMatchFailure(op, "no pad by 0 before it");
    bool own = llvm::any_of(op.getPads(), [](int64_t size) { return size != 0; });
    if (own && !op.getIncludePad())
      return rewriter.notifyMatchFailure(op, "its own padding does not count, the pad's does");
    rewriter.modifyOpInPlace(op, [&] {
      op.setPads(addPads(op.getPads(), pad));
      op.setIncludePad(true);
      op.getInputMutable().assign(pad.getInput());
    });
    return success();
  }
};

struct FoldIntoMaximum : OpRewritePattern<nn::MaxPoolOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(nn::MaxPoolOp op, PatternRewriter &rewriter) const override {
    nn::PadOp pad = getSpatialPad(op.getInput());
    if (!pad)
      return rewriter.notifyMatchFailure(op, "no pad before it");
    // In integer form the pad is the nearest value of the type, which nothing but the least value is sure to undercut.
    float value = pad.getValue().convertToFloat();
    Bounds known = getKnownBounds(pad.getInput());
    bool least = value == -std::numeric_limits<float>::infinity() || value == std::numeric_limits<float>::lowest();
    if (!least && !(known.lower && value <= *known.lower))
      return rewriter.notifyMatchFailure(op, "the pad may be greater than the input's elements");
    SmallVector<int64_t> pads = addPads(op.getPads(), pad);
    if (hasEmptyWindow(op, pads, pad.getInput().getType().getShape()))
      return rewriter.notifyMatchFailure(op, "a window would hold no element of the input");
    rewriter.modifyOpInPlace(op, [&] {
      op.setPads(pads);
      op.getInputMutable().assign(pad.getInput());
    });
    return success();
  }
};

/// dcast(qcast(pad(x))) -> pad(dcast(qcast(x))), in front of a window op: 0 passes the casts unchanged.
struct SinkBelowCasts : OpRewritePattern<nn::PadOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(nn::PadOp op, PatternRewriter &rewriter) const override {
    if (!isZero(op) || !op->hasOneUse())
      return rewriter.notifyMatchFailure(op, "not 0, or used more than once");
    auto quantize = dyn_cast<quant::QuantizeCastOp>(*op->user_begin());
    if (!quantize || !quantize->hasOneUse() || !nn::getPerTensor(quantize.getResult().getType()))
      return rewriter.notifyMatchFailure(op, "no qcast per tensor behind it");
    auto dequantize = dyn_cast<quant::DequantizeCastOp>(*quantize->user_begin());
    if (!dequantize || !llvm::all_of(dequantize->getUsers(), [](Operation *user) {
          return isa<nn::Conv2DOp, nn::AvgPoolOp, nn::MaxPoolOp>(user);
        }))
      return rewriter.notifyMatchFailure(op, "no window op behind the casts");
    ArrayRef<int64_t> shape = op.getInput().getType().getShape();
    auto withShape = [&](Value value) {
      return RankedTensorType::get(shape, cast<RankedTensorType>(value.getType()).getElementType());
    };
    rewriter.setInsertionPoint(dequantize);
    Value value = quant::QuantizeCastOp::create(rewriter, quantize.getLoc(), withShape(quantize.getResult()),
                                                op.getInput());
    value = quant::DequantizeCastOp::create(rewriter, dequantize.getLoc(), withShape(dequantize.getResult()), value);
    rewriter.replaceOpWithNewOp<nn::PadOp>(dequantize, dequantize.getResult().getType(), value, op.getBefore(),
                                           op.getAfter(), op.getValue());
    rewriter.eraseOp(quantize);
    rewriter.eraseOp(op);
    return success();
  }
};

struct FoldPadPass : impl::FoldPadPassBase<FoldPadPass> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<FoldIntoConvolution, FoldIntoAverage, FoldIntoMaximum, SinkBelowCasts>(&getContext());
    if (failed(applyPatterns(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace

} // namespace tinyc::graph
