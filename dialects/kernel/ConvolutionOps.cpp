#include "dialects/kernel/Kernel.h"
#include "dialects/kernel/Params.h"

using namespace mlir;

namespace tinyc::kernel {

// Elements without a shape: constants in the layout of one kernel, bias and multipliers among them, or weights of less
// than 8 bits.
static bool isPacked(MemRefType weights) { return weights.getRank() == 1; }

// The forms s8 (bias and multipliers present, one multiplier for each of `channels` or one in all) and f32.
template <typename Op> static LogicalResult verifyForm(Op op, MemRefType weights, int64_t channels) {
  auto input = cast<MemRefType>(op.getInput().getType()), output = cast<MemRefType>(op.getOutput().getType());
  if (!haveOneForm(input, output) || isFloat(input) != isFloat(weights))
    return op.emitOpError("expects input, weights and output of one element type, got ")
           << input.getElementType() << ", " << weights.getElementType() << " and " << output.getElementType();
  if (failed(verifyStage(op, output, op.getStage())) || failed(verifyRowsInt4(op, {input, output})))
    return failure();
  if (Value bias = op.getBias()) {
    auto type = cast<MemRefType>(bias.getType());
    if (type.getRank() != 1 || type.getDimSize(0) != channels || isFloat(type) != isFloat(output))
      return op.emitOpError("expects a bias of ")
             << channels << (isFloat(output) ? " f32 elements, got " : " i32 elements, got ") << type;
  }
  if (isPacked(weights) && !op.getBias() && !op.getMultipliers())
    return success();
  if (isFloat(output)) {
    if (isPacked(weights))
      return op.emitOpError("expects no bias beside packed weights of f32 elements");
    if (op.getMultipliers())
      return op.emitOpError("expects no multipliers for f32 buffers");
    return success();
  }
  if (!op.getBias() || !op.getMultipliers())
    return op.emitOpError(isPacked(weights) ? "expects both bias and multipliers, or none, beside packed weights"
                                            : "expects bias and multipliers for i8 buffers");
  auto multipliers = cast<MemRefType>(op.getMultipliers().getType());
  int64_t wanted = cast<OutputS8Attr>(op.getStage()).getPerChannel() ? channels : 1;
  if (multipliers.getRank() != 1 || multipliers.getDimSize(0) != wanted)
    return op.emitOpError("expects ") << wanted << " multipliers, got " << multipliers;
  return success();
}

// The pointers of the function: an absent bias is NULL; multipliers do not exist for floats, and are NULL beside packed
// weights.
template <typename Op> static SmallVector<Value> getWeightedArguments(Op op) {
  SmallVector<Value> arguments = {op.getInput(), op.getWeights(), op.getBias()};
  if (!isFloat(cast<MemRefType>(op.getOutput().getType())))
    arguments.push_back(op.getMultipliers());
  arguments.append({op.getOutput(), op.getScratch()});
  return arguments;
}

template <typename Op> static LogicalResult verifyConvolution(Op op, bool depthwise) {
  auto input = cast<MemRefType>(op.getInput().getType()), weights = cast<MemRefType>(op.getWeights().getType()),
       output = cast<MemRefType>(op.getOutput().getType());
  if (input.getRank() != 4 || output.getRank() != 4 || input.getDimSize(0) != 1 || output.getDimSize(0) != 1)
    return op.emitOpError("expects input and output [1, height, width, channels], got ") << input << " and " << output;
  int64_t groups = op.getGroups(), channels = input.getDimSize(3), outputs = output.getDimSize(3);
  if (groups < 1 || channels % groups != 0 || outputs % groups != 0)
    return op.emitOpError("expects groups to divide ") << channels << " and " << outputs << " channels, got " << groups;
  if (depthwise && groups != channels)
    return op.emitOpError("expects groups to be the ") << channels << " input channels, got " << groups;
  WindowAttr window = op.getWindow();
  SmallVector<int64_t> ohwi = {outputs, window.getKernelHeight(), window.getKernelWidth(), channels / groups};
  SmallVector<int64_t> packed = {window.getKernelHeight(), window.getKernelWidth(), outputs};
  if (!isPacked(weights) && weights.getShape() != ArrayRef<int64_t>(ohwi) &&
      !(depthwise && weights.getShape() == ArrayRef<int64_t>(packed)))
    return op.emitOpError("expects weights [") << llvm::ArrayRef<int64_t>(ohwi) << "], got " << weights;
  return verifyForm(op, weights, outputs);
}

template <typename Op> static ParamsAttr getConvolutionParams(Op op) {
  tinyc_window window = makeWindow(op, op.getWindow(), op.getInput());
  int32_t groups = op.getGroups();
  if (isFloat(cast<MemRefType>(op.getOutput().getType())))
    return makeParams(op.getContext(), tinyc_conv2d_f32_params{window, groups, makeOutputF32(op.getStage())});
  auto input = cast<MemRefType>(op.getInput().getType()), output = cast<MemRefType>(op.getOutput().getType());
  auto zeroPoint = static_cast<int32_t>(op.getInputZeroPoint());
  if (isInt4(input) || isInt4(output)) {
    tinyc_rows_s4 rows = makeRowsS4(window, input, output);
    return makeParams(op.getContext(), tinyc_conv2d_s4_params{{window, groups, zeroPoint, makeOutputS8(op.getStage())}, rows});
  }
  return makeParams(op.getContext(), tinyc_conv2d_s8_params{window, groups, zeroPoint, makeOutputS8(op.getStage())});
}

template <typename Op> static int64_t getConvolutionMacs(Op op) {
  WindowAttr window = op.getWindow();
  int64_t inputs = cast<MemRefType>(op.getInput().getType()).getDimSize(3) / op.getGroups();
  return cast<MemRefType>(op.getOutput().getType()).getNumElements() * window.getKernelHeight() *
         window.getKernelWidth() * inputs;
}

template <typename Op> static Contract getWeighted(StringRef name, Op op) {
  auto input = cast<MemRefType>(op.getInput().getType()), output = cast<MemRefType>(op.getOutput().getType());
  return {name, getActivationName(input, output), getElementName(cast<MemRefType>(op.getWeights().getType()))};
}

LogicalResult Conv2DOp::verify() { return verifyConvolution(*this, /*depthwise=*/false); }
Contract Conv2DOp::getContract() { return getWeighted("conv2d", *this); }
ParamsAttr Conv2DOp::getParams() { return getConvolutionParams(*this); }
std::pair<int32_t, int32_t> Conv2DOp::getRows() { return {0, getOutput().getType().getDimSize(1)}; }
int64_t Conv2DOp::getMacs() { return getConvolutionMacs(*this); }
RowAccess Conv2DOp::getRowAccess(unsigned operand) {
  return getWindowAccess(*this, operand, getWindow(), getInput().getType(), getOutput().getType());
}
SmallVector<Value> Conv2DOp::getCallArguments() { return getWeightedArguments(*this); }

LogicalResult DepthwiseConv2DOp::verify() { return verifyConvolution(*this, /*depthwise=*/true); }
Contract DepthwiseConv2DOp::getContract() { return getWeighted("depthwise_conv2d", *this); }
ParamsAttr DepthwiseConv2DOp::getParams() { return getConvolutionParams(*this); }
std::pair<int32_t, int32_t> DepthwiseConv2DOp::getRows() { return {0, getOutput().getType().getDimSize(1)}; }
int64_t DepthwiseConv2DOp::getMacs() { return getConvolutionMacs(*this); }
RowAccess DepthwiseConv2DOp::getRowAccess(unsigned operand) {
  return getWindowAccess(*this, operand, getWindow(), getInput().getType(), getOutput().getType());
}
SmallVector<Value> DepthwiseConv2DOp::getCallArguments() { return getWeightedArguments(*this); }

LogicalResult ConvTranspose2DOp::verify() { return verifyConvolution(*this, /*depthwise=*/false); }
Contract ConvTranspose2DOp::getContract() { return getWeighted("conv_transpose2d", *this); }
ParamsAttr ConvTranspose2DOp::getParams() { return getConvolutionParams(*this); }
std::pair<int32_t, int32_t> ConvTranspose2DOp::getRows() { return {0, getOutput().getType().getDimSize(1)}; }
int32_t ConvTranspose2DOp::getRowCount() { return 0; }
int64_t ConvTranspose2DOp::getMacs() {
  WindowAttr window = getWindow();
  return getInput().getType().getNumElements() * window.getKernelHeight() * window.getKernelWidth() *
         getOutput().getType().getDimSize(3) / getGroups();
}
SmallVector<Value> ConvTranspose2DOp::getCallArguments() { return getWeightedArguments(*this); }

LogicalResult FullyConnectedOp::verify() {
  MemRefType input = getInput().getType(), weights = getWeights().getType(), output = getOutput().getType();
  bool packed = isPacked(weights);
  if (input.getRank() != 2 || output.getRank() != 2 || output.getDimSize(0) != input.getDimSize(0) ||
      (!packed && (weights.getRank() != 2 || input.getDimSize(1) != weights.getDimSize(1) ||
                   output.getDimSize(1) != weights.getDimSize(0))))
    return emitOpError("expects input [M, K], weights [N, K] and output [M, N], got ")
           << input << ", " << weights << " and " << output;
  return verifyForm(*this, weights, output.getDimSize(1));
}
Contract FullyConnectedOp::getContract() { return getWeighted("fully_connected", *this); }
ParamsAttr FullyConnectedOp::getParams() {
  MemRefType input = getInput().getType();
  int32_t rows = input.getDimSize(0), inputs = input.getDimSize(1), outputs = getOutput().getType().getDimSize(1);
  if (isFloat(input))
    return makeParams(getContext(), tinyc_fully_connected_f32_params{rows, inputs, outputs, makeOutputF32(getStage())});
  MemRefType output = getOutput().getType();
  if (isInt4(input) || isInt4(output))
    return makeParams(getContext(), tinyc_fully_connected_s4_params{{1, inputs, outputs, makeOutputS8(getStage())},
                                                                    rows,
                                                                    isInt4(input) ? 4 : 8,
                                                                    isInt4(output) ? 4 : 8});
  return makeParams(getContext(), tinyc_fully_connected_s8_params{rows, inputs, outputs, makeOutputS8(getStage())});
}
std::pair<int32_t, int32_t> FullyConnectedOp::getRows() { return {0, getOutput().getType().getDimSize(0)}; }
int64_t FullyConnectedOp::getMacs() {
  return getOutput().getType().getNumElements() * getInput().getType().getDimSize(1);
}
SmallVector<Value> FullyConnectedOp::getCallArguments() { return getWeightedArguments(*this); }

LogicalResult MatMulOp::verify() {
  MemRefType lhs = getLhs().getType(), rhs = getRhs().getType(), output = getOutput().getType();
  if (lhs.getRank() != 2 || rhs.getRank() != 2 || output.getRank() != 2 || lhs.getDimSize(1) != rhs.getDimSize(0) ||
      output.getDimSize(0) != lhs.getDimSize(0) || output.getDimSize(1) != rhs.getDimSize(1))
    return emitOpError("expects lhs [M, K], rhs [K, N] and output [M, N], got ")
           << lhs << ", " << rhs << " and " << output;
  if (lhs.getElementType() != rhs.getElementType() || lhs.getElementType() != output.getElementType())
    return emitOpError("expects one element type, got ")
           << lhs.getElementType() << ", " << rhs.getElementType() << " and " << output.getElementType();
  if (static_cast<bool>(getMultipliers()) == isFloat(output))
    return emitOpError("expects multipliers for i8 buffers and none for f32 buffers");
  if (getMultipliers() && getMultipliers().getType().getNumElements() != 1)
    return emitOpError("expects 1 multiplier, got ") << getMultipliers().getType();
  return verifyStage(*this, output, getStage());
}
Contract MatMulOp::getContract() { return {"matmul", getElementName(getLhs().getType()), "none"}; }
ParamsAttr MatMulOp::getParams() {
  MemRefType lhs = getLhs().getType();
  int32_t rows = lhs.getDimSize(0), inner = lhs.getDimSize(1), columns = getRhs().getType().getDimSize(1);
  if (isFloat(lhs))
    return makeParams(getContext(), tinyc_matmul_f32_params{rows, inner, columns, makeOutputF32(getStage())});
  return makeParams(getContext(),
                    tinyc_matmul_s8_params{rows, inner, columns, static_cast<int32_t>(getLhsZeroPoint()),
                                           static_cast<int32_t>(getRhsZeroPoint()), makeOutputS8(getStage())});
}
std::pair<int32_t, int32_t> MatMulOp::getRows() { return {0, getOutput().getType().getDimSize(0)}; }
int64_t MatMulOp::getMacs() { return getOutput().getType().getNumElements() * getLhs().getType().getDimSize(1); }

} // namespace tinyc::kernel
