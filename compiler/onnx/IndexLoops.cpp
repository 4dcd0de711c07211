// Operators that compute or are given the place of an element, as loop nests: Gather*, Scatter*, OneHot, EyeLike, TopK.
#include "compiler/onnx/LoopOps.h"

using namespace mlir;

namespace tinyc::onnx {

/// index + size for a negative index.
static Scalar wrapIndex(Scalar index, int64_t size) {
  Scalar narrow = cast(index, DataType::Int32);
  return select(narrow < 0, narrow + static_cast<double>(size), narrow);
}

static LogicalResult expectIndices(NodeImporter &node, const Operand &indices) {
  if (indices.type != DataType::Int64 && indices.type != DataType::Int32)
    return node.emitError() << "the indices are " << getName(indices.type) << ", expects int64";
  return success();
}

/// Indices known at compile time are checked; others outside stand for the nearest inside.
static LogicalResult expectInside(NodeImporter &node, const Operand &indices, int64_t size) {
  if (indices.isConstant())
    for (int64_t index : indices.constant->getIntegers())
      if (index < -size || index >= size)
        return node.emitError() << "index " << index << " is outside a dimension of size " << size;
  return success();
}

LogicalResult buildGatherLoops(NodeImporter &node) {
  const Operand operand = node.getInput(0);
  const Operand indices = node.getInput(1);
  FailureOr<int64_t> axis = node.normalizeAxis(node.getInt("axis", 0), operand.getRank());
  if (failed(axis) || failed(expectIndices(node, indices)) ||
      failed(expectInside(node, indices, operand.getShape()[*axis])))
    return failure();
  Shape shape(operand.getShape().take_front(*axis));
  llvm::append_range(shape, indices.getShape());
  llvm::append_range(shape, operand.getShape().drop_front(*axis + 1));
  const int64_t rank = indices.getRank(), size = operand.getShape()[*axis];
  // A scalar index has no dimension to load by.
  Operand list = rank == 0 ? reshapeOperand(node, indices, 1) : indices;
  return setResult(node, buildMovement(
                             node, operand, shape,
                             [&](Body &body, llvm::ArrayRef<Scalar> at) {
                               Indices place(at.slice(*axis, rank));
                               if (rank == 0)
                                 place.push_back(makeIndex(body, 0));
                               Indices result(at.take_front(*axis));
                               result.push_back(wrapIndex(body.load(1, place, indices.type), size));
                               llvm::append_range(result, at.drop_front(*axis + rank));
                               return result;
                             },
                             list));
}

LogicalResult buildGatherElements(NodeImporter &node) {
  const Operand operand = node.getInput(0);
  const Operand indices = node.getInput(1);
  FailureOr<int64_t> axis = node.normalizeAxis(node.getInt("axis", 0), operand.getRank());
  if (failed(axis) || failed(expectIndices(node, indices)) ||
      failed(expectInside(node, indices, operand.getShape()[*axis])))
    return failure();
  if (indices.getRank() != operand.getRank())
    return node.emitError() << "expects indices of " << operand.getRank() << " dimensions, got shape "
                            << toString(indices.getShape());
  const int64_t size = operand.getShape()[*axis];
  return setResult(node, buildMovement(
                             node, operand, indices.getShape(),
                             [&](Body &body, llvm::ArrayRef<Scalar> at) {
                               Indices result(at);
                               result[*axis] = wrapIndex(body.load(1, at, indices.type), size);
                               return result;
                             },
                             indices));
}

LogicalResult buildGatherND(NodeImporter &node) {
  const Operand operand = node.getInput(0);
  const Operand indices = node.getInput(1);
  const int64_t batch = node.getInt("batch_dims", 0), rank = operand.getRank(), count = indices.getRank();
  if (failed(expectIndices(node, indices)))
    return failure();
  const int64_t tuple = count > 0 ? indices.getShape().back() : 0;
  if (batch < 0 || count < 1 || batch >= count || tuple < 1 || batch + tuple > rank)
    return node.emitError() << "indices of shape " << toString(indices.getShape()) << " do not index "
                            << toString(operand.getShape()) << " with " << batch << " batch dimensions";
  Shape shape(indices.getShape().drop_back());
  llvm::append_range(shape, operand.getShape().drop_front(batch + tuple));
  return setResult(node, buildMovement(
                             node, operand, shape,
                             [&](Body &body, llvm::ArrayRef<Scalar> at) {
                               Indices result(at.take_front(batch));
                               for (int64_t dim = 0; dim < tuple; ++dim) {
                                 Indices place(at.take_front(count - 1));
                                 place.push_back(makeIndex(body, dim));
                                 result.push_back(
                                     wrapIndex(body.load(1, place, indices.type), operand.getShape()[batch + dim]));
                               }
                               llvm::append_range(result, at.drop_front(count - 1));
                               return result;
                             },
                             indices));
}

/// What an update does to the element before.
static FailureOr<std::function<Scalar(Scalar, Scalar)>> getUpdate(NodeImporter &node) {
  using Update = std::function<Scalar(Scalar, Scalar)>;
  const std::string name = node.getString("reduction", "none");
  if (name == "none")
    return Update([](Scalar, Scalar update) { return update; });
  if (name == "add")
    return Update([](Scalar old, Scalar update) { return old + update; });
  if (name == "mul")
    return Update([](Scalar old, Scalar update) { return old * update; });
  if (name == "max")
    return Update([](Scalar old, Scalar update) { return maximum(old, update); });
  if (name == "min")
    return Update([](Scalar old, Scalar update) { return minimum(old, update); });
  return node.emitError() << "reduction '" << name << "' is not supported";
}

/// Each element of the result goes through the updates along the scattered axis: those whose index is its own apply in order.
LogicalResult buildScatterElements(NodeImporter &node) {
  FailureOr<SmallVector<Operand>> operands = getPlainInputs(node);
  FailureOr<std::function<Scalar(Scalar, Scalar)>> update = getUpdate(node);
  if (failed(operands) || failed(update))
    return failure();
  const Operand &operand = (*operands)[0], &indices = (*operands)[1], &updates = (*operands)[2];
  const int64_t rank = operand.getRank();
  FailureOr<int64_t> axis = node.normalizeAxis(node.getInt("axis", 0), rank);
  if (failed(axis) || failed(expectIndices(node, indices)) ||
      failed(expectInside(node, indices, operand.getShape()[*axis])) || failed(expectOneType(node, {operand, updates})))
    return failure();
  if (indices.getShape() != updates.getShape() || indices.getRank() != rank)
    return node.emitError() << "expects indices and updates of one shape, got " << toString(indices.getShape()) << " and "
                            << toString(updates.getShape());
  for (int64_t dim = 0; dim < rank; ++dim)
    if (dim != *axis && indices.getShape()[dim] > operand.getShape()[dim])
      return node.emitError() << "updates of shape " << toString(updates.getShape()) << " reach out of "
                              << toString(operand.getShape());
  MLIRContext *context = node.builder.getContext();
  Loops loops;
  loops.inputs = {{operand, AffineMap()}, {indices, AffineMap()}, {updates, AffineMap()}};
  loops.sizes.assign(operand.getShape().begin(), operand.getShape().end());
  loops.shape = loops.sizes;
  loops.sizes.push_back(indices.getShape()[*axis]);
  loops.parallel = rank;
  loops.type = operand.type;
  loops.map = AffineMap::getMultiDimIdentityMap(rank + 1, context).getMajorSubMap(rank);
  return setResult(node, buildLoops(node, loops, [&](Body &body, llvm::ArrayRef<Scalar> x) {
                     Indices at, place;
                     Scalar isInside = body.integer(DataType::Bool, -1), step = body.index(rank);
                     for (int64_t dim = 0; dim < rank; ++dim) {
                       at.push_back(body.index(dim));
                       place.push_back(dim == *axis ? step : at.back());
                       if (dim != *axis && indices.getShape()[dim] < operand.getShape()[dim])
                         isInside = isInside & (at.back() < static_cast<double>(indices.getShape()[dim]));
                     }
                     Scalar old = select(step == 0, body.load(0, at, operand.type), x.back());
                     Scalar target = wrapIndex(body.load(1, place, indices.type), operand.getShape()[*axis]);
                     return select(isInside & (target == at[*axis]), (*update)(old, body.load(2, place, operand.type)), old);
                   }));
}

LogicalResult buildScatterND(NodeImporter &node) {
  FailureOr<SmallVector<Operand>> operands = getPlainInputs(node);
  FailureOr<std::function<Scalar(Scalar, Scalar)>> update = getUpdate(node);
  if (failed(operands) || failed(update))
    return failure();
  const Operand &operand = (*operands)[0], &indices = (*operands)[1], &updates = (*operands)[2];
  const int64_t rank = operand.getRank(), tuple = indices.getRank() > 0 ? indices.getShape().back() : 0;
  if (failed(expectIndices(node, indices)) || failed(expectOneType(node, {operand, updates})))
    return failure();
  Shape expected;
  if (tuple >= 1 && tuple <= rank) {
    expected.assign(indices.getShape().begin(), indices.getShape().end() - 1);
    llvm::append_range(expected, operand.getShape().drop_front(tuple));
  }
  if (tuple < 1 || tuple > rank || updates.getShape() != llvm::ArrayRef(expected))
    return node.emitError() << "indices of shape " << toString(indices.getShape()) << " and updates of shape "
                            << toString(updates.getShape()) << " do not fit " << toString(operand.getShape());
  // The tuples in a row, and the slices they replace.
  const int64_t count = *countElements(indices.getShape()) / tuple;
  Shape slices = {count};
  llvm::append_range(slices, operand.getShape().drop_front(tuple));
  MLIRContext *context = node.builder.getContext();
  Loops loops;
  loops.inputs = {{operand, AffineMap()},
                  {reshapeOperand(node, indices, {count, tuple}), AffineMap()},
                  {reshapeOperand(node, updates, slices), AffineMap()}};
  loops.sizes.assign(operand.getShape().begin(), operand.getShape().end());
  loops.shape = loops.sizes;
  loops.sizes.push_back(count);
  loops.parallel = rank;
  loops.type = operand.type;
  loops.map = AffineMap::getMultiDimIdentityMap(rank + 1, context).getMajorSubMap(rank);
  return setResult(node, buildLoops(node, loops, [&](Body &body, llvm::ArrayRef<Scalar> x) {
                     Indices at;
                     Scalar step = body.index(rank), isTarget = body.integer(DataType::Bool, -1);
                     for (int64_t dim = 0; dim < rank; ++dim)
                       at.push_back(body.index(dim));
                     for (int64_t dim = 0; dim < tuple; ++dim) {
                       Scalar target = body.load(1, {step, makeIndex(body, dim)}, indices.type);
                       isTarget = isTarget & (wrapIndex(target, operand.getShape()[dim]) == at[dim]);
                     }
                     Indices place = {step};
                     llvm::append_range(place, llvm::ArrayRef(at).drop_front(tuple));
                     Scalar old = select(step == 0, body.load(0, at, operand.type), x.back());
                     return select(isTarget, (*update)(old, body.load(2, place, operand.type)), old);
                   }));
}

//===----------------------------------------------------------------------===//
// OneHot, EyeLike, TopK
//===----------------------------------------------------------------------===//

LogicalResult buildOneHot(NodeImporter &node) {
  FailureOr<Operand> indices = toPlain(node, node.getInput(0)), values = toPlain(node, node.getInput(2));
  FailureOr<ConstantRef> depth = node.getConstant(1);
  if (failed(indices) || failed(values) || failed(depth))
    return failure();
  if ((*depth)->getNumElements() != 1 || values->getShape() != llvm::ArrayRef<int64_t>(2))
    return node.emitError() << "expects a depth of one element and two values";
  const float given = (*depth)->getFloats().front();
  if (!(given >= 1 && given <= static_cast<float>(kMaxElements)))
    return node.emitError() << "expects a positive depth, got " << given;
  const int64_t size = static_cast<int64_t>(given), rank = indices->getRank() + 1;
  FailureOr<int64_t> axis = node.normalizeAxis(node.getInt("axis", -1), rank);
  if (failed(axis))
    return failure();
  Shape shape(indices->getShape());
  shape.insert(shape.begin() + *axis, 1);
  Operand column = reshapeOperand(node, *indices, shape);
  shape[*axis] = size;
  Loops loops = {{{column, makeBroadcastMap(node, column.getShape(), rank)}, {*values, AffineMap()}}, shape, rank, shape,
                 values->type, AffineMap::getMultiDimIdentityMap(rank, node.builder.getContext())};
  // An index outside of [-depth, depth - 1] gives a row without a value that is on.
  return setResult(node, buildLoops(node, loops, [&](Body &body, llvm::ArrayRef<Scalar> x) {
                     Scalar isOn = wrapIndex(cast(x[0], DataType::Int64), size) == body.index(*axis);
                     return select(isOn, body.load(1, {makeIndex(body, 1)}, values->type),
                                   body.load(1, {makeIndex(body, 0)}, values->type));
                   }));
}

LogicalResult buildEyeLike(NodeImporter &node) {
  const Operand operand = node.getInput(0);
  const Shape shape(operand.getShape());
  DataType type = node.hasAttribute("dtype") ? static_cast<DataType>(node.getInt("dtype", 1)) : operand.type;
  if (type == DataType::Float16 || type == DataType::BFloat16 || type == DataType::Double)
    type = DataType::Float;
  const int64_t k = node.getInt("k", 0);
  if (shape.size() != 2 || !isLoopType(type) || countElements(shape).value_or(kMaxElements) > kMaxFoldedElements)
    return node.emitError() << "expects a matrix of at most " << kMaxFoldedElements << " elements, got shape "
                            << toString(shape) << " of " << getName(type);
  llvm::SmallVector<int64_t> values;
  for (int64_t row = 0; row < shape[0]; ++row)
    for (int64_t column = 0; column < shape[1]; ++column)
      values.push_back(column - row == k);
  if (type == DataType::Float)
    node.setOutput(Constant::fromFloats(shape, std::vector<float>(values.begin(), values.end())));
  else
    node.setOutput(Constant::fromIntegers(type, shape, values));
  return success();
}

/// The rank of each element, which is how many stand before it, then for each place the element of that rank.
LogicalResult buildTopK(NodeImporter &node) {
  FailureOr<Operand> operand = toPlain(node, node.getInput(0));
  if (failed(operand))
    return failure();
  int64_t k = node.getInt("k", 0);
  if (node.getOpset() >= 10) {
    FailureOr<Shape> given = node.getConstantInts(1);
    if (failed(given))
      return failure();
    k = given->size() == 1 ? given->front() : -1;
  }
  const int64_t rank = operand->getRank();
  FailureOr<int64_t> axis = node.normalizeAxis(node.getInt("axis", -1), rank);
  if (failed(axis))
    return failure();
  const Shape shape(operand->getShape());
  const int64_t size = shape[*axis];
  if (k < 1 || k > size)
    return node.emitError() << "expects k of 1 .. " << size << ", got " << k;
  const bool largest = node.getInt("largest", 1) != 0;
  MLIRContext *context = node.builder.getContext();
  AffineMap parallel = AffineMap::getMultiDimIdentityMap(rank + 1, context).getMajorSubMap(rank);
  Loops ranks;
  ranks.inputs.push_back({*operand, parallel});
  ranks.inputs.push_back({*operand, AffineMap()});
  ranks.sizes = shape;
  ranks.sizes.push_back(size);
  ranks.parallel = rank;
  ranks.shape = shape;
  ranks.type = DataType::Int32;
  ranks.map = parallel;
  FailureOr<Operand> order = buildLoops(node, ranks, [&](Body &body, llvm::ArrayRef<Scalar> x) {
    Indices at;
    for (int64_t dim = 0; dim < rank; ++dim)
      at.push_back(body.index(dim == *axis ? rank : dim));
    Scalar other = body.load(1, at, operand->type), isEarlier = body.index(rank) < body.index(*axis);
    Scalar isBefore = largest ? other > x[0] : other < x[0], isTied = other == x[0];
    if (operand->type == DataType::Float) { // NaN is the greatest
      Scalar ownNaN = isNaN(x[0]), otherNaN = isNaN(other);
      isTied = isTied | (ownNaN & otherNaN);
      isBefore = largest ? isBefore | (otherNaN & !ownNaN) : isBefore | (ownNaN & !otherNaN);
    }
    return select(isBefore | (isTied & isEarlier), x.back() + 1, x.back());
  });
  if (failed(order))
    return failure();
  Loops places;
  places.inputs.push_back({*order, AffineMap()});
  places.sizes = shape;
  places.sizes[*axis] = k;
  places.shape = places.sizes;
  places.sizes.push_back(size);
  places.parallel = rank;
  places.type = DataType::Int64;
  places.map = parallel;
  FailureOr<Operand> indices = buildLoops(node, places, [&](Body &body, llvm::ArrayRef<Scalar> x) {
    Indices at;
    for (int64_t dim = 0; dim < rank; ++dim)
      at.push_back(body.index(dim == *axis ? rank : dim));
    Scalar isHere = body.load(0, at, DataType::Int32) == body.index(*axis);
    return select(isHere, cast(body.index(rank), DataType::Int64), x.back());
  });
  if (failed(indices))
    return failure();
  if (node.isOutputUsed(1))
    node.setOutput(1, *indices);
  return setResult(node, buildMovement(
                             node, *operand, places.shape,
                             [&](Body &body, llvm::ArrayRef<Scalar> at) {
                               Indices result(at);
                               result[*axis] = body.load(1, at, DataType::Int64);
                               return result;
                             },
                             *indices));
}

} // namespace tinyc::onnx
