// RoiAlign, MaxUnpool and Det as loop nests.
#include "compiler/onnx/LoopOps.h"

using namespace mlir;

namespace tinyc::onnx {

//===----------------------------------------------------------------------===//
// RoiAlign
//===----------------------------------------------------------------------===//

namespace {

/// Where a coordinate lies between two elements of a dimension: the lower one, the upper one, and the share of the upper.
struct Between {
  Scalar low, high, share, isInside;

  Between(Scalar at, int64_t size) {
    const double last = static_cast<double>(size - 1);
    isInside = (at >= -1.0) & (at <= static_cast<double>(size));
    Scalar limited = maximum(at, at.body->number(DataType::Float, 0));
    low = cast(limited, DataType::Int32);
    Scalar isLast = low >= last;
    low = select(isLast, makeIndex(*at.body, size - 1), low);
    high = select(isLast, low, low + 1);
    share = select(isLast, at.body->number(DataType::Float, 0), limited - cast(low, DataType::Float));
  }
};

} // namespace

/// He et al. 2017 (Mask R-CNN), section 3: each bin of a region takes samples by bilinear interpolation, the mean or (of ONNX) the
/// greatest of them.
LogicalResult buildRoiAlign(NodeImporter &node) {
  FailureOr<SmallVector<Operand>> operands = getPlainInputs(node);
  if (failed(operands) || failed(expectFloat(node, (*operands)[0])) || failed(expectFloat(node, (*operands)[1])))
    return failure();
  const Operand &input = (*operands)[0], &regions = (*operands)[1], &samples = (*operands)[2];
  if (input.getRank() != 4 || regions.getRank() != 2 || regions.getShape()[1] != 4 ||
      samples.getShape() != regions.getShape().take_front() || !isInteger(samples.type))
    return node.emitError() << "expects an input [N, C, H, W], regions [R, 4] and R integers, got shapes " << toString(input.getShape())
                            << ", " << toString(regions.getShape()) << " and " << toString(samples.getShape());
  const std::string mode = node.getString("mode", "avg");
  const std::string transform =
      node.getString("coordinate_transformation_mode", node.getOpset() < 16 ? "output_half_pixel" : "half_pixel");
  if ((mode != "avg" && mode != "max") || (transform != "half_pixel" && transform != "output_half_pixel"))
    return node.emitError() << "the mode '" << mode << "' with '" << transform << "' is not known";
  const int64_t ratio = node.getInt("sampling_ratio", 0);
  const int64_t height = node.getInt("output_height", 1), width = node.getInt("output_width", 1);
  if (ratio < 1)
    return node.emitError() << "a sampling_ratio of " << ratio << " is not supported: the samples would depend on the regions";
  if (height < 1 || width < 1)
    return node.emitError() << "the output would have " << height << " x " << width << " elements";
  const bool isHalfPixel = transform == "half_pixel", isMean = mode == "avg";
  const double scale = node.getFloatAttribute("spatial_scale", 1.0f);
  const int64_t sizes[2] = {height, width};
  Loops loops;
  loops.inputs = {{input, AffineMap()}, {regions, AffineMap()}, {samples, AffineMap()}};
  loops.shape = {regions.getShape()[0], input.getShape()[1], height, width};
  loops.sizes = loops.shape;
  loops.sizes.append({ratio, ratio});
  loops.parallel = 4;
  loops.type = DataType::Float;
  loops.map = AffineMap::getMultiDimIdentityMap(6, node.builder.getContext()).getMajorSubMap(4);
  loops.init = isMean ? 0 : -std::numeric_limits<double>::infinity();
  FailureOr<Operand> result = buildLoops(node, loops, [&](Body &body, llvm::ArrayRef<Scalar> x) {
    Scalar region = body.index(0);
    SmallVector<Between, 2> places;
    for (int dim = 0; dim < 2; ++dim) { // regions are x1, y1, x2, y2
      auto getEnd = [&](int64_t index) {
        Scalar end = body.load(1, {region, makeIndex(body, index)}, DataType::Float) * scale;
        return isHalfPixel ? end - 0.5 : end;
      };
      Scalar begin = getEnd(1 - dim), length = getEnd(3 - dim) - begin;
      if (!isHalfPixel)
        length = maximum(length, body.number(DataType::Float, 1));
      Scalar bin = length / static_cast<double>(sizes[dim]);
      Scalar sample = (cast(body.index(4 + dim), DataType::Float) + 0.5) * bin / static_cast<double>(ratio);
      places.emplace_back(begin + cast(body.index(2 + dim), DataType::Float) * bin + sample, input.getShape()[2 + dim]);
    }
    Scalar image = cast(body.load(2, {region}, samples.type), DataType::Int32), isInside = places[0].isInside & places[1].isInside;
    auto weigh = [&](Scalar row, Scalar rowShare, Scalar column, Scalar columnShare) {
      return body.load(0, {image, body.index(1), row, column}, DataType::Float) * (rowShare * columnShare);
    };
    const Between &y = places[0], &c = places[1];
    Scalar terms[4] = {weigh(y.low, 1 - y.share, c.low, 1 - c.share), weigh(y.low, 1 - y.share, c.high, c.share),
                       weigh(y.high, y.share, c.low, 1 - c.share), weigh(y.high, y.share, c.high, c.share)};
    Scalar zero = body.number(DataType::Float, 0);
    if (isMean)
      return x.back() + select(isInside, terms[0] + terms[1] + terms[2] + terms[3], zero);
    // The standard's maximum is over the weighted elements.
    Scalar most = maximum(maximum(terms[0], terms[1]), maximum(terms[2], terms[3]));
    return maximum(x.back(), select(isInside, most, zero));
  });
  if (failed(result) || !isMean)
    return setResult(node, result);
  const double count = static_cast<double>(ratio * ratio);
  return setResult(node, buildElementwise(node, {*result}, DataType::Float,
                                          [&](Body &, llvm::ArrayRef<Scalar> x) { return x[0] / count; }));
}

//===----------------------------------------------------------------------===//
// MaxUnpool
//===----------------------------------------------------------------------===//

static FailureOr<Shape> readWindowNumbers(NodeImporter &node, llvm::StringRef name, size_t count, int64_t otherwise) {
  Shape numbers = node.getInts(name).value_or(Shape(count, otherwise));
  if (numbers.size() != count)
    return node.emitError() << name << " has " << numbers.size() << " numbers, expects " << count;
  return numbers;
}

/// Zeros, and the elements where the indices, flat ones of the whole result, say.
LogicalResult buildMaxUnpool(NodeImporter &node) {
  llvm::ArrayRef<int64_t> input = node.getShape(0);
  if (input.size() < 3 || node.getShape(1) != input)
    return node.emitError() << "expects an input [N, C, spatial...] and indices of its shape, got " << toString(input) << " and "
                            << toString(node.getShape(1));
  const size_t rank = input.size() - 2;
  FailureOr<Shape> kernel = readWindowNumbers(node, "kernel_shape", rank, 1), strides = readWindowNumbers(node, "strides", rank, 1),
                   pads = readWindowNumbers(node, "pads", 2 * rank, 0);
  if (failed(kernel) || failed(strides) || failed(pads))
    return failure();
  Shape pooled = {input[0], input[1]};
  for (size_t dim = 0; dim < rank; ++dim)
    pooled.push_back((input[2 + dim] - 1) * (*strides)[dim] + (*kernel)[dim] - (*pads)[dim] - (*pads)[rank + dim]);
  Shape shape = pooled;
  if (node.hasInput(2)) {
    FailureOr<Shape> given = node.getConstantInts(2);
    if (failed(given))
      return failure();
    shape = *given;
  }
  std::optional<int64_t> count = countElements(shape), own = countElements(pooled);
  if (shape.size() != input.size() || !count || *count < 1 || !own || *own < 1 || *count > kMaxFoldedElements)
    return node.emitError() << "the output would have the shape " << toString(shape);
  for (size_t dim = 0; dim < shape.size(); ++dim)
    if (shape[dim] < pooled[dim])
      return node.emitError() << "the output shape " << toString(shape) << " is smaller than " << toString(pooled);
  // The indices count the elements of the shape that the window gives. In a larger output they stand at its begin.
  const int64_t elements = *countElements(input);
  const std::string zeros =
      node.addOperand(Operand(Constant::fromFloats({*own}, std::vector<float>(static_cast<size_t>(*own), 0.0f))));
  const Operand indices = reshapeOperand(node, node.getInput(1), {elements}), values = reshapeOperand(node, node.getInput(0), {elements});
  FailureOr<std::string> scattered =
      node.buildPart("ScatterElements", {zeros, node.addOperand(indices), node.addOperand(values)});
  if (failed(scattered))
    return failure();
  const Operand result = reshapeOperand(node, node.getOperand(*scattered), pooled);
  if (shape == pooled) {
    node.setOutput(0, result);
    return success();
  }
  Shape ends(2 * shape.size(), 0);
  for (size_t dim = 0; dim < shape.size(); ++dim)
    ends[shape.size() + dim] = shape[dim] - pooled[dim];
  FailureOr<std::string> padded = node.buildPart(
      "Pad", {node.addOperand(result),
              node.addOperand(Operand(Constant::fromIntegers(DataType::Int64, {static_cast<int64_t>(ends.size())}, ends)))});
  if (failed(padded))
    return failure();
  node.setOutput(0, node.getOperand(*padded));
  return success();
}

//===----------------------------------------------------------------------===//
// Det
//===----------------------------------------------------------------------===//

/// Elimination with the greatest pivot of each column, written out.
LogicalResult buildDet(NodeImporter &node) {
  constexpr int64_t kMostRows = 8;
  FailureOr<Operand> operand = toPlain(node, node.getInput(0));
  if (failed(operand) || failed(expectFloat(node, *operand)))
    return failure();
  const llvm::ArrayRef<int64_t> shape = operand->getShape();
  const int64_t rank = shape.size(), size = rank < 2 ? 0 : shape[rank - 1];
  if (size < 1 || shape[rank - 2] != size || size > kMostRows)
    return node.emitError() << "expects square matrices of at most " << kMostRows << " rows, got shape " << toString(shape);
  const Shape outer(shape.drop_back(2));
  const unsigned loopCount = std::max<size_t>(outer.size(), 1);
  Loops loops;
  loops.inputs = {{*operand, AffineMap()}};
  loops.shape = outer.empty() ? Shape{1} : outer;
  loops.sizes = loops.shape;
  loops.parallel = loopCount;
  loops.type = DataType::Float;
  loops.map = AffineMap::getMultiDimIdentityMap(loopCount, node.builder.getContext());
  FailureOr<Operand> result = buildLoops(node, loops, [&](Body &body, llvm::ArrayRef<Scalar>) {
    SmallVector<SmallVector<Scalar>> rows(size);
    for (int64_t row = 0; row < size; ++row)
      for (int64_t column = 0; column < size; ++column) {
        Indices at;
        for (size_t dim = 0; dim < outer.size(); ++dim)
          at.push_back(body.index(dim));
        at.append({makeIndex(body, row), makeIndex(body, column)});
        rows[row].push_back(body.load(0, at, DataType::Float));
      }
    Scalar product = body.number(DataType::Float, 1), zero = body.number(DataType::Float, 0);
    auto magnitude = [&](Scalar value) { return select(value < 0, -value, value); };
    for (int64_t pivot = 0; pivot < size; ++pivot) {
      for (int64_t row = pivot + 1; row < size; ++row) {
        Scalar swaps = magnitude(rows[row][pivot]) > magnitude(rows[pivot][pivot]);
        for (int64_t column = pivot; column < size; ++column) {
          Scalar upper = rows[pivot][column], lower = rows[row][column];
          rows[pivot][column] = select(swaps, lower, upper);
          rows[row][column] = select(swaps, -upper, lower); // the sign of an exchange
        }
      }
      Scalar head = rows[pivot][pivot];
      product = product * head;
      for (int64_t row = pivot + 1; row < size; ++row) {
        Scalar factor = select(head == 0, zero, rows[row][pivot] / head);
        for (int64_t column = pivot + 1; column < size; ++column)
          rows[row][column] = rows[row][column] - factor * rows[pivot][column];
      }
    }
    return product;
  });
  if (failed(result))
    return failure();
  node.setOutput(0, reshapeOperand(node, *result, outer));
  return success();
}

} // namespace tinyc::onnx
