#include "passes/graph/Bounds.h"
#include "passes/graph/Constants.h"
#include "passes/graph/Layout.h"
#include "passes/graph/Passes.h"
#include "passes/graph/Rewrite.h"

using namespace mlir;

namespace tinyc::graph {
#define GEN_PASS_DEF_CONVERTMATMULPASS
#include "passes/graph/Passes.h.inc"

static bool isSymmetric(Type elementType) {
  if (auto perTensor = dyn_cast<quant::UniformQuantizedType>(elementType))
    return perTensor.getZeroPoint() == 0;
  if (auto perAxis = dyn_cast<quant::UniformQuantizedPerAxisType>(elementType))
    return llvm::all_of(perAxis.getZeroPoints(), [](int64_t zeroPoint) { return zeroPoint == 0; });
  return elementType.isF32();
}

/// True if the `count` equal parts of the elements hold the same values.
static bool repeats(DenseElementsAttr elements, int64_t count) {
  if (count == 1 || elements.isSplat())
    return true;
  ArrayRef<char> raw = elements.getRawData();
  size_t bytes = raw.size() / count;
  for (int64_t part = 1; part < count; ++part)
    if (raw.slice(part * bytes, bytes) != raw.take_front(bytes))
      return false;
  return true;
}

/// The element type of the transposed matrix [N, K]; null if its quantization does not run along the columns N, which
/// alone can become the weight's axis 0.
static Type getWeightElement(Type elementType, int64_t rank) {
  auto perAxis = dyn_cast<quant::UniformQuantizedPerAxisType>(elementType);
  if (!perAxis)
    return elementType;
  if (perAxis.getQuantizedDimension() != rank - 1)
    return {};
  SmallVector<int64_t> permutation = {rank - 1};
  return permuteAxis(elementType, permutation);
}

namespace {
struct ConvertMatMul : OpRewritePattern<nn::MatMulOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(nn::MatMulOp op, PatternRewriter &rewriter) const override {
    std::optional<ConstantSource> source = getConstantSource(op.getRhs());
    if (!source)
      return rewriter.notifyMatchFailure(op, "the right operand is no constant");
    RankedTensorType lhs = op.getLhs().getType(), rhs = source->constant.getType(), output = op.getType();
    int64_t rank = rhs.getRank(), inner = rhs.getDimSize(rank - 2), columns = rhs.getDimSize(rank - 1);
    Type elementType = getWeightElement(rhs.getElementType(), rank);
    if (!elementType || !isSymmetric(elementType) || isa<quant::UniformQuantizedPerAxisType>(lhs.getElementType()))
      return rewriter.notifyMatchFailure(op, "quantization that a weight cannot have");
    if (!repeats(source->getElements(), rhs.getNumElements() / (inner * columns)))
      return rewriter.notifyMatchFailure(op, "another matrix for each batch");

    SmallVector<int64_t> sources = Layout::fromPermutation({inner, columns}, {1, 0}).getSources(inner * columns);
    Value weight = createGathered(rewriter, source->constant.getLoc(),
                                  RankedTensorType::get({columns, inner}, elementType), source->getElements(), sources);
    if (source->cast)
      weight = quant::DequantizeCastOp::create(rewriter, source->cast.getLoc(),
                                               RankedTensorType::get({columns, inner}, rewriter.getF32Type()), weight);

    int64_t rows = lhs.getNumElements() / inner;
    Value input = op.getLhs();
    if (rank != 2)
      input = nn::ReshapeOp::create(rewriter, op.getLoc(), RankedTensorType::get({rows, inner}, lhs.getElementType()),
                                    input);

    // A sum with a constant per column is the bias.
    Operation *last = op;
    Value bias;
    if (op->hasOneUse() && !hasBounds(op) && output.getElementType().isF32())
      if (auto add = dyn_cast<nn::AddOp>(*op->user_begin()); add && add.getType() == output) {
        Value other = add.getLhs() == op.getOutput() ? add.getRhs() : add.getLhs();
        if (std::optional<SmallVector<double>> values = getChannelConstant(other, output.getShape())) {
          bias = createFloatConstant(rewriter, other.getLoc(), {columns}, *values);
          last = add;
        }
      }
    auto fused = cast<nn::FusedActivationOpInterface>(last);
    auto product = nn::FullyConnectedOp::create(rewriter, op.getLoc(),
                                                RankedTensorType::get({rows, columns}, output.getElementType()),
                                                input, weight, bias, FloatAttr(), FloatAttr());
    cast<nn::FusedActivationOpInterface>(product.getOperation())
        .setBounds(fused.getLowerBound(), fused.getUpperBound());
    product->setDiscardableAttrs(last->getDiscardableAttrDictionary());
    Value result = product;
    if (rank != 2)
      result = nn::ReshapeOp::create(rewriter, op.getLoc(), output, result);
    rewriter.replaceOp(last, result);
    if (last != op)
      rewriter.eraseOp(op);
    return success();
  }
};

struct ConvertMatMulPass : impl::ConvertMatMulPassBase<ConvertMatMulPass> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<ConvertMatMul>(&getContext());
    if (failed(applyPatterns(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace

} // namespace tinyc::graph
