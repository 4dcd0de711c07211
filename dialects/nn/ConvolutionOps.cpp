// conv2d, conv_transpose2d, fully_connected, matmul, batch_norm.
#include "dialects/nn/Verification.h"

using namespace mlir;

namespace tinyc::nn {

LogicalResult verifySymmetric(Operation *op, Type weight, StringRef constraint) {
  quant::QuantizedType type = getQuantizedElement(weight);
  if (auto perAxis = dyn_cast_or_null<quant::UniformQuantizedPerAxisType>(type)) {
    if (perAxis.getQuantizedDimension() != 0)
      return op->emitOpError("expects the weight to be quantized along axis 0, got axis ")
             << perAxis.getQuantizedDimension() << " (" << constraint << ")";
    for (int64_t zeroPoint : perAxis.getZeroPoints())
      if (zeroPoint != 0)
        return op->emitOpError("expects weight zero points of 0, got ") << zeroPoint << " (" << constraint << ")";
  } else if (auto perTensor = dyn_cast_or_null<quant::UniformQuantizedType>(type)) {
    if (perTensor.getZeroPoint() != 0)
      return op->emitOpError("expects weight zero points of 0, got ")
             << perTensor.getZeroPoint() << " (" << constraint << ")";
  }
  return success();
}

static LogicalResult verifyBias(Operation *op, Value bias, int64_t channels, StringRef constraint) {
  if (!bias)
    return success();
  auto type = cast<RankedTensorType>(bias.getType());
  if (type.getRank() != 1 || type.getDimSize(0) != channels)
    return op->emitOpError("expects a bias of ") << channels << " elements, got " << type << " (" << constraint << ")";
  if (quant::QuantizedType element = getQuantizedElement(type))
    if (!element.getStorageType().isInteger(32))
      return op->emitOpError("expects a bias of storage type i32, got ") << type << " (" << constraint << ")";
  return success();
}

static LogicalResult verifyPerTensorActivation(Operation *op, Type type, StringRef constraint) {
  if (getQuantizedElement(type) && !getPerTensor(type))
    return op->emitOpError("expects activations quantized per tensor, got ") << type << " (" << constraint << ")";
  return success();
}

/// The types of an op that multiplies an activation by a weight.
static LogicalResult verifyProduct(Operation *op, Type input, Type weight, Type output, StringRef constraint) {
  if (failed(verifySameForm(op, constraint)) || failed(verifySymmetric(op, weight, constraint)) ||
      failed(verifyPerTensorActivation(op, input, constraint)))
    return failure();
  return verifyPerTensorActivation(op, output, constraint);
}

LogicalResult verifyWindow(Operation *op, const Window &window, RankedTensorType input, RankedTensorType output,
                           const WindowConstraints &constraints) {
  auto expectCount = [&](ArrayRef<int64_t> values, size_t count, StringRef name, int64_t least,
                         StringRef constraint) -> LogicalResult {
    if (values.size() != count)
      return op->emitOpError("expects ")
             << count << " " << name << ", got " << values.size() << " (" << constraint << ")";
    for (int64_t value : values)
      if (value < least || value > std::numeric_limits<int32_t>::max())
        return op->emitOpError("expects ")
               << name << " of " << least << " to 2147483647, got " << value << " (" << constraint << ")";
    return success();
  };
  if (failed(expectCount(window.kernel, 2, "kernel sizes", 1, constraints.steps)) ||
      failed(expectCount(window.strides, 2, "strides", 1, constraints.steps)) ||
      failed(expectCount(window.pads, 4, "pads", 0, constraints.pads)) ||
      failed(expectCount(window.dilations, 2, "dilations", 1, constraints.steps)))
    return failure();
  if (input.getDimSize(0) != output.getDimSize(0))
    return op->emitOpError("expects a result batch of ")
           << input.getDimSize(0) << ", got " << output.getDimSize(0) << " (C1)";
  for (int axis : {0, 1}) {
    int64_t padded = input.getDimSize(1 + axis) + window.pads[axis] + window.pads[axis + 2];
    int64_t extent = (window.kernel[axis] - 1) * window.dilations[axis] + 1;
    int64_t expected = padded < extent ? 0 : (padded - extent) / window.strides[axis] + 1;
    if (expected != output.getDimSize(1 + axis) || expected < 1)
      return op->emitOpError("expects a result ")
             << (axis == 0 ? "height" : "width") << " of " << expected << ", got " << output.getDimSize(1 + axis)
             << " (" << constraints.size << ")";
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Conv2DOp
//===----------------------------------------------------------------------===//

/// Groups and the weight's sizes.
template <typename Op> static LogicalResult verifyGroups(Op op) {
  RankedTensorType weight = op.getWeight().getType();
  int64_t groups = op.getGroups(), inputChannels = op.getInput().getType().getDimSize(3),
          outputChannels = op.getOutput().getType().getDimSize(3);
  if (groups < 1 || inputChannels % groups != 0 || outputChannels % groups != 0)
    return op.emitOpError("expects groups to divide the channels, got ")
           << groups << " groups for " << inputChannels << " input and " << outputChannels << " output channels (C2)";
  if (weight.getDimSize(0) != outputChannels || weight.getDimSize(3) != inputChannels / groups)
    return op.emitOpError("expects a weight of ") << outputChannels << " output and " << inputChannels / groups
                                                  << " input channels, got " << weight << " (C1)";
  return success();
}

LogicalResult Conv2DOp::verify() {
  RankedTensorType input = getInput().getType(), weight = getWeight().getType(), output = getOutput().getType();
  if (failed(verifyGroups(*this)) ||
      failed(verifyWindow(*this, {weight.getShape().slice(1, 2), getStrides(), getPads(), getDilations()}, input,
                          output, {"C3", "C4", "C5"})) ||
      failed(verifyBias(*this, getBias(), output.getDimSize(3), "C6")))
    return failure();
  return verifyProduct(*this, input, weight, output, "C7");
}

int64_t Conv2DOp::getMacs() {
  RankedTensorType weight = getWeight().getType();
  return getOutput().getType().getNumElements() * weight.getDimSize(1) * weight.getDimSize(2) * weight.getDimSize(3);
}

SmallVector<unsigned> Conv2DOp::getActivationOperands() { return {0}; }
std::optional<unsigned> Conv2DOp::getWeightOperand() { return 1; }
std::optional<unsigned> Conv2DOp::getBiasOperand() {
  return getBias() ? std::optional<unsigned>(2) : std::nullopt;
}

//===----------------------------------------------------------------------===//
// ConvTranspose2DOp
//===----------------------------------------------------------------------===//

LogicalResult ConvTranspose2DOp::verify() {
  RankedTensorType input = getInput().getType(), weight = getWeight().getType(), output = getOutput().getType();
  constexpr int64_t most = std::numeric_limits<int32_t>::max();
  if (failed(verifyGroups(*this)))
    return failure();
  for (auto [name, values] : {std::pair(StringRef("strides"), getStrides()), {"dilations", getDilations()}}) {
    if (values.size() != 2)
      return emitOpError("expects 2 ") << name << ", got " << values.size() << " (C3)";
    for (int64_t value : values)
      if (value < 1 || value > most)
        return emitOpError("expects ") << name << " of 1 to " << most << ", got " << value << " (C3)";
  }
  if (getPads().size() != 4)
    return emitOpError("expects 4 pads, got ") << getPads().size() << " (C4)";
  for (auto [i, pad] : llvm::enumerate(getPads()))
    if (pad < (i < 2 ? 0 : -most) || pad > most)
      return emitOpError("expects pads of ") << (i < 2 ? 0 : -most) << " to " << most << ", got " << pad << " (C4)";
  if (input.getDimSize(0) != output.getDimSize(0))
    return emitOpError("expects a result batch of ")
           << input.getDimSize(0) << ", got " << output.getDimSize(0) << " (C1)";
  for (int axis : {0, 1}) {
    int64_t expected = (input.getDimSize(1 + axis) - 1) * getStrides()[axis] +
                       (weight.getDimSize(1 + axis) - 1) * getDilations()[axis] + 1 - getPads()[axis] -
                       getPads()[axis + 2];
    if (expected != output.getDimSize(1 + axis))
      return emitOpError("expects a result ") << (axis == 0 ? "height" : "width") << " of " << expected << ", got "
                                              << output.getDimSize(1 + axis) << " (C5)";
  }
  if (failed(verifyBias(*this, getBias(), output.getDimSize(3), "C6")))
    return failure();
  return verifyProduct(*this, input, weight, output, "C7");
}

int64_t ConvTranspose2DOp::getMacs() {
  RankedTensorType weight = getWeight().getType();
  return getInput().getType().getNumElements() * weight.getDimSize(1) * weight.getDimSize(2) * weight.getDimSize(0) /
         getGroups();
}

SmallVector<unsigned> ConvTranspose2DOp::getActivationOperands() { return {0}; }
std::optional<unsigned> ConvTranspose2DOp::getWeightOperand() { return 1; }
std::optional<unsigned> ConvTranspose2DOp::getBiasOperand() {
  return getBias() ? std::optional<unsigned>(2) : std::nullopt;
}

//===----------------------------------------------------------------------===//
// FullyConnectedOp
//===----------------------------------------------------------------------===//

LogicalResult FullyConnectedOp::verify() {
  RankedTensorType input = getInput().getType(), weight = getWeight().getType(), output = getOutput().getType();
  for (RankedTensorType type : {input, weight, output})
    if (type.getRank() != 2)
      return emitOpError("expects input, weight and result of rank 2, got ") << type << " (C1)";
  if (weight.getDimSize(1) != input.getDimSize(1))
    return emitOpError("expects a weight of ") << input.getDimSize(1) << " columns, got " << weight << " (C1)";
  if (output.getDimSize(0) != input.getDimSize(0) || output.getDimSize(1) != weight.getDimSize(0))
    return emitOpError("expects a result of ") << input.getDimSize(0) << "x" << weight.getDimSize(0) << ", got "
                                               << output << " (C1)";
  if (failed(verifyBias(*this, getBias(), weight.getDimSize(0), "C2")))
    return failure();
  return verifyProduct(*this, input, weight, output, "C3");
}

int64_t FullyConnectedOp::getMacs() {
  return getOutput().getType().getNumElements() * getWeight().getType().getDimSize(1);
}

SmallVector<unsigned> FullyConnectedOp::getActivationOperands() { return {0}; }
std::optional<unsigned> FullyConnectedOp::getWeightOperand() { return 1; }
std::optional<unsigned> FullyConnectedOp::getBiasOperand() {
  return getBias() ? std::optional<unsigned>(2) : std::nullopt;
}

//===----------------------------------------------------------------------===//
// MatMulOp
//===----------------------------------------------------------------------===//

LogicalResult MatMulOp::verify() {
  ArrayRef<int64_t> lhs = getLhs().getType().getShape(), rhs = getRhs().getType().getShape(),
                    output = getOutput().getType().getShape();
  if (lhs.size() < 2 || rhs.size() != lhs.size() || output.size() != lhs.size())
    return emitOpError("expects operands and result of one rank of at least 2, got ")
           << lhs.size() << ", " << rhs.size() << " and " << output.size() << " (C1)";
  if (lhs.drop_back(2) != rhs.drop_back(2) || lhs.drop_back(2) != output.drop_back(2))
    return emitOpError("expects equal leading dimensions, got ")
           << getLhs().getType() << ", " << getRhs().getType() << " and " << getOutput().getType() << " (C1)";
  if (lhs.back() != rhs[rhs.size() - 2])
    return emitOpError("expects a right operand of ")
           << lhs.back() << " rows, got " << rhs[rhs.size() - 2] << " (C1)";
  if (output[output.size() - 2] != lhs[lhs.size() - 2] || output.back() != rhs.back())
    return emitOpError("expects a result of ") << lhs[lhs.size() - 2] << "x" << rhs.back() << ", got "
                                               << getOutput().getType() << " (C1)";
  return verifyPerTensor(*this, "C2");
}

int64_t MatMulOp::getMacs() { return getOutput().getType().getNumElements() * getLhs().getType().getShape().back(); }
SmallVector<unsigned> MatMulOp::getActivationOperands() { return {0, 1}; }

//===----------------------------------------------------------------------===//
// BatchNormOp
//===----------------------------------------------------------------------===//

LogicalResult BatchNormOp::verify() {
  RankedTensorType input = getInput().getType();
  if (input != getOutput().getType())
    return emitOpError("expects a result of type ") << input << ", got " << getOutput().getType() << " (C2)";
  if (getQuantizedElement(input))
    return emitOpError("has a float form only, got ") << input << " (C2)";
  if (input.getRank() < 1)
    return emitOpError("expects an input of rank 1 or more, got ") << input << " (C1)";
  for (Value parameter : getOperands().drop_front()) {
    auto type = cast<RankedTensorType>(parameter.getType());
    if (type.getRank() != 1 || type.getDimSize(0) != input.getShape().back() || getQuantizedElement(type))
      return emitOpError("expects float parameters of ")
             << input.getShape().back() << " elements, got " << type << " (C1)";
  }
  return success();
}

} // namespace tinyc::nn
