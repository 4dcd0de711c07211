// Operators that select as many elements as data says: their shape is known where that data is constant. NonMaxSuppression has
// a greatest number of results, so it works on data at run time too.
#include "compiler/onnx/LoopOps.h"
#include "compiler/onnx/Parts.h"

#include <numeric>

using namespace mlir;

namespace tinyc::onnx {

LogicalResult buildCompress(NodeImporter &node) {
  FailureOr<ConstantRef> condition = node.getConstant(1);
  if (failed(condition))
    return failure();
  if ((*condition)->type != DataType::Bool || (*condition)->shape.size() != 1)
    return node.emitError() << node.describeInput(1) << " is " << getName((*condition)->type) << " of shape "
                            << toString((*condition)->shape) << ", expects bool of one dimension";
  Operand operand = node.getInput(0);
  int64_t axis = 0;
  if (node.hasAttribute("axis")) {
    FailureOr<int64_t> normalized = node.normalizeAxis(node.getInt("axis", 0), operand.getRank());
    if (failed(normalized))
      return failure();
    axis = *normalized;
  } else {
    operand = reshapeOperand(node, operand, {*countElements(operand.getShape())});
  }
  SmallVector<int64_t> places;
  for (auto [place, isSet] : llvm::enumerate((*condition)->getIntegers()))
    if (isSet)
      places.push_back(place);
  if (places.empty())
    return node.emitError() << "the result has no elements: no condition is true";
  FailureOr<std::string> selected =
      node.buildPart("Gather",
                     {node.addOperand(operand), node.addOperand(Operand(Constant::fromIntegers(
                                                    DataType::Int64, {static_cast<int64_t>(places.size())}, places)))},
                     {{"axis", makeAttribute(axis)}});
  if (failed(selected))
    return failure();
  node.setOutput(0, node.getOperand(*selected));
  return success();
}

/// The indices of element `place` of a tensor.
static Shape getIndices(int64_t place, llvm::ArrayRef<int64_t> shape) {
  Shape indices(shape.size());
  for (size_t dim = shape.size(); dim-- > 0; place /= shape[dim])
    indices[dim] = place % shape[dim];
  return indices;
}

LogicalResult buildNonZero(NodeImporter &node) {
  FailureOr<ConstantRef> constant = node.getConstant(0);
  if (failed(constant))
    return failure();
  const Constant &tensor = **constant;
  std::vector<bool> isSet;
  if (tensor.getElementType() == DataType::Float)
    llvm::transform(tensor.getFloats(), std::back_inserter(isSet), [](float value) { return value != 0; });
  else
    llvm::transform(tensor.getIntegers(), std::back_inserter(isSet), [](int64_t value) { return value != 0; });
  std::vector<Shape> found;
  for (size_t place = 0; place < isSet.size(); ++place)
    if (isSet[place])
      found.push_back(getIndices(place, tensor.shape));
  SmallVector<int64_t> values;
  for (size_t dim = 0; dim < tensor.shape.size(); ++dim)
    for (const Shape &indices : found)
      values.push_back(indices[dim]);
  node.setOutput(Constant::fromIntegers(
      DataType::Int64, {static_cast<int64_t>(tensor.shape.size()), static_cast<int64_t>(found.size())}, values));
  return success();
}

//===----------------------------------------------------------------------===//
// Unique
//===----------------------------------------------------------------------===//

LogicalResult buildUnique(NodeImporter &node) {
  FailureOr<ConstantRef> constant = node.getConstant(0);
  if (failed(constant))
    return failure();
  const Constant &tensor = **constant;
  const bool hasAxis = node.hasAttribute("axis"), isReal = tensor.getElementType() == DataType::Float;
  FailureOr<int64_t> axis = hasAxis ? node.normalizeAxis(node.getInt("axis", 0), tensor.shape.size()) : 0;
  if (failed(axis))
    return failure();
  std::vector<float> reals;
  SmallVector<int64_t> integers;
  if (isReal)
    reals = tensor.getFloats();
  else
    integers = tensor.getIntegers();
  // Slices along the axis, or the elements: outer x count x inner.
  Shape shape = hasAxis ? tensor.shape : Shape{tensor.getNumElements()};
  int64_t outer = 1, inner = 1;
  const int64_t count = shape[*axis];
  for (int64_t dim = 0; dim < static_cast<int64_t>(shape.size()); ++dim)
    (dim < *axis ? outer : dim > *axis ? inner : outer) *= dim == *axis ? 1 : shape[dim];
  auto getPlace = [&](int64_t slice, int64_t element) {
    return (element / inner * count + slice) * inner + element % inner;
  };
  // < 0, 0 or > 0 as slice a is less than, equal to or greater than slice b.
  auto compare = [&](int64_t a, int64_t b) {
    for (int64_t element = 0; element < outer * inner; ++element) {
      const int64_t left = getPlace(a, element), right = getPlace(b, element);
      if (isReal ? reals[left] < reals[right] : integers[left] < integers[right])
        return -1;
      if (isReal ? reals[left] > reals[right] : integers[left] > integers[right])
        return 1;
    }
    return 0;
  };
  std::vector<int64_t> order(count);
  std::iota(order.begin(), order.end(), 0);
  llvm::stable_sort(order, [&](int64_t a, int64_t b) { return compare(a, b) < 0; });
  // Of each different slice, the first that is equal.
  std::vector<SmallVector<int64_t>> groups;
  for (int64_t slice : order)
    if (groups.empty() || compare(groups.back().front(), slice) != 0)
      groups.push_back({slice});
    else
      groups.back().push_back(slice);
  if (node.getInt("sorted", 1) == 0)
    llvm::sort(groups, [](const auto &a, const auto &b) { return a.front() < b.front(); });
  const int64_t found = groups.size();
  SmallVector<int64_t> firsts, counts, inverse(count);
  for (auto [number, group] : llvm::enumerate(groups)) {
    firsts.push_back(group.front());
    counts.push_back(group.size());
    for (int64_t slice : group)
      inverse[slice] = number;
  }
  const std::string source = node.addOperand(reshapeOperand(node, Operand(*constant), shape));
  FailureOr<std::string> values = node.buildPart(
      "Gather", {source, node.addOperand(Operand(Constant::fromIntegers(DataType::Int64, {found}, firsts)))},
      {{"axis", makeAttribute(*axis)}});
  if (failed(values))
    return failure();
  node.setOutput(0, node.getOperand(*values));
  node.setOutput(1, Operand(Constant::fromIntegers(DataType::Int64, {found}, firsts)));
  node.setOutput(2, Operand(Constant::fromIntegers(DataType::Int64, {count}, inverse)));
  node.setOutput(3, Operand(Constant::fromIntegers(DataType::Int64, {found}, counts)));
  return success();
}

//===----------------------------------------------------------------------===//
// NonMaxSuppression
//===----------------------------------------------------------------------===//

namespace {

/// What a NonMaxSuppression node asks for.
struct Suppression {
  Operand boxes, scores; ///< [B, N, 4], [B, C, N]
  int64_t batch, classes, count, most;
  float overlap;                  ///< boxes with more than this in common suppress each other
  std::optional<float> threshold; ///< scores have to be above
  bool centered;                  ///< boxes are [x, y, width, height], else [y1, x1, y2, x2]

