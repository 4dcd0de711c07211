// RotaryEmbedding: pairs of elements turned by an angle that the position gives (Su et al., RoFormer, 2021,
// section 3.2).
#include "compiler/onnx/LoopOps.h"

using namespace mlir;

namespace tinyc::onnx {

/// ONNX's (positions behind the tables, optional) and ONNX Runtime's (positions before them; one number is that of step
/// 0).
LogicalResult buildRotaryEmbedding(NodeImporter &node) {
  const bool isMicrosoft = node.getDomain() == kMicrosoftDomain;
  if (node.getInt("is_packed_batching", 0) != 0 || node.getFloatAttribute("scale", 1) != 1)
    return node.emitError() << "is_packed_batching and a scale are not supported";
  FailureOr<Operand> input = toPlain(node, node.getInput(0));
  const unsigned first = isMicrosoft ? 2 : 1, positionsIndex = isMicrosoft ? 1 : 3;
  FailureOr<Operand> cosine = toPlain(node, node.getInput(first)), sine = toPlain(node, node.getInput(first + 1));
  if (failed(input) || failed(cosine) || failed(sine) || failed(expectFloat(node, {*input, *cosine, *sine})))
    return failure();
  const Shape shape(input->getShape());
  const int64_t half = cosine->getRank() > 0 ? cosine->getShape().back() : 0;
  const bool isFlat = shape.size() == 3; // [B, S, N * D], else [B, N, S, D]
  if ((shape.size() != 3 && shape.size() != 4) || half < 1 || cosine->getShape() != sine->getShape())
    return node.emitError() << "expects an input of 3 or 4 dimensions, and equal tables, got shapes " << toString(shape)
                            << ", " << toString(cosine->getShape()) << " and " << toString(sine->getShape());
  int64_t heads = isFlat ? node.getInt("num_heads", 0) : shape[1];
  if (isFlat && heads == 0 && isMicrosoft && shape[2] % (2 * half) == 0)
    heads = shape[2] / (2 * half);
  if (heads < 1 || shape.back() % (isFlat ? heads : 1) != 0)
    return node.emitError() << "num_heads " << heads << " does not divide the input's " << shape.back() << " elements";
  const int64_t steps = shape[isFlat ? 1 : 2], size = isFlat ? shape[2] / heads : shape[3];
  const int64_t turned = node.getInt("rotary_embedding_dim", 0) ? node.getInt("rotary_embedding_dim", 0) : size;
  if (turned != 2 * half || turned > size)
    return node.emitError() << "turns " << turned << " of " << size << " elements, its tables have " << half
                            << " pairs";

  const bool hasPositions = node.hasInput(positionsIndex);
  FailureOr<Operand> given = hasPositions ? toPlain(node, node.getInput(positionsIndex)) : Operand();
  if (failed(given))
    return failure();
  const Operand positions = *given;
  if (hasPositions && !isInteger(positions.type))
    return node.emitError() << node.describeInput(positionsIndex) << " is " << getName(positions.type)
                            << ", expects int64";
  const bool isOffset = hasPositions && isMicrosoft && positions.getShape() == llvm::ArrayRef<int64_t>(1);
  if (hasPositions && !isOffset && positions.getShape() != llvm::ArrayRef<int64_t>({shape[0], steps}))
    return node.emitError() << node.describeInput(positionsIndex) << " has shape " << toString(positions.getShape())
                            << ", expects one for each of " << shape[0] << " x " << steps << " steps";
  if (cosine->getRank() != (hasPositions ? 2 : 3) ||
      (!hasPositions && cosine->getShape().drop_back() != llvm::ArrayRef<int64_t>({shape[0], steps})))
    return node.emitError() << "its tables have shape " << toString(cosine->getShape()) << ", which fits no position";

  const bool interleaved = node.getInt("interleaved", 0) != 0;
  Loops loops;
  // batch, step and head in the order of the input, then the element
  loops.sizes = isFlat ? Shape{shape[0], steps, heads, size} : shape;
  loops.parallel = 4;
  loops.shape = loops.sizes;
  loops.type = DataType::Float;
  loops.map = AffineMap::getMultiDimIdentityMap(4, node.builder.getContext());
  loops.inputs = {{reshapeOperand(node, *input, loops.sizes), {}}, {*cosine, {}}, {*sine, {}}};
  if (hasPositions)
    loops.inputs.push_back({positions, {}});
  FailureOr<Operand> result = buildLoops(node, loops, [&](Body &body, llvm::ArrayRef<Scalar>) {
    const Scalar batch = body.index(0), step = body.index(isFlat ? 1 : 2), element = body.index(3);
    const Scalar isFirst = interleaved ? element % makeIndex(body, 2) == 0 : element < static_cast<double>(half);
    const int64_t distance = interleaved ? 1 : half;
    const Scalar partner =
        select(isFirst, element + static_cast<double>(distance), element - static_cast<double>(distance));
    const Scalar pair = interleaved ? element / makeIndex(body, 2) : element % makeIndex(body, half);
    Indices place = {batch, step, pair};
    if (isOffset)
      place = {body.load(3, makeIndex(body, 0), positions.type) + cast(step, positions.type),
               cast(pair, positions.type)};
    else if (hasPositions)
      place = {body.load(3, {batch, step}, positions.type), cast(pair, positions.type)};
    const Scalar own = body.load(0, {batch, body.index(1), body.index(2), element}, DataType::Float);
    const Scalar other = body.load(0, {batch, body.index(1), body.index(2), partner}, DataType::Float);
    const Scalar turnedOwn = own * body.load(1, place, DataType::Float),
                 turnedOther = other * body.load(2, place, DataType::Float);
    return select(element < static_cast<double>(turned),
                  select(isFirst, turnedOwn - turnedOther, turnedOther + turnedOwn), own);
  });
  if (failed(result))
    return failure();
  node.setOutput(0, reshapeOperand(node, *result, shape));
  return success();
}

} // namespace tinyc::onnx
