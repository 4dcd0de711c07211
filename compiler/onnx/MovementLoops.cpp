// Data movement as loop nests: Slice, Split, Expand, Tile, Pad, DepthToSpace and others whose elements keep their type, quantized or
// not.
#include "compiler/onnx/LoopOps.h"
#include "compiler/onnx/Slicing.h"

using namespace mlir;

namespace tinyc::onnx {

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
  FailureOr<Slicing> slicing = readSlicing(node, operand.getShape());
  if (failed(slicing))
    return failure();
  return setResult(node, buildMovement(node, operand, slicing->shape, [&](Body &body, llvm::ArrayRef<Scalar> at) {
                     Indices indices;
                     for (int64_t dim = 0; dim < operand.getRank(); ++dim)
                       indices.push_back(at[dim] * static_cast<double>(slicing->steps[dim]) + static_cast<double>(slicing->starts[dim]));
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

} // namespace tinyc::onnx