  struct Corners {
    Scalar low[2], high[2];
  };
  /// Box `at` of sample `sample`.
  Corners loadBox(Body &body, unsigned input, Scalar sample, Scalar at) const {
    Scalar values[4];
    for (int64_t index = 0; index < 4; ++index)
      values[index] = body.load(input, {sample, at, makeIndex(body, index)}, DataType::Float);
    Corners corners;
    for (int dim = 0; dim < 2; ++dim) {
      if (centered) {
        Scalar half = values[2 + dim] / 2.0;
        corners.low[dim] = values[dim] - half;
        corners.high[dim] = values[dim] + half;
      } else {
        corners.low[dim] = minimum(values[dim], values[2 + dim]);
        corners.high[dim] = maximum(values[dim], values[2 + dim]);
      }
    }
    return corners;
  }
  /// Whether the intersection of two boxes is more than `overlap` of their union.
  Scalar overlaps(const Corners &a, const Corners &b) const {
    Scalar common, areas[2];
    for (int dim = 0; dim < 2; ++dim) {
      Scalar length = minimum(a.high[dim], b.high[dim]) - maximum(a.low[dim], b.low[dim]);
      length = select(length < 0, length.body->number(DataType::Float, 0), length);
      common = dim == 0 ? length : common * length;
      Scalar lengths[2] = {a.high[dim] - a.low[dim], b.high[dim] - b.low[dim]};
      for (int box = 0; box < 2; ++box)
        areas[box] = dim == 0 ? lengths[box] : areas[box] * lengths[box];
    }
    Scalar all = areas[0] + areas[1] - common;
    return (areas[0] > 0) & (areas[1] > 0) & (all > 0) & (common / all > static_cast<double>(overlap));
  }
};

} // namespace

static FailureOr<Suppression> readSuppression(NodeImporter &node) {
  FailureOr<Operand> boxes = toPlain(node, node.getInput(0)), scores = toPlain(node, node.getInput(1));
  if (failed(boxes) || failed(scores) || failed(expectFloat(node, *boxes)) || failed(expectFloat(node, *scores)))
    return failure();
  llvm::ArrayRef<int64_t> box = boxes->getShape(), score = scores->getShape();
  if (box.size() != 3 || score.size() != 3 || box[2] != 4 || box[0] != score[0] || box[1] != score[2])
    return node.emitError() << "expects boxes [B, N, 4] and scores [B, C, N], got shapes " << toString(box) << " and "
                            << toString(score);
  Suppression result = {*boxes, *scores, box[0], score[1], box[1], 0, 0, std::nullopt, node.getInt("center_point_box", 0) != 0};
  if (node.hasInput(2)) {
    FailureOr<Shape> most = node.getConstantInts(2);
    if (failed(most))
      return failure();
    result.most = most->empty() ? 0 : std::min<int64_t>(most->front(), result.count);
  }
  if (node.hasInput(3)) {
    FailureOr<float> overlap = node.getConstantScalar(3);
    if (failed(overlap))
      return failure();
    result.overlap = *overlap;
  }
  if (node.hasInput(4)) {
    FailureOr<float> threshold = node.getConstantScalar(4);
    if (failed(threshold))
      return failure();
    result.threshold = *threshold;
  }
  if (result.most < 1)
    return node.emitError() << "the result has no elements: max_output_boxes_per_class is 0";
  return result;
}

/// One selection after the other: the best box left of each class, then the scores without it and what it overlaps. Rows are
/// [sample, class, box], -1 where nothing was left.
LogicalResult buildNonMaxSuppression(NodeImporter &node) {
  FailureOr<Suppression> found = readSuppression(node);
  if (failed(found))
    return failure();
  const Suppression &op = *found;
  constexpr int64_t kMostSelections = 1000;
  if (op.most > kMostSelections)
    return node.emitError() << "selects up to " << op.most << " boxes of each class, at most " << kMostSelections
                            << " are supported";
  MLIRContext *context = node.builder.getContext();
  auto map = [&](unsigned loops, llvm::ArrayRef<unsigned> dims) {
    SmallVector<AffineExpr> indices;
    for (unsigned dim : dims)
      indices.push_back(getAffineDimExpr(dim, context));
    return AffineMap::get(loops, 0, indices, context);
  };
  Operand scores = op.scores;
  std::vector<std::string> selections;
  for (int64_t round = 0; round < op.most; ++round) {
    // The number of the best box; -1: none. Equal scores: the first.
    Loops best = {{{scores, map(3, {0, 1, 2})}, {scores, {}}}, {op.batch, op.classes, op.count}, 2, {op.batch, op.classes},
                  DataType::Int32, map(3, {0, 1}), -1};
    FailureOr<Operand> selected = buildLoops(node, best, [&](Body &body, llvm::ArrayRef<Scalar> x) {
      Scalar none = x[1] < 0, least = body.number(DataType::Float, -std::numeric_limits<float>::infinity());
      Scalar leader = select(none, least, body.load(1, {body.index(0), body.index(1), x[1]}, DataType::Float));
      Scalar wins = x[0] > leader;
      if (op.threshold)
        wins = wins & (x[0] > static_cast<double>(*op.threshold));
      return select(wins, body.index(2), x[1]);
    });
    if (failed(selected))
      return failure();
    Loops rows = {{{*selected, map(3, {0, 1})}}, {op.batch, op.classes, 3}, 3, {op.batch, op.classes, 3}, DataType::Int64,
                  map(3, {0, 1, 2})};
    FailureOr<Operand> row = buildLoops(node, rows, [&](Body &body, llvm::ArrayRef<Scalar> x) {
      Scalar place = body.index(2);
      Scalar value = select(place == 0, body.index(0), select(place == 1, body.index(1), x[0]));
      return cast(select(x[0] < 0, body.integer(DataType::Int32, -1), value), DataType::Int64);
    });
    if (failed(row))
      return failure();
    selections.push_back(node.addOperand(reshapeOperand(node, *row, {op.batch, op.classes, 1, 3})));
    if (round + 1 == op.most)
      break;
    Loops rest = {{{scores, map(3, {0, 1, 2})}, {*selected, map(3, {0, 1})}, {op.boxes, {}}}, {op.batch, op.classes, op.count}, 3,
                  {op.batch, op.classes, op.count}, DataType::Float, map(3, {0, 1, 2})};
    FailureOr<Operand> left = buildLoops(node, rest, [&](Body &body, llvm::ArrayRef<Scalar> x) {
      Scalar chosen = x[1], own = body.index(2);
      Scalar suppressed = (own == chosen) | op.overlaps(op.loadBox(body, 2, body.index(0), chosen),
                                                        op.loadBox(body, 2, body.index(0), own));
      Scalar least = body.number(DataType::Float, -std::numeric_limits<float>::infinity());
      return select((chosen >= 0) & suppressed, least, x[0]);
    });
    if (failed(left))
      return failure();
    scores = *left;
  }
  FailureOr<std::string> all = node.buildPart("Concat", selections, {{"axis", makeAttribute(2)}});
  if (failed(all))
    return failure();
  const Operand result = reshapeOperand(node, node.getOperand(*all), {op.batch * op.classes * op.most, 3});
  if (!result.isConstant()) {
    node.setOutput(0, result);
    return success();
  }
  // Known at compile time: the rows that are there, as the standard says.
  SmallVector<int64_t> values = result.constant->getIntegers(), kept;
  for (size_t row = 0; row < values.size(); row += 3)
    if (values[row] >= 0)
      kept.append(values.begin() + row, values.begin() + row + 3);
  node.setOutput(Constant::fromIntegers(DataType::Int64, {static_cast<int64_t>(kept.size() / 3), 3}, kept));
  return success();
}

} // namespace tinyc::onnx
