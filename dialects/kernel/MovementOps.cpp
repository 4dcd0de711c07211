#include "dialects/kernel/Kernel.h"
#include "dialects/kernel/Params.h"

#include "mlir/Dialect/Utils/IndexingUtils.h"

using namespace mlir;

namespace tinyc::kernel {

static LogicalResult verifySameElements(Operation *op, MemRefType input, MemRefType output) {
  if (input.getElementType() != output.getElementType())
    return op->emitOpError("expects one element type, got ")
           << input.getElementType() << " and " << output.getElementType();
  return success();
}

LogicalResult PadOp::verify() {
  MemRefType input = getInput().getType(), output = getOutput().getType();
  int64_t rank = input.getRank();
  if (rank > 4 || output.getRank() != rank)
    return emitOpError("expects input and output of one rank, at most 4, got ") << input << " and " << output;
  ArrayRef<int32_t> before = getBefore(), after = getAfter();
  if (static_cast<int64_t>(before.size()) != rank || static_cast<int64_t>(after.size()) != rank)
    return emitOpError("expects ") << rank << " pads before and after, got " << before.size() << " and "
                                   << after.size();
  for (int64_t i = 0; i < rank; ++i) {
    if (before[i] < 0 || after[i] < 0)
      return emitOpError("expects pads >= 0, got ") << before[i] << " and " << after[i];
    if (input.getDimSize(i) + before[i] + after[i] != output.getDimSize(i))
      return emitOpError("expects dimension ") << i << " of the output to be " << input.getDimSize(i) + before[i] + after[i]
                                               << ", got " << output.getDimSize(i);
  }
  if (isFloat(input) != isa<FloatAttr>(getValue()))
    return emitOpError("expects value to be f32 for f32 buffers and i32 for i8 buffers, got ") << getValue();
  return verifySameElements(*this, input, output);
}
Contract PadOp::getContract() { return {"pad", getElementName(getInput().getType()), "none"}; }

template <typename Params> static void fillPads(PadOp op, Params &params) {
  MemRefType input = op.getInput().getType();
  for (int64_t i = 0; i < 4; ++i) {
    int64_t dimension = i - (4 - input.getRank());
    params.dims[i] = dimension < 0 ? 1 : input.getDimSize(dimension);
    params.before[i] = dimension < 0 ? 0 : op.getBefore()[dimension];
    params.after[i] = dimension < 0 ? 0 : op.getAfter()[dimension];
  }
}
ParamsAttr PadOp::getParams() {
  if (auto value = dyn_cast<FloatAttr>(getValue())) {
    tinyc_pad_f32_params params = {};
    fillPads(*this, params);
    params.value = value.getValue().convertToFloat();
    return makeParams(getContext(), params);
  }
  tinyc_pad_s8_params params = {};
  fillPads(*this, params);
  params.value = cast<IntegerAttr>(getValue()).getInt();
  return makeParams(getContext(), params);
}
std::pair<int32_t, int32_t> PadOp::getRows() {
  MemRefType output = getOutput().getType();
  return {0, output.getRank() == 4 ? output.getDimSize(0) : 1};
}

LogicalResult TransposeOp::verify() {
  MemRefType input = getInput().getType(), output = getOutput().getType();
  int64_t rank = input.getRank();
  if (rank > 6 || output.getRank() != rank)
    return emitOpError("expects input and output of one rank, at most 6, got ") << input << " and " << output;
  SmallVector<int64_t> permutation(getPermutation());
  if (static_cast<int64_t>(permutation.size()) != rank || !isPermutationVector(permutation))
    return emitOpError("expects a permutation of ") << rank << " dimensions, got [" << getPermutation() << "]";
  for (int64_t i = 0; i < rank; ++i)
    if (output.getDimSize(i) != input.getDimSize(permutation[i]))
      return emitOpError("expects dimension ") << i << " of the output to be " << input.getDimSize(permutation[i])
                                               << ", got " << output.getDimSize(i);
  return verifySameElements(*this, input, output);
}
Contract TransposeOp::getContract() { return {"transpose", getElementName(getInput().getType()), "none"}; }
ParamsAttr TransposeOp::getParams() {
  MemRefType input = getInput().getType(), output = getOutput().getType();
  int64_t rank = input.getRank();
  SmallVector<int64_t> strides(rank, 1);
  for (int64_t i = rank - 2; i >= 0; --i)
    strides[i] = strides[i + 1] * input.getDimSize(i + 1);
  tinyc_transpose_params params = {};
  for (int64_t i = 0; i < 6; ++i) {
    int64_t dimension = i - (6 - rank);
    params.dims[i] = dimension < 0 ? 1 : output.getDimSize(dimension);
    params.input_strides[i] = dimension < 0 ? 0 : strides[getPermutation()[dimension]];
  }
  return makeParams(getContext(), params);
}
std::pair<int32_t, int32_t> TransposeOp::getRows() {
  MemRefType output = getOutput().getType();
  return {0, output.getRank() == 6 ? output.getDimSize(0) : 1};
}

LogicalResult CopyOp::verify() {
  MemRefType input = getInput().getType(), output = getOutput().getType();
  int64_t blocks = static_cast<int32_t>(getBlocks()), length = static_cast<int32_t>(getLength()),
          inputPitch = static_cast<int32_t>(getInputPitch()), outputPitch = static_cast<int32_t>(getOutputPitch()),
          offset = static_cast<int32_t>(getOutputOffset());
  if (std::min({blocks, length, inputPitch, outputPitch, offset}) < 0)
    return emitOpError("expects blocks, length, pitches and offset >= 0");
  if ((blocks - 1) * inputPitch + length > input.getNumElements())
    return emitOpError("expects blocks inside the input of ")
           << input.getNumElements() << " elements, got an end at " << (blocks - 1) * inputPitch + length;
  if (offset + (blocks - 1) * outputPitch + length > output.getNumElements())
    return emitOpError("expects blocks inside the output of ")
           << output.getNumElements() << " elements, got an end at " << offset + (blocks - 1) * outputPitch + length;
  return verifySameElements(*this, input, output);
}

Contract CopyOp::getContract() { return {"copy", getElementName(getInput().getType()), "none"}; }
ParamsAttr CopyOp::getParams() {
  return makeParams(getContext(),
                    tinyc_copy_params{static_cast<int32_t>(getBlocks()), static_cast<int32_t>(getLength()),
                                      static_cast<int32_t>(getInputPitch()), static_cast<int32_t>(getOutputPitch()),
                                      static_cast<int32_t>(getOutputOffset())});
}
std::pair<int32_t, int32_t> CopyOp::getRows() { return {0, static_cast<int32_t>(getBlocks())}; }

} // namespace tinyc::kernel
