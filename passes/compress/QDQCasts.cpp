#include "passes/compress/QDQCasts.h"

#include "passes/graph/Bounds.h"
#include "passes/graph/Constants.h"

using namespace mlir;

namespace tinyc::compress {

using quant::DequantizeCastOp;
using quant::QuantizeCastOp;

static bool sharesScale(Operation *op) {
  auto quantizable = dyn_cast<nn::QuantizableOpInterface>(op);
  return quantizable && quantizable.sharesScale() && isFloat(op->getResult(0));
}

/// The type after q - 128 (2^(bits - 1)) for unsigned storage; others as they are.
static quant::QuantizedType getSigned(quant::QuantizedType type) {
  unsigned bits = type.getStorageTypeIntegralWidth();
  if (type.isSigned())
    return type;
  int64_t shift = int64_t{1} << (bits - 1);
  int64_t least = type.getStorageTypeMin() - shift, greatest = type.getStorageTypeMax() - shift;
  if (auto perTensor = dyn_cast<quant::UniformQuantizedType>(type))
    return quant::UniformQuantizedType::get(quant::QuantizationFlags::Signed, type.getStorageType(),
                                            type.getExpressedType(), perTensor.getScale(),
                                            perTensor.getZeroPoint() - shift, least, greatest);
  auto perAxis = cast<quant::UniformQuantizedPerAxisType>(type);
  SmallVector<int64_t> zeroPoints(perAxis.getZeroPoints());
  for (int64_t &zeroPoint : zeroPoints)
    zeroPoint -= shift;
  return quant::UniformQuantizedPerAxisType::get(quant::QuantizationFlags::Signed, type.getStorageType(),
                                                 type.getExpressedType(), perAxis.getScales(), zeroPoints,
                                                 perAxis.getQuantizedDimension(), least, greatest);
}

LogicalResult QDQCasts::arrange() {
  if (failed(makeTypesSigned()))
    return failure();
  foldConstantCasts();
  pushDequantize();
  hoistQuantize();
  eraseReplaced();
  return success();
}

SmallVector<Operation *> QDQCasts::listOps() {
  SmallVector<Operation *> ops;
  for (Operation &op : block)
    ops.push_back(&op);
  return ops;
}

void QDQCasts::set(OpOperand &operand, Value value) {
  rewriter.modifyOpInPlace(operand.getOwner(), [&] { operand.set(value); });
}

//===----------------------------------------------------------------------===//
// Storage types
//===----------------------------------------------------------------------===//

static LogicalResult checkActivation(Operation *op, Type type) {
  if (nn::getQuantizedElement(type).getStorageTypeIntegralWidth() != 8 &&
      !op->getOperand(0).getDefiningOp<nn::ConstantOp>())
    return op->emitOpError("expects activations of 8 bits, got ") << type;
  return success();
}

/// The same numbers, as bytes of the signed type: flipping the top bit subtracts half the range.
static void shiftConstant(nn::ConstantOp constant) {
  RankedTensorType type = constant.getOutput().getType();
  nn::HostTensor stored = nn::HostTensor::fromElements(type, constant.getValue());
  unsigned bits = nn::getQuantizedElement(type).getStorageTypeIntegralWidth();
  if (bits <= 8)
    for (int8_t &element : stored.get<int8_t>())
      element = static_cast<int8_t>(static_cast<uint8_t>(element) - (1 << (bits - 1)));
  else
    for (int16_t &element : stored.get<int16_t>())
      element = static_cast<int16_t>(static_cast<uint16_t>(element) - (1 << (bits - 1)));
  constant.setValueAttr(stored.toElements());
}

/// Every unsigned type becomes signed, constants with it: only casts and constants hold quantized values yet.
LogicalResult QDQCasts::makeTypesSigned() {
  auto convert = [&](Value value) {
    auto tensor = dyn_cast<RankedTensorType>(value.getType());
    quant::QuantizedType type = tensor ? nn::getQuantizedElement(tensor) : quant::QuantizedType();
    if (type && !type.isSigned() && type.getStorageTypeIntegralWidth() <= 16)
      value.setType(tensor.clone(getSigned(type)));
  };
  llvm::for_each(block.getArguments(), convert);
  for (Operation *op : listOps()) {
    auto constant = dyn_cast<nn::ConstantOp>(op);
    Type before = constant ? Type(constant.getOutput().getType()) : Type();
    llvm::for_each(op->getResults(), convert);
    if (constant && constant.getOutput().getType() != before)
      shiftConstant(constant);
    if (auto cast = dyn_cast<QuantizeCastOp>(op))
      if (failed(checkActivation(op, cast.getResult().getType())))
        return failure();
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Moving casts
//===----------------------------------------------------------------------===//

/// qcast of a float constant (weights of quantization-aware training) becomes a quantized constant.
void QDQCasts::foldConstantCasts() {
  for (Operation *op : listOps())
    if (auto cast = dyn_cast<QuantizeCastOp>(op))
      if (std::optional<nn::HostTensor> constant = getRealConstant(cast.getInput())) {
        FailureOr<nn::HostTensor> value = nn::evaluate(op, {&*constant});
        if (failed(value))
          continue;
        rewriter.setInsertionPoint(op);
        rewriter.replaceOpWithNewOp<nn::ConstantOp>(op, value->getType(), value->toElements());
      }
}

/// The result's element type of a movement op on `type`: a transpose moves the quantized axis; null if there is none.
static quant::QuantizedType getMovedType(Operation *op, quant::QuantizedType type) {
  if (auto transpose = dyn_cast<nn::TransposeOp>(op))
    return cast<quant::QuantizedType>(graph::permuteAxis(type, transpose.getPermutation()));
  return isa<quant::UniformQuantizedPerAxisType>(type) ? quant::QuantizedType() : type;
}

/// movement(dcast(x)) -> dcast(movement(x)), in program order.
void QDQCasts::pushDequantize() {
  for (Operation *op : listOps()) {
    if (!sharesScale(op))
      continue;
    auto first = op->getOperand(0).getDefiningOp<DequantizeCastOp>();
    if (!first)
      continue;
    quant::QuantizedType type = nn::getQuantizedElement(first.getInput().getType());
    if (!llvm::all_of(op->getOperands(), [&](Value operand) {
          auto cast = operand.getDefiningOp<DequantizeCastOp>();
          return cast && nn::getQuantizedElement(cast.getInput().getType()) == type;
        }))
      continue;
    quant::QuantizedType moved = getMovedType(op, type);
    if (!moved)
      continue;
    for (OpOperand &operand : op->getOpOperands())
      set(operand, operand.get().getDefiningOp<DequantizeCastOp>().getInput());
    Value result = op->getResult(0);
    auto floatType = cast<RankedTensorType>(result.getType());
    rewriter.modifyOpInPlace(op, [&] { result.setType(floatType.clone(moved)); });
    rewriter.setInsertionPointAfter(op);
    auto cast = DequantizeCastOp::create(rewriter, op->getLoc(), floatType, result);
    rewriter.replaceAllUsesExcept(result, cast.getResult(), cast);
    foldConstant(op);
  }
}

void QDQCasts::foldConstant(Operation *op) {
  SmallVector<nn::HostTensor> operands;
  for (Value operand : op->getOperands()) {
    if (!operand.getDefiningOp<nn::ConstantOp>())
      return;
    operands.push_back(*getStoredConstant(operand));
  }
  SmallVector<const nn::HostTensor *> pointers;
  for (const nn::HostTensor &operand : operands)
    pointers.push_back(&operand);
  FailureOr<nn::HostTensor> value = nn::evaluate(op, pointers);
  if (failed(value))
    return;
  rewriter.setInsertionPoint(op);
  rewriter.replaceOpWithNewOp<nn::ConstantOp>(op, value->getType(), value->toElements());
}

quant::UniformQuantizedType QDQCasts::getTarget(Value value) {
  quant::UniformQuantizedType target;
  for (Operation &op : block) // program order: uses are not listed in it
    if (auto cast = dyn_cast<QuantizeCastOp>(op); cast && cast.getInput() == value && !target)
      target = nn::getPerTensor(cast.getResult().getType());
  return target;
}

static bool onlyCasts(Value value) {
  return !value.use_empty() &&
         llvm::all_of(value.getUsers(), [](Operation *user) { return isa<QuantizeCastOp>(user); });
}

/// qcast(movement(x)) -> movement(qcast(x)), qcast(clamp(op(x))) -> qcast(op(x) with the clamp as its own), from the
/// last op to the first.
void QDQCasts::hoistQuantize() {
  SmallVector<Operation *> ops = listOps();
  for (Operation *op : llvm::reverse(ops)) {
    if (auto clamp = dyn_cast<nn::ClampOp>(op)) {
      fuseClamp(clamp);
      continue;
    }
    if (!sharesScale(op) || !onlyCasts(op->getResult(0)))
      continue;
    quant::UniformQuantizedType target = getTarget(op->getResult(0));
    if (!target)
      continue;
    rewriter.setInsertionPoint(op);
    for (OpOperand &operand : op->getOpOperands())
      set(operand,
          QuantizeCastOp::create(rewriter, op->getLoc(), cast<RankedTensorType>(operand.get().getType()).clone(target),
                                 operand.get()));
    setResultType(op, target);
  }
}

/// The op that computes the elements of `value`, through transposes and reshapes, if nothing else reads them.
static Operation *getOnlyProducer(Value value) {
  while (value.hasOneUse()) {
    Operation *op = value.getDefiningOp();
    if (!isa_and_nonnull<nn::TransposeOp, nn::ReshapeOp>(op))
      return op;
    value = op->getOperand(0);
  }
  return nullptr;
}

void QDQCasts::fuseClamp(nn::ClampOp clamp) {
  auto producer = dyn_cast_or_null<nn::FusedActivationOpInterface>(getOnlyProducer(clamp.getInput()));
  if (!producer || !isFloat(clamp.getOutput()) || !onlyCasts(clamp.getOutput()))
    return;
  graph::Bounds bounds = graph::composeBounds(graph::getBounds(producer), graph::getBounds(clamp));
  rewriter.modifyOpInPlace(producer, [&] { producer.setBounds(bounds.lower, bounds.upper); });
  rewriter.replaceOp(clamp, clamp.getInput());
}

void QDQCasts::setResultType(Operation *op, quant::UniformQuantizedType type) {
  Value result = op->getResult(0);
  auto floatType = cast<RankedTensorType>(result.getType());
  rewriter.modifyOpInPlace(op, [&] { result.setType(floatType.clone(type)); });
  Value dequantized;
  for (OpOperand &use : llvm::make_early_inc_range(result.getUses())) {
    Operation *user = use.getOwner();
    if (isa<QuantizeCastOp>(user) && nn::getPerTensor(user->getResult(0).getType()) == type) {
      rewriter.replaceAllUsesWith(user->getResult(0), result);
      replaced.push_back(user);
      continue;
    }
    if (!dequantized) {
      rewriter.setInsertionPointAfter(op);
      dequantized = DequantizeCastOp::create(rewriter, op->getLoc(), floatType, result);
    }
    set(use, dequantized);
  }
}

void QDQCasts::eraseReplaced() {
  for (Operation *op : replaced)
    rewriter.eraseOp(op);
  replaced.clear();
}

} // namespace tinyc::compress
