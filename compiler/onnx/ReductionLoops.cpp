// Reductions as loop nests: Reduce*, ArgMax and ArgMin, CumSum, softmax of any axis, and normalizations made of them.
#include "compiler/onnx/LoopOps.h"

#include <limits>

using namespace mlir;

namespace tinyc::onnx {

//===----------------------------------------------------------------------===//
// Reduce*
//===----------------------------------------------------------------------===//

/// Result dimensions: the reduced ones are dropped unless they are to be kept.
static Operand dropAxes(NodeImporter &node, const Operand &operand, llvm::ArrayRef<int64_t> axes, bool keep) {
  if (keep)
    return operand;
  Shape shape;
  for (auto [dim, size] : llvm::enumerate(operand.getShape()))
    if (!llvm::is_contained(axes, static_cast<int64_t>(dim)))
      shape.push_back(size);
  return reshapeOperand(node, operand, shape);
}

static int64_t countReduced(const Operand &operand, llvm::ArrayRef<int64_t> axes) {
  int64_t count = 1;
  for (int64_t axis : axes)
    count *= operand.getShape()[axis];
  return count;
}

FailureOr<Operand> buildSum(NodeImporter &node, const Operand &operand, llvm::ArrayRef<int64_t> axes) {
  return buildReduction(node, operand, axes, operand.type, 0,
                        [](Body &, llvm::ArrayRef<Scalar> x) { return x[1] + x[0]; });
}

FailureOr<Operand> buildMean(NodeImporter &node, const Operand &operand, llvm::ArrayRef<int64_t> axes) {
  FailureOr<Operand> sum = buildSum(node, operand, axes);
  const double count = static_cast<double>(countReduced(operand, axes));
  if (failed(sum))
    return failure();
  return buildElementwise(node, *sum, operand.type, [&](Body &, llvm::ArrayRef<Scalar> x) { return x[0] / count; });
}

/// The least or greatest element.
static FailureOr<Operand> buildExtreme(NodeImporter &node, const Operand &operand, llvm::ArrayRef<int64_t> axes,
                                       bool isMaximum) {
  const DataType type = operand.type;
  if (type == DataType::Bool)
    return buildReduction(node, operand, axes, type, isMaximum ? 0 : -1,
                          [&](Body &, llvm::ArrayRef<Scalar> x) { return isMaximum ? x[1] | x[0] : x[1] & x[0]; });
  const double infinity = std::numeric_limits<double>::infinity();
  double init = isMaximum ? -infinity : infinity;
  if (isUnsigned(type)) // all ones are the greatest of the unsigned
    init = isMaximum ? 0 : -1;
  else if (type != DataType::Float)
    init = isMaximum ? -std::ldexp(1.0, getBitWidth(type) - 1) : std::ldexp(1.0, getBitWidth(type) - 1) - (getBitWidth(type) < 64);
  return buildReduction(node, operand, axes, type, init, [&](Body &, llvm::ArrayRef<Scalar> x) {
    return isMaximum ? maximum(x[1], x[0]) : minimum(x[1], x[0]);
  });
}

/// log of the sum of e^x, through the greatest x, so that nothing overflows.
static FailureOr<Operand> buildLogSumExp(NodeImporter &node, const Operand &operand, llvm::ArrayRef<int64_t> axes) {
  FailureOr<Operand> greatest = buildExtreme(node, operand, axes, /*isMaximum=*/true);
  if (failed(greatest))
    return failure();
  // An infinite maximum would make NaN of infinity - infinity.
  auto getShift = [](Scalar most) {
    Scalar isFinite = (most - most) == 0;
    return select(isFinite, most, most.body->number(most.type, 0));
  };
  FailureOr<Operand> powers = buildElementwise(
      node, {operand, *greatest}, DataType::Float,
      [&](Body &, llvm::ArrayRef<Scalar> x) { return call("exp", x[0] - getShift(x[1])); });
  FailureOr<Operand> sum = failed(powers) ? powers : buildSum(node, *powers, axes);
  if (failed(sum))
    return failure();
  return buildElementwise(node, {*sum, *greatest}, DataType::Float,
                          [&](Body &, llvm::ArrayRef<Scalar> x) { return call("log", x[0]) + getShift(x[1]); });
}

/// The result with reduced dimensions kept as 1.
static FailureOr<Operand> reduce(NodeImporter &node, llvm::StringRef name, const Operand &operand,
                                 llvm::ArrayRef<int64_t> axes) {
  const DataType type = operand.type;
  using Elements = llvm::ArrayRef<Scalar>;
  auto applied = [&](FailureOr<Operand> sum, BodyBuilder body) -> FailureOr<Operand> {
    if (failed(sum))
      return failure();
    return buildElementwise(node, *sum, type, body);
  };
  auto sumOfSquares = [&] {
    return buildReduction(node, operand, axes, type, 0, [](Body &, Elements x) { return x[1] + x[0] * x[0]; });
  };
  // Integers have roots and logarithms by way of floats.
  auto through = [&](Scalar x, llvm::StringRef function) { return cast(call(function, cast(x, DataType::Float)), type); };
  if (name == "ReduceSum")
    return buildSum(node, operand, axes);
  if (name == "ReduceMean")
    return buildMean(node, operand, axes);
  if (name == "ReduceProd")
    return buildReduction(node, operand, axes, type, 1, [](Body &, Elements x) { return x[1] * x[0]; });
  if (name == "ReduceMax" || name == "ReduceMin")
    return buildExtreme(node, operand, axes, name == "ReduceMax");
  if (name == "ReduceL1")
    return buildReduction(node, operand, axes, type, 0, [](Body &, Elements x) {
      return x[1] + (isUnsigned(x[0].type) ? x[0] : select(x[0] < 0, -x[0], x[0]));
    });
  if (name == "ReduceSumSquare")
    return sumOfSquares();
  if (name == "ReduceL2")
    return applied(sumOfSquares(), [&](Body &, Elements x) { return through(x[0], "sqrt"); });
  if (name == "ReduceLogSum")
    return applied(buildSum(node, operand, axes), [&](Body &, Elements x) { return through(x[0], "log"); });
  if (type != DataType::Float)
    return node.emitError() << node.describeInput(0) << " is " << getName(type) << ", expects float32";
  return buildLogSumExp(node, operand, axes);
}

LogicalResult buildReduceLoops(NodeImporter &node) {
  const llvm::StringRef name = node.getOperatorName();
  FailureOr<std::optional<Shape>> given = node.getIntsFromAttributeOrInput("axes", 1, name == "ReduceSum" ? 13 : 18);
  FailureOr<Operand> operand = toPlain(node, node.getInput(0));
  if (failed(given) || failed(operand))
    return failure();
  const bool all = !*given || (*given)->empty(), keep = node.getInt("keepdims", 1) != 0;
  const bool hasLogic = name == "ReduceMax" || name == "ReduceMin";
  if (operand->type == DataType::Bool && !hasLogic)
    return node.emitError() << node.describeInput(0) << " is bool, expects numbers";
  const int64_t rank = operand->getRank();
  if (all && node.getInt("noop_with_empty_axes", 0) != 0) {
    // Only the reduction is left out: what is done to each element, and to the result, stays.
    if (name == "ReduceSum" || name == "ReduceMean" || name == "ReduceProd" || hasLogic)
      return setResult(node, *operand);
    return setResult(node, reduce(node, name, *operand, {}));
  }
  FailureOr<Shape> axes = node.normalizeAxes(all ? llvm::to_vector(llvm::seq<int64_t>(rank)) : **given, rank);
  if (failed(axes))
    return failure();
  llvm::sort(*axes);
  FailureOr<Operand> result = reduce(node, name, *operand, *axes);
  if (failed(result))
    return failure();
  return setResult(node, dropAxes(node, *result, *axes, keep));
}

//===----------------------------------------------------------------------===//
// ArgMax, ArgMin, CumSum, CumProd
//===----------------------------------------------------------------------===//

/// The accumulator is the index so far; NaN is taken to be the extreme, as in numpy.
LogicalResult buildArgExtreme(NodeImporter &node) {
  FailureOr<Operand> operand = toPlain(node, node.getInput(0));
  if (failed(operand))
    return failure();
  const int64_t rank = operand->getRank();
  FailureOr<int64_t> axis = node.normalizeAxis(node.getInt("axis", 0), std::max<int64_t>(rank, 1));
  if (failed(axis))
    return failure();
  if (rank == 0) {
    node.setOutput(Constant::fromIntegers(DataType::Int64, {}, 0));
    return success();
  }
  const bool isMaximum = node.getOperatorName() == "ArgMax", last = node.getInt("select_last_index", 0) != 0;
  Loops loops;
  SmallVector<AffineExpr> from(rank), to(rank);
  SmallVector<int64_t> loopOf(rank);
  for (int64_t dim = 0; dim < rank; ++dim)
    if (dim != *axis) {
      loopOf[dim] = loops.sizes.size();
      from[dim] = to[dim] = node.builder.getAffineDimExpr(loopOf[dim]);
      loops.sizes.push_back(operand->getShape()[dim]);
    }
  loopOf[*axis] = loops.parallel = rank - 1;
  loops.sizes.push_back(operand->getShape()[*axis]);
  from[*axis] = node.builder.getAffineDimExpr(rank - 1);
  to[*axis] = node.builder.getAffineConstantExpr(0);
  loops.shape.assign(operand->getShape().begin(), operand->getShape().end());
  loops.shape[*axis] = 1;
  loops.type = DataType::Int64;
  MLIRContext *context = node.builder.getContext();
  loops.map = AffineMap::get(rank, 0, to, context);
  loops.inputs.push_back({*operand, AffineMap::get(rank, 0, from, context)});
  FailureOr<Operand> result = buildLoops(node, loops, [&](Body &body, llvm::ArrayRef<Scalar> x) {
    SmallVector<Scalar> indices;
    for (int64_t dim = 0; dim < rank; ++dim)
      indices.push_back(dim == *axis ? x[1] : body.index(loopOf[dim]));
    Scalar best = body.load(0, indices, operand->type), now = x[0];
    Scalar isBetter = isMaximum ? (last ? now >= best : now > best) : (last ? now <= best : now < best);
    if (operand->type == DataType::Float) {
      Scalar wasNaN = isNaN(best);
      isBetter = last ? select(wasNaN, isNaN(now), isBetter | isNaN(now)) : !wasNaN & (isBetter | isNaN(now));
    }
    return select(isBetter, cast(body.index(rank - 1), DataType::Int64), x[1]);
  });
  if (failed(result))
    return failure();
  return setResult(node, dropAxes(node, *result, *axis, node.getInt("keepdims", 1) != 0));
}

/// A scan: the result is written at every step of the reduction.
LogicalResult buildCumulation(NodeImporter &node) {
  FailureOr<Operand> operand = toPlain(node, node.getInput(0));
  FailureOr<Shape> given = node.getConstantInts(1);
  if (failed(operand) || failed(given))
    return failure();
  if (given->size() != 1)
    return node.emitError() << node.describeInput(1) << " has " << given->size() << " elements, expects one axis";
  const int64_t rank = operand->getRank();
  FailureOr<int64_t> axis = node.normalizeAxis(given->front(), rank);
  if (failed(axis))
    return failure();
  const int64_t size = operand->getShape()[*axis];
  const bool reverse = node.getInt("reverse", 0) != 0, exclusive = node.getInt("exclusive", 0) != 0;
  const bool isProduct = node.getOperatorName() == "CumProd";
  Loops loops;
  SmallVector<AffineExpr> place(rank);
  SmallVector<int64_t> loopOf(rank, rank - 1);
  for (int64_t dim = 0; dim < rank; ++dim)
    if (dim != *axis) {
      loopOf[dim] = loops.sizes.size();
      place[dim] = node.builder.getAffineDimExpr(loopOf[dim]);
      loops.sizes.push_back(operand->getShape()[dim]);
    }
  loops.parallel = rank - 1;
  loops.sizes.push_back(size);
  place[*axis] = node.builder.getAffineDimExpr(rank - 1);
  loops.shape.assign(operand->getShape().begin(), operand->getShape().end());
  loops.type = operand->type;
  loops.init = isProduct ? 1 : 0;
  loops.map = AffineMap::get(rank, 0, place, node.builder.getContext());
  // The element before, in the direction of the scan, if the own one does not count. Backwards the result is turned after.
  loops.inputs.push_back({*operand, AffineMap()});
  auto buildBody = [&](Body &body, llvm::ArrayRef<Scalar> x) {
    SmallVector<Scalar> indices;
    Scalar step = body.index(rank - 1), first = body.integer(DataType::Int32, 0);
    Scalar position = exclusive ? step - 1 : step;
    Scalar isThere = position >= first;
    if (reverse)
      position = body.integer(DataType::Int32, size - 1) - position;
    for (int64_t dim = 0; dim < rank; ++dim)
      indices.push_back(dim == *axis ? position : body.index(loopOf[dim]));
    Scalar element = body.load(0, indices, operand->type), sum = x.back();
    Scalar next = isProduct ? sum * element : sum + element;
    return exclusive ? select(isThere, next, sum) : next;
  };
  FailureOr<Operand> result = buildLoops(node, loops, buildBody);
  if (failed(result) || !reverse)
    return setResult(node, result);
  return setResult(node, buildMovement(node, *result, result->getShape(), [&](Body &body, llvm::ArrayRef<Scalar> at) {
                     SmallVector<Scalar> indices(at);
                     indices[*axis] = body.integer(DataType::Int32, size - 1) - at[*axis];
                     return indices;
                   }));
}

//===----------------------------------------------------------------------===//
// Softmax and normalizations
//===----------------------------------------------------------------------===//

/// Softmax, LogSoftmax and Hardmax over several dimensions, with operators that round as softmax's kernel does.
LogicalResult buildHardmax(NodeImporter &node) {
  FailureOr<Operand> operand = toPlain(node, node.getInput(0));
  if (failed(operand) || failed(expectFloat(node, *operand)))
    return failure();
  const Shape shape(operand->getShape());
  const int64_t rank = shape.size();
  const bool flattens = node.getOpset() < 13;
  FailureOr<int64_t> axis = node.normalizeAxis(node.getInt("axis", flattens ? 1 : -1), rank);
  if (failed(axis))
    return failure();
  // The first of the greatest elements.
  const int64_t outer = *countElements(llvm::ArrayRef(shape).take_front(*axis));
  const int64_t inner = flattens ? 1 : *countElements(llvm::ArrayRef(shape).drop_front(*axis + 1));
  const int64_t size = *countElements(shape) / outer / inner;
  Operand rows = reshapeOperand(node, *operand, {outer, size, inner});
  MLIRContext *context = node.builder.getContext();
  AffineExpr i = node.builder.getAffineDimExpr(0), j = node.builder.getAffineDimExpr(1), r = node.builder.getAffineDimExpr(2),
             zero = node.builder.getAffineConstantExpr(0);
  Loops loops;
  loops.inputs.push_back({rows, AffineMap::get(3, 0, {i, r, j}, context)});
  loops.sizes = {outer, inner, size};
  loops.parallel = 2;
  loops.shape = {outer, 1, inner};
  loops.type = DataType::Int32;
  loops.map = AffineMap::get(3, 0, {i, zero, j}, context);
  FailureOr<Operand> best = buildLoops(node, loops, [&](Body &body, llvm::ArrayRef<Scalar> x) {
    Scalar now = body.index(2);
    return select(x[0] > body.load(0, {body.index(0), x[1], body.index(1)}, DataType::Float), now, x[1]);
  });
  FailureOr<Operand> result = failure();
  if (succeeded(best))
    result = buildElementwise(node, {rows, *best}, DataType::Float, [&](Body &body, llvm::ArrayRef<Scalar> x) {
      return cast(body.index(1) == x[1], DataType::Float);
    });
  if (failed(result))
    return failure();
  return setResult(node, reshapeOperand(node, *result, shape));
}

/// (x - mean) / sqrt(variance + epsilon) over `axes`; `mean` and `deviation` get the statistics, deviation the reciprocal.
static FailureOr<Operand> normalize(NodeImporter &node, const Operand &operand, llvm::ArrayRef<int64_t> axes, float epsilon,
                                    bool centered = true, Operand *meanOut = nullptr, Operand *deviationOut = nullptr) {
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
  FailureOr<Operand> squares = buildReduction(node, difference, axes, DataType::Float, 0,
                                              [](Body &, Elements x) { return x[1] + x[0] * x[0]; });
  if (failed(squares))
    return failure();
  FailureOr<Operand> deviation = buildElementwise(node, *squares, DataType::Float, [&](Body &, Elements x) {
    return 1.0 / call("sqrt", x[0] / count + epsilon);
  });
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
  FailureOr<Operand> normalized = normalize(node, *sum, sum->getRank() - 1, node.getFloatAttribute("epsilon", 1e-12f), centered);
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
    return node.emitError() << "expects an input [N, C, spatial...], got shape " << toString(operands->front().getShape());
  if (failed(expectChannels(node, *operands, operands->front().getShape()[1])))
    return failure();
  FailureOr<Operand> normalized =
      normalize(node, operands->front(), getAxesFrom(2, rank), node.getFloatAttribute("epsilon", 1e-5f));
  if (failed(normalized))
    return failure();
  return setResult(node, applyAffine(node, *normalized,
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
  FailureOr<Operand> norm = reduce(node, p == 1 ? "ReduceL1" : "ReduceL2", *operand, *axis);
  if (failed(norm))
    return failure();
  return setResult(node, buildElementwise(node, {*operand, *norm}, DataType::Float, [](Body &body, llvm::ArrayRef<Scalar> x) {
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
    return node.emitError() << "expects an input [N, C, ...] and a positive size, got shape " << toString(shape) << " and "
                            << size;
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
  return setResult(node, buildElementwise(node, {*operand, *sum}, DataType::Float, [&](Body &body, llvm::ArrayRef<Scalar> x) {
                     Scalar base = x[1] * (static_cast<double>(alpha) / static_cast<double>(size)) + bias;
                     return x[0] / call("pow", base, body.number(DataType::Float, beta));
                   }));
}

} // namespace tinyc::onnx
