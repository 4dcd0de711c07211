// ConvTranspose: nn.conv_transpose2d in one and two dimensions, loops in more.
#include "compiler/onnx/LoopOps.h"
#include "compiler/onnx/Window.h"

using namespace mlir;

namespace tinyc::onnx {

namespace {

/// A transposed window over two or more dimensions (a 1-D one has height 1); pads are those before all of them, then those behind.
struct TransposedWindow {
  Shape strides, dilations, pads, output;
};

} // namespace

/// Reads the attributes of `node`, whose input has `spatial` dimensions and whose kernel is `kernel`.
static FailureOr<TransposedWindow> readWindow(NodeImporter &node, llvm::ArrayRef<int64_t> spatial,
                                              llvm::ArrayRef<int64_t> kernel) {
  const size_t rank = spatial.size();
  FailureOr<Shape> strides = getNumbers(node, "strides", rank, 1, 1);
  FailureOr<Shape> dilations = getNumbers(node, "dilations", rank, 1, 1);
  FailureOr<Shape> pads = getNumbers(node, "pads", 2 * rank, 0, 0);
  FailureOr<Shape> added = getNumbers(node, "output_padding", rank, 0, 0);
  if (failed(strides) || failed(dilations) || failed(pads) || failed(added))
    return failure();
  const std::string autoPad = node.getString("auto_pad", "NOTSET");
  if (!llvm::is_contained({"NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"}, autoPad))
    return node.emitError() << "auto_pad must be NOTSET, VALID, SAME_UPPER or SAME_LOWER, got '" << autoPad << "'";
  std::optional<Shape> wanted = node.getInts("output_shape");
  if (wanted && wanted->size() == rank + 2)
    wanted->erase(wanted->begin(), wanted->begin() + 2); // batch and channels before them, as some exporters write
  if (wanted && wanted->size() != rank)
    return node.emitError() << "output_shape has " << wanted->size() << " numbers, expects " << rank;

  const size_t lead = rank < 2 ? 2 - rank : 0;
  TransposedWindow window{Shape(lead, 1), Shape(lead, 1), Shape(2 * (lead + rank), 0), Shape(lead, 1)};
  for (size_t dim = 0; dim < rank; ++dim) {
    const int64_t stride = (*strides)[dim], dilation = (*dilations)[dim], at = lead + dim;
    const int64_t whole = (spatial[dim] - 1) * stride + (kernel[dim] - 1) * dilation + 1;
    int64_t before = (*pads)[dim], output = whole + (*added)[dim] - before - (*pads)[rank + dim];
    if (wanted || llvm::StringRef(autoPad).starts_with("SAME")) {
      output = wanted ? (*wanted)[dim] : spatial[dim] * stride;
      const int64_t total = std::max<int64_t>(0, whole + (*added)[dim] - output);
      before = autoPad == "SAME_UPPER" ? total / 2 : total - total / 2;
    }
    if (output < 1 || output > kMaxElements)
      return node.emitError() << "spatial dimension " << dim << " of the output would have " << output << " elements";
    window.strides.push_back(stride);
    window.dilations.push_back(dilation);
    window.output.push_back(output);
    window.pads[at] = before;
    window.pads[lead + rank + at] = whole - before - output;
  }
  return window;
}

/// ONNX weights [I, O / groups, spatial...] as OHWI, I being the channels of a group there.
static Value buildTransposedWeight(NodeImporter &node, const Operand &weight, int64_t groups) {
  llvm::ArrayRef<int64_t> shape = weight.getShape();
  const int64_t inputs = shape[0] / groups, outputs = shape[1], width = shape.back(),
                height = shape.size() == 4 ? shape[2] : 1;
  const Shape split = {groups, inputs, outputs, height, width}, order = {0, 2, 3, 4, 1},
              ohwi = {groups * outputs, height, width, inputs};
  if (weight.isConstant())
    if (ConstantRef parts = reshape(weight.constant, split))
      if (ConstantRef joined = reshape(permute(parts, order), ohwi))
        return node.materialize(*joined);
  return node.reshape(node.transpose(node.reshape(node.materializeOperand(weight), split), order), ohwi);
}

/// In three dimensions or more: each output sums, over the channels of its group and the taps, the inputs that reach it.
static LogicalResult buildTransposedLoops(NodeImporter &node, const TransposedWindow &window, int64_t groups) {
  FailureOr<SmallVector<Operand>> operands = getPlainInputs(node);
  if (failed(operands) || failed(expectFloat(node, *operands)))
    return failure();
  const Operand &input = (*operands)[0], &weight = (*operands)[1];
  const int64_t rank = input.getRank(), spatial = rank - 2, inner = input.getShape()[1] / groups,
                outputs = weight.getShape()[1];
  Loops loops;
  loops.inputs = {{input, AffineMap()}, {weight, AffineMap()}};
  loops.shape = {input.getShape()[0], outputs * groups};
  llvm::append_range(loops.shape, window.output);
  loops.sizes = loops.shape;
  loops.parallel = rank;
  loops.sizes.push_back(inner);
  llvm::append_range(loops.sizes, weight.getShape().drop_front(2));
  loops.type = DataType::Float;
  loops.map = AffineMap::getMultiDimIdentityMap(loops.sizes.size(), node.builder.getContext()).getMajorSubMap(rank);
  FailureOr<Operand> sum = buildLoops(node, loops, [&](Body &body, llvm::ArrayRef<Scalar> x) {
    Scalar group = body.index(1) / makeIndex(body, outputs);
    Scalar channel = group * static_cast<double>(inner) + body.index(rank);
    Indices from = {body.index(0), channel}, taps = {channel, body.index(1) % makeIndex(body, outputs)};
    Scalar reaches = body.integer(DataType::Bool, 1);
    for (int64_t dim = 0; dim < spatial; ++dim) {
      Scalar tap = body.index(rank + 1 + dim), stride = makeIndex(body, window.strides[dim]);
      Scalar place = body.index(2 + dim) + static_cast<double>(window.pads[dim]) - tap * static_cast<double>(window.dilations[dim]);
      Scalar at = place / stride;
      reaches = reaches & (place >= 0) & (place % stride == 0) & (at < static_cast<double>(input.getShape()[2 + dim]));
      from.push_back(at);
      taps.push_back(tap);
    }
    Scalar product = body.load(0, from, DataType::Float) * body.load(1, taps, DataType::Float);
    return select(reaches, x.back() + product, x.back());
  });
  if (failed(sum) || operands->size() < 3)
    return setResult(node, sum);
  Shape bias(rank, 1);
  bias[1] = outputs * groups;
  return setResult(node, buildElementwise(node, {*sum, reshapeOperand(node, (*operands)[2], bias)}, DataType::Float,
                                          [](Body &, llvm::ArrayRef<Scalar> x) { return x[0] + x[1]; }));
}

LogicalResult buildConvTranspose(NodeImporter &node) {
  FailureOr<Value> input = node.getFloat(0);
  if (failed(input))
    return failure();
  llvm::ArrayRef<int64_t> shape = node.getShape(0), weightShape = node.getShape(1);
  const int64_t groups = node.getInt("group", 1);
  if (shape.size() < 3)
    return node.emitError() << "expects an input [N, C, spatial...], got shape " << toString(shape);
  if (node.getInput(1).type != DataType::Float)
    return node.emitError() << node.describeInput(1) << " is " << getName(node.getInput(1).type) << ", expects float32";
  if (weightShape.size() != shape.size() || llvm::is_contained(weightShape, 0))
    return node.emitError() << "the weight has shape " << toString(weightShape) << ", expects [input channels, "
                            << "output channels / group, kernel...] for an input of shape " << toString(shape);
  if (weightShape[0] != shape[1])
    return node.emitError() << "the input has " << shape[1] << " channels, the weight " << weightShape[0];
  if (groups < 1 || shape[1] % groups != 0)
    return node.emitError() << "group " << groups << " does not divide the " << shape[1] << " input channels";
  llvm::ArrayRef<int64_t> kernel = weightShape.drop_front(2), spatial = shape.drop_front(2);
  if (std::optional<Shape> declared = node.getInts("kernel_shape"); declared && llvm::ArrayRef(*declared) != kernel)
    return node.emitError() << "kernel_shape is " << toString(*declared) << ", the weight's kernel "
                            << toString(kernel);
  FailureOr<TransposedWindow> window = readWindow(node, spatial, kernel);
  if (failed(window))
    return failure();
  const int64_t outputs = weightShape[1] * groups;
  if (node.hasInput(2) && node.getShape(2) != llvm::ArrayRef(outputs))
    return node.emitError() << "the bias has shape " << toString(node.getShape(2)) << ", expects [" << outputs << "]";
  if (spatial.size() > 2)
    return buildTransposedLoops(node, *window, groups);
  FailureOr<RankedTensorType> type = node.makeFloatType({shape[0], window->output[0], window->output[1], outputs});
  if (failed(type))
    return failure();
  Value bias;
  if (node.hasInput(2)) {
    FailureOr<Value> value = node.getFloat(2);
    if (failed(value))
      return failure();
    bias = *value;
  }
  Value weight = buildTransposedWeight(node, node.getInput(1), groups);
  auto result = node.create<nn::ConvTranspose2DOp>(*type, toChannelLast(node, *input), weight, bias, window->strides,
                                                   window->pads, window->dilations, groups, FloatAttr(), FloatAttr());
  node.setOutput(fromChannelLast(node, result, llvm::ArrayRef(window->output).take_back(spatial.size())));
  return success();
}

} // namespace tinyc::onnx
