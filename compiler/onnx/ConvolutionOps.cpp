#include "compiler/onnx/Operators.h"
#include "compiler/onnx/Window.h"
#include "dialects/nn/QuantizedArithmetic.h"

using namespace mlir;

namespace tinyc::onnx {

FailureOr<Shape> getNumbers(NodeImporter &node, llvm::StringRef name, size_t count, int64_t minimum,
                            int64_t otherwise) {
  Shape numbers = node.getInts(name).value_or(Shape(count, otherwise));
  if (numbers.size() != count)
    return node.emitError() << name << " has " << numbers.size() << " numbers, expects " << count;
  for (int64_t number : numbers)
    if (number < minimum || number > INT32_MAX)
      return node.emitError() << name << " must be " << minimum << " to " << INT32_MAX << ", got " << toString(numbers);
  return numbers;
}

FailureOr<Window> computeWindow(NodeImporter &node, llvm::ArrayRef<int64_t> spatial, llvm::ArrayRef<int64_t> kernel) {
  const size_t rank = spatial.size();
  FailureOr<Shape> strides = getNumbers(node, "strides", rank, 1, 1);
  FailureOr<Shape> dilations = getNumbers(node, "dilations", rank, 1, 1);
  FailureOr<Shape> pads = getNumbers(node, "pads", 2 * rank, 0, 0);
  if (failed(strides) || failed(dilations) || failed(pads))
    return failure();
  const std::string autoPad = node.getString("auto_pad", "NOTSET");
  if (!llvm::is_contained({"NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"}, autoPad))
    return node.emitError() << "auto_pad must be NOTSET, VALID, SAME_UPPER or SAME_LOWER, got '" << autoPad << "'";
  if (autoPad != "NOTSET" && llvm::any_of(*pads, [](int64_t pad) { return pad != 0; }))
    return node.emitError() << "pads and auto_pad " << autoPad << " exclude each other";
  const bool ceilMode = node.getInt("ceil_mode", 0) != 0;

  // A 1-D window gets a height of 1 first.
  const size_t count = std::max<size_t>(rank, 2), first = count - rank;
  Window window{{1}, {1}, {1}, Shape(2 * count, 0), Shape(count, 0), {1}};
  window.kernel.resize(first);
  window.strides.resize(first);
  window.dilations.resize(first);
  window.output.resize(first);
  for (size_t dim = 0; dim < rank; ++dim) {
    const int64_t size = spatial[dim], stride = (*strides)[dim], dilation = (*dilations)[dim];
    const int64_t extent = (kernel[dim] - 1) * dilation + 1; // elements from the first to the last tap
    int64_t before = (*pads)[dim], after = (*pads)[rank + dim];
    if (llvm::StringRef(autoPad).starts_with("SAME")) {
      const int64_t total = std::max<int64_t>(0, ((size + stride - 1) / stride - 1) * stride + extent - size);
      before = autoPad == "SAME_UPPER" ? total / 2 : total - total / 2;
      after = total - before;
    }
    const int64_t steps = size + before + after - extent;
    if (steps < 0)
      return node.emitError() << "the window spans " << extent << " elements of spatial dimension " << dim
                              << ", which has only " << size + before + after << " with its padding";
    int64_t output = (ceilMode ? (steps + stride - 1) / stride : steps / stride) + 1;
    // The last window of ceil_mode must start inside the input or the padding before it.
    if (ceilMode && (output - 1) * stride >= size + before)
      --output;
    const int64_t needed = (output - 1) * stride + extent - size - before;
    window.kernel.push_back(kernel[dim]);
    window.strides.push_back(stride);
    window.dilations.push_back(dilation);
    window.output.push_back(output);
    window.pads[first + dim] = before;
    window.pads[count + first + dim] = after;
    window.ceilPads[first + dim] = std::max<int64_t>(0, needed - after);
  }
  return window;
}

LogicalResult verifyWindowsTouchInput(NodeImporter &node, const Window &window, llvm::ArrayRef<int64_t> spatial) {
  const size_t first = 2 - spatial.size();
  for (auto [index, size] : llvm::enumerate(spatial)) {
    const size_t dim = first + index;
    for (int64_t position = 0; position < window.output[dim]; ++position)
      if (nn::countWindowElements(size, window.kernel[dim], window.strides[dim], window.dilations[dim],
                                  window.pads[dim], position) == 0)
        return node.emitError() << "window " << position << " of spatial dimension " << index
                                << " lies wholly in the padding";
  }
  return success();
}

Value toChannelLast(NodeImporter &node, Value value) {
  llvm::ArrayRef<int64_t> shape = getShape(value);
  value = node.transpose(value, channelLastPermutation(shape.size()));
  if (shape.size() == 4)
    return value;
  return node.reshape(value, {shape[0], 1, *countElements(shape.drop_front(2)), shape[1]});
}

Value fromChannelLast(NodeImporter &node, Value value, llvm::ArrayRef<int64_t> spatial) {
  Shape shape = {getShape(value).front()};
  llvm::append_range(shape, spatial);
  shape.push_back(getShape(value).back());
  return node.transpose(node.reshape(value, shape), channelFirstPermutation(shape.size()));
}

/// ONNX weights [O, I, spatial...] as OHWI.
static Value buildWeight(NodeImporter &node, const Operand &weight) {
  Shape shape(weight.getShape());
  if (shape.size() == 3)
    shape.insert(shape.begin() + 2, 1);
  if (weight.isConstant())
    if (ConstantRef reshaped = reshape(weight.constant, shape))
      return node.materialize(*permute(reshaped, {0, 2, 3, 1}));
  return node.transpose(node.reshape(node.materializeOperand(weight), shape), {0, 2, 3, 1});
}

LogicalResult buildConv(NodeImporter &node) {
  FailureOr<Value> input = node.getFloat(0);
  if (failed(input))
    return failure();
  llvm::ArrayRef<int64_t> shape = node.getShape(0), weightShape = node.getShape(1);
  const int64_t groups = node.getInt("group", 1);
  if (shape.size() > 4 && node.getInput(0).type == DataType::Float)
    return buildConvLoops(node);
  if (shape.size() != 3 && shape.size() != 4)
    return node.emitError() << "only 1-D and 2-D convolutions are supported: input shape " << toString(shape);
  if (node.getInput(1).type != DataType::Float)
    return node.emitError() << node.describeInput(1) << " is " << getName(node.getInput(1).type) << ", expects float32";
  if (weightShape.size() != shape.size() || llvm::is_contained(weightShape, 0))
    return node.emitError() << "the weight has shape " << toString(weightShape) << ", expects [output channels, "
                            << "input channels / group, kernel...] for an input of shape " << toString(shape);
  if (groups < 1 || groups > INT32_MAX || shape[1] != weightShape[1] * groups)
    return node.emitError() << "the input has " << shape[1] << " channels, the weight " << weightShape[1]
                            << " for each of " << groups << " groups";
  if (weightShape[0] % groups != 0)
    return node.emitError() << "group " << groups << " does not divide the " << weightShape[0] << " output channels";
  llvm::ArrayRef<int64_t> kernel = weightShape.drop_front(2), spatial = shape.drop_front(2);
  if (std::optional<Shape> declared = node.getInts("kernel_shape"); declared && llvm::ArrayRef(*declared) != kernel)
    return node.emitError() << "kernel_shape is " << toString(*declared) << ", the weight's kernel "
                            << toString(kernel);
  FailureOr<Window> window = computeWindow(node, spatial, kernel);
  if (failed(window))
    return failure();
  FailureOr<RankedTensorType> type =
      node.makeFloatType({shape[0], window->output[0], window->output[1], weightShape[0]});
  if (failed(type))
    return failure();

  Value bias;
  if (node.hasInput(2)) {
    if (node.getShape(2) != llvm::ArrayRef(weightShape[0]))
      return node.emitError() << "the bias has shape " << toString(node.getShape(2)) << ", expects ["
                              << weightShape[0] << "]";
    FailureOr<Value> value = node.getFloat(2);
    if (failed(value))
      return failure();
    bias = *value;
  }
  Value weight = buildWeight(node, node.getInput(1));
  auto result = node.create<nn::Conv2DOp>(*type, toChannelLast(node, *input), weight, bias, window->strides,
                                          window->pads, window->dilations, groups, FloatAttr(), FloatAttr());
  node.setOutput(fromChannelLast(node, result, llvm::ArrayRef(window->output).take_back(spatial.size())));
  return success();
}

} // namespace tinyc::onnx
