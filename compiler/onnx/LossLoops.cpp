// NegativeLogLikelihoodLoss and SoftmaxCrossEntropyLoss, and CastLike.
#include "compiler/onnx/LoopOps.h"

using namespace mlir;

namespace tinyc::onnx {

/// One number for each target: what `element` makes of the target's class, its weight and the indices of its score.
static FailureOr<Operand>
buildForTargets(NodeImporter &node, const Operand &scores, const Operand &target, const std::optional<Operand> &weight,
                llvm::function_ref<Scalar(Body &, Scalar score, Scalar weight)> element) {
  const int64_t rank = target.getRank();
  AffineMap identity = AffineMap::getMultiDimIdentityMap(rank, node.builder.getContext());
  Loops loops = {{{scores, AffineMap()}, {target, identity}}, Shape(target.getShape()), rank, Shape(target.getShape()),
                 DataType::Float, identity};
  if (weight)
    loops.inputs.push_back({*weight, AffineMap()});
  const Attribute *ignored = node.findAttribute("ignore_index");
  return buildLoops(node, loops, [&](Body &body, llvm::ArrayRef<Scalar> x) {
    Scalar index = x[0], zero = body.number(DataType::Float, 0), one = body.number(DataType::Float, 1);
    SmallVector<Scalar> at;
    for (int64_t dim = 0; dim < rank; ++dim)
      at.push_back(body.index(dim));
    at.insert(at.begin() + 1, index);
    Scalar own = weight ? body.load(2, index, DataType::Float) : one;
    if (ignored)
      own = select(index == body.integer(index.type, ignored->integer), zero, own);
    return element(body, body.load(0, at, DataType::Float), own);
  });
}

/// The loss of log-probabilities [N, C, d...] and targets [N, d...].
static FailureOr<Operand> buildLoss(NodeImporter &node, const Operand &scores, const Operand &target,
                                    const std::optional<Operand> &weight) {
  Shape expected(scores.getShape());
  if (expected.size() < 2 || scores.type != DataType::Float || (weight && weight->type != DataType::Float))
    return node.emitError() << "expects float32 scores [N, C, ...], got " << getName(scores.type) << " of shape "
                            << toString(scores.getShape());
  const int64_t classes = expected[1];
  expected.erase(expected.begin() + 1);
  if (target.getShape() != llvm::ArrayRef(expected) || (target.type != DataType::Int64 && target.type != DataType::Int32))
    return node.emitError() << "expects int64 targets of shape " << toString(expected) << ", got " << getName(target.type)
                            << " of shape " << toString(target.getShape());
  if (weight && weight->getShape() != llvm::ArrayRef(classes))
    return node.emitError() << "expects weights of shape [" << classes << "], got " << toString(weight->getShape());
  const std::string reduction = node.getString("reduction", "mean");
  if (reduction != "none" && reduction != "sum" && reduction != "mean")
    return node.emitError() << "reduction '" << reduction << "' is not supported";
  FailureOr<Operand> losses = buildForTargets(node, scores, target, weight, [](Body &body, Scalar score, Scalar own) {
    return select(own == 0, body.number(DataType::Float, 0), -score * own);
  });
  if (failed(losses) || reduction == "none")
    return losses;
  const Shape axes = llvm::to_vector(llvm::seq<int64_t>(target.getRank()));
  FailureOr<Operand> sum = buildSum(node, *losses, axes);
  if (failed(sum))
    return failure();
  FailureOr<Operand> result = sum;
  if (reduction == "mean") {
    FailureOr<Operand> weights =
        buildForTargets(node, scores, target, weight, [](Body &, Scalar, Scalar own) { return own; });
    FailureOr<Operand> total = failed(weights) ? weights : buildSum(node, *weights, axes);
    if (failed(total))
      return failure();
    result = buildElementwise(node, {*sum, *total}, DataType::Float,
                              [](Body &, llvm::ArrayRef<Scalar> x) { return x[0] / x[1]; });
  }
  if (failed(result))
    return failure();
  return reshapeOperand(node, *result, {});
}

static FailureOr<std::optional<Operand>> getWeight(NodeImporter &node) {
  if (!node.hasInput(2))
    return std::optional<Operand>();
  FailureOr<Operand> weight = toPlain(node, node.getInput(2));
  if (failed(weight))
    return failure();
  return std::optional<Operand>(*weight);
}

LogicalResult buildNegativeLogLikelihoodLoss(NodeImporter &node) {
  FailureOr<Operand> scores = toPlain(node, node.getInput(0)), target = toPlain(node, node.getInput(1));
  FailureOr<std::optional<Operand>> weight = getWeight(node);
  if (failed(scores) || failed(target) || failed(weight))
    return failure();
  return setResult(node, buildLoss(node, *scores, *target, *weight));
}

LogicalResult buildSoftmaxCrossEntropyLoss(NodeImporter &node) {
  FailureOr<Operand> target = toPlain(node, node.getInput(1));
  FailureOr<std::optional<Operand>> weight = getWeight(node);
  if (failed(target) || failed(weight))
    return failure();
  Attribute axis;
  axis.kind = Attribute::Kind::Int;
  axis.integer = 1;
  FailureOr<std::string> part = node.buildPart("LogSoftmax", {node.getInputName(0)}, {{"axis", axis}});
  if (failed(part))
    return failure();
  const Operand scores = node.getOperand(*part);
  if (node.isOutputUsed(1))
    node.setOutput(1, scores);
  return setResult(node, buildLoss(node, scores, *target, *weight));
}

LogicalResult buildCastLike(NodeImporter &node) {
  const Operand operand = node.getInput(0);
  const DataType type = node.getInput(1).type;
  if (operand.type != type)
    return buildCastLoops(node, type);
  node.setOutput(0, operand);
  return success();
}

} // namespace tinyc::onnx
