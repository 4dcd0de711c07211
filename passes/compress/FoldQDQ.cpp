#include "passes/compress/Parameters.h"
#include "passes/compress/Passes.h"

using namespace mlir;

namespace tinyc::compress {

#define GEN_PASS_DEF_FOLDQDQPASS
#include "passes/compress/Passes.h.inc"

namespace {

using quant::DequantizeCastOp;
using quant::QuantizeCastOp;

bool isFloat(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  return type && type.getElementType().isF32();
}

bool sharesScale(Operation *op) {
  auto quantizable = dyn_cast<nn::QuantizableOpInterface>(op);
  return quantizable && quantizable.sharesScale() && isFloat(op->getResult(0));
}

/// The type after q - 128 (2^(bits - 1)) for unsigned storage; others as they are.
quant::QuantizedType getSigned(quant::QuantizedType type) {
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

int64_t getZeroPoint(quant::QuantizedType type, int64_t channel) {
  if (auto perAxis = dyn_cast<quant::UniformQuantizedPerAxisType>(type))
    return perAxis.getZeroPoints()[channel];
  return cast<quant::UniformQuantizedType>(type).getZeroPoint();
}

/// Folds the casts of one function, step by step.
class QDQFolder {
public:
  explicit QDQFolder(func::FuncOp function)
      : function(function), block(function.getBody().front()), rewriter(function.getContext()) {}

  LogicalResult run() {
    if (llvm::none_of(block, [](Operation &op) { return isa<QuantizeCastOp, DequantizeCastOp>(op); }))
      return success();
    if (failed(makeTypesSigned()))
      return failure();
    foldConstantCasts();
    pushDequantize();
    hoistQuantize();
    fuseClamps();
    if (failed(convertOps()))
      return failure();
    foldBorder();
    foldPairs();
    cleanUp();
    updateFunctionType(function);
    warnFloat();
    return success();
  }

private:
  SmallVector<Operation *> listOps() {
    SmallVector<Operation *> ops;
    for (Operation &op : block)
      ops.push_back(&op);
    return ops;
  }

  void set(OpOperand &operand, Value value) {
    rewriter.modifyOpInPlace(operand.getOwner(), [&] { operand.set(value); });
  }

  //===--------------------------------------------------------------------===//
  // Storage types
  //===--------------------------------------------------------------------===//

  /// Every unsigned type becomes signed, constants with it: only casts and constants hold quantized values yet.
  LogicalResult makeTypesSigned() {
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

  LogicalResult checkActivation(Operation *op, Type type) {
    if (nn::getQuantizedElement(type).getStorageTypeIntegralWidth() != 8 && !op->getOperand(0).getDefiningOp<nn::ConstantOp>())
      return op->emitOpError("expects activations of 8 bits, got ") << type;
    return success();
  }

  /// The same numbers, as bytes of the signed type: flipping the top bit subtracts half the range.
  void shiftConstant(nn::ConstantOp constant) {
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

  //===--------------------------------------------------------------------===//
  // Moving casts
  //===--------------------------------------------------------------------===//

  /// qcast of a float constant (weights of quantization-aware training) becomes a quantized constant.
  void foldConstantCasts() {
    for (Operation *op : listOps())
      if (auto cast = dyn_cast<QuantizeCastOp>(op))
        if (std::optional<nn::HostTensor> constant = getConstant(cast.getInput())) {
          FailureOr<nn::HostTensor> value = nn::evaluate(op, {&*constant});
          if (failed(value))
            continue;
          rewriter.setInsertionPoint(op);
          rewriter.replaceOpWithNewOp<nn::ConstantOp>(op, value->getType(), value->toElements());
        }
  }

  /// movement(dcast(x)) -> dcast(movement(x)), in program order.
  void pushDequantize() {
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

  /// The result's element type of a movement op on `type`: a transpose moves the quantized axis; null if there is none.
  quant::QuantizedType getMovedType(Operation *op, quant::QuantizedType type) {
    auto perAxis = dyn_cast<quant::UniformQuantizedPerAxisType>(type);
    if (!perAxis)
      return type;
    auto transpose = dyn_cast<nn::TransposeOp>(op);
    if (!transpose)
      return {};
    const auto *axis = llvm::find(transpose.getPermutation(), perAxis.getQuantizedDimension());
    return quant::UniformQuantizedPerAxisType::get(
        type.getFlags(), type.getStorageType(), type.getExpressedType(), perAxis.getScales(), perAxis.getZeroPoints(),
        static_cast<int32_t>(axis - transpose.getPermutation().begin()), type.getStorageTypeMin(),
        type.getStorageTypeMax());
  }

  /// Replaces an op whose operands are all constants.
  void foldConstant(Operation *op) {
    SmallVector<nn::HostTensor> operands;
    for (Value operand : op->getOperands()) {
      std::optional<nn::HostTensor> constant = getConstant(operand);
      if (!constant)
        return;
      operands.push_back(std::move(*constant));
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

  /// The type of the casts that read `value`; null if none does.
  quant::UniformQuantizedType getTarget(Value value) {
    quant::UniformQuantizedType target;
    for (Operation &op : block) // program order: uses are not listed in it
      if (auto cast = dyn_cast<QuantizeCastOp>(op); cast && cast.getInput() == value && !target)
        target = nn::getPerTensor(cast.getResult().getType());
    return target;
  }

  bool onlyCasts(Value value) {
    return !value.use_empty() &&
           llvm::all_of(value.getUsers(), [](Operation *user) { return isa<QuantizeCastOp>(user); });
  }

  /// qcast(movement(x)) -> movement(qcast(x)), from the last op to the first.
  void hoistQuantize() {
    for (Operation *op : llvm::reverse(listOps())) {
      if (!sharesScale(op) || !onlyCasts(op->getResult(0)))
        continue;
      quant::UniformQuantizedType target = getTarget(op->getResult(0));
      if (!target)
        continue;
      rewriter.setInsertionPoint(op);
      for (OpOperand &operand : op->getOpOperands())
        set(operand, QuantizeCastOp::create(rewriter, op->getLoc(),
                                            cast<RankedTensorType>(operand.get().getType()).clone(target),
                                            operand.get()));
      setResultType(op, target);
    }
  }

  /// Gives a float op's result the type of the casts behind it. Casts of that type vanish, others requantize, and whoever reads
  /// the float value reads a dequantized one.
  void setResultType(Operation *op, quant::UniformQuantizedType type) {
    Value result = op->getResult(0);
    auto floatType = cast<RankedTensorType>(result.getType());
    rewriter.modifyOpInPlace(op, [&] { result.setType(floatType.clone(type)); });
    Value dequantized;
    for (OpOperand &use : llvm::make_early_inc_range(result.getUses())) {
      Operation *user = use.getOwner();
      if (isa<QuantizeCastOp>(user) && nn::getPerTensor(user->getResult(0).getType()) == type) {
        rewriter.replaceOp(user, result);
        continue;
      }
      if (!dequantized) {
        rewriter.setInsertionPointAfter(op);
        dequantized = DequantizeCastOp::create(rewriter, op->getLoc(), floatType, result);
      }
      if (user != dequantized.getDefiningOp())
        set(use, dequantized);
    }
  }

  /// qcast(clamp(op(x))): the clamp becomes op's own.
  void fuseClamps() {
    for (Operation *op : listOps()) {
      auto clamp = dyn_cast<nn::ClampOp>(op);
      if (!clamp || !isFloat(clamp.getOutput()) || !getTarget(clamp.getOutput()) || !clamp.getInput().hasOneUse())
        continue;
      auto producer = dyn_cast_or_null<nn::FusedActivationOpInterface>(clamp.getInput().getDefiningOp());
      if (!producer)
        continue;
      std::optional<float> lower = producer.getLowerBound(), upper = producer.getUpperBound();
      auto bound = [](FloatAttr attribute, std::optional<float> own, bool isLower) -> std::optional<float> {
        if (!attribute)
          return own;
        float value = attribute.getValue().convertToFloat();
        return !own ? value : isLower ? std::max(*own, value) : std::min(*own, value);
      };
      rewriter.modifyOpInPlace(producer, [&] {
        producer.setBounds(bound(clamp.getMinAttr(), lower, true), bound(clamp.getMaxAttr(), upper, false));
      });
      rewriter.replaceOp(clamp, clamp.getInput());
    }
  }

  //===--------------------------------------------------------------------===//
  // Ops
  //===--------------------------------------------------------------------===//

  LogicalResult convertOps() {
    for (Operation *op : listOps()) {
      auto quantizable = dyn_cast<nn::QuantizableOpInterface>(op);
      if (!quantizable || !isFloat(op->getResult(0)))
        continue;
      std::string reason = explainFloat(quantizable);
      if (!reason.empty())
        reasons[op] = reason;
      else if (failed(convert(quantizable)))
        return failure();
    }
    return success();
  }

  /// Why an op has no integer form here; empty if it has one.
  std::string explainFloat(nn::QuantizableOpInterface op) {
    if (!getTarget(op->getResult(0)))
      return "its result is not quantized in the model";
    for (unsigned index : op.getActivationOperands()) {
      Value operand = op->getOperand(index);
      if (operand.getDefiningOp<nn::ConstantOp>())
        continue;
      auto cast = operand.getDefiningOp<DequantizeCastOp>();
      if (!cast)
        return "operand " + std::to_string(index) + " is not quantized in the model";
      if (!nn::getPerTensor(cast.getInput().getType()))
        return "operand " + std::to_string(index) + " is quantized per channel";
    }
    for (std::optional<unsigned> index : {op.getWeightOperand(), op.getBiasOperand()})
      if (index && !getStored(op->getOperand(*index)))
        return "operand " + std::to_string(*index) + " is not constant";
    return {};
  }

  /// The constant behind a value: float, or quantized under a dcast.
  std::optional<nn::HostTensor> getStored(Value value) {
    if (auto cast = value.getDefiningOp<DequantizeCastOp>())
      value = cast.getInput();
    return getConstant(value);
  }

  LogicalResult convert(nn::QuantizableOpInterface op) {
    quant::UniformQuantizedType target = getTarget(op->getResult(0));
    for (unsigned index : op.getActivationOperands()) {
      OpOperand &operand = op->getOpOperand(index);
      if (auto cast = operand.get().getDefiningOp<DequantizeCastOp>()) {
        set(operand, cast.getInput());
        continue;
      }
      nn::HostTensor constant = *getConstant(operand.get());
      rewriter.setInsertionPoint(op);
      set(operand, createActivationConstant(rewriter, operand.get().getLoc(), constant,
                                            op.sharesScale() ? target : chooseConstantType(op->getContext(), constant)));
    }
    setResultType(op, target);
    return convertParameters(op, target);
  }

  LogicalResult convertParameters(nn::QuantizableOpInterface op, quant::UniformQuantizedType result) {
    std::optional<unsigned> weightIndex = op.getWeightOperand(), biasIndex = op.getBiasOperand();
    if (!weightIndex)
      return success();
    double input = nn::getPerTensor(op->getOperand(op.getActivationOperands().front()).getType()).getScale();
    OpOperand &weightOperand = op->getOpOperand(*weightIndex);
    nn::HostTensor weight = *getStored(weightOperand.get());
    std::optional<nn::HostTensor> bias;
    std::vector<float> biasReals;
    if (biasIndex) {
      bias = *getStored(op->getOperand(*biasIndex));
      biasReals = bias->toReal();
    }

    rewriter.setInsertionPoint(op);
    if (std::optional<nn::HostTensor> symmetric = makeSymmetric(weight)) {
      set(weightOperand, nn::ConstantOp::create(rewriter, weightOperand.get().getLoc(), symmetric->getType(),
                                                symmetric->toElements()));
    } else {
      op->emitWarning() << (nn::getQuantizedElement(weight.getType())
                                ? "asymmetric weights are quantized anew, symmetric per output channel"
                                : "float weights are quantized, symmetric per output channel");
      nn::HostTensor reals(RankedTensorType::get(weight.getType().getShape(), rewriter.getF32Type()));
      llvm::copy(weight.toReal(), reals.get<float>().begin());
      set(weightOperand, createWeight(rewriter, weightOperand.get().getLoc(), reals,
                                      chooseWeightScales(reals, biasReals, input, result.getScale())));
    }
    if (!bias)
      return success();
    return convertBias(op, op->getOpOperand(*biasIndex), *bias, input,
                       nn::getQuantizedElement(weightOperand.get().getType()));
  }

  /// The same weight with zero points 0, along axis 0; nullopt if it is float, quantized along another axis, or a shift by
  /// the zero point leaves its storage type.
  std::optional<nn::HostTensor> makeSymmetric(const nn::HostTensor &weight) {
    quant::QuantizedType type = nn::getQuantizedElement(weight.getType());
    if (!type || type.getStorageTypeIntegralWidth() > 8)
      return std::nullopt;
    auto perAxis = dyn_cast<quant::UniformQuantizedPerAxisType>(type);
    if (perAxis && perAxis.getQuantizedDimension() != 0)
      return std::nullopt;
    unsigned bits = type.getStorageTypeIntegralWidth();
    int64_t least = quant::QuantizedType::getDefaultMinimumForInteger(true, bits);
    int64_t greatest = quant::QuantizedType::getDefaultMaximumForInteger(true, bits);
    quant::QuantizedType symmetric;
    if (perAxis) {
      SmallVector<int64_t> zeroPoints(perAxis.getZeroPoints().size(), 0);
      symmetric = quant::UniformQuantizedPerAxisType::get(type.getFlags(), type.getStorageType(),
                                                          type.getExpressedType(), perAxis.getScales(), zeroPoints, 0,
                                                          least, greatest);
    } else {
      symmetric = quant::UniformQuantizedType::get(type.getFlags(), type.getStorageType(), type.getExpressedType(),
                                                   nn::getScale(type), 0, least, greatest);
    }
    nn::HostTensor shifted(RankedTensorType::get(weight.getType().getShape(), symmetric));
    int64_t length = weight.getNumElements() / weight.getType().getDimSize(0);
    for (auto [index, stored] : llvm::enumerate(weight.get<int8_t>())) {
      int64_t value = stored - getZeroPoint(type, index / length);
      if (value < least || value > greatest)
        return std::nullopt;
      shifted.get<int8_t>()[index] = static_cast<int8_t>(value);
    }
    return shifted;
  }

  LogicalResult convertBias(Operation *op, OpOperand &operand, const nn::HostTensor &bias, double input,
                            quant::QuantizedType weight) {
    quant::QuantizedType type = nn::getQuantizedElement(bias.getType());
    SmallVector<double> reals;
    double coarsest = 0.0; // relative change of a scale that rounds stored integers anew
    for (int64_t channel = 0; channel < bias.getNumElements(); ++channel) {
      if (!type) {
        reals.push_back(bias.get<float>()[channel]);
        continue;
      }
      bool wide = type.getStorageTypeIntegralWidth() > 16;
      int64_t stored = wide                                      ? bias.get<int32_t>()[channel]
                       : type.getStorageTypeIntegralWidth() > 8 ? bias.get<int16_t>()[channel]
                                                                 : bias.get<int8_t>()[channel];
      double scale = nn::getScale(type, channel), expected = input * nn::getScale(weight, channel);
      // Scales are float products in the model: equal up to their rounding means equal.
      if (std::abs(scale - expected) <= 1e-6 * expected)
        scale = expected;
      else
        coarsest = std::max(coarsest, std::abs(scale - expected) / expected);
      reals.push_back(static_cast<double>(stored - getZeroPoint(type, channel)) * scale);
    }
    if (coarsest > 0.0)
      op->emitRemark("rescales the bias to input scale * weight scale");
    int64_t channel = 0;
    FailureOr<Value> quantized = createBias(rewriter, operand.get().getLoc(), reals, input, weight, channel);
    if (failed(quantized))
      return op->emitOpError("expects biases that fit 32 bits, got ") << reals[channel] << " in channel " << channel;
    set(operand, *quantized);
    return success();
  }

  //===--------------------------------------------------------------------===//
  // Border and rest
  //===--------------------------------------------------------------------===//

  void foldBorder() {
    for (BlockArgument argument : block.getArguments()) {
      if (!isFloat(argument) || !onlyCasts(argument))
        continue;
      quant::UniformQuantizedType type = getTarget(argument);
      if (!type || !llvm::all_of(argument.getUsers(), [&](Operation *user) {
            return nn::getPerTensor(user->getResult(0).getType()) == type;
          }))
        continue;
      argument.setType(cast<RankedTensorType>(argument.getType()).clone(type));
      for (Operation *user : llvm::make_early_inc_range(argument.getUsers()))
        rewriter.replaceOp(user, argument);
    }
    for (OpOperand &operand : block.getTerminator()->getOpOperands())
      if (auto cast = operand.get().getDefiningOp<DequantizeCastOp>())
        if (nn::getPerTensor(cast.getInput().getType()))
          set(operand, cast.getInput());
  }

  /// qcast(dcast(x)) -> requantize(x), or x if the types are equal.
  void foldPairs() {
    for (Operation *op : listOps()) {
      auto cast = dyn_cast<QuantizeCastOp>(op);
      auto source = cast ? cast.getInput().getDefiningOp<DequantizeCastOp>() : DequantizeCastOp();
      if (!source || !nn::getPerTensor(source.getInput().getType()) || !nn::getPerTensor(op->getResult(0).getType()))
        continue;
      rewriter.setInsertionPoint(op);
      if (source.getInput().getType() == op->getResult(0).getType())
        rewriter.replaceOp(op, source.getInput());
      else
        rewriter.replaceOpWithNewOp<nn::RequantizeOp>(op, cast.getResult().getType(), source.getInput());
    }
  }

  void cleanUp() {
    for (Operation *op : llvm::reverse(listOps()))
      if (isa<nn::ConstantOp, QuantizeCastOp, DequantizeCastOp>(op) && op->use_empty())
        rewriter.eraseOp(op);
    for (Operation *op : listOps()) // constants of float islands
      if (isa<DequantizeCastOp>(op))
        foldConstant(op);
    for (Operation *op : llvm::reverse(listOps()))
      if (isa<nn::ConstantOp>(op) && op->use_empty())
        rewriter.eraseOp(op);
  }

  void warnFloat() {
    for (Operation &op : block) {
      if (isa<nn::ConstantOp, QuantizeCastOp, DequantizeCastOp>(op) || llvm::none_of(op.getResults(), isFloat))
        continue;
      auto found = reasons.find(&op);
      op.emitWarning("stays in float: ") << (found != reasons.end() ? found->second : "the op has no integer form");
    }
  }

  func::FuncOp function;
  Block &block;
  IRRewriter rewriter;
  DenseMap<Operation *, std::string> reasons; // of ops that stay in float
};

struct FoldQDQPass : impl::FoldQDQPassBase<FoldQDQPass> {
  void runOnOperation() override {
    if (!getOperation().isExternal() && failed(QDQFolder(getOperation()).run()))
      signalPassFailure();
  }
};
} // namespace

} // namespace tinyc::compress
