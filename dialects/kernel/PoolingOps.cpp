#include "dialects/kernel/Kernel.h"
#include "dialects/kernel/Params.h"

using namespace mlir;

namespace tinyc::kernel {

template <typename Op> static LogicalResult verifyPool(Op op) {
  auto input = cast<MemRefType>(op.getInput().getType()), output = cast<MemRefType>(op.getOutput().getType());
  if (input.getRank() != 4 || output.getRank() != 4 || input.getDimSize(0) != 1 || output.getDimSize(0) != 1 ||
      input.getDimSize(3) != output.getDimSize(3))
    return op.emitOpError("expects input [1, H, W, C] and output [1, OH, OW, C], got ") << input << " and " << output;
  if (input.getElementType() != output.getElementType())
    return op.emitOpError("expects one element type, got ")
           << input.getElementType() << " and " << output.getElementType();
  return verifyStage(op, output, op.getStage());
}

LogicalResult AvgPoolOp::verify() {
  if (failed(verifyPool(*this)))
    return failure();
  bool real = isFloat(getOutput().getType());
  if (static_cast<bool>(getMultipliers()) == real)
    return emitOpError("expects multipliers for i8 buffers and none for f32 buffers");
  if (getMultipliers() && getIncludePad() && getMultipliers().getType().getNumElements() != 1)
    return emitOpError("expects 1 multiplier with includePad, got ") << getMultipliers().getType();
  if (static_cast<int32_t>(getFirstCount()) < 1)
    return emitOpError("expects firstCount >= 1, got ") << static_cast<int32_t>(getFirstCount());
  return success();
}
Contract AvgPoolOp::getContract() { return {"avg_pool", getElementName(getInput().getType()), "none"}; }
ParamsAttr AvgPoolOp::getParams() {
  tinyc_window window = makeWindow(getWindow(), getInput().getType(), getOutput().getType());
  if (isFloat(getInput().getType()))
    return makeParams(getContext(), tinyc_pool_f32_params{window, getIncludePad(), makeOutputF32(getStage()), 0});
  return makeParams(getContext(),
                    tinyc_pool_s8_params{window, getIncludePad(), static_cast<int32_t>(getFirstCount()),
                                         static_cast<int32_t>(getInputZeroPoint()), makeOutputS8(getStage())});
}
std::pair<int32_t, int32_t> AvgPoolOp::getRows() { return {0, getOutput().getType().getDimSize(1)}; }

LogicalResult MaxPoolOp::verify() { return verifyPool(*this); }
Contract MaxPoolOp::getContract() { return {"max_pool", getElementName(getInput().getType()), "none"}; }
ParamsAttr MaxPoolOp::getParams() {
  tinyc_window window = makeWindow(getWindow(), getInput().getType(), getOutput().getType());
  if (isFloat(getInput().getType()))
    return makeParams(getContext(), tinyc_pool_f32_params{window, 0, makeOutputF32(getStage()), 0});
  return makeParams(getContext(), tinyc_pool_s8_params{window, 0, 1, 0, makeOutputS8(getStage())});
}
std::pair<int32_t, int32_t> MaxPoolOp::getRows() { return {0, getOutput().getType().getDimSize(1)}; }

template <typename Op> static LogicalResult verifySoftmax(Op op) {
  auto input = cast<MemRefType>(op.getInput().getType()), output = cast<MemRefType>(op.getOutput().getType());
  if (input.getRank() < 1 || input.getShape() != output.getShape() || input.getElementType() != output.getElementType())
    return op.emitOpError("expects input and output of one shape and element type, got ") << input << " and " << output;
  if (static_cast<bool>(op.getExponentials()) == isFloat(output))
    return op.emitOpError("expects exponentials for i8 buffers and none for f32 buffers");
  if (op.getExponentials() && cast<MemRefType>(op.getExponentials().getType()).getNumElements() != 256)
    return op.emitOpError("expects 256 exponentials, got ") << op.getExponentials().getType();
  return success();
}

template <typename Op> static ParamsAttr getSoftmaxParams(Op op) {
  auto input = cast<MemRefType>(op.getInput().getType());
  int32_t length = input.getShape().back(), rows = input.getNumElements() / length;
  if (isFloat(input))
    return makeParams(op.getContext(), tinyc_softmax_f32_params{rows, length});
  return makeParams(op.getContext(),
                    tinyc_softmax_s8_params{rows, length, static_cast<int32_t>(op.getInputMultiplier()),
                                            static_cast<int32_t>(op.getOutputMultiplier()),
                                            static_cast<int32_t>(op.getOutputShift()),
                                            static_cast<int32_t>(op.getOutputZeroPoint())});
}

static std::pair<int32_t, int32_t> getSoftmaxRows(MemRefType type) {
  return {0, type.getNumElements() / type.getShape().back()};
}

LogicalResult SoftmaxOp::verify() { return verifySoftmax(*this); }
Contract SoftmaxOp::getContract() { return {"softmax", getElementName(getInput().getType()), "none"}; }
ParamsAttr SoftmaxOp::getParams() { return getSoftmaxParams(*this); }
std::pair<int32_t, int32_t> SoftmaxOp::getRows() { return getSoftmaxRows(getOutput().getType()); }
SmallVector<unsigned> SoftmaxOp::getInPlaceOperands() { return {0}; }

LogicalResult LogSoftmaxOp::verify() { return verifySoftmax(*this); }
Contract LogSoftmaxOp::getContract() { return {"log_softmax", getElementName(getInput().getType()), "none"}; }
ParamsAttr LogSoftmaxOp::getParams() { return getSoftmaxParams(*this); }
std::pair<int32_t, int32_t> LogSoftmaxOp::getRows() { return getSoftmaxRows(getOutput().getType()); }
SmallVector<unsigned> LogSoftmaxOp::getInPlaceOperands() { return {0}; }

} // namespace tinyc::kernel
