#include "dialects/kernel/Kernel.h"
#include "dialects/kernel/Params.h"

using namespace mlir;

namespace tinyc::kernel {

template <typename Op> static LogicalResult verifyPool(Op op) {
  auto input = cast<MemRefType>(op.getInput().getType()), output = cast<MemRefType>(op.getOutput().getType());
  if (input.getRank() != 4 || output.getRank() != 4 || input.getDimSize(0) != 1 || output.getDimSize(0) != 1 ||
      input.getDimSize(3) != output.getDimSize(3))
    return op.emitOpError("expects input [1, H, W, C] and output [1, OH, OW, C], got ") << input << " and " << output;
  if (!haveOneForm(input, output))
    return op.emitOpError("expects one element type, got ")
           << input.getElementType() << " and " << output.getElementType();
  if (failed(verifyRowsInt4(op, {input, output})))
    return failure();
  return verifyStage(op, output, op.getStage());
}

// The block of a pool of integers, whose window is still to be put in.
template <typename Op> static ParamsAttr makePoolParams(Op op, tinyc_window window, tinyc_pool_s8_params params) {
  auto input = cast<MemRefType>(op.getInput().getType()), output = cast<MemRefType>(op.getOutput().getType());
  bool isPacked = isInt4(input) || isInt4(output);
  tinyc_rows_s4 rows = isPacked ? makeRowsS4(window, input, output) : tinyc_rows_s4{};
  params.window = window;
  return isPacked ? makeParams(op.getContext(), tinyc_pool_s4_params{params, rows}) : makeParams(op.getContext(), params);
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
Contract AvgPoolOp::getContract() {
  return {"avg_pool", getActivationName(getInput().getType(), getOutput().getType()), "none"};
}
ParamsAttr AvgPoolOp::getParams() {
  tinyc_window window = makeWindow(*this, getWindow(), getInput());
  if (isFloat(getInput().getType()))
    return makeParams(getContext(), tinyc_pool_f32_params{window, getIncludePad(), makeOutputF32(getStage()), 0});
  return makePoolParams(*this, window,
                        {{}, getIncludePad(), static_cast<int32_t>(getFirstCount()),
                         static_cast<int32_t>(getInputZeroPoint()), makeOutputS8(getStage())});
}
std::pair<int32_t, int32_t> AvgPoolOp::getRows() { return {0, getOutput().getType().getDimSize(1)}; }
RowAccess AvgPoolOp::getRowAccess(unsigned operand) {
  return getWindowAccess(*this, operand, getWindow(), getInput().getType(), getOutput().getType());
}

LogicalResult MaxPoolOp::verify() { return verifyPool(*this); }
Contract MaxPoolOp::getContract() {
  return {"max_pool", getActivationName(getInput().getType(), getOutput().getType()), "none"};
}
ParamsAttr MaxPoolOp::getParams() {
  tinyc_window window = makeWindow(*this, getWindow(), getInput());
  if (isFloat(getInput().getType()))
    return makeParams(getContext(), tinyc_pool_f32_params{window, 0, makeOutputF32(getStage()), 0});
  return makePoolParams(*this, window, {{}, 0, 1, 0, makeOutputS8(getStage())});
}
std::pair<int32_t, int32_t> MaxPoolOp::getRows() { return {0, getOutput().getType().getDimSize(1)}; }
RowAccess MaxPoolOp::getRowAccess(unsigned operand) {
  return getWindowAccess(*this, operand, getWindow(), getInput().getType(), getOutput().getType());
}

LogicalResult SumRowsOp::verify() {
  MemRefType input = getInput().getType(), output = getOutput().getType();
  if (input.getRank() != 4 || input.getDimSize(0) != 1 || output.getRank() != 1 ||
      output.getDimSize(0) != input.getDimSize(3))
    return emitOpError("expects input [1, H, W, C] and output [C], got ") << input << " and " << output;
  if (isFloat(input) != isFloat(output))
    return emitOpError("expects i8 input and i32 output, or f32 for both, got ")
           << input.getElementType() << " and " << output.getElementType();
  return verifyRowsInt4(*this, {input});
}
Contract SumRowsOp::getContract() { return {"sum_rows", getElementName(getInput().getType()), "none"}; }
ParamsAttr SumRowsOp::getParams() {
  ArrayRef<int64_t> shape = getInput().getType().getShape();
  return makeParams(getContext(), tinyc_sum_rows_params{static_cast<int32_t>(shape[1]), static_cast<int32_t>(shape[2]),
                                                        static_cast<int32_t>(shape[3])});
}
std::pair<int32_t, int32_t> SumRowsOp::getRows() { return {0, getInput().getType().getDimSize(1)}; }
int32_t SumRowsOp::getRowCount() { return getInput().getType().getDimSize(1); }
RowAccess SumRowsOp::getRowAccess(unsigned operand) {
  return {operand == 0 ? RowAccess::Kind::Same : RowAccess::Kind::Whole};
}
int32_t SumRowsOp::getRowScale() { return 0; }

LogicalResult AverageOp::verify() {
  MemRefType input = getInput().getType(), output = getOutput().getType();
  if (input.getRank() != 1 || output.getShape() != ArrayRef<int64_t>({1, 1, 1, input.getDimSize(0)}))
    return emitOpError("expects input [C] and output [1, 1, 1, C], got ") << input << " and " << output;
  if (isFloat(input) != isFloat(output))
    return emitOpError("expects i32 input and i8 output, or f32 for both, got ")
           << input.getElementType() << " and " << output.getElementType();
  if (static_cast<bool>(getMultipliers()) == isFloat(output))
    return emitOpError("expects multipliers for i8 buffers and none for f32 buffers");
  if (getMultipliers() && getMultipliers().getType().getNumElements() != 1)
    return emitOpError("expects 1 multiplier, got ") << getMultipliers().getType();
  if (static_cast<int32_t>(getCount()) < 1)
    return emitOpError("expects count >= 1, got ") << static_cast<int32_t>(getCount());
  return verifyStage(*this, output, getStage());
}
Contract AverageOp::getContract() { return {"average", getElementName(getOutput().getType()), "none"}; }
ParamsAttr AverageOp::getParams() {
  int32_t channels = getInput().getType().getDimSize(0), count = getCount();
  if (isFloat(getOutput().getType()))
    return makeParams(getContext(), tinyc_average_f32_params{channels, count, makeOutputF32(getStage())});
  return makeParams(getContext(),
                    tinyc_average_s8_params{channels, count, static_cast<int32_t>(getInputZeroPoint()),
                                            makeOutputS8(getStage())});
}
std::pair<int32_t, int32_t> AverageOp::getRows() { return {0, 1}; }

template <typename Op> static LogicalResult verifySoftmax(Op op) {
  auto input = cast<MemRefType>(op.getInput().getType()), output = cast<MemRefType>(op.getOutput().getType());
  if (input.getRank() < 1 || input.getShape() != output.getShape() || input.getElementType() != output.getElementType())
    return op.emitOpError("expects input and output of one shape and element type, got ") << input << " and " << output;
  if (static_cast<bool>(op.getExponentials()) == isFloat(output))
    return op.emitOpError("expects exponentials for i8 buffers and none for f32 buffers");
  int64_t count = input.getElementType().isInteger(16) ? 512 : 256;
  if (op.getExponentials() && cast<MemRefType>(op.getExponentials().getType()).getNumElements() != count)
    return op.emitOpError("expects ") << count << " exponentials, got " << op.getExponentials().getType();
  return success();
}

template <typename Op> static ParamsAttr getSoftmaxParams(Op op) {
  MemRefType input = getBandType(op, cast<MemRefType>(op.getInput().getType()));
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

// The contract's row is a pixel.
static int32_t getSoftmaxRowScale(MemRefType type) { return type.getRank() == 4 ? type.getDimSize(2) : 1; }

LogicalResult SoftmaxOp::verify() { return verifySoftmax(*this); }
Contract SoftmaxOp::getContract() { return {"softmax", getElementName(getInput().getType()), "none"}; }
ParamsAttr SoftmaxOp::getParams() { return getSoftmaxParams(*this); }
std::pair<int32_t, int32_t> SoftmaxOp::getRows() { return getSoftmaxRows(getOutput().getType()); }
SmallVector<unsigned> SoftmaxOp::getInPlaceOperands() { return {0}; }
int32_t SoftmaxOp::getRowScale() { return getSoftmaxRowScale(getOutput().getType()); }

LogicalResult LogSoftmaxOp::verify() { return verifySoftmax(*this); }
Contract LogSoftmaxOp::getContract() { return {"log_softmax", getElementName(getInput().getType()), "none"}; }
ParamsAttr LogSoftmaxOp::getParams() { return getSoftmaxParams(*this); }
std::pair<int32_t, int32_t> LogSoftmaxOp::getRows() { return getSoftmaxRows(getOutput().getType()); }
SmallVector<unsigned> LogSoftmaxOp::getInPlaceOperands() { return {0}; }
int32_t LogSoftmaxOp::getRowScale() { return getSoftmaxRowScale(getOutput().getType()); }

} // namespace tinyc::kernel
