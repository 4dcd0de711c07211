// Data movement as loop nests: Slice, Split, Gather*, Scatter*, Expand, Tile, Pad, DepthToSpace and others whose elements
// keep their type, quantized or not.
#include "compiler/onnx/LoopOps.h"

using namespace mlir;

namespace tinyc::onnx {

using Indices = SmallVector<Scalar>;

static Scalar makeIndex(Body &body, int64_t value) { return body.integer(DataType::Int32, value); }

/// index + size for a negative index.
static Scalar wrapIndex(Scalar index, int64_t size) {
  Scalar narrow = cast(index, DataType::Int32);
  return select(narrow < 0, narrow + static_cast<double>(size), narrow);
}

FailureOr<Operand> buildTransposeLoops(NodeImporter &node, const Operand &operand, llvm::ArrayRef<int64_t> permutation) {
  Shape shape;
  for (int64_t dim : permutation)
    shape.push_back(operand.getShape()[dim]);
  return buildMovement(node, operand, shape, [&](Body &, llvm::ArrayRef<Scalar> at) {
    Indices indices(at.size());
    for (auto [index, dim] : llvm::enumerate(permutation))
      indices[dim] = at[index];
    return indices;
  });
}

/// Each element is read from the part that it lies in.
FailureOr<Operand> buildConcatLoops(NodeImporter &node, int64_t axis, llvm::ArrayRef<int64_t> shape) {
  FailureOr<SmallVector<Operand>> parts = getPlainInputs(node);
  if (failed(parts))
    return failure();
  const int64_t rank = shape.size();
  const DataType type = parts->front().type;
  Loops loops = {{}, Shape(shape), rank, Shape(shape), type,
                 AffineMap::getMultiDimIdentityMap(rank, node.builder.getContext())};
  for (const Operand &part : *parts)
    loops.inputs.push_back({part, AffineMap()});
  return buildLoops(node, loops, [&](Body &body, llvm::ArrayRef<Scalar>) {
    Scalar at = body.index(axis), result;
    int64_t begin = 0;
    for (auto [number, part] : llvm::enumerate(*parts)) {
      Indices indices;
      for (int64_t dim = 0; dim < rank; ++dim)
        indices.push_back(dim == axis ? at - makeIndex(body, begin) : body.index(dim));
      Scalar element = body.load(number, indices, type);
      result = number == 0 ? element : select(at >= makeIndex(body, begin), element, result);
      begin += part.getShape()[axis];
    }
    return result;
  });
}

//===----------------------------------------------------------------------===//
// Slice, Split, Tile, Expand
//===----------------------------------------------------------------------===//

LogicalResult buildSliceLoops(NodeImporter &node) {
  const Operand operand = node.getInput(0);
  const Shape shape(operand.getShape());
  const int64_t rank = shape.size();
  FailureOr<std::optional<Shape>> starts = node.getIntsFromAttributeOrInput("starts", 1, 10);
  FailureOr<std::optional<Shape>> ends = node.getIntsFromAttributeOrInput("ends", 2, 10);
  FailureOr<std::optional<Shape>> axes = node.getIntsFromAttributeOrInput("axes", 3, 10);
  FailureOr<std::optional<Shape>> steps = node.getIntsFromAttributeOrInput("steps", 4, 10);
  if (failed(starts) || failed(ends) || failed(axes) || failed(steps))
    return failure();
  if (!*starts || !*ends)
    return node.emitError() << "starts and ends are required";
  const size_t count = (*starts)->size();
  FailureOr<Shape> sliced = node.normalizeAxes(
      *axes ? **axes : llvm::to_vector(llvm::seq<int64_t>(std::min<int64_t>(count, rank))), rank);
  Shape stepOf = steps->value_or(Shape(count, 1));
  if (failed(sliced))
    return failure();
  if ((*ends)->size() != count || sliced->size() != count || stepOf.size() != count)
    return node.emitError() << "starts, ends, axes and steps differ in length";
  Shape first(rank, 0), step(rank, 1), result = shape;
  for (auto [index, axis] : llvm::enumerate(*sliced)) {
    const int64_t size = shape[axis];
    if (stepOf[index] == 0)
      return node.emitError() << "a step is 0";
    step[axis] = std::clamp<int64_t>(stepOf[index], -size, size); // longer ones reach one element, too
    // Bounds as in numpy: from the end if negative, then clipped; backwards -1 stands before the first element.
    auto clip = [&](int64_t bound) {
      bound = bound < 0 ? bound + size : bound;
      return step[axis] > 0 ? std::clamp<int64_t>(bound, 0, size) : std::clamp<int64_t>(bound, -1, size - 1);
    };
    first[axis] = clip((**starts)[index]);
    const int64_t distance = clip((**ends)[index]) - first[axis], stride = step[axis];
    result[axis] = std::max<int64_t>(0, (distance + stride + (stride > 0 ? -1 : 1)) / stride);
  }
  return setResult(node, buildMovement(node, operand, result, [&](Body &body, llvm::ArrayRef<Scalar> at) {
                     Indices indices;
                     for (int64_t dim = 0; dim < rank; ++dim)
                       indices.push_back(at[dim] * static_cast<double>(step[dim]) + static_cast<double>(first[dim]));
                     return indices;
                   }));
}

LogicalResult buildSplit(NodeImporter &node) {
  const Operand operand = node.getInput(0);
  const Shape shape(operand.getShape());
  FailureOr<int64_t> axis = node.normalizeAxis(node.getInt("axis", 0), shape.size());
  FailureOr<std::optional<Shape>> given = node.getIntsFromAttributeOrInput("split", 1, 13);
  if (failed(axis) || failed(given))
    return failure();
  const int64_t outputs = node.getOutputCount(), size = shape[*axis];
  Shape sizes = given->value_or(Shape());
  if (sizes.empty()) {
    const int64_t each = llvm::divideCeil(size, std::max<int64_t>(outputs, 1));
    for (int64_t rest = size; static_cast<int64_t>(sizes.size()) < outputs; rest -= sizes.back())
      sizes.push_back(std::min(each, std::max<int64_t>(rest, 0)));
  }
  int64_t sum = 0;
  for (int64_t part : sizes)
    sum = part < 0 || part > size ? -1 : sum + part;
  if (static_cast<int64_t>(sizes.size()) != outputs || sum != size)
    return node.emitError() << "expects " << outputs << " sizes that add up to " << size << ", got " << toString(sizes);
  int64_t begin = 0;
  for (auto [number, part] : llvm::enumerate(sizes)) {
    if (node.isOutputUsed(number)) {
      Shape result = shape;
      result[*axis] = part;
      FailureOr<Operand> value = buildMovement(node, operand, result, [&](Body &, llvm::ArrayRef<Scalar> at) {
        Indices indices(at);
        indices[*axis] = at[*axis] + static_cast<double>(begin);
        return indices;
      });
      if (failed(value))
        return failure();
      node.setOutput(number, *value);
    }
    begin += part;
  }
  return success();
}

LogicalResult buildTile(NodeImporter &node) {
  const Operand operand = node.getInput(0);
  FailureOr<Shape> repeats = node.getConstantInts(1);
  if (failed(repeats))
    return failure();
  Shape shape(operand.getShape()), result = shape;
  if (repeats->size() != shape.size())
    return node.emitError() << "expects " << shape.size() << " repeats, got " << toString(*repeats);
  for (auto [size, repeat] : llvm::zip_equal(result, *repeats)) {
    if (repeat < 0 || repeat > kMaxElements)
      return node.emitError() << "expects repeats >= 0, got " << toString(*repeats);
    size *= repeat;
  }
  return setResult(node, buildMovement(node, operand, result, [&](Body &, llvm::ArrayRef<Scalar> at) {
                     Indices indices;
                     for (auto [index, size] : llvm::zip_equal(at, shape))
                       indices.push_back(index % index.body->integer(DataType::Int32, size));
                     return indices;
                   }));
}

LogicalResult buildExpandLoops(NodeImporter &node) {
  const Operand operand = node.getInput(0);
  FailureOr<Shape> requested = node.getConstantInts(1);
  if (failed(requested))
    return failure();
  std::optional<Shape> shape = broadcastShapes(operand.getShape(), *requested);
  if (!shape)
    return node.emitError() << "shape " << toString(*requested) << " does not broadcast to "
                            << toString(operand.getShape());
  const int64_t rank = shape->size(), missing = rank - operand.getRank();
  return setResult(node, buildMovement(node, operand, *shape, [&](Body &body, llvm::ArrayRef<Scalar> at) {
                     Indices indices;
                     for (auto [dim, size] : llvm::enumerate(operand.getShape()))
                       indices.push_back(size == 1 ? makeIndex(body, 0) : at[missing + dim]);
                     return indices;
                   }));
}

//===----------------------------------------------------------------------===//
// Pad, Trilu, DepthToSpace, ReverseSequence
//===----------------------------------------------------------------------===//

/// Element `at` of a row of `size` elements that goes on by reflection at its ends, or by repetition of them all (wrap).
static Scalar fold(Scalar at, int64_t size, llvm::StringRef mode) {
  Body &body = *at.body;
  if (mode == "edge" || size == 1)
    return mode == "edge" ? at : makeIndex(body, 0);
  const int64_t period = mode == "reflect" ? 2 * (size - 1) : size;
  Scalar rest = at % makeIndex(body, period), positive = select(rest < 0, rest + static_cast<double>(period), rest);
  if (mode == "wrap")
    return positive;
  return select(positive >= static_cast<double>(size), makeIndex(body, period) - positive, positive);
}

LogicalResult buildPadLoops(NodeImporter &node, const Shape &before, const Shape &after) {
  FailureOr<Operand> operand = toPlain(node, node.getInput(0));
  if (failed(operand))
    return failure();
  const std::string mode = node.getString("mode", "constant");
  if (mode != "constant" && mode != "reflect" && mode != "edge" && mode != "wrap")
    return node.emitError() << "mode '" << mode << "' is not supported";
  const Shape shape(operand->getShape());
  const int64_t rank = shape.size();
  Shape result = shape;
  for (int64_t dim = 0; dim < rank; ++dim)
    result[dim] = std::max<int64_t>(0, shape[dim] + before[dim] + after[dim]);
  auto getIndices = [&](llvm::ArrayRef<Scalar> at) {
    Indices indices;
    for (int64_t dim = 0; dim < rank; ++dim)
      indices.push_back(at[dim] - static_cast<double>(before[dim]));
    return indices;
  };
  if (mode != "constant")
    return setResult(node, buildMovement(node, *operand, result, [&](Body &, llvm::ArrayRef<Scalar> at) {
                       Indices indices = getIndices(at);
                       for (int64_t dim = 0; dim < rank; ++dim)
                         indices[dim] = fold(indices[dim], shape[dim], mode);
                       return indices;
                     }));
  const bool hasValue = node.getOpset() >= 11 && node.hasInput(2);
  Loops loops = {{{*operand, AffineMap()}}, result, rank, result, operand->type,
                 AffineMap::getMultiDimIdentityMap(rank, node.builder.getContext())};
  if (hasValue) {
    FailureOr<Operand> value = toPlain(node, node.getInput(2));
    if (failed(value) || failed(expectOneType(node, {*operand, *value})))
      return failure();
    if (countElements(value->getShape()) != 1)
      return node.emitError() << node.describeInput(2) << " has shape " << toString(value->getShape())
                              << ", expects one element";
    loops.inputs.push_back({reshapeOperand(node, *value, {}), AffineMap::get(rank, 0, node.builder.getContext())});
  }
  return setResult(node, buildLoops(node, loops, [&](Body &body, llvm::ArrayRef<Scalar> x) {
                     Indices at;
                     for (int64_t dim = 0; dim < rank; ++dim)
                       at.push_back(body.index(dim));
                     Indices indices = getIndices(at);
                     Scalar isInside = body.integer(DataType::Bool, -1);
                     for (int64_t dim = 0; dim < rank; ++dim)
                       isInside = isInside & (indices[dim] >= 0) & (indices[dim] < static_cast<double>(shape[dim]));
                     Scalar value = hasValue ? x.back() : body.number(operand->type, node.getFloatAttribute("value", 0.0f));
                     return select(isInside, body.load(0, indices, operand->type), value);
                   }));
}

LogicalResult buildTrilu(NodeImporter &node) {
  FailureOr<Operand> operand = toPlain(node, node.getInput(0));
  if (failed(operand))
    return failure();
  int64_t diagonal = 0;
  if (node.hasInput(1)) {
    FailureOr<Shape> given = node.getConstantInts(1);
    if (failed(given))
      return failure();
    if (given->size() != 1)
      return node.emitError() << node.describeInput(1) << " has " << given->size() << " elements, expects one";
    diagonal = std::clamp<int64_t>(given->front(), -kMaxElements, kMaxElements);
  }
  const int64_t rank = operand->getRank();
  if (rank < 2)
    return node.emitError() << "expects matrices, got shape " << toString(operand->getShape());
  const bool upper = node.getInt("upper", 1) != 0;
  return setResult(node, buildElementwise(node, *operand, operand->type, [&](Body &body, llvm::ArrayRef<Scalar> x) {
                     Scalar distance = body.index(rank - 1) - body.index(rank - 2);
                     Scalar stays = upper ? distance >= static_cast<double>(diagonal) : distance <= static_cast<double>(diagonal);
                     return select(stays, x[0], body.number(operand->type, 0));
                   }));
}

/// DepthToSpace and SpaceToDepth, as reshape, transpose, reshape.
LogicalResult buildDepthToSpace(NodeImporter &node) {
  const Operand operand = node.getInput(0);
  const Shape shape(operand.getShape());
  const int64_t block = node.getInt("blocksize", 0);
  const bool toSpace = node.getOperatorName() == "DepthToSpace";
  const bool fits = shape.size() == 4 && block > 0 && block <= 32768 &&
                    (toSpace ? shape[1] % (block * block) == 0 : shape[2] % block == 0 && shape[3] % block == 0);
  if (!fits)
    return node.emitError() << "expects [N, C, H, W] that blocks of " << block << " divide, got shape " << toString(shape);
  const std::string mode = node.getString("mode", "DCR");
  if (mode != "DCR" && mode != "CRD")
    return node.emitError() << "mode '" << mode << "' is not supported";
  Shape split, permutation, result;
  if (toSpace) {
    const int64_t depth = shape[1] / (block * block);
    split = mode == "DCR" ? Shape{shape[0], block, block, depth, shape[2], shape[3]}
                          : Shape{shape[0], depth, block, block, shape[2], shape[3]};
    permutation = mode == "DCR" ? Shape{0, 3, 4, 1, 5, 2} : Shape{0, 1, 4, 2, 5, 3};
    result = {shape[0], depth, shape[2] * block, shape[3] * block};
  } else {
    split = {shape[0], shape[1], shape[2] / block, block, shape[3] / block, block};
    permutation = {0, 3, 5, 1, 2, 4};
    result = {shape[0], shape[1] * block * block, shape[2] / block, shape[3] / block};
  }
  Operand blocks = reshapeOperand(node, operand, split);
  FailureOr<Operand> moved = failure();
  if (!blocks.isConstant() && blocks.type == DataType::Float)
    moved = Operand(node.transpose(blocks.value, permutation), blocks.type);
  else
    moved = buildTransposeLoops(node, blocks, permutation);
  if (failed(moved))
    return failure();
  return setResult(node, reshapeOperand(node, *moved, result));
}

LogicalResult buildReverseSequence(NodeImporter &node) {
  const Operand operand = node.getInput(0);
  FailureOr<Operand> lengths = toPlain(node, node.getInput(1));
  const int64_t rank = operand.getRank(), time = node.getInt("time_axis", 0), batch = node.getInt("batch_axis", 1);
  if (failed(lengths))
    return failure();
  if (rank < 2 || time == batch || std::min(time, batch) != 0 || std::max(time, batch) != 1 ||
      lengths->getShape() != llvm::ArrayRef(operand.getShape()[batch]))
    return node.emitError() << "expects axes 0 and 1, and a length for each batch";
  return setResult(node, buildMovement(
                             node, operand, operand.getShape(),
                             [&](Body &body, llvm::ArrayRef<Scalar> at) {
                               Scalar length = cast(body.load(1, {at[batch]}, lengths->type), DataType::Int32);
                               Indices indices(at);
                               indices[time] = select(at[time] < length, length - at[time] - 1, at[time]);
                               return indices;
                             },
                             *lengths));
}

//===----------------------------------------------------------------------===//
// Gather and scatter
//===----------------------------------------------------------------------===//

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
