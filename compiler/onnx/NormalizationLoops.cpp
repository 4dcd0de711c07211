// Normalizations as loop nests: layers, groups, instances, the channels around an element.
#include "compiler/onnx/LoopOps.h"

using namespace mlir;

namespace tinyc::onnx {

/// (x - mean) / sqrt(variance + epsilon) over `axes`; `mean` and `deviation` get the statistics, deviation the
/// reciprocal.
static FailureOr<Operand> normalize(NodeImporter &node, const Operand &operand, llvm::ArrayRef<int64_t> axes,
                                    float epsilon, bool centered = true, Operand *meanOut = nullptr,
                                    Operand *deviationOut = nullptr) {
  using Elements = llvm::ArrayRef<Scalar>;
  Operand difference = operand;
  if (centered) {
    FailureOr<Operand> mean = buildMean(node, operand, axes);
    if (failed(mean))
      return failure();
    if (meanOut)
      *meanOut = *mean;
    FailureOr<Operand> centeredOperand =
        buildElementwise(node, {operand, *mean}, DataType::Float, [](Body &, Elements x) { return x[0] - x[1]; });
    if (failed(centeredOperand))
      return failure();
    difference = *centeredOperand;
  }
  const double count = static_cast<double>(countReduced(operand, axes));
  FailureOr<Operand> squares =
      buildReduction(node, difference, axes, DataType::Float, 0, [](Body &, Elements x) { return x[1] + x[0] * x[0]; });
  if (failed(squares))
    return failure();
  FailureOr<Operand> deviation = buildElementwise(
      node, *squares, DataType::Float, [&](Body &, Elements x) { return 1.0 / call("sqrt", x[0] / count + epsilon); });
  if (failed(deviation))
    return failure();
  if (deviationOut)
    *deviationOut = *deviation;
  return buildElementwise(node, {difference, *deviation}, DataType::Float,
                          [](Body &, Elements x) { return x[0] * x[1]; });
}

/// x * scale + offset, where there are any.
static FailureOr<Operand> applyAffine(NodeImporter &node, const Operand &operand, llvm::ArrayRef<Operand> parameters) {
  SmallVector<Operand> operands = {operand};
  llvm::append_range(operands, parameters);
  return buildElementwise(node, operands, DataType::Float, [&](Body &, llvm::ArrayRef<Scalar> x) {
    Scalar result = x[0];
    if (x.size() > 1)
      result = result * x[1];
    return x.size() > 2 ? result + x[2] : result;
  });
}

static Shape getAxesFrom(int64_t first, int64_t rank) { return llvm::to_vector(llvm::seq<int64_t>(first, rank)); }

/// LayerNormalization, RMSNormalization, and ORT's SimplifiedLayerNormalization.
LogicalResult buildLayerNormalization(NodeImporter &node) {
  FailureOr<SmallVector<Operand>> operands = getPlainInputs(node);
  if (failed(operands) || failed(expectFloat(node, *operands)))
    return failure();
  const int64_t rank = operands->front().getRank();
  FailureOr<int64_t> axis = node.normalizeAxis(node.getInt("axis", -1), rank);
  if (failed(axis))
    return failure();
  Operand mean, deviation;
  const bool centered = node.getOperatorName() == "LayerNormalization";
  FailureOr<Operand> normalized = normalize(node, operands->front(), getAxesFrom(*axis, rank),
                                            node.getFloatAttribute("epsilon", 1e-5f), centered, &mean, &deviation);
  if (failed(normalized))
    return failure();
  if (centered && node.isOutputUsed(1))
    node.setOutput(1, mean);
  if (node.isOutputUsed(centered ? 2 : 1))
    node.setOutput(centered ? 2 : 1, deviation);
  return setResult(node, applyAffine(node, *normalized, llvm::ArrayRef(*operands).drop_front()));
}

/// ORT's SkipLayerNormalization and its simplified form: of the sum of two inputs, and a bias.
LogicalResult buildSkipLayerNormalization(NodeImporter &node) {
  const bool centered = node.getOperatorName() == "SkipLayerNormalization";
  SmallVector<Operand> summands, parameters;
  for (unsigned index = 0; index < node.getInputCount(); ++index)
    if (node.hasInput(index)) {
      const bool isParameter = centered ? index == 2 || index == 3 : index == 2;
      FailureOr<Operand> operand = toPlain(node, node.getInput(index));
      if (failed(operand))
        return failure();
      (isParameter ? parameters : summands).push_back(*operand);
    }
  if (failed(expectFloat(node, summands)) || failed(expectFloat(node, parameters)))
    return failure();
  FailureOr<Operand> sum = buildElementwise(node, summands, DataType::Float, [](Body &, llvm::ArrayRef<Scalar> x) {
    return x.size() > 2 ? x[0] + x[1] + x[2] : x[0] + x[1];
  });
  if (failed(sum))
    return failure();
  if (node.isOutputUsed(3))
    node.setOutput(3, *sum);
  FailureOr<Operand> normalized =
      normalize(node, *sum, sum->getRank() - 1, node.getFloatAttribute("epsilon", 1e-12f), centered);
  if (failed(normalized))
    return failure();
  return setResult(node, applyAffine(node, *normalized, parameters));
}

/// A parameter of [C] beside [N, C, spatial...].
static Operand alignToChannels(NodeImporter &node, const Operand &parameter, int64_t rank) {
  Shape shape(rank, 1);
  shape[1] = *countElements(parameter.getShape());
  return reshapeOperand(node, parameter, shape);
}

static LogicalResult expectChannels(NodeImporter &node, llvm::ArrayRef<Operand> operands, int64_t channels) {
  for (auto [index, operand] : llvm::enumerate(operands.drop_front()))
    if (operand.getShape() != llvm::ArrayRef(channels))
      return node.emitError() << "input " << index + 1 << " has shape " << toString(operand.getShape()) << ", expects ["
                              << channels << "]";
  return success();
}

LogicalResult buildInstanceNormalization(NodeImporter &node) {
  FailureOr<SmallVector<Operand>> operands = getPlainInputs(node);
  if (failed(operands) || failed(expectFloat(node, *operands)))
    return failure();
  const int64_t rank = operands->front().getRank();
  if (rank < 3)
    return node.emitError() << "expects an input [N, C, spatial...], got shape "
                            << toString(operands->front().getShape());
  if (failed(expectChannels(node, *operands, operands->front().getShape()[1])))
    return failure();
  FailureOr<Operand> normalized =
      normalize(node, operands->front(), getAxesFrom(2, rank), node.getFloatAttribute("epsilon", 1e-5f));
  if (failed(normalized))
    return failure();
  return setResult(
      node, applyAffine(node, *normalized,
                        {alignToChannels(node, (*operands)[1], rank), alignToChannels(node, (*operands)[2], rank)}));
}

LogicalResult buildGroupNormalization(NodeImporter &node) {
  FailureOr<SmallVector<Operand>> operands = getPlainInputs(node);
  if (failed(operands) || failed(expectFloat(node, *operands)))
    return failure();
  const Shape shape(operands->front().getShape());
  const int64_t rank = shape.size(), groups = node.getInt("num_groups", 0);
  if (rank < 2 || groups < 1 || shape[1] % groups != 0)
    return node.emitError() << "expects num_groups to divide the channels, got " << groups << " groups and shape "
                            << toString(shape);
  // In operator sets before 21 there is a scale for each group.
  const int64_t parameters = node.getOpset() < 21 ? groups : shape[1];
  if (failed(expectChannels(node, *operands, parameters)))
    return failure();
  const int64_t inner = *countElements(llvm::ArrayRef(shape).drop_front(2));
  Operand grouped = reshapeOperand(node, operands->front(), {shape[0], groups, shape[1] / groups * inner});
  FailureOr<Operand> normalized = normalize(node, grouped, 2, node.getFloatAttribute("epsilon", 1e-5f));
  if (failed(normalized))
    return failure();
  const int64_t each = parameters / groups;
  Operand rows = reshapeOperand(node, *normalized, {shape[0], groups, shape[1] / groups, inner});
  auto align = [&](const Operand &parameter) { return reshapeOperand(node, parameter, {1, groups, each, 1}); };
  FailureOr<Operand> result = applyAffine(node, rows, {align((*operands)[1]), align((*operands)[2])});
  if (failed(result))
    return failure();
  return setResult(node, reshapeOperand(node, *result, shape));
}

LogicalResult buildMeanVarianceNormalization(NodeImporter &node) {
  FailureOr<Operand> operand = toPlain(node, node.getInput(0));
  if (failed(operand) || failed(expectFloat(node, *operand)))
    return failure();
  FailureOr<Shape> axes = node.normalizeAxes(node.getInts("axes").value_or(Shape{0, 2, 3}), operand->getRank());
  if (failed(axes))
    return failure();
  llvm::sort(*axes);
  // The deviation is the root of the variance, plus 1e-9.
  FailureOr<Operand> mean = buildMean(node, *operand, *axes);
  if (failed(mean))
    return failure();
  using Elements = llvm::ArrayRef<Scalar>;
  FailureOr<Operand> difference =
      buildElementwise(node, {*operand, *mean}, DataType::Float, [](Body &, Elements x) { return x[0] - x[1]; });
  FailureOr<Operand> squares = failure();
  if (succeeded(difference))
    squares = buildReduction(node, *difference, *axes, DataType::Float, 0,
                             [](Body &, Elements x) { return x[1] + x[0] * x[0]; });
  if (failed(squares))
    return failure();
  const double count = static_cast<double>(countReduced(*operand, *axes));
  return setResult(node, buildElementwise(node, {*difference, *squares}, DataType::Float, [&](Body &, Elements x) {
                     return x[0] / (call("sqrt", x[1] / count) + 1e-9);
                   }));
}

LogicalResult buildLpNormalization(NodeImporter &node) {
  FailureOr<Operand> operand = toPlain(node, node.getInput(0));
  if (failed(operand) || failed(expectFloat(node, *operand)))
    return failure();
  FailureOr<int64_t> axis = node.normalizeAxis(node.getInt("axis", -1), operand->getRank());
  const int64_t p = node.getInt("p", 2);
  if (failed(axis))
    return failure();
  if (p != 1 && p != 2)
    return node.emitError() << "expects p of 1 or 2, got " << p;
  FailureOr<Operand> norm = buildReduceOp(node, p == 1 ? "ReduceL1" : "ReduceL2", *operand, *axis);
  if (failed(norm))
    return failure();
  return setResult(node,
                   buildElementwise(node, {*operand, *norm}, DataType::Float, [](Body &body, llvm::ArrayRef<Scalar> x) {
                     Scalar zero = body.number(DataType::Float, 0);
                     return select(x[1] == 0, zero, x[0] / x[1]);
                   }));
}

/// x / (bias + alpha / size * sum of the squares of the channels around)^beta.
LogicalResult buildLRN(NodeImporter &node) {
  FailureOr<Operand> operand = toPlain(node, node.getInput(0));
  if (failed(operand) || failed(expectFloat(node, *operand)))
    return failure();
  const Shape shape(operand->getShape());
  const int64_t rank = shape.size(), size = node.getInt("size", 0);
  if (rank < 2 || size < 1)
    return node.emitError() << "expects an input [N, C, ...] and a positive size, got shape " << toString(shape)
                            << " and " << size;
  const float alpha = node.getFloatAttribute("alpha", 1e-4f), beta = node.getFloatAttribute("beta", 0.75f),
              bias = node.getFloatAttribute("bias", 1.0f);
  Loops loops;
  loops.sizes = shape;
  loops.sizes.push_back(size);
  loops.parallel = rank;
  loops.shape = shape;
  loops.type = DataType::Float;
  MLIRContext *context = node.builder.getContext();
  loops.map = AffineMap::getMultiDimIdentityMap(rank + 1, context).getMajorSubMap(rank);
  loops.inputs.push_back({*operand, AffineMap()});
  FailureOr<Operand> sum = buildLoops(node, loops, [&](Body &body, llvm::ArrayRef<Scalar> x) {
    Scalar channel = body.index(1) + body.index(rank) - static_cast<double>((size - 1) / 2);
    SmallVector<Scalar> indices;
    for (int64_t dim = 0; dim < rank; ++dim)
      indices.push_back(dim == 1 ? channel : body.index(dim));
    Scalar element = body.load(0, indices, DataType::Float);
    Scalar isInside = (channel >= 0) & (channel < static_cast<double>(shape[1]));
    return select(isInside, x.back() + element * element, x.back());
  });
  if (failed(sum))
    return failure();
  return setResult(node,
                   buildElementwise(node, {*operand, *sum}, DataType::Float, [&](Body &body, llvm::ArrayRef<Scalar> x) {
                     Scalar base = x[1] * (static_cast<double>(alpha) / static_cast<double>(size)) + bias;
                     return x[0] / call("pow", base, body.number(DataType::Float, beta));
                   }));
}

} // namespace tinyc::onnx
