// Reductions as loop nests: Reduce*, ArgMax and ArgMin, CumSum, Hardmax.
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

int64_t countReduced(const Operand &operand, llvm::ArrayRef<int64_t> axes) {
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
    init = isMaximum ? -std::ldexp(1.0, getBitWidth(type) - 1)
                     : std::ldexp(1.0, getBitWidth(type) - 1) - (getBitWidth(type) < 64);
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
  FailureOr<Operand> powers =
      buildElementwise(node, {operand, *greatest}, DataType::Float,
                       [&](Body &, llvm::ArrayRef<Scalar> x) { return call("exp", x[0] - getShift(x[1])); });
  FailureOr<Operand> sum = failed(powers) ? powers : buildSum(node, *powers, axes);
  if (failed(sum))
    return failure();
  return buildElementwise(node, {*sum, *greatest}, DataType::Float,
                          [&](Body &, llvm::ArrayRef<Scalar> x) { return call("log", x[0]) + getShift(x[1]); });
}

/// The result with reduced dimensions kept as 1.
FailureOr<Operand> buildReduceOp(NodeImporter &node, llvm::StringRef name, const Operand &operand,
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
  auto through = [&](Scalar x, llvm::StringRef function) {
    return cast(call(function, cast(x, DataType::Float)), type);
  };
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
    return setResult(node, buildReduceOp(node, name, *operand, {}));
  }
  FailureOr<Shape> axes = node.normalizeAxes(all ? llvm::to_vector(llvm::seq<int64_t>(rank)) : **given, rank);
  if (failed(axes))
    return failure();
  llvm::sort(*axes);
  FailureOr<Operand> result = buildReduceOp(node, name, *operand, *axes);
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
  // The element before, in the direction of the scan, if the own one does not count. Backwards the result is turned
  // after.
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
  AffineExpr i = node.builder.getAffineDimExpr(0), j = node.builder.getAffineDimExpr(1),
             r = node.builder.getAffineDimExpr(2), zero = node.builder.getAffineConstantExpr(0);
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

} // namespace tinyc::onnx
