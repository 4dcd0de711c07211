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

static PadLoops getLoops(PadOp op) {
  SmallVector<int64_t> before(op.getBefore()), after(op.getAfter());
  return getPadLoops(op.getInput().getType().getShape(), before, after);
}

LogicalResult PadOp::verify() {
  MemRefType input = getInput().getType(), output = getOutput().getType();
  int64_t rank = input.getRank();
  if (output.getRank() != rank)
    return emitOpError("expects input and output of one rank, got ") << input << " and " << output;
  ArrayRef<int32_t> before = getBefore(), after = getAfter();
  if (static_cast<int64_t>(before.size()) != rank || static_cast<int64_t>(after.size()) != rank)
    return emitOpError("expects ") << rank << " pads before and after, got " << before.size() << " and "
                                   << after.size();
  for (int64_t i = 0; i < rank; ++i) {
    if (before[i] < 0 || after[i] < 0)
      return emitOpError("expects pads >= 0, got ") << before[i] << " and " << after[i];
    if (input.getDimSize(i) + before[i] + after[i] != output.getDimSize(i))
      return emitOpError("expects dimension ")
             << i << " of the output to be " << input.getDimSize(i) + before[i] + after[i] << ", got "
             << output.getDimSize(i);
  }
  if (isFloat(input) != isa<FloatAttr>(getValue()))
    return emitOpError("expects value to be f32 for f32 buffers and i32 for i8 buffers, got ") << getValue();
  if (size_t count = getLoops(*this).sizes.size(); count > 4)
    return emitOpError("expects at most 4 dimensions after merging, got ") << count;
  return verifySameElements(*this, input, output);
}
Contract PadOp::getContract() { return {"pad", getElementName(getInput().getType()), "none"}; }

template <typename Params> static void fillPads(PadOp op, Params &params) {
  PadLoops loops = getLoops(op);
  int32_t step = op.getRowsPerStep();
  if (step > 0) {
    // In a stream the contract's rows are those of the image.
    SmallVector<int64_t> before(op.getBefore().drop_front(2)), after(op.getAfter().drop_front(2));
    loops = getPadLoops(op.getInput().getType().getShape().drop_front(2), before, after);
  }
  int64_t first = 4 - loops.sizes.size();
  for (int64_t i = 0; i < 4; ++i) {
    params.dims[i] = i < first ? 1 : loops.sizes[i - first];
    params.before[i] = i < first ? 0 : loops.before[i - first];
    params.after[i] = i < first ? 0 : loops.after[i - first];
  }
  if (step > 0)
    params.dims[0] = step;
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
  PadLoops loops = getLoops(*this);
  return {0, loops.sizes.size() == 4 ? loops.sizes[0] + loops.before[0] + loops.after[0] : 1};
}

int32_t PadOp::getRowCount() {
  // Rows that are added have no input: only padding inside of the rows is the same in each of them.
  bool padsRows = getBefore().size() == 4 && (getBefore()[1] != 0 || getAfter()[1] != 0);
  return padsRows ? 0 : detail::getRowCount(*this);
}

static Loops getLoops(TransposeOp op) {
  return getTransposeLoops(op.getInput().getType().getShape(), SmallVector<int64_t>(op.getPermutation()));
}

LogicalResult TransposeOp::verify() {
  MemRefType input = getInput().getType(), output = getOutput().getType();
  int64_t rank = input.getRank();
  if (output.getRank() != rank)
    return emitOpError("expects input and output of one rank, got ") << input << " and " << output;
  SmallVector<int64_t> permutation(getPermutation());
  if (static_cast<int64_t>(permutation.size()) != rank || !isPermutationVector(permutation))
    return emitOpError("expects a permutation of ") << rank << " dimensions, got [" << getPermutation() << "]";
  for (int64_t i = 0; i < rank; ++i)
    if (output.getDimSize(i) != input.getDimSize(permutation[i]))
      return emitOpError("expects dimension ")
             << i << " of the output to be " << input.getDimSize(permutation[i]) << ", got " << output.getDimSize(i);
  if (size_t count = getLoops(*this).sizes.size(); count > 6)
    return emitOpError("expects at most 6 dimensions after merging, got ") << count;
  return verifySameElements(*this, input, output);
}
Contract TransposeOp::getContract() { return {"transpose", getElementName(getInput().getType()), "none"}; }
ParamsAttr TransposeOp::getParams() {
  Loops loops = getLoops(*this);
  int64_t first = 6 - loops.sizes.size();
  tinyc_transpose_params params = {};
  for (int64_t i = 0; i < 6; ++i) {
    params.dims[i] = i < first ? 1 : loops.sizes[i - first];
    params.input_strides[i] = i < first ? 0 : loops.strides[0][i - first];
  }
  return makeParams(getContext(), params);
}
std::pair<int32_t, int32_t> TransposeOp::getRows() {
  Loops loops = getLoops(*this);
  return {0, loops.sizes.size() == 6 ? loops.sizes[0] : 1};
}

