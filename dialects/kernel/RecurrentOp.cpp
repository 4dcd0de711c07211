#include "dialects/kernel/Kernel.h"
#include "dialects/kernel/Params.h"

using namespace mlir;

namespace tinyc::kernel {

LogicalResult RecurrentOp::verify() {
  MemRefType input = getInput().getType(), weights = getWeights().getType(), recurrence = getRecurrence().getType(),
             output = getOutput().getType();
  auto fits = [&] {
    if (input.getRank() != 3 || weights.getRank() != 3 || recurrence.getRank() != 3 || output.getRank() != 4)
      return false;
    const int64_t directions = recurrence.getDimSize(0), hidden = recurrence.getDimSize(2);
    const int64_t rows = (getKeepSequence() ? input.getDimSize(0) : 0) + getKeepHidden() + getKeepCell();
    return weights.getDimSize(0) == directions && weights.getDimSize(1) == recurrence.getDimSize(1) &&
           weights.getDimSize(2) == input.getDimSize(2) && recurrence.getDimSize(1) % hidden == 0 &&
           output.getShape() == ArrayRef<int64_t>({rows, directions, input.getDimSize(1), hidden});
  };
  if (!fits())
    return emitOpError("expects input [T, N, I], weights [D, G * H, I], recurrence [D, G * H, H] and output [rows, D, N, H], got ")
           << input << ", " << weights << ", " << recurrence << " and " << output;
  if (getFunctions().size() != 6 || getAlphas().size() != 6 || getBetas().size() != 6)
    return emitOpError("expects 6 functions, alphas and betas, got ")
           << getFunctions().size() << ", " << getAlphas().size() << " and " << getBetas().size();
  return success();
}

Contract RecurrentOp::getContract() { return {"recurrent", "f32", "none"}; }

ParamsAttr RecurrentOp::getParams() {
  ArrayRef<int64_t> input = getInput().getType().getShape(), output = getOutput().getType().getShape();
  auto narrow = [](int64_t size) { return static_cast<int32_t>(size); };
  tinyc_recurrent_f32_params params = {};
  params.cell = static_cast<int32_t>(getCell());
  params.steps = narrow(input[0]);
  params.batch = narrow(input[1]);
  params.inputs = narrow(input[2]);
  params.hidden = narrow(output[3]);
  params.directions = narrow(output[1]);
  params.reverse = getReverse();
  params.reset_after = getResetAfter();
  params.coupled = getCoupled();
  params.keep_sequence = getKeepSequence();
  params.keep_hidden = getKeepHidden();
  params.keep_cell = getKeepCell();
  llvm::copy(getFunctions(), params.functions);
  llvm::copy(getAlphas(), params.alphas);
  llvm::copy(getBetas(), params.betas);
  params.clip = getClip().convertToFloat();
  return makeParams(getContext(), params);
}

/// A row is a direction.
std::pair<int32_t, int32_t> RecurrentOp::getRows() { return {0, getOutput().getType().getDimSize(1)}; }
int32_t RecurrentOp::getRowCount() { return 0; }

int64_t RecurrentOp::getMacs() {
  return getInput().getType().getDimSize(0) * getInput().getType().getDimSize(1) *
         (getWeights().getType().getNumElements() + getRecurrence().getType().getNumElements());
}

SmallVector<Value> RecurrentOp::getCallArguments() {
  return {getInput(),         getWeights(),     getRecurrence(), getBias(),   getLengths(),
          getInitialHidden(), getInitialCell(), getPeepholes(),  getOutput(), getScratch()};
}

} // namespace tinyc::kernel
