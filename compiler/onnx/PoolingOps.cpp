#include "compiler/onnx/Operators.h"
#include "compiler/onnx/Window.h"

using namespace mlir;

namespace tinyc::onnx {

/// Checks a pooling's input and reads its window.
static FailureOr<Window> readPool(NodeImporter &node) {
  llvm::ArrayRef<int64_t> shape = node.getShape(0);
  if (shape.size() != 3 && shape.size() != 4)
    return node.emitError() << "only 1-D and 2-D poolings are supported: input shape " << toString(shape);
  std::optional<Shape> kernel = node.getInts("kernel_shape");
  if (!kernel)
    return node.emitError() << "attribute 'kernel_shape' is required";
  if (kernel->size() != shape.size() - 2)
    return node.emitError() << "kernel_shape has " << kernel->size() << " numbers, expects " << shape.size() - 2;
  for (int64_t size : *kernel)
    if (size < 1 || size > INT32_MAX)
      return node.emitError() << "kernel_shape must be 1 to " << INT32_MAX << ", got " << toString(*kernel);
  return computeWindow(node, shape.drop_front(2), *kernel);
}

LogicalResult buildAveragePool(NodeImporter &node) {
  if (node.getInput(0).getRank() > 4)
    return buildPoolLoops(node);
  FailureOr<Value> input = node.getFloat(0);
  if (failed(input))
    return failure();
  FailureOr<Window> window = readPool(node);
  if (failed(window))
    return failure();
  llvm::ArrayRef<int64_t> shape = node.getShape(0), spatial = shape.drop_front(2);
  const bool includePad = node.getInt("count_include_pad", 0) != 0;
  FailureOr<RankedTensorType> type = node.makeFloatType({shape[0], window->output[0], window->output[1], shape[1]});
  if (failed(type) || (!includePad && failed(verifyWindowsTouchInput(node, *window, spatial))))
    return failure();

  Value value = toChannelLast(node, *input);
  Shape pads = window->getAllPads();
  bool includeAll = includePad;
  if (includePad && llvm::any_of(window->ceilPads, [](int64_t pad) { return pad > 0; })) {
    // The node's own padding counts, what ceil_mode adds does not: the former becomes elements of the input.
    llvm::ArrayRef<int64_t> size = getShape(value);
    FailureOr<RankedTensorType> padded =
        node.makeFloatType({size[0], size[1] + window->pads[0] + window->pads[2],
                            size[2] + window->pads[1] + window->pads[3], size[3]});
    if (failed(padded))
      return failure();
    value = node.create<nn::PadOp>(*padded, value, Shape{0, window->pads[0], window->pads[1], 0},
                                   Shape{0, window->pads[2], window->pads[3], 0}, llvm::APFloat(0.0f));
    pads = {0, 0, window->ceilPads[0], window->ceilPads[1]};
    includeAll = false;
  }
  auto result = node.create<nn::AvgPoolOp>(*type, value, window->kernel, window->strides, pads, window->dilations,
                                           includeAll, FloatAttr(), FloatAttr());
  node.setOutput(fromChannelLast(node, result, llvm::ArrayRef(window->output).take_back(spatial.size())));
  return success();
}

LogicalResult buildMaxPool(NodeImporter &node) {
  const Operand operand = node.getInput(0);
  const bool isPlain = operand.type != DataType::Float &&
                       (operand.isConstant() || !nn::getQuantizedElement(operand.value.getType()));
  if (operand.getRank() > 4 || node.isOutputUsed(1) || isPlain)
    return buildPoolLoops(node);
  FailureOr<Value> input = node.getTensor(0);
  if (failed(input))
    return failure();
  FailureOr<Window> window = readPool(node);
  if (failed(window))
    return failure();
  llvm::ArrayRef<int64_t> shape = operand.getShape(), spatial = shape.drop_front(2);
  FailureOr<RankedTensorType> type = node.makeType({shape[0], window->output[0], window->output[1], shape[1]},
                                                   getElementTypeOrSelf(*input));
  if (failed(type) || failed(verifyWindowsTouchInput(node, *window, spatial)))
    return failure();
  auto result = node.create<nn::MaxPoolOp>(*type, toChannelLast(node, *input), window->kernel, window->strides,
                                           window->getAllPads(), window->dilations, FloatAttr(), FloatAttr());
  Value value = fromChannelLast(node, result, llvm::ArrayRef(window->output).take_back(spatial.size()));
  node.setOutput(0, Operand(value, operand.type));
  return success();
}

/// The mean over dimensions 1 and 2 of a 4-D value: [N, 1, 1, C].
static Value averageAll(NodeImporter &node, Value value) {
  auto type = cast<RankedTensorType>(value.getType());
  Shape ones = {1, 1}, kernel = {type.getDimSize(1), type.getDimSize(2)}, pads = {0, 0, 0, 0};
  return node.create<nn::AvgPoolOp>(type.clone({type.getDimSize(0), 1, 1, type.getDimSize(3)}), value, kernel, ones,
                                    pads, ones, /*includePad=*/false, FloatAttr(), FloatAttr());
}

LogicalResult buildGlobalAveragePool(NodeImporter &node) {
  FailureOr<Value> input = node.getFloat(0);
  if (failed(input))
    return failure();
  const int64_t rank = node.getInput(0).getRank();
  if (rank < 3)
    return node.emitError() << "expects an input of at least 3 dimensions, got shape " << toString(node.getShape(0));
  node.setOutput(fromChannelLast(node, averageAll(node, toChannelLast(node, *input)), Shape(rank - 2, 1)));
  return success();
}

LogicalResult buildReduceMean(NodeImporter &node) {
  if (node.getInput(0).type != DataType::Float)
    return buildReduceLoops(node);
  FailureOr<Value> input = node.getFloat(0);
  FailureOr<std::optional<Shape>> given = node.getIntsFromAttributeOrInput("axes", 1, 18);
  if (failed(input) || failed(given))
    return failure();
  llvm::ArrayRef<int64_t> shape = node.getShape(0);
  const int64_t rank = shape.size();
  const bool all = !*given || (*given)->empty();
  if (rank == 0 || (all && node.getInt("noop_with_empty_axes", 0) != 0)) {
    node.setOutput(*input);
    return success();
  }
  FailureOr<Shape> axes = node.normalizeAxes(all ? llvm::to_vector(llvm::seq<int64_t>(rank)) : **given, rank);
  if (failed(axes))
    return failure();
  llvm::sort(*axes);

  const bool keep = node.getInt("keepdims", 1) != 0;
  Shape resultShape;
  for (int64_t dim = 0; dim < rank; ++dim) {
    const bool reduced = llvm::is_contained(*axes, dim);
    if (!reduced || keep)
      resultShape.push_back(reduced ? 1 : shape[dim]);
  }
  // All spatial dimensions of [N, C, spatial...]: a global average pooling.
  if (rank >= 3 && llvm::equal(*axes, llvm::seq<int64_t>(2, rank))) {
    Value mean = averageAll(node, toChannelLast(node, *input));
    node.setOutput(keep ? fromChannelLast(node, mean, Shape(rank - 2, 1)) : node.reshape(mean, resultShape));
    return success();
  }
  // Else [leading, reduced, 1, kept]: the dimensions before the first reduced one stay in front as batches.
  Shape permutation, kept;
  int64_t leading = 1, reduced = 1;
  for (int64_t dim = 0; dim < rank; ++dim)
    if (!llvm::is_contained(*axes, dim))
      (dim < axes->front() ? permutation : kept).push_back(dim);
  for (int64_t dim : permutation)
    leading *= shape[dim];
  for (int64_t dim : *axes)
    reduced *= shape[dim];
  llvm::append_range(permutation, *axes);
  llvm::append_range(permutation, kept);
  const int64_t channels = *countElements(shape) / (leading * reduced);
  Value value = node.reshape(node.transpose(*input, permutation), {leading, reduced, 1, channels});
  node.setOutput(node.reshape(averageAll(node, value), resultShape));
  return success();
}

} // namespace tinyc::onnx
