#include "passes/compress/ActivationBits.h"

#include "passes/compress/LoopForms.h"

using namespace mlir;

namespace tinyc::compress {

/// nn.activation_bits of an op or a function; nothing without it.
static FailureOr<std::optional<unsigned>> readBits(Operation *op) {
  Attribute attribute = op->getAttr(nn::kActivationBitsAttr);
  if (!attribute)
    return std::optional<unsigned>();
  auto chosen = dyn_cast<IntegerAttr>(attribute);
  if (!chosen || !llvm::is_contained<int64_t>({8, 16}, chosen.getValue().getSExtValue()))
    return op->emitOpError("expects ") << nn::kActivationBitsAttr << " of 8 or 16, got " << attribute;
  return std::optional<unsigned>(chosen.getInt());
}

bool lacksActivationBits(Operation *op, unsigned otherwise) {
  if (!isa<nn::QuantizableOpInterface>(op) || op->hasTrait<nn::Int16Form>())
    return false;
  for (Operation *place : {op, op->getParentOp()})
    if (auto chosen = place->getAttrOfType<IntegerAttr>(nn::kActivationBitsAttr))
      return chosen.getInt() > 8;
  return otherwise > 8;
}

FailureOr<llvm::DenseMap<Value, unsigned>> chooseActivationBits(func::FuncOp function, unsigned otherwise) {
  FailureOr<std::optional<unsigned>> ofFunction = readBits(function);
  if (failed(ofFunction))
    return failure();
  unsigned common = ofFunction->value_or(otherwise);
  llvm::DenseMap<Value, unsigned> bits;
  for (BlockArgument argument : function.getArguments())
    if (isFloat(argument))
      bits[argument] = common;
  for (Operation &op : function.getBody().front()) {
    FailureOr<std::optional<unsigned>> ofOp = readBits(&op);
    if (failed(ofOp))
      return failure();
    unsigned chosen = ofOp->value_or(common);
    if (auto cast = dyn_cast<quant::DequantizeCastOp>(op)) {
      if (quant::UniformQuantizedType given = nn::getPerTensor(cast.getInput().getType()))
        chosen = nn::isInt16Activation(given) ? 16 : 8;
    } else if (keepsScale(&op) && !*ofOp) {
      unsigned most = 0;
      for (unsigned operand : getActivationOperands(&op))
        most = std::max(most, bits.lookup(op.getOperand(operand)));
      chosen = most > 0 ? most : chosen;
    }
    if (lacksActivationBits(&op, otherwise))
      chosen = 8;
    for (Value result : op.getResults())
      if (isFloat(result))
        bits[result] = chosen;
  }
  return bits;
}

} // namespace tinyc::compress
