#include "passes/compress/ActivationBits.h"

#include "passes/compress/LoopForms.h"
#include "passes/compress/Precision.h"

using namespace mlir;

namespace tinyc::compress {

/// nn.activation_bits of an op or a function; nothing without it.
static FailureOr<std::optional<unsigned>> readBits(Operation *op) {
  Attribute attribute = op->getAttr(nn::kActivationBitsAttr);
  if (!attribute)
    return std::optional<unsigned>();
  auto chosen = dyn_cast<IntegerAttr>(attribute);
  if (!chosen || !llvm::is_contained<int64_t>({4, 8, 16}, chosen.getValue().getSExtValue()))
    return op->emitOpError("expects ") << nn::kActivationBitsAttr << " of 4, 8 or 16, got " << attribute;
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

//===----------------------------------------------------------------------===//
// 4 bits
//===----------------------------------------------------------------------===//

static ArrayRef<int64_t> getShape(Value value) { return cast<RankedTensorType>(value.getType()).getShape(); }

static bool averagesWholeImage(Operation *op) {
  auto pool = dyn_cast<nn::AvgPoolOp>(op);
  return pool && getShape(pool.getOutput()).drop_front().take_front(2) == ArrayRef<int64_t>({1, 1});
}

/// Whether there are kernels of the op that read 4 bits: tinyc_..._s4 of runtime/kernels.def, or none is needed.
static bool readsInt4(Operation *op) {
  if (isa<nn::AddOp, nn::SubOp, nn::MulOp>(op))
    return getShape(op->getOperand(0)) == getShape(op->getResult(0)) && getShape(op->getOperand(1)) == getShape(op->getResult(0));
  return isa<nn::Conv2DOp, nn::FullyConnectedOp, nn::AvgPoolOp, nn::MaxPoolOp, nn::ReshapeOp>(op);
}

/// The same of results; averages of a whole image keep 8 bits: few bytes, which all that follows depends on.
static bool writesInt4(Operation *op) { return readsInt4(op) && !averagesWholeImage(op); }

static std::string describeReader(Operation *op) {
  StringRef layer = getLayerName(op);
  return op->getName().getStringRef().str() + (layer.empty() ? "" : " '" + layer.str() + "'");
}

/// Why a value cannot have 4 bits; empty if it can.
static std::string findObstacle(Value value, llvm::function_ref<bool(Operation *)> staysFloat) {
  Operation *op = value.getDefiningOp();
  if (!op || !writesInt4(op))
    return "there is no kernel with results of int4";
  if (staysFloat && staysFloat(op))
    return "it is computed in float";
  ArrayRef<int64_t> shape = getShape(value);
  if (shape.empty() || shape.back() % 2 != 0)
    return "two elements share a byte, and " + std::to_string(shape.empty() ? 1 : shape.back()) + " channels are odd";
  for (Operation *user : value.getUsers()) {
    if (isa<func::ReturnOp>(user))
      return "it is a result of the model";
    if (!readsInt4(user))
      return describeReader(user) + " has no kernel that reads int4";
    if (staysFloat && staysFloat(user))
      return describeReader(user) + " reads it in float";
  }
  return "";
}

/// Gives 8 bits to values that cannot have 4, to those that share a type with them, and to those beside 16 bits in one op.
static void widenInt4(func::FuncOp function, ActivationBits &chosen, llvm::function_ref<bool(Operation *)> staysFloat) {
  auto widen = [&](Value value, const std::string &reason) {
    chosen.bits[value] = 8;
    chosen.obstacles[value] = reason;
  };
  for (Operation &op : function.getBody().front())
    for (Value result : op.getResults())
      if (chosen.bits.lookup(result) == 4)
        if (std::string reason = findObstacle(result, staysFloat); !reason.empty())
          widen(result, reason);
  for (bool changed = true; changed;) {
    changed = false;
    for (Operation &op : function.getBody().front()) {
      if (op.getNumResults() != 1)
        continue;
      for (unsigned operand : getActivationOperands(&op)) {
        Value from = op.getOperand(operand), to = op.getResult(0);
        unsigned before = chosen.bits.lookup(from), after = chosen.bits.lookup(to);
        unsigned other = before == 4 ? after : before;
        if ((before != 4 && after != 4) || other == 4 || other == 0 || // 0: a constant
            (other != 16 && !keepsScale(&op)))
          continue;
        std::string reason = other == 16 ? " has 16 bits beside it" : " keeps its type, of 8 bits elsewhere";
        widen(before == 4 ? from : to, describeReader(&op) + reason);
        changed = true;
      }
    }
  }
}

FailureOr<ActivationBits> chooseActivationBits(func::FuncOp function, unsigned otherwise,
                                               llvm::function_ref<bool(Operation *)> staysFloat) {
  FailureOr<std::optional<unsigned>> ofFunction = readBits(function);
  if (failed(ofFunction))
    return failure();
  unsigned common = ofFunction->value_or(otherwise);
  ActivationBits result;
  llvm::DenseMap<Value, unsigned> &bits = result.bits;
  for (BlockArgument argument : function.getArguments())
    if (isFloat(argument))
      bits[argument] = std::max(common, 8u);
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
      if (isFloat(result) && !op.hasTrait<OpTrait::ConstantLike>())
        bits[result] = chosen;
  }
  widenInt4(function, result, staysFloat);
  return result;
}

} // namespace tinyc::compress
