#include "passes/graph/Affine.h"
#include "passes/graph/Constants.h"
#include "passes/graph/Passes.h"
#include "passes/graph/Rewrite.h"

using namespace mlir;

namespace tinyc::graph {
#define GEN_PASS_DEF_FOLDBATCHNORMPASS
#include "passes/graph/Passes.h.inc"

/// Fails, with a diagnostic, if the parameters make no affine map.
static FailureOr<Affine> getAffine(nn::BatchNormOp op) {
  std::optional<SmallVector<double>> scale = getFloatConstant(op.getScale()), offset = getFloatConstant(op.getOffset()),
                                     mean = getFloatConstant(op.getMean()),
                                     variance = getFloatConstant(op.getVariance());
  if (!scale || !offset || !mean || !variance)
    return op.emitOpError("expects constant scale, offset, mean and variance");
  double epsilon = op.getEpsilon().convertToFloat();
  Affine affine;
  for (auto [channel, value] : llvm::enumerate(*variance)) {
    if (!(value + epsilon > 0.0))
      return op.emitOpError("expects variance + epsilon > 0, got ") << value + epsilon << " in channel " << channel;
    double factor = (*scale)[channel] / std::sqrt(value + epsilon);
    affine.scale.push_back(factor);
    affine.offset.push_back((*offset)[channel] - (*mean)[channel] * factor);
  }
  return affine;
}

/// Notes the mean and standard deviation of each channel over the training data, which are the norm's offset and scale:
/// the op that computes the result now has them.
static void noteStatistics(nn::BatchNormOp op) {
  SmallVector<float> mean, deviation;
  for (SmallVector<double> offsets = *getFloatConstant(op.getOffset()); double value : offsets)
    mean.push_back(static_cast<float>(value));
  for (SmallVector<double> scales = *getFloatConstant(op.getScale()); double value : scales)
    deviation.push_back(static_cast<float>(std::abs(value)));
  op->setAttr(nn::kMeanAttr, DenseF32ArrayAttr::get(op.getContext(), mean));
  op->setAttr(nn::kDeviationAttr, DenseF32ArrayAttr::get(op.getContext(), deviation));
}

namespace {
struct FoldBatchNorm : OpRewritePattern<nn::BatchNormOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(nn::BatchNormOp op, PatternRewriter &rewriter) const override {
    FailureOr<Affine> affine = getAffine(op);
    if (failed(affine))
      return failure();
    rewriter.modifyOpInPlace(op, [&] { noteStatistics(op); });
    if (succeeded(foldIntoProducer(rewriter, op, op.getInput(), *affine)) ||
        succeeded(foldIntoConsumer(rewriter, op, op.getInput(), *affine)))
      return success();

    RankedTensorType type = op.getType();
    SmallVector<int64_t> shape(type.getRank(), 1);
    shape.back() = type.getShape().back();
    rewriter.setInsertionPoint(op);
    Value value = op.getInput();
    if (!affine->isTranslation()) {
      Value scale = createFloatConstant(rewriter, op.getScale().getLoc(), shape, affine->scale);
      value = nn::MulOp::create(rewriter, op.getLoc(), type, value, scale, FloatAttr(), FloatAttr());
    }
    if (!affine->isScaling()) {
      Value offset = createFloatConstant(rewriter, op.getOffset().getLoc(), shape, affine->offset);
      value = nn::AddOp::create(rewriter, op.getLoc(), type, value, offset, FloatAttr(), FloatAttr());
    }
    rewriter.replaceOp(op, value);
    return success();
  }
};

struct FoldBatchNormPass : impl::FoldBatchNormPassBase<FoldBatchNormPass> {
  void runOnOperation() override {
    WalkResult checked = getOperation().walk([](nn::BatchNormOp op) {
      return failed(getAffine(op)) ? WalkResult::interrupt() : WalkResult::advance();
    });
    if (checked.wasInterrupted())
      return signalPassFailure();
    RewritePatternSet patterns(&getContext());
    patterns.add<FoldBatchNorm>(&getContext());
    if (failed(applyPatterns(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace

} // namespace tinyc::graph
