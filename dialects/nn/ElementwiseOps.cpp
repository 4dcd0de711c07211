// add, sub, mul and the unary functions, requantize.
#include "dialects/nn/Verification.h"

using namespace mlir;

namespace tinyc::nn {

//===----------------------------------------------------------------------===//
// Two operands
//===----------------------------------------------------------------------===//

static LogicalResult verifyBinary(Operation *op) {
  auto output = cast<RankedTensorType>(op->getResult(0).getType());
  for (Value operand : op->getOperands()) {
    auto type = cast<RankedTensorType>(operand.getType());
    if (type.getRank() != output.getRank())
      return op->emitOpError("expects operands of rank ") << output.getRank() << ", got " << type << " (C1)";
  }
  for (int64_t axis = 0; axis < output.getRank(); ++axis) {
    int64_t lhs = cast<RankedTensorType>(op->getOperand(0).getType()).getDimSize(axis);
    int64_t rhs = cast<RankedTensorType>(op->getOperand(1).getType()).getDimSize(axis);
    if (lhs != rhs && lhs != 1 && rhs != 1)
      return op->emitOpError("cannot broadcast dimension ")
             << axis << " of sizes " << lhs << " and " << rhs << " (C1)";
    int64_t expected = lhs == 1 ? rhs : lhs;
    if (output.getDimSize(axis) != expected)
      return op->emitOpError("expects a result dimension ")
             << axis << " of " << expected << ", got " << output.getDimSize(axis) << " (C1)";
  }
  return verifyPerTensor(op, "C2");
}

LogicalResult AddOp::verify() { return verifyBinary(*this); }
LogicalResult SubOp::verify() { return verifyBinary(*this); }
LogicalResult MulOp::verify() { return verifyBinary(*this); }
SmallVector<unsigned> AddOp::getActivationOperands() { return {0, 1}; }
SmallVector<unsigned> SubOp::getActivationOperands() { return {0, 1}; }
SmallVector<unsigned> MulOp::getActivationOperands() { return {0, 1}; }

//===----------------------------------------------------------------------===//
// One operand
//===----------------------------------------------------------------------===//

static LogicalResult verifyUnary(Operation *op) {
  auto input = cast<RankedTensorType>(op->getOperand(0).getType());
  auto output = cast<RankedTensorType>(op->getResult(0).getType());
  if (input.getShape() != output.getShape())
    return op->emitOpError("expects a result of the operand's shape, got ") << input << " and " << output << " (C1)";
  return verifyPerTensor(op, "C1");
}

LogicalResult ClampOp::verify() {
  if (getMin() && getMax() && *getMin() > *getMax())
    return emitOpError("expects min <= max, got ") << getMin()->convertToFloat() << " and "
                                                   << getMax()->convertToFloat() << " (C2)";
  return verifyUnary(*this);
}
LogicalResult LeakyReluOp::verify() { return verifyUnary(*this); }
LogicalResult SigmoidOp::verify() { return verifyUnary(*this); }
LogicalResult HardSigmoidOp::verify() { return verifyUnary(*this); }
LogicalResult HardSwishOp::verify() { return verifyUnary(*this); }

SmallVector<unsigned> ClampOp::getActivationOperands() { return {0}; }
SmallVector<unsigned> LeakyReluOp::getActivationOperands() { return {0}; }
SmallVector<unsigned> SigmoidOp::getActivationOperands() { return {0}; }
SmallVector<unsigned> HardSigmoidOp::getActivationOperands() { return {0}; }
SmallVector<unsigned> HardSwishOp::getActivationOperands() { return {0}; }
std::optional<std::pair<double, double>> SigmoidOp::getFixedRange() { return std::pair(0.0, 1.0); }
std::optional<std::pair<double, double>> HardSigmoidOp::getFixedRange() { return std::pair(0.0, 1.0); }

//===----------------------------------------------------------------------===//
// RequantizeOp
//===----------------------------------------------------------------------===//

LogicalResult RequantizeOp::verify() {
  if (!getPerTensor(getInput().getType()) || !getPerTensor(getOutput().getType()))
    return emitOpError("expects operand and result quantized per tensor, got ")
           << getInput().getType() << " and " << getOutput().getType() << " (C1)";
  return verifyUnary(*this);
}

OpFoldResult RequantizeOp::fold(FoldAdaptor) {
  return getInput().getType() == getOutput().getType() ? getInput() : Value();
}

} // namespace tinyc::nn
