#include "passes/compress/LayerParameters.h"

#include "dialects/nn/QuantizedArithmetic.h"

using namespace mlir;

namespace tinyc::compress {

std::optional<unsigned> findVariableParameter(nn::QuantizableOpInterface op) {
  for (std::optional<unsigned> index : {op.getWeightOperand(), op.getBiasOperand()})
    if (index && !getStoredConstant(op->getOperand(*index)))
      return index;
  return std::nullopt;
}

/// The same weight with zero points 0, per tensor or along axis 0, in its own storage or, where a shift by the zero
/// point leaves that, in 8 bits; nullopt if it is float, quantized along another axis, or leaves 8 bits.
static std::optional<nn::HostTensor> makeSymmetric(const nn::HostTensor &weight) {
  quant::QuantizedType type = nn::getQuantizedElement(weight.getType());
  if (!type || type.getStorageTypeIntegralWidth() > 8)
    return std::nullopt;
  auto perAxis = dyn_cast<quant::UniformQuantizedPerAxisType>(type);
  if (perAxis && perAxis.getQuantizedDimension() != 0)
    return std::nullopt;
  int64_t length = weight.getNumElements() / weight.getType().getDimSize(0);
  SmallVector<int64_t, 0> shifted;
  int64_t lowest = 0, highest = 0;
  for (auto [index, stored] : llvm::enumerate(weight.get<int8_t>())) {
    shifted.push_back(stored - nn::getZeroPoint(type, index / length));
    lowest = std::min(lowest, shifted.back());
    highest = std::max(highest, shifted.back());
  }
  unsigned bits = type.getStorageTypeIntegralWidth();
  if (!llvm::isIntN(bits, lowest) || !llvm::isIntN(bits, highest))
    bits = 8;
  if (!llvm::isIntN(bits, lowest) || !llvm::isIntN(bits, highest))
    return std::nullopt;
  int64_t least = quant::QuantizedType::getDefaultMinimumForInteger(/*isSigned=*/true, bits);
  int64_t greatest = quant::QuantizedType::getDefaultMaximumForInteger(/*isSigned=*/true, bits);
  Type storage = IntegerType::get(type.getContext(), bits);
  quant::QuantizedType symmetric;
  if (perAxis) {
    SmallVector<int64_t> zeroPoints(perAxis.getZeroPoints().size(), 0);
    symmetric = quant::UniformQuantizedPerAxisType::get(type.getFlags(), storage, type.getExpressedType(),
                                                        perAxis.getScales(), zeroPoints, 0, least, greatest);
  } else {
    symmetric = quant::UniformQuantizedType::get(type.getFlags(), storage, type.getExpressedType(), nn::getScale(type),
                                                 0, least, greatest);
  }
  nn::HostTensor result(RankedTensorType::get(weight.getType().getShape(), symmetric));
  for (auto [element, value] : llvm::zip_equal(result.get<int8_t>(), shifted))
    element = static_cast<int8_t>(value);
  return result;
}

/// A symmetric weight per axis whose channels have scales of at least getLeastWeightScale: below, the channel's
/// multiplier is too coarse an integer, and the bias, which is then all that the channel gives, would come out wrong.
/// The weights that become coarser add less than 255 * 2^-20 of a result's step each.
static nn::HostTensor raiseWeakChannels(const nn::HostTensor &weight, quant::UniformQuantizedType input,
                                        quant::UniformQuantizedType result) {
  auto type = dyn_cast<quant::UniformQuantizedPerAxisType>(nn::getQuantizedElement(weight.getType()));
  if (!type)
    return weight;
  double least = getLeastWeightScale(input, result, *llvm::max_element(type.getScales()));
  SmallVector<double> scales(type.getScales());
  for (double &scale : scales)
    scale = std::max(scale, least);
  auto raisedType = quant::UniformQuantizedPerAxisType::get(
      type.getFlags(), type.getStorageType(), type.getExpressedType(), scales, type.getZeroPoints(),
      type.getQuantizedDimension(), type.getStorageTypeMin(), type.getStorageTypeMax());
  nn::HostTensor raised(RankedTensorType::get(weight.getType().getShape(), raisedType));
  int64_t length = weight.getNumElements() / weight.getType().getDimSize(0);
  for (auto [index, stored] : llvm::enumerate(weight.get<int8_t>()))
    raised.get<int8_t>()[index] =
        static_cast<int8_t>(std::nearbyint(stored * (type.getScales()[index / length] / scales[index / length])));
  return raised;
}

/// The real values of a bias, float or quantized. Scales equal to input scale * weight scale up to the rounding of
/// floats count as that product (`weight` may be null). False if a quantized bias has other scales.
static bool readBias(const nn::HostTensor &bias, double inputScale, quant::QuantizedType weight,
                     SmallVectorImpl<double> &reals) {
  quant::QuantizedType type = nn::getQuantizedElement(bias.getType());
  if (!type) {
    reals.assign(bias.get<float>().begin(), bias.get<float>().end());
    return true;
  }
  bool equal = true;
  for (int64_t channel = 0; channel < bias.getNumElements(); ++channel) {
    unsigned bits = type.getStorageTypeIntegralWidth();
    int64_t stored = bits > 16  ? bias.get<int32_t>()[channel]
                     : bits > 8 ? bias.get<int16_t>()[channel]
                                : bias.get<int8_t>()[channel];
    double scale = nn::getScale(type, channel);
    if (weight) {
      double product = inputScale * nn::getScale(weight, channel);
      bool same = std::abs(scale - product) <= 1e-6 * product;
      scale = same ? product : scale;
      equal &= same;
    }
    reals.push_back(static_cast<double>(stored - nn::getZeroPoint(type, channel)) * scale);
  }
  return equal;
}

FailureOr<unsigned> getWeightBits(Operation *op, unsigned bits) {
  Attribute attribute = op->getAttr(nn::kWeightBitsAttr);
  if (!attribute)
    return bits;
  auto chosen = dyn_cast<IntegerAttr>(attribute);
  if (!chosen || !llvm::is_contained<int64_t>({8, 4, 2}, chosen.getValue().getSExtValue()))
    return op->emitOpError("expects ") << nn::kWeightBitsAttr << " of 8, 4 or 2, got " << attribute;
  return static_cast<unsigned>(chosen.getInt());
}

/// The values of nn.weight_scales; none without it.
static FailureOr<ArrayRef<float>> getGivenScales(Operation *op, int64_t channels) {
  Attribute attribute = op->getAttr(nn::kWeightScalesAttr);
  if (!attribute)
    return ArrayRef<float>();
  auto scales = dyn_cast<DenseF32ArrayAttr>(attribute);
  if (!scales || scales.size() != channels ||
      !llvm::all_of(scales.asArrayRef(), [](float scale) { return std::isnormal(scale) && scale > 0; }))
    return op->emitOpError("expects ") << channels << " positive scales in " << nn::kWeightScalesAttr << ", got "
                                       << attribute;
  return scales.asArrayRef();
}

LogicalResult quantizeParameters(nn::QuantizableOpInterface op, RewriterBase &rewriter, unsigned weightBits) {
  std::optional<unsigned> weightIndex = op.getWeightOperand(), biasIndex = op.getBiasOperand();
  if (!weightIndex)
    return success();
  quant::UniformQuantizedType input = nn::getPerTensor(op->getOperand(op.getActivationOperands().front()).getType());
  quant::UniformQuantizedType result = nn::getPerTensor(op->getResult(0).getType());
  auto set = [&](unsigned index, Value value) { rewriter.modifyOpInPlace(op, [&] { op->setOperand(index, value); }); };

  nn::HostTensor weight = *getStoredConstant(op->getOperand(*weightIndex));
  std::optional<nn::HostTensor> symmetric = makeSymmetric(weight);
  SmallVector<double> bias;
  if (biasIndex) {
    quant::QuantizedType type = symmetric ? nn::getQuantizedElement(symmetric->getType()) : quant::QuantizedType();
    if (!readBias(*getStoredConstant(op->getOperand(*biasIndex)), input.getScale(), type, bias))
      op->emitRemark("rescales the bias to input scale * weight scale");
  }
  std::vector<float> reals = weight.toReal();
  auto isFinite = [](double real) { return std::isfinite(real); };
  if (!llvm::all_of(reals, isFinite) || !llvm::all_of(bias, isFinite))
    return op->emitOpError("expects finite weights and biases to quantize");

  rewriter.setInsertionPoint(op);
  Location location = op->getOperand(*weightIndex).getLoc();
  if (symmetric) {
    nn::HostTensor raised = raiseWeakChannels(*symmetric, input, result);
    set(*weightIndex, nn::ConstantOp::create(rewriter, location, raised.getType(), raised.toElements()));
  } else {
    if (nn::getQuantizedElement(weight.getType()))
      op->emitWarning("asymmetric weights are quantized anew, symmetric per output channel");
    nn::HostTensor floats(RankedTensorType::get(weight.getType().getShape(), rewriter.getF32Type()));
    llvm::copy(reals, floats.get<float>().begin());
    FailureOr<unsigned> bits = getWeightBits(op, weightBits);
    FailureOr<ArrayRef<float>> given = getGivenScales(op, weight.getType().getDimSize(0));
    if (failed(bits) || failed(given))
      return failure();
    SmallVector<double> scales = chooseWeightScales(floats, bias, input, result, *bits, *given);
    set(*weightIndex, createWeight(rewriter, location, floats, scales, *bits));
  }
  if (!biasIndex)
    return success();
  int64_t channel = 0;
  FailureOr<Value> quantized = createBias(rewriter, op->getOperand(*biasIndex).getLoc(), bias, input.getScale(),
                                          nn::getQuantizedElement(op->getOperand(*weightIndex).getType()), channel);
  if (failed(quantized))
    return op->emitOpError("expects biases that fit 32 bits, got ") << bias[channel] << " in channel " << channel;
  set(*biasIndex, *quantized);
  return success();
}

} // namespace tinyc::compress
