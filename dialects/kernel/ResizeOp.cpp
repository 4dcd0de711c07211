#include "dialects/kernel/Kernel.h"
#include "dialects/kernel/Params.h"

using namespace mlir;

namespace tinyc::kernel {

LogicalResult ResizeOp::verify() {
  MemRefType input = getInput().getType(), output = getOutput().getType();
  if (input.getRank() != 4 || output.getRank() != 4 || input.getDimSize(0) != 1 || output.getDimSize(0) != 1 ||
      input.getDimSize(3) != output.getDimSize(3) || input.getElementType() != output.getElementType())
    return emitOpError("expects input [1, H, W, C] and output [1, OH, OW, C] of one element type, got ")
           << input << " and " << output;
  int64_t rowTaps = static_cast<int32_t>(getRowTaps()), columnTaps = static_cast<int32_t>(getColumnTaps());
  int64_t taps = output.getDimSize(1) * rowTaps + output.getDimSize(2) * columnTaps;
  if (rowTaps < 1 || columnTaps < 1 || getIndices().getType().getNumElements() != taps)
    return emitOpError("expects ") << taps << " indices, got " << getIndices().getType();
  if (!getWeights()) {
    if (rowTaps != 1 || columnTaps != 1)
      return emitOpError("expects 1 row tap and 1 column tap without weights, got ")
             << rowTaps << " and " << columnTaps;
    return success();
  }
  MemRefType weights = getWeights().getType();
  if (weights.getNumElements() != taps || weights.getElementType().isF32() != isFloat(output))
    return emitOpError("expects ") << taps << " weights, i16 for i8 buffers and f32 for f32 buffers, got " << weights;
  return success();
}

Contract ResizeOp::getContract() {
  return {getWeights() ? "resize" : "resize_nearest", getElementName(getInput().getType()), "none"};
}

ParamsAttr ResizeOp::getParams() {
  ArrayRef<int64_t> input = getInput().getType().getShape(), output = getOutput().getType().getShape();
  auto narrow = [](int64_t size) { return static_cast<int32_t>(size); };
  return makeParams(getContext(),
                    tinyc_resize_params{narrow(input[1]), narrow(input[2]), narrow(input[3]), narrow(output[1]),
                                        narrow(output[2]), static_cast<int32_t>(getRowTaps()),
                                        static_cast<int32_t>(getColumnTaps()), static_cast<int32_t>(getZeroPoint())});
}

std::pair<int32_t, int32_t> ResizeOp::getRows() { return {0, getOutput().getType().getDimSize(1)}; }
int32_t ResizeOp::getRowCount() { return 0; }

int64_t ResizeOp::getMacs() {
  if (!getWeights())
    return 0;
  int64_t rowTaps = static_cast<int32_t>(getRowTaps()), columnTaps = static_cast<int32_t>(getColumnTaps());
  return getOutput().getType().getNumElements() * rowTaps * (columnTaps + 1);
}

} // namespace tinyc::kernel
