#include "passes/graph/Bounds.h"
#include "passes/graph/Constants.h"
#include "passes/graph/Passes.h"
#include "passes/graph/Rewrite.h"

using namespace mlir;

namespace tinyc::graph {
#define GEN_PASS_DEF_FUSEHARDSWISHPASS
#include "passes/graph/Passes.h.inc"

static bool isNear(double value, double expected) { return std::abs(value - expected) <= 1e-6; }

/// For op(x, constant), or op(constant, x), with one number for all elements: x and the number.
template <typename Op> static std::optional<std::pair<Value, double>> matchConstant(Value value) {
  auto op = value.getDefiningOp<Op>();
  if (!op || hasBounds(op))
    return std::nullopt;
  for (unsigned variable : {0, 1}) {
    std::optional<SmallVector<double>> constant = getFloatConstant(op->getOperand(1 - variable));
    if (constant && op->getOperand(variable).getType() == value.getType() && !constant->empty() &&
        llvm::all_equal(*constant))
      return std::pair(op->getOperand(variable), constant->front());
  }
  return std::nullopt;
}

/// hard_sigmoid(x) = clamp(alpha * x + beta, 0, 1), times `factor`.
struct HardSigmoid {
  Value input;
  double alpha, beta, factor;
};

/// Matches factor * hard_sigmoid(x): clamp(a * x + b, 0, h), and nn.hard_sigmoid itself.
static std::optional<HardSigmoid> matchHardSigmoid(Value value) {
  if (auto op = value.getDefiningOp<nn::HardSigmoidOp>())
    return HardSigmoid{op.getInput(), op.getAlpha().convertToFloat(), op.getBeta().convertToFloat(), 1.0};
  auto clamp = value.getDefiningOp<nn::ClampOp>();
  Bounds bounds = clamp ? getBounds(clamp) : Bounds();
  if (bounds.lower != 0.0f || !bounds.upper || !(*bounds.upper > 0.0f) || !std::isfinite(*bounds.upper))
    return std::nullopt;
  Value input = clamp.getInput();
  double a = 1.0, b = 0.0;
  if (auto sum = matchConstant<nn::AddOp>(input)) {
    input = sum->first;
    b = sum->second;
  }
  if (auto product = matchConstant<nn::MulOp>(input)) {
    input = product->first;
    a = product->second;
  }
  return HardSigmoid{input, a / *bounds.upper, b / *bounds.upper, *bounds.upper};
}

static bool isSwish(const HardSigmoid &sigmoid, Value input) {
  return sigmoid.input == input && isNear(sigmoid.alpha, 1.0 / 6.0) && isNear(sigmoid.beta, 0.5);
}

namespace {
struct FuseProduct : OpRewritePattern<nn::MulOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(nn::MulOp op, PatternRewriter &rewriter) const override {
    if (hasBounds(op) || !op.getType().getElementType().isF32())
      return rewriter.notifyMatchFailure(op, "clamped, or in integer form");
    // x * hard_sigmoid(x)
    for (unsigned side : {0, 1}) {
      Value input = op->getOperand(1 - side);
      std::optional<HardSigmoid> sigmoid = matchHardSigmoid(op->getOperand(side));
      if (sigmoid && isNear(sigmoid->factor, 1.0) && isSwish(*sigmoid, input)) {
        rewriter.replaceOpWithNewOp<nn::HardSwishOp>(op, op.getType(), input);
        return success();
      }
    }
    std::optional<std::pair<Value, double>> scaled = matchConstant<nn::MulOp>(op.getOutput());
    if (!scaled)
      return rewriter.notifyMatchFailure(op, "no hard sigmoid");
    // (x * 6 hard_sigmoid(x)) * (1/6)
    if (auto product = scaled->first.getDefiningOp<nn::MulOp>(); product && !hasBounds(product))
      for (unsigned side : {0, 1}) {
        Value input = product->getOperand(1 - side);
        std::optional<HardSigmoid> sigmoid = matchHardSigmoid(product->getOperand(side));
        if (sigmoid && isNear(sigmoid->factor * scaled->second, 1.0) && isSwish(*sigmoid, input)) {
          rewriter.replaceOpWithNewOp<nn::HardSwishOp>(op, op.getType(), input);
          return success();
        }
      }
    // 6 hard_sigmoid(x) * (1/6)
    std::optional<HardSigmoid> sigmoid = matchHardSigmoid(scaled->first);
    if (!sigmoid || scaled->first.getDefiningOp<nn::HardSigmoidOp>() ||
        !isNear(sigmoid->factor * scaled->second, 1.0))
      return rewriter.notifyMatchFailure(op, "no hard sigmoid");
    rewriter.replaceOpWithNewOp<nn::HardSigmoidOp>(op, op.getType(), sigmoid->input,
                                                   rewriter.getF32FloatAttr(sigmoid->alpha),
                                                   rewriter.getF32FloatAttr(sigmoid->beta));
    return success();
  }
};

/// clamp(alpha * x + beta, 0, 1) -> hard_sigmoid(x)
struct FuseClamp : OpRewritePattern<nn::ClampOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(nn::ClampOp op, PatternRewriter &rewriter) const override {
    std::optional<HardSigmoid> sigmoid = matchHardSigmoid(op.getOutput());
    if (!op.getType().getElementType().isF32() || !sigmoid || sigmoid->factor != 1.0 || sigmoid->beta == 0.0 ||
        sigmoid->alpha == 1.0)
      return rewriter.notifyMatchFailure(op, "no hard sigmoid");
    rewriter.replaceOpWithNewOp<nn::HardSigmoidOp>(op, op.getType(), sigmoid->input,
                                                   rewriter.getF32FloatAttr(sigmoid->alpha),
                                                   rewriter.getF32FloatAttr(sigmoid->beta));
    return success();
  }
};

struct FuseHardSwishPass : impl::FuseHardSwishPassBase<FuseHardSwishPass> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<FuseProduct, FuseClamp>(&getContext());
    if (failed(applyPatterns(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace

} // namespace tinyc::graph
