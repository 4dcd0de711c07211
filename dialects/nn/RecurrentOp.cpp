// recurrent.
#include "dialects/nn/Verification.h"
#include "tinyc/kernels.h"

using namespace mlir;

namespace tinyc::nn {

std::optional<int32_t> findRecurrentFunction(StringRef name) {
  return llvm::StringSwitch<std::optional<int32_t>>(name)
      .Case("Affine", TINYC_RECURRENT_AFFINE)
      .Case("Elu", TINYC_RECURRENT_ELU)
      .Case("HardSigmoid", TINYC_RECURRENT_HARD_SIGMOID)
      .Case("LeakyRelu", TINYC_RECURRENT_LEAKY_RELU)
      .Case("Relu", TINYC_RECURRENT_RELU)
      .Case("ScaledTanh", TINYC_RECURRENT_SCALED_TANH)
      .Case("Sigmoid", TINYC_RECURRENT_SIGMOID)
      .Case("Softplus", TINYC_RECURRENT_SOFTPLUS)
      .Case("Softsign", TINYC_RECURRENT_SOFTSIGN)
      .Case("Tanh", TINYC_RECURRENT_TANH)
      .Case("ThresholdedRelu", TINYC_RECURRENT_THRESHOLDED_RELU)
      .Default(std::nullopt);
}

int64_t RecurrentOp::getGates() {
  return llvm::StringSwitch<int64_t>(getCell()).Case("lstm", 4).Case("gru", 3).Case("rnn", 1).Default(0);
}

static LogicalResult verifyFunctions(RecurrentOp op) {
  const int64_t expected = op.getDirections() * op.getFunctionCount(), count = op.getFunctions().size();
  if (count != expected || static_cast<int64_t>(op.getAlphas().size()) != expected ||
      static_cast<int64_t>(op.getBetas().size()) != expected)
    return op.emitOpError("expects ") << expected << " functions, alphas and betas, got " << count << ", "
                                      << op.getAlphas().size() << " and " << op.getBetas().size() << " (C6)";
  for (StringAttr name : op.getFunctions().getAsRange<StringAttr>())
    if (!findRecurrentFunction(name))
      return op.emitOpError("has the unknown function ") << name << " (C6)";
  if (op.getClip() && !(op.getClip()->convertToFloat() > 0))
    return op.emitOpError("expects a clip above 0, got ") << op.getClip()->convertToFloat() << " (C6)";
  return success();
}

LogicalResult RecurrentOp::verify() {
  const int64_t gates = getGates();
  if (gates == 0)
    return emitOpError("expects the cell \"lstm\", \"gru\" or \"rnn\", got \"") << getCell() << "\" (C1)";
  ArrayRef<int64_t> input = getInput().getType().getShape(), weights = getWeights().getType().getShape(),
                    recurrence = getRecurrence().getType().getShape();
  if (input.size() != 3 || weights.size() != 3 || recurrence.size() != 3)
    return emitOpError("expects an input, weights and a recurrence of rank 3, got ")
           << getInput().getType() << ", " << getWeights().getType() << " and " << getRecurrence().getType() << " (C1)";
  const int64_t directions = recurrence[0], hidden = recurrence[2], batch = input[1];
  if (directions > (getReverse() ? 1 : 2) || hidden > INT32_MAX / 16 || recurrence[1] != gates * hidden ||
      weights != ArrayRef<int64_t>({directions, gates * hidden, input[2]}))
    return emitOpError("expects weights [D, ") << gates << " * H, " << input[2] << "] and a recurrence [D, " << gates
                                               << " * H, H], D 1 or 2, got " << getWeights().getType() << " and "
                                               << getRecurrence().getType() << " (C1)";
  for (Value operand : getOperands())
    if (operand != getLengths() && !getElementTypeOrSelf(operand).isF32())
      return emitOpError("has a float form only, got ") << operand.getType() << " (C1)";
  if (getBias() && getBias().getType().getShape() != ArrayRef<int64_t>({directions, 2 * gates * hidden}))
    return emitOpError("expects a bias [") << directions << ", " << 2 * gates * hidden << "], got " << getBias().getType() << " (C2)";
  if (getLengths() && getLengths().getType() != RankedTensorType::get({batch}, IntegerType::get(getContext(), 32)))
    return emitOpError("expects lengths i32 [") << batch << "], got " << getLengths().getType() << " (C3)";
  for (Value state : {getInitialHidden(), getInitialCell()})
    if (state && cast<ShapedType>(state.getType()).getShape() != ArrayRef<int64_t>({directions, batch, hidden}))
      return emitOpError("expects an initial state [") << directions << ", " << batch << ", " << hidden << "], got "
                                                       << state.getType() << " (C4)";
  const bool isLstm = getCell() == "lstm";
  if (!isLstm && (getInitialCell() || getKeepCell()))
    return emitOpError("has a cell state of \"lstm\" only, got \"") << getCell() << "\" (C4)";
  if (getPeepholes() && (!isLstm || getPeepholes().getType().getShape() != ArrayRef<int64_t>({directions, 3 * hidden})))
    return emitOpError("expects peepholes [") << directions << ", " << 3 * hidden << "] of \"lstm\", got "
                                              << getPeepholes().getType() << " (C5)";
  if (failed(verifyFunctions(*this)))
    return failure();
  const int64_t rows = (getKeepSequence() ? input[0] : 0) + getKeepHidden() + getKeepCell();
  if (rows == 0 || getOutput().getType() != RankedTensorType::get({rows, directions, batch, hidden}, getInput().getType().getElementType()))
    return emitOpError("expects a float result [") << rows << ", " << directions << ", " << batch << ", " << hidden
                                                   << "], got " << getOutput().getType() << " (C7)";
  if ((getResetAfter() && getCell() != "gru") || (getCoupled() && !isLstm))
    return emitOpError("expects resetAfter of \"gru\" and coupled of \"lstm\" only, got \"") << getCell() << "\" (C8)";
  return success();
}

int64_t RecurrentOp::getMacs() {
  const int64_t batch = getInput().getType().getDimSize(1);
  return getSteps() * batch * (getWeights().getType().getNumElements() + getRecurrence().getType().getNumElements());
}

} // namespace tinyc::nn