int32_t TransposeOp::getRowCount() { return 0; }

LogicalResult CopyOp::verify() {
  MemRefType input = getInput().getType(), output = getOutput().getType();
  int64_t blocks = static_cast<int32_t>(getBlocks()), length = static_cast<int32_t>(getLength()),
          inputPitch = static_cast<int32_t>(getInputPitch()), outputPitch = static_cast<int32_t>(getOutputPitch()),
          offset = static_cast<int32_t>(getOutputOffset()), from = static_cast<int32_t>(getInputOffset());
  if (std::min({blocks, length, inputPitch, outputPitch, offset, from}) < 0)
    return emitOpError("expects blocks, length, pitches and offsets >= 0");
  if (from + (blocks - 1) * inputPitch + length > input.getNumElements())
    return emitOpError("expects blocks inside the input of ")
           << input.getNumElements() << " elements, got an end at " << from + (blocks - 1) * inputPitch + length;
  if (offset + (blocks - 1) * outputPitch + length > output.getNumElements())
    return emitOpError("expects blocks inside the output of ")
           << output.getNumElements() << " elements, got an end at " << offset + (blocks - 1) * outputPitch + length;
  return verifySameElements(*this, input, output);
}

Contract CopyOp::getContract() { return {"copy", getElementName(getInput().getType()), "none"}; }
ParamsAttr CopyOp::getParams() {
  int32_t step = getRowsPerStep(), blocks = step > 0 ? step * getRowScale() : static_cast<int32_t>(getBlocks());
  return makeParams(getContext(),
                    tinyc_copy_params{blocks, static_cast<int32_t>(getLength()),
                                      static_cast<int32_t>(getInputPitch()), static_cast<int32_t>(getOutputPitch()),
                                      static_cast<int32_t>(getOutputOffset()),
                                      static_cast<int32_t>(getInputOffset())});
}
std::pair<int32_t, int32_t> CopyOp::getRows() { return {0, static_cast<int32_t>(getBlocks())}; }
int32_t CopyOp::getRowCount() {
  MemRefType input = getInput().getType(), output = getOutput().getType();
  int64_t rows = detail::getRowCount(*this), blocks = static_cast<int32_t>(getBlocks());
  if (rows == 0 || input.getRank() != 4 || input.getDimSize(0) != 1 || input.getDimSize(1) != rows ||
      blocks == 0 || blocks % rows != 0)
    return 0;
  // Each row of the output is made of whole blocks of the same row of the input.
  int64_t inRow = blocks / rows, inputPitch = static_cast<int32_t>(getInputPitch()),
          outputPitch = static_cast<int32_t>(getOutputPitch()), length = static_cast<int32_t>(getLength()),
          offset = static_cast<int32_t>(getOutputOffset()), from = static_cast<int32_t>(getInputOffset()),
          inputRow = input.getNumElements() / rows, outputRow = output.getNumElements() / rows;
  bool stays = (rows == 1 || (inRow * inputPitch == inputRow && inRow * outputPitch == outputRow)) &&
               from + (inRow - 1) * inputPitch + length <= inputRow &&
               offset + (inRow - 1) * outputPitch + length <= outputRow;
  return stays ? rows : 0;
}
int32_t CopyOp::getRowScale() { return static_cast<int32_t>(getBlocks()) / std::max(getRowCount(), 1); }

} // namespace tinyc::kernel
