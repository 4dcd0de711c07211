// avg_pool, max_pool, softmax, log_softmax.
#include "dialects/nn/QuantizedArithmetic.h"
#include "dialects/nn/Verification.h"

using namespace mlir;

namespace tinyc::nn {

template <typename Pool> static LogicalResult verifyPool(Pool op, bool mayBeEmpty) {
  RankedTensorType input = op.getInput().getType(), output = op.getOutput().getType();
  if (input.getDimSize(3) != output.getDimSize(3))
    return op.emitOpError("expects a result of ")
           << input.getDimSize(3) << " channels, got " << output.getDimSize(3) << " (C1)";
  if (failed(verifyWindow(op, {op.getKernel(), op.getStrides(), op.getPads(), op.getDilations()}, input, output,
                          {"C2", "C2", "C3"})))
    return failure();
  for (int axis : {0, 1})
    if (!mayBeEmpty && hasEmptyWindow(input.getDimSize(1 + axis), output.getDimSize(1 + axis), op.getKernel()[axis],
                                      op.getStrides()[axis], op.getDilations()[axis], op.getPads()[axis]))
      return op.emitOpError("expects every window to hold an element of the input (C5)");
  return verifyPerTensor(op, "C4");
}

LogicalResult AvgPoolOp::verify() { return verifyPool(*this, getIncludePad()); }
SmallVector<unsigned> AvgPoolOp::getActivationOperands() { return {0}; }

LogicalResult MaxPoolOp::verify() {
  if (getInput().getType().getElementType() != getOutput().getType().getElementType())
    return emitOpError("expects operand and result of one element type, got ")
           << getInput().getType() << " and " << getOutput().getType() << " (C4)";
  return verifyPool(*this, false);
}
SmallVector<unsigned> MaxPoolOp::getActivationOperands() { return {0}; }
bool MaxPoolOp::sharesScale() { return true; }

static LogicalResult verifySoftmax(Operation *op) {
  auto input = cast<RankedTensorType>(op->getOperand(0).getType());
  auto output = cast<RankedTensorType>(op->getResult(0).getType());
  if (input.getRank() < 1 || input.getShape() != output.getShape())
    return op->emitOpError("expects a result of the operand's shape and rank 1 or more, got ")
           << input << " and " << output << " (C1)";
  return verifyPerTensor(op, "C1");
}

LogicalResult SoftmaxOp::verify() { return verifySoftmax(*this); }
LogicalResult LogSoftmaxOp::verify() { return verifySoftmax(*this); }
SmallVector<unsigned> SoftmaxOp::getActivationOperands() { return {0}; }
SmallVector<unsigned> LogSoftmaxOp::getActivationOperands() { return {0}; }
std::optional<std::pair<double, double>> SoftmaxOp::getFixedRange() { return std::pair(0.0, 1.0); }
std::optional<std::pair<double, double>> LogSoftmaxOp::getFixedRange() { return std::nullopt; }

} // namespace tinyc::nn
