#include "passes/compress/Passes.h"
#include "passes/compress/QDQCasts.h"

using namespace mlir;

namespace tinyc::compress {

#define GEN_PASS_DEF_FOLDQDQPASS
#include "passes/compress/Passes.h.inc"

namespace {

using quant::DequantizeCastOp;
using quant::QuantizeCastOp;

/// Folds the casts of one function, step by step.
class QDQFolder {
public:
  explicit QDQFolder(func::FuncOp function)
      : function(function), block(function.getBody().front()), rewriter(function.getContext()),
        casts(block, rewriter) {}

  LogicalResult run() {
    if (llvm::none_of(block, [](Operation &op) { return isa<QuantizeCastOp, DequantizeCastOp>(op); }))
      return success();
    if (failed(casts.arrange()) || failed(convertOps()))
      return failure();
    casts.eraseReplaced();
    foldBorder();
    foldPairs();
    cleanUp();
    updateFunctionType(function);
    warnFloat();
    return success();
  }

private:
  //===--------------------------------------------------------------------===//
  // Ops
  //===--------------------------------------------------------------------===//

  LogicalResult convertOps() {
    for (Operation *op : casts.listOps()) {
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
    if (!casts.getTarget(op->getResult(0)))
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
    quant::UniformQuantizedType target = casts.getTarget(op->getResult(0));
    for (unsigned index : op.getActivationOperands()) {
      OpOperand &operand = op->getOpOperand(index);
      if (auto cast = operand.get().getDefiningOp<DequantizeCastOp>()) {
        casts.set(operand, cast.getInput());
        continue;
      }
      nn::HostTensor constant = *getConstant(operand.get());
      rewriter.setInsertionPoint(op);
      casts.set(operand, createActivationConstant(rewriter, operand.get().getLoc(), constant,
                                            op.sharesScale() ? target : chooseConstantType(op->getContext(), constant)));
    }
    casts.setResultType(op, target);
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
      casts.set(weightOperand, nn::ConstantOp::create(rewriter, weightOperand.get().getLoc(), symmetric->getType(),
                                                symmetric->toElements()));
    } else {
      op->emitWarning() << (nn::getQuantizedElement(weight.getType())
                                ? "asymmetric weights are quantized anew, symmetric per output channel"
                                : "float weights are quantized, symmetric per output channel");
      nn::HostTensor reals(RankedTensorType::get(weight.getType().getShape(), rewriter.getF32Type()));
      llvm::copy(weight.toReal(), reals.get<float>().begin());
      casts.set(weightOperand, createWeight(rewriter, weightOperand.get().getLoc(), reals,
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
    casts.set(operand, *quantized);
    return success();
  }

  //===--------------------------------------------------------------------===//
  // Border and rest
  //===--------------------------------------------------------------------===//

  void foldBorder() {
    for (BlockArgument argument : block.getArguments()) {
      if (!isFloat(argument))
        continue;
      quant::UniformQuantizedType type = casts.getTarget(argument);
      if (!type || !llvm::all_of(argument.getUsers(), [&](Operation *user) {
            return isa<QuantizeCastOp>(user) && nn::getPerTensor(user->getResult(0).getType()) == type;
          }))
        continue;
      argument.setType(cast<RankedTensorType>(argument.getType()).clone(type));
      for (Operation *user : llvm::make_early_inc_range(argument.getUsers()))
        rewriter.replaceOp(user, argument);
    }
    for (OpOperand &operand : block.getTerminator()->getOpOperands())
      if (auto cast = operand.get().getDefiningOp<DequantizeCastOp>())
        if (nn::getPerTensor(cast.getInput().getType()))
          casts.set(operand, cast.getInput());
  }

  /// qcast(dcast(x)) -> requantize(x), or x if the types are equal.
  void foldPairs() {
    for (Operation *op : casts.listOps()) {
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

  void eraseUnused() {
    SmallVector<Operation *> ops = casts.listOps();
    for (Operation *op : llvm::reverse(ops))
      if (isa<nn::ConstantOp, QuantizeCastOp, DequantizeCastOp>(op) && op->use_empty())
        rewriter.eraseOp(op);
  }

  void cleanUp() {
    eraseUnused();
    for (Operation *op : casts.listOps()) // constants of ops that stay in float
      if (isa<DequantizeCastOp>(op))
        casts.foldConstant(op);
    eraseUnused();
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
  QDQCasts casts;
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
