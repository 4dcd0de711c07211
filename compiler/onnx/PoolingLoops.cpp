// Windows as loop nests: poolings and convolutions of more than two spatial dimensions, MaxPool with indices, LpPool,
// GlobalMaxPool, GridSample.
#include "compiler/onnx/LoopOps.h"
#include "compiler/onnx/Window.h"

#include <limits>

using namespace mlir;

namespace tinyc::onnx {

namespace {

/// A window over an input [N, C, spatial...] as loops: N, C, the result's spatial dimensions, and the taps of the kernel.
class WindowLoops {
public:
  WindowLoops(const Window &window, llvm::ArrayRef<int64_t> spatial)
      : spatial(spatial), rank(spatial.size()), first(window.kernel.size() - rank) {
    auto tail = [&](const Shape &all) { return Shape(llvm::ArrayRef(all).drop_front(first)); };
    kernel = tail(window.kernel);
    strides = tail(window.strides);
    dilations = tail(window.dilations);
    output = tail(window.output);
    for (int64_t dim = 0; dim < rank; ++dim) {
      before.push_back(window.pads[first + dim]);
      after.push_back(window.pads[window.kernel.size() + first + dim]);
    }
  }

  /// The index of the input in each spatial dimension; loops of the result begin at `results`, of the taps at `taps`.
  SmallVector<Scalar> getPositions(Body &body, int64_t results, int64_t taps) const {
    SmallVector<Scalar> positions;
    for (int64_t dim = 0; dim < rank; ++dim)
      positions.push_back(body.index(results + dim) * static_cast<double>(strides[dim]) +
                          body.index(taps + dim) * static_cast<double>(dilations[dim]) - static_cast<double>(before[dim]));
    return positions;
  }

  /// Whether a position is an element of the input, or, with `margins`, of its padding.
  Scalar isInside(Body &body, llvm::ArrayRef<Scalar> positions, bool margins = false) const {
    Scalar result = body.integer(DataType::Bool, -1);
    for (int64_t dim = 0; dim < rank; ++dim) {
      const double low = margins ? -before[dim] : 0, high = spatial[dim] + (margins ? after[dim] : 0);
      result = result & (positions[dim] >= low) & (positions[dim] < high);
    }
    return result;
  }

