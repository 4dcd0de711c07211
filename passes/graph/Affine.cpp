#include "passes/graph/Affine.h"

#include "passes/graph/Bounds.h"
#include "passes/graph/Constants.h"

using namespace mlir;

namespace tinyc::graph {

namespace {
/// A conv2d or fully_connected whose parameters may change.
struct Product {
  Operation *op;
  nn::Conv2DOp convolution; // null for fully_connected
  Value weight, bias;       // bias may be null
};
} // namespace

static std::optional<Product> getProduct(Operation *op) {
  if (auto convolution = dyn_cast_or_null<nn::Conv2DOp>(op))
    return Product{op, convolution, convolution.getWeight(), convolution.getBias()};
  if (auto product = dyn_cast_or_null<nn::FullyConnectedOp>(op))
    return Product{op, {}, product.getWeight(), product.getBias()};
  return std::nullopt;
}

static RankedTensorType getTensor(Value value) { return cast<RankedTensorType>(value.getType()); }

/// The op again, with other parameters; a bias of zeros that was not there is left out.
static Operation *withParameters(PatternRewriter &rewriter, const Product &product, Value weight,
                                 ArrayRef<double> bias) {
  SmallVector<Value> operands = {product.op->getOperand(0), weight};
  if (product.bias || llvm::any_of(bias, [](double value) { return value != 0.0; })) {
    Location loc = product.bias ? product.bias.getLoc() : product.op->getLoc();
    operands.push_back(createFloatConstant(rewriter, loc, {static_cast<int64_t>(bias.size())}, bias));
  }
  Operation *result = product.op->cloneWithoutRegions();
  result->setOperands(operands);
  return rewriter.insert(result);
}

/// The bias in double: zeros if there is none, nullopt if it is no float constant.
static std::optional<SmallVector<double>> getBias(const Product &product, int64_t channels) {
  if (!product.bias)
    return SmallVector<double>(channels, 0.0);
  return getFloatConstant(product.bias);
}

LogicalResult foldIntoProducer(PatternRewriter &rewriter, Operation *op, Value input, const Affine &affine) {
  std::optional<Product> product = getProduct(input.getDefiningOp());
  if (!product || !input.hasOneUse() || hasBounds(product->op))
    return rewriter.notifyMatchFailure(op, "no product before it that only it uses");
  RankedTensorType type = getTensor(input);
  if (!type.getElementType().isF32() || op->getResult(0).getType() != type)
    return rewriter.notifyMatchFailure(op, "another type than the product's");
  std::optional<SmallVector<double>> bias = getBias(*product, affine.scale.size());
  if (!bias)
    return rewriter.notifyMatchFailure(op, "the bias is no float constant");

  rewriter.setInsertionPoint(op);
  Value weight = product->weight;
  if (!affine.isTranslation()) {
    std::optional<SmallVector<double>> values = getFloatConstant(weight);
    if (!values)
      return rewriter.notifyMatchFailure(op, "the weight is no float constant");
    size_t perChannel = values->size() / affine.scale.size();
    for (auto [index, value] : llvm::enumerate(*values))
      value *= affine.scale[index / perChannel];
    weight = createFloatConstant(rewriter, weight.getLoc(), getTensor(weight).getShape(), *values);
  }
  for (auto [channel, value] : llvm::enumerate(*bias))
    value = value * affine.scale[channel] + affine.offset[channel];

  Operation *result = withParameters(rewriter, *product, weight, *bias);
  result->setDiscardableAttrs(op->getDiscardableAttrDictionary());
  if (auto clamped = dyn_cast<nn::FusedActivationOpInterface>(op))
    cast<nn::FusedActivationOpInterface>(result).setBounds(clamped.getLowerBound(), clamped.getUpperBound());
  rewriter.replaceOp(op, result);
  return success();
}

LogicalResult foldIntoConsumer(PatternRewriter &rewriter, Operation *op, Value input, const Affine &affine) {
  if (!op->hasOneUse() || hasBounds(op) || op->getResult(0).getType() != input.getType())
    return rewriter.notifyMatchFailure(op, "clamped, broadcast or used more than once");
  OpOperand &use = *op->use_begin();
  std::optional<Product> product = getProduct(use.getOwner());
  if (!product || use.getOperandNumber() != 0)
    return rewriter.notifyMatchFailure(op, "its use is no product");
  if (product->convolution && !affine.isScaling() &&
      llvm::any_of(product->convolution.getPads(), [](int64_t pad) { return pad != 0; }))
    return rewriter.notifyMatchFailure(op, "the convolution's padding would miss the offset");
  std::optional<SmallVector<double>> weights = getFloatConstant(product->weight);
  ArrayRef<int64_t> shape = getTensor(product->weight).getShape();
  std::optional<SmallVector<double>> bias = getBias(*product, shape.front());
  if (!weights || !bias)
    return rewriter.notifyMatchFailure(op, "weight or bias are no float constants");

  // Weight element i belongs to output channel i / perOutput and to input channel i % inputs of the output's group.
  int64_t perOutput = static_cast<int64_t>(weights->size()) / shape.front(), inputs = shape.back();
  int64_t groups = product->convolution ? product->convolution.getGroups() : 1;
  int64_t outputsPerGroup = shape.front() / groups;
  for (auto [index, value] : llvm::enumerate(*weights)) {
    int64_t output = static_cast<int64_t>(index) / perOutput;
    int64_t channel = output / outputsPerGroup * inputs + static_cast<int64_t>(index) % inputs;
    (*bias)[output] += value * affine.offset[channel];
    value *= affine.scale[channel];
  }
  rewriter.setInsertionPoint(product->op);
  Value weight = createFloatConstant(rewriter, product->weight.getLoc(), shape, *weights);
  Operation *result = withParameters(rewriter, *product, weight, *bias);
  result->setOperand(0, input);
  rewriter.replaceOp(product->op, result);
  rewriter.eraseOp(op);
  return success();
}

} // namespace tinyc::graph
