// QuantizeLinear and DequantizeLinear whose scales are known at run time only, or stand for blocks of a run-time tensor: plain
// integers in and out.
#include "compiler/onnx/LoopOps.h"

using namespace mlir;

namespace tinyc::onnx {

namespace {

/// Which element of a scale, of one number, one for each index of an axis, or one for each block, belongs to an element.
struct ScalePlace {
  int64_t axis = 0, blockSize = 0;
  bool isOne = true;

  Indices getIndices(Body &body, const Operand &scale) const {
    Indices indices;
    for (int64_t dim = 0; dim < scale.getRank(); ++dim) {
      if (isOne)
        indices.push_back(makeIndex(body, 0));
      else if (blockSize == 0)
        indices.push_back(body.index(axis));
      else
        indices.push_back(dim == axis ? body.index(dim) / makeIndex(body, blockSize) : body.index(dim));
    }
    return indices;
  }
};

} // namespace

static FailureOr<ScalePlace> readPlace(NodeImporter &node, llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<int64_t> scaleShape) {
  ScalePlace place;
  const int64_t rank = shape.size();
  place.blockSize = node.getInt("block_size", 0);
  if (place.blockSize == 0 && countElements(scaleShape).value_or(0) == 1)
    return place;
  place.isOne = false;
  FailureOr<int64_t> axis = node.normalizeAxis(rank == 1 ? 0 : node.getInt("axis", 1), rank);
  if (failed(axis))
    return failure();
  place.axis = *axis;
  Shape expected = {shape[*axis]};
  if (place.blockSize != 0) {
    expected.assign(shape.begin(), shape.end());
    expected[*axis] = (shape[*axis] + place.blockSize - 1) / place.blockSize;
  }
  if (scaleShape != llvm::ArrayRef(expected))
    return node.emitError() << "the scale has shape " << toString(node.getShape(1)) << ", expects " << toString(expected);
  return place;
}

/// Tensor, scale and zero point (if present) as the inputs of a nest.
static FailureOr<Loops> makeLoops(NodeImporter &node, DataType integers, DataType result) {
  FailureOr<Operand> operand = toPlain(node, node.getInput(0)), scale = toPlain(node, node.getInput(1));
  if (failed(operand) || failed(scale) || failed(expectFloat(node, *scale)))
    return failure();
  if (getBitWidth(integers) < 8)
    return node.emitError() << "integers of " << getName(integers) << " with these scales are supported of constants only";
  const int64_t rank = operand->getRank();
  const AffineMap identity = AffineMap::getMultiDimIdentityMap(rank, node.builder.getContext());
  Loops loops = {{{*operand, identity}}, Shape(operand->getShape()), rank, Shape(operand->getShape()), result, identity};
  // Scalars become vectors: what is loaded has indices.
  auto add = [&](const Operand &each) {
    loops.inputs.push_back({each.getRank() == 0 ? reshapeOperand(node, each, {1}) : each, AffineMap()});
  };
  add(*scale);
  if (!node.hasInput(2))
    return loops;
  FailureOr<Operand> zeroPoint = toPlain(node, node.getInput(2));
  if (failed(zeroPoint))
    return failure();
  if (zeroPoint->type != integers || zeroPoint->getShape() != scale->getShape())
    return node.emitError() << "the zero point is " << getName(zeroPoint->type) << " of shape " << toString(zeroPoint->getShape())
                            << ", expects " << getName(integers) << " of shape " << toString(scale->getShape());
  add(*zeroPoint);
  return loops;
}

LogicalResult buildQuantizeLoops(NodeImporter &node, DataType type) {
  FailureOr<Loops> loops = makeLoops(node, type, type);
  if (failed(loops) || failed(expectFloat(node, loops->inputs[0].operand)))
    return failure();
  FailureOr<ScalePlace> place = readPlace(node, loops->shape, loops->inputs[1].operand.getShape());
  if (failed(place))
    return failure();
  const unsigned width = getBitWidth(type);
  const double low = isUnsigned(type) ? 0 : -std::ldexp(1.0, width - 1), high = std::ldexp(1.0, width - !isUnsigned(type)) - 1;
  return setResult(node, buildLoops(node, *loops, [&](Body &body, llvm::ArrayRef<Scalar> x) {
                     Indices at = place->getIndices(body, loops->inputs[1].operand);
                     Scalar value = call("round", x[0] / body.load(1, at, DataType::Float));
                     if (loops->inputs.size() > 2)
                       value = value + cast(body.load(2, at, type), DataType::Float);
                     value = minimum(maximum(value, body.number(DataType::Float, low)), body.number(DataType::Float, high));
                     return cast(value, type);
                   }));
}

LogicalResult buildDequantizeLoops(NodeImporter &node) {
  const DataType type = node.getInput(0).type;
  FailureOr<Loops> loops = makeLoops(node, type, DataType::Float);
  if (failed(loops))
    return failure();
  FailureOr<ScalePlace> place = readPlace(node, loops->shape, loops->inputs[1].operand.getShape());
  if (failed(place))
    return failure();
  return setResult(node, buildLoops(node, *loops, [&](Body &body, llvm::ArrayRef<Scalar> x) {
                     Indices at = place->getIndices(body, loops->inputs[1].operand);
                     Scalar value = cast(x[0], DataType::Int32);
                     if (loops->inputs.size() > 2)
                       value = value - cast(body.load(2, at, type), DataType::Int32);
                     return cast(value, DataType::Float) * body.load(1, at, DataType::Float);
                   }));
}

} // namespace tinyc::onnx