  const Shape spatial;
  const int64_t rank;
  size_t first;
  Shape kernel, strides, dilations, output, before, after;
};

/// The result's indices, and the loops of a nest over window taps.
Loops makeLoops(NodeImporter &node, const Shape &shape, const Shape &taps, DataType type) {
  Loops loops;
  loops.sizes = shape;
  llvm::append_range(loops.sizes, taps);
  loops.parallel = shape.size();
  loops.shape = shape;
  loops.type = type;
  loops.map = AffineMap::getMultiDimIdentityMap(loops.sizes.size(), node.builder.getContext()).getMajorSubMap(shape.size());
  return loops;
}

} // namespace

static FailureOr<WindowLoops> readWindow(NodeImporter &node, llvm::ArrayRef<int64_t> shape,
                                         const std::optional<Shape> &kernel) {
  if (shape.size() < 3)
    return node.emitError() << "expects an input [N, C, spatial...], got shape " << toString(shape);
  if (!kernel || kernel->size() != shape.size() - 2)
    return node.emitError() << "expects a kernel_shape of " << shape.size() - 2 << " numbers";
  for (int64_t size : *kernel)
    if (size < 1 || size > INT32_MAX)
      return node.emitError() << "kernel_shape must be 1 to " << INT32_MAX << ", got " << toString(*kernel);
  FailureOr<Window> window = computeWindow(node, shape.drop_front(2), *kernel);
  if (failed(window))
    return failure();
  return WindowLoops(*window, shape.drop_front(2));
}

/// |x|^p.
static Scalar powerOf(Scalar x, int64_t p) {
  Scalar magnitude = select(x < 0, -x, x);
  if (p == 1)
    return magnitude;
  return p == 2 ? x * x : call("pow", magnitude, x.body->number(DataType::Float, static_cast<double>(p)));
}

static Scalar rootOf(Scalar sum, int64_t p) {
  if (p == 1)
    return sum;
  return p == 2 ? call("sqrt", sum)
                : call("pow", sum, sum.body->number(DataType::Float, 1.0 / static_cast<double>(p)));
}

static double getLeast(DataType type) {
  if (type == DataType::Float)
    return -std::numeric_limits<double>::infinity();
  return isUnsigned(type) ? 0 : -std::ldexp(1.0, getBitWidth(type) - 1);
}

/// The flat index in the input of each window's greatest element, then that element.
static LogicalResult buildMaxPoolLoops(NodeImporter &node, const Operand &operand, const WindowLoops &window,
                                       const Shape &shape) {
  const int64_t taps = shape.size();
  auto getIndices = [&](Body &body) {
    SmallVector<Scalar> indices = {body.index(0), body.index(1)};
    llvm::append_range(indices, window.getPositions(body, 2, taps));
    return indices;
  };
  Loops maxima = makeLoops(node, shape, window.kernel, operand.type);
  maxima.inputs.push_back({operand, AffineMap()});
  maxima.init = getLeast(operand.type);
  FailureOr<Operand> result = buildLoops(node, maxima, [&](Body &body, llvm::ArrayRef<Scalar> x) {
    SmallVector<Scalar> indices = getIndices(body);
    Scalar isInside = window.isInside(body, llvm::ArrayRef(indices).drop_front(2));
    return select(isInside, maximum(x.back(), body.load(0, indices, operand.type)), x.back());
  });
  if (failed(result))
    return failure();
  node.setOutput(0, *result);
  if (!node.isOutputUsed(1))
    return success();
  const bool columnMajor = node.getInt("storage_order", 0) != 0;
  Loops places = makeLoops(node, shape, window.kernel, DataType::Int64);
  places.inputs.push_back({operand, AffineMap()});
  places.inputs.push_back({*result, places.map});
  places.init = -1;
  FailureOr<Operand> indices = buildLoops(node, places, [&](Body &body, llvm::ArrayRef<Scalar> x) {
    SmallVector<Scalar> at = getIndices(body);
    Scalar isInside = window.isInside(body, llvm::ArrayRef(at).drop_front(2)), element = body.load(0, at, operand.type);
    Scalar isFirst = isInside & (x.back() < 0) & (element == x[0]);
    // Row-major over [N, C, spatial...]; the spatial part the other way around for column-major order.
    Scalar plane = at[0] * static_cast<double>(operand.getShape()[1]) + at[1], place = at.back();
    SmallVector<int64_t> order = llvm::to_vector(llvm::seq<int64_t>(0, window.rank));
    if (columnMajor)
      std::reverse(order.begin(), order.end());
    place = at[2 + order.front()];
    for (int64_t dim : llvm::ArrayRef(order).drop_front())
      place = place * static_cast<double>(window.spatial[dim]) + at[2 + dim];
    place = plane * static_cast<double>(*countElements(window.spatial)) + place;
    return select(isFirst, cast(place, DataType::Int64), x.back());
  });
  if (failed(indices))
    return failure();
  node.setOutput(1, *indices);
  return success();
}

LogicalResult buildPoolLoops(NodeImporter &node) {
  FailureOr<Operand> operand = toPlain(node, node.getInput(0));
  if (failed(operand))
    return failure();
  FailureOr<WindowLoops> window = readWindow(node, operand->getShape(), node.getInts("kernel_shape"));
  if (failed(window))
    return failure();
  Shape shape(operand->getShape().take_front(2));
  llvm::append_range(shape, window->output);
  const llvm::StringRef name = node.getOperatorName();
  if (name == "MaxPool")
    return buildMaxPoolLoops(node, *operand, *window, shape);
  if (failed(expectFloat(node, *operand)))
    return failure();
  const int64_t taps = shape.size(), p = node.getInt("p", 2);
  if (name == "LpPool" && p < 1)
    return node.emitError() << "expects a positive p, got " << p;
  const bool includePad = node.getInt("count_include_pad", 0) != 0, isAverage = name == "AveragePool";
  Loops sums = makeLoops(node, shape, window->kernel, DataType::Float);
  sums.inputs.push_back({*operand, AffineMap()});
  FailureOr<Operand> sum = buildLoops(node, sums, [&](Body &body, llvm::ArrayRef<Scalar> x) {
    SmallVector<Scalar> indices = {body.index(0), body.index(1)}, positions = window->getPositions(body, 2, taps);
    llvm::append_range(indices, positions);
    Scalar element = body.load(0, indices, DataType::Float);
    if (!isAverage)
      element = powerOf(element, p);
    return select(window->isInside(body, positions), x.back() + element, x.back());
  });
  if (failed(sum))
    return failure();
  if (!isAverage)
    return setResult(node, buildElementwise(node, *sum, DataType::Float,
                                            [&](Body &, llvm::ArrayRef<Scalar> x) { return rootOf(x[0], p); }));
  // How many taps count depends on the place of the window alone.
  Loops counts = makeLoops(node, window->output, window->kernel, DataType::Float);
  counts.inputs.push_back({Operand(Constant::fromFloats({}, 1.0f)), AffineMap()});
  FailureOr<Operand> count = buildLoops(node, counts, [&](Body &body, llvm::ArrayRef<Scalar> x) {
    SmallVector<Scalar> positions = window->getPositions(body, 0, window->rank);
    return select(window->isInside(body, positions, includePad), x.back() + x[0], x.back());
  });
  if (failed(count))
    return failure();
  return setResult(node, buildElementwise(node, {*sum, *count}, DataType::Float,
                                          [](Body &, llvm::ArrayRef<Scalar> x) { return x[0] / x[1]; }));
}

LogicalResult buildGlobalPool(NodeImporter &node) {
  FailureOr<Operand> operand = toPlain(node, node.getInput(0));
  if (failed(operand))
    return failure();
  const int64_t rank = operand->getRank(), p = node.getInt("p", 2);
  if (rank < 3 || p < 1)
    return node.emitError() << "expects an input of at least 3 dimensions and a positive p, got shape "
                            << toString(operand->getShape()) << " and " << p;
  const Shape axes = llvm::to_vector(llvm::seq<int64_t>(2, rank));
  if (node.getOperatorName() == "GlobalMaxPool")
    return setResult(node, buildReduction(node, *operand, axes, operand->type, getLeast(operand->type),
                                          [](Body &, llvm::ArrayRef<Scalar> x) { return maximum(x[1], x[0]); }));
  if (failed(expectFloat(node, *operand)))
    return failure();
  FailureOr<Operand> sum = buildReduction(node, *operand, axes, DataType::Float, 0, [&](Body &, llvm::ArrayRef<Scalar> x) {
    return x[1] + powerOf(x[0], p);
  });
  if (failed(sum))
    return failure();
  return setResult(node, buildElementwise(node, *sum, DataType::Float,
                                          [&](Body &, llvm::ArrayRef<Scalar> x) { return rootOf(x[0], p); }));
}

/// A convolution of any number of spatial dimensions; sums run over the channels of the group, then the taps.
LogicalResult buildConvLoops(NodeImporter &node) {
  FailureOr<SmallVector<Operand>> operands = getPlainInputs(node);
  if (failed(operands) || failed(expectFloat(node, *operands)))
    return failure();
  const Operand &input = (*operands)[0], &weight = (*operands)[1];
  const llvm::ArrayRef<int64_t> shape = input.getShape();
  const int64_t groups = node.getInt("group", 1), rank = shape.size();
  const bool fits = weight.getRank() == rank && groups > 0 && shape[1] % groups == 0 &&
                    weight.getShape()[1] == shape[1] / groups && weight.getShape()[0] % groups == 0;
  if (!fits)
    return node.emitError() << "a weight of shape " << toString(weight.getShape()) << " does not fit an input of shape "
                            << toString(shape) << " in " << groups << " groups";
  const Shape kernel(weight.getShape().drop_front(2));
  if (node.getInts("kernel_shape").value_or(kernel) != kernel)
    return node.emitError() << "kernel_shape differs from the weight's shape " << toString(weight.getShape());
  FailureOr<WindowLoops> window = readWindow(node, shape, kernel);
  if (failed(window))
    return failure();
  const int64_t outputs = weight.getShape()[0], inner = weight.getShape()[1];
  Shape result = {shape[0], outputs}, taps = {inner};
  llvm::append_range(result, window->output);
  llvm::append_range(taps, kernel);
  Loops loops = makeLoops(node, result, taps, DataType::Float);
  loops.inputs = {{input, AffineMap()}, {weight, AffineMap()}};
  FailureOr<Operand> sum = buildLoops(node, loops, [&](Body &body, llvm::ArrayRef<Scalar> x) {
    Scalar group = body.index(1) / body.integer(DataType::Int32, outputs / groups), channel = body.index(rank);
    SmallVector<Scalar> positions = window->getPositions(body, 2, rank + 1);
    SmallVector<Scalar> at = {body.index(0), group * static_cast<double>(inner) + channel}, weights = {body.index(1), channel};
    llvm::append_range(at, positions);
    for (int64_t dim = 0; dim < window->rank; ++dim)
      weights.push_back(body.index(rank + 1 + dim));
    Scalar product = body.load(0, at, DataType::Float) * body.load(1, weights, DataType::Float);
    return select(window->isInside(body, positions), x.back() + product, x.back());
  });
  if (failed(sum) || operands->size() < 3)
    return setResult(node, sum);
  Shape bias(rank, 1);
  bias[1] = outputs;
  if ((*operands)[2].getShape() != llvm::ArrayRef(outputs))
    return node.emitError() << "the bias has shape " << toString((*operands)[2].getShape()) << ", expects [" << outputs
                            << "]";
  return setResult(node, buildElementwise(node, {*sum, reshapeOperand(node, (*operands)[2], bias)}, DataType::Float,
                                          [](Body &, llvm::ArrayRef<Scalar> x) { return x[0] + x[1]; }));
}

//===----------------------------------------------------------------------===//
// GridSample
//===----------------------------------------------------------------------===//

/// Reflected between `low` and `high`, coordinates of the centers of the outermost elements or of their outer edges.
static Scalar reflect(Scalar x, double low, double high) {
  Body &body = *x.body;
  const double range = high - low;
  if (range <= 0)
    return body.number(DataType::Float, 0);
  Scalar distance = x - low;
  distance = select(distance < 0, -distance, distance);
  Scalar turns = call("floor", distance / range), rest = distance - turns * range;
  Scalar isOdd = (turns - call("floor", turns * 0.5) * 2.0) != 0;
  return select(isOdd, high - rest, rest + low);
}

/// Cubic convolution with a = -0.75 (Keys 1981): the weight of a neighbour at `distance` >= 0.
static Scalar cubicWeight(Scalar distance) {
  const double a = -0.75;
  Scalar near = ((distance * (a + 2) - (a + 3)) * distance * distance) + 1;
  Scalar far = ((distance * a - 5 * a) * distance + 8 * a) * distance - 4 * a;
  return select(distance <= 1, near, far);
}

LogicalResult buildGridSample(NodeImporter &node) {
  FailureOr<SmallVector<Operand>> operands = getPlainInputs(node);
  if (failed(operands) || failed(expectFloat(node, *operands)))
    return failure();
  const Operand &input = (*operands)[0], &grid = (*operands)[1];
  const Shape shape(input.getShape()), points(grid.getShape());
  if (shape.size() != 4 || points.size() != 4 || points[3] != 2 || points[0] != shape[0])
    return node.emitError() << "expects an input [N, C, H, W] and a grid [N, H', W', 2], got " << toString(shape) << " and "
                            << toString(points);
  const std::string mode = node.getString("mode", "bilinear"), padding = node.getString("padding_mode", "zeros");
  const bool isNearest = mode == "nearest", isCubic = mode == "bicubic" || mode == "cubic";
  if (!isNearest && !isCubic && mode != "bilinear" && mode != "linear")
    return node.emitError() << "mode '" << mode << "' is not supported";
  if (padding != "zeros" && padding != "border" && padding != "reflection")
    return node.emitError() << "padding_mode '" << padding << "' is not supported";
  const bool aligned = node.getInt("align_corners", 0) != 0;
  const Shape result = {shape[0], shape[1], points[1], points[2]};
  Loops loops = {{{input, AffineMap()}, {grid, AffineMap()}}, result, 4, result, DataType::Float,
                 AffineMap::getMultiDimIdentityMap(4, node.builder.getContext())};
  return setResult(node, buildLoops(node, loops, [&](Body &body, llvm::ArrayRef<Scalar>) {
    // -1 and 1 are the centers of the outermost elements, or their outer edges.
    auto getCoordinate = [&](int64_t component, int64_t size) {
      Scalar x = body.load(1, {body.index(0), body.index(2), body.index(3), body.integer(DataType::Int32, component)},
                           DataType::Float);
      const double last = static_cast<double>(size);
      return aligned ? (x + 1) / 2.0 * (last - 1) : ((x + 1) * last - 1) / 2.0;
    };
    auto limit = [&](Scalar x, int64_t size) {
      const double last = static_cast<double>(size - 1);
      if (padding == "reflection")
        x = aligned ? reflect(x, 0, last) : reflect(x, -0.5, last + 0.5);
      if (padding != "zeros")
        x = minimum(maximum(x, body.number(DataType::Float, 0)), body.number(DataType::Float, last));
      return x;
    };
    Scalar x = getCoordinate(0, shape[3]), y = getCoordinate(1, shape[2]), zero = body.number(DataType::Float, 0);
    /// The element at whole coordinates.
    auto getElement = [&](Scalar row, Scalar column) {
      Scalar limitedRow = limit(row, shape[2]), limitedColumn = limit(column, shape[3]);
      Scalar element = body.load(0, {body.index(0), body.index(1), cast(limitedRow, DataType::Int32),
                                     cast(limitedColumn, DataType::Int32)}, DataType::Float);
      if (padding != "zeros")
        return element;
      Scalar isInside = (row >= 0) & (row <= static_cast<double>(shape[2] - 1)) & (column >= 0) &
                        (column <= static_cast<double>(shape[3] - 1));
      return select(isInside, element, zero);
    };
    if (!isCubic) {
      x = limit(x, shape[3]);
      y = limit(y, shape[2]);
    }
    if (isNearest)
      return getElement(call("round", y), call("round", x));
    Scalar left = call("floor", x), top = call("floor", y), right = x - left, bottom = y - top;
    Scalar sum = zero;
    for (int64_t row = isCubic ? -1 : 0; row < (isCubic ? 3 : 2); ++row)
      for (int64_t column = isCubic ? -1 : 0; column < (isCubic ? 3 : 2); ++column) {
        auto weigh = [&](Scalar fraction, int64_t step) {
          Scalar distance = fraction - static_cast<double>(step);
          distance = select(distance < 0, -distance, distance);
          return isCubic ? cubicWeight(distance) : 1.0 - distance;
        };
        Scalar element = getElement(top + static_cast<double>(row), left + static_cast<double>(column));
        sum = sum + element * weigh(bottom, row) * weigh(right, column);
      }
    return sum;
  }));
}

} // namespace tinyc::onnx
