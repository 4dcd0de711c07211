#include "passes/graph/Bounds.h"
#include "passes/graph/Passes.h"
#include "passes/graph/Rewrite.h"

using namespace mlir;

namespace tinyc::graph {
#define GEN_PASS_DEF_FUSEACTIVATIONPASS
#include "passes/graph/Passes.h.inc"

/// The op that computes `value`, through reshapes and transposes, if all of them have one use only.
static Operation *getSoleProducer(Value value) {
  while (value.hasOneUse() && isa_and_nonnull<nn::ReshapeOp, nn::TransposeOp>(value.getDefiningOp()))
    value = value.getDefiningOp()->getOperand(0);
  return value.hasOneUse() ? value.getDefiningOp() : nullptr;
}

/// True if `bound` is a value of the type, so that the cast to it and back leaves the bound as it is.
static bool isOnGrid(float bound, quant::UniformQuantizedType type) {
  double quantized = std::nearbyint(bound / type.getScale()) + type.getZeroPoint();
  if (quantized < type.getStorageTypeMin() || quantized > type.getStorageTypeMax())
    return false;
  return static_cast<float>((quantized - type.getZeroPoint()) * type.getScale()) == bound;
}

/// Gives `producer` the bounds of `clamp` behind its own, and the calibrated range of what they leave.
static void clampProducer(PatternRewriter &rewriter, nn::FusedActivationOpInterface producer, const Bounds &bounds,
                          Operation *clamp) {
  Bounds composed = composeBounds(getBounds(producer), bounds);
  rewriter.modifyOpInPlace(producer, [&] {
    producer.setBounds(composed.lower, composed.upper);
    if (Attribute range = clamp->getAttr(nn::kRangeAttr))
      producer->setAttr(nn::kRangeAttr, range);
  });
}

namespace {
/// clamp(op(x)) -> op(x) with bounds
struct FuseClamp : OpRewritePattern<nn::ClampOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(nn::ClampOp op, PatternRewriter &rewriter) const override {
    if (op.getType() != op.getInput().getType())
      return rewriter.notifyMatchFailure(op, "changes the quantization");
    auto fused = dyn_cast_or_null<nn::FusedActivationOpInterface>(getSoleProducer(op.getInput()));
    if (!fused)
      return rewriter.notifyMatchFailure(op, "no op before it that only it uses and that can clamp");
    clampProducer(rewriter, fused, getBounds(op), op);
    rewriter.replaceOp(op, op.getInput());
    return success();
  }
};

/// max_pool(op(x)) with bounds -> max_pool(op(x) with bounds): the same values, and no range wasted before the pool.
struct HoistBoundsOverMaxPool : OpRewritePattern<nn::MaxPoolOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(nn::MaxPoolOp op, PatternRewriter &rewriter) const override {
    auto fused = dyn_cast_or_null<nn::FusedActivationOpInterface>(getSoleProducer(op.getInput()));
    auto pool = cast<nn::FusedActivationOpInterface>(op.getOperation());
    if (!fused || !hasBounds(op))
      return rewriter.notifyMatchFailure(op, "no bounds, or no op before it that can clamp");
    clampProducer(rewriter, fused, getBounds(pool), op);
    rewriter.modifyOpInPlace(op, [&] { pool.setBounds(std::nullopt, std::nullopt); });
    return success();
  }
};

/// clamp(dcast(qcast(x))) -> dcast(qcast(clamp(x)))
struct HoistClampOverCasts : OpRewritePattern<nn::ClampOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(nn::ClampOp op, PatternRewriter &rewriter) const override {
    auto dequantize = op.getInput().getDefiningOp<quant::DequantizeCastOp>();
    auto quantize = dequantize ? dequantize.getInput().getDefiningOp<quant::QuantizeCastOp>() : nullptr;
    if (!quantize || !dequantize->hasOneUse() || !quantize->hasOneUse() ||
        quantize.getInput().getType() != op.getType())
      return rewriter.notifyMatchFailure(op, "no pair of casts before it that only it uses");
    if (!isa_and_nonnull<nn::FusedActivationOpInterface>(getSoleProducer(quantize.getInput())))
      return rewriter.notifyMatchFailure(op, "no op before the casts that could clamp");
    quant::UniformQuantizedType type = nn::getPerTensor(quantize.getResult().getType());
    Bounds bounds = getBounds(op);
    if (!type || (bounds.lower && !isOnGrid(*bounds.lower, type)) || (bounds.upper && !isOnGrid(*bounds.upper, type)))
      return rewriter.notifyMatchFailure(op, "a bound is no value of the quantized type");
    rewriter.setInsertionPoint(quantize);
    auto clamp = nn::ClampOp::create(rewriter, op.getLoc(), op.getType(), quantize.getInput(), op.getMinAttr(),
                                     op.getMaxAttr());
    rewriter.modifyOpInPlace(quantize, [&] { quantize->setOperand(0, clamp); });
    rewriter.replaceOp(op, dequantize.getResult());
    return success();
  }
};

struct FuseActivationPass : impl::FuseActivationPassBase<FuseActivationPass> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<FuseClamp, HoistBoundsOverMaxPool, HoistClampOverCasts>(&getContext());
    if (failed(applyPatterns(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace

} // namespace tinyc::graph
