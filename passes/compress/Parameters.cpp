#include "passes/compress/Parameters.h"

#include "dialects/nn/QuantizedArithmetic.h"

#include <limits>

using namespace mlir;

namespace tinyc::compress {

/// Ranges narrower than this hold nothing but zero. Scales stay far from the limits of f32, so that products and
/// quotients of a few of them do.
static constexpr double kLeastWidth = 1e-30;

static constexpr double kGreatestScale = 1e30;

/// Scales are float in every interface that carries them (ONNX, the package's header).
static double roundScale(double scale) {
  return static_cast<double>(static_cast<float>(std::min(scale, kGreatestScale)));
}

static quant::UniformQuantizedType makeInt16(MLIRContext *context, double scale) {
  return quant::UniformQuantizedType::get(quant::QuantizationFlags::Signed, IntegerType::get(context, 16),
                                          Float32Type::get(context), scale, /*zeroPoint=*/0, -32767, 32767);
}

static quant::UniformQuantizedType makeSigned(MLIRContext *context, double scale, int64_t zeroPoint, unsigned bits) {
  return quant::UniformQuantizedType::get(quant::QuantizationFlags::Signed, IntegerType::get(context, bits),
                                          Float32Type::get(context), scale, zeroPoint,
                                          quant::QuantizedType::getDefaultMinimumForInteger(/*isSigned=*/true, bits),
                                          quant::QuantizedType::getDefaultMaximumForInteger(/*isSigned=*/true, bits));
}

quant::UniformQuantizedType chooseActivationType(MLIRContext *context, Range range, unsigned bits) {
  double low = std::min(range.first, 0.0), high = std::max(range.second, 0.0);
  if (high - low < kLeastWidth)
    return bits == 16 ? makeInt16(context, 1.0) : makeSigned(context, 1.0, 0, bits);
  if (bits == 16)
    return makeInt16(context, roundScale(std::max(-low, high) / 32767.0));
  double least = -std::ldexp(1.0, bits - 1), steps = std::ldexp(1.0, bits) - 1;
  double scale = roundScale((high - low) / steps);
  double zeroPoint = std::clamp(std::nearbyint(least - low / scale), least, least + steps);
  return makeSigned(context, scale, static_cast<int64_t>(zeroPoint), bits);
}

quant::UniformQuantizedType chooseFixedType(MLIRContext *context, Range range, unsigned bits) {
  if (bits == 16)
    return chooseActivationType(context, range, bits);
  double low = std::min(range.first, 0.0), high = std::max(range.second, 0.0);
  double least = -std::ldexp(1.0, bits - 1), steps = std::ldexp(1.0, bits);
  double scale = roundScale((high - low) / steps);
  double zeroPoint = std::clamp(std::nearbyint(least - low / scale), least, least + steps - 1);
  return makeSigned(context, scale, static_cast<int64_t>(zeroPoint), bits);
}

std::optional<nn::HostTensor> getStoredConstant(Value value) {
  if (auto cast = value.getDefiningOp<quant::DequantizeCastOp>())
    value = cast.getInput();
  auto constant = value.getDefiningOp<nn::ConstantOp>();
  if (!constant)
    return std::nullopt;
  return nn::HostTensor::fromElements(constant.getOutput().getType(), constant.getValue());
}

std::optional<nn::HostTensor> getRealConstant(Value value) {
  std::optional<nn::HostTensor> stored = getStoredConstant(value);
  if (!stored || !nn::getQuantizedElement(stored->getType()))
    return stored;
  nn::HostTensor real(stored->getType().clone(Float32Type::get(value.getContext())));
  llvm::copy(stored->toReal(), real.get<float>().begin());
  return real;
}

Value createActivationConstant(OpBuilder &builder, Location location, const nn::HostTensor &value,
                               quant::UniformQuantizedType type) {
  nn::HostTensor stored(RankedTensorType::get(value.getType().getShape(), type));
  auto quantize = [&](auto zero) {
    using T = decltype(zero);
    for (auto [element, real] : llvm::zip_equal(stored.get<T>(), value.get<float>()))
      element = static_cast<T>(nn::quantizeReal(real, type));
  };
  if (nn::isInt16Activation(type))
    quantize(int16_t());
  else
    quantize(int8_t());
  return nn::ConstantOp::create(builder, location, stored.getType(), stored.toElements());
}

quant::UniformQuantizedType chooseConstantType(MLIRContext *context, const nn::HostTensor &value, unsigned bits) {
  Range range = {0.0, 0.0};
  for (float real : value.get<float>()) {
    if (!std::isfinite(real))
      return {};
    range = {std::min<double>(range.first, real), std::max<double>(range.second, real)};
  }
  return chooseActivationType(context, range, bits);
}

quant::UniformQuantizedType changeWidth(quant::UniformQuantizedType type, Range range, unsigned bits) {
  if (bits == 16)
    return makeInt16(type.getContext(), type.getScale() / 128.0);
  return chooseActivationType(type.getContext(), range, bits);
}

double getLeastWeightScale(quant::UniformQuantizedType input, quant::UniformQuantizedType result, double greatest) {
  double scale = nn::isInt16Activation(result) ? std::ldexp(greatest, -14)
                                               : std::ldexp(result.getScale() / input.getScale(), -20);
  return std::max(roundScale(scale), kLeastWidth);
}

std::pair<int64_t, int64_t> getWeightBounds(unsigned bits) {
  int64_t half = int64_t{1} << (bits - 1);
  return {bits == 8 ? 1 - half : -half, half - 1};
}

/// The least scale, from `scale` up, with which |bias| + 32767 * sum |weights| fits int32.
static double fitSum(ArrayRef<float> weights, double bias, double inputScale, double scale, unsigned bits) {
  auto [least, greatest] = getWeightBounds(bits);
  constexpr double limit = std::numeric_limits<int32_t>::max();
  while (true) {
    double sum = std::abs(std::nearbyint(bias / (inputScale * scale)));
    for (double weight : weights)
      sum += 32767.0 * std::abs(std::clamp<double>(std::nearbyint(weight / scale), least, greatest));
    if (sum <= limit)
      return scale;
    scale = roundScale(scale * (sum / limit) * 1.001);
  }
}

SmallVector<double> chooseWeightScales(const nn::HostTensor &weight, ArrayRef<double> bias,
                                       quant::UniformQuantizedType input, quant::UniformQuantizedType result,
                                       unsigned bits, ArrayRef<float> given) {
  auto [least, greatest] = getWeightBounds(bits);
  double inputScale = input.getScale();
  int64_t channels = weight.getType().getDimSize(0), length = weight.getNumElements() / channels;
  // The bias leaves room for the products' sum: inputs of 8 bits are at most 255 from their zero point.
  double room = std::numeric_limits<int32_t>::max() + 255.0 * static_cast<double>(least * length);
  double biasLimit = std::max(room, std::ldexp(1.0, 24));
  double leastScale = nn::isInt16Activation(result) ? kLeastWidth : getLeastWeightScale(input, result, /*greatest=*/0.0);

  SmallVector<double> scales;
  for (int64_t channel = 0; channel < channels; ++channel) {
    double scale = leastScale;
    if (given.empty())
      for (float real : weight.get<float>().slice(channel * length, length))
        scale = std::max(scale, static_cast<double>(real) / static_cast<double>(real < 0 ? least : greatest));
    else
      scale = std::max<double>(scale, given[channel]);
    if (!bias.empty())
      scale = std::max(scale, std::abs(bias[channel]) / (inputScale * biasLimit));
    scales.push_back(roundScale(scale));
  }
  if (nn::isInt16Activation(result)) {
    double weak = getLeastWeightScale(input, result, *llvm::max_element(scales));
    for (double &scale : scales)
      scale = std::max(scale, weak);
  }
  if (nn::isInt16Activation(input))
    for (auto [channel, scale] : llvm::enumerate(scales))
      scale = fitSum(weight.get<float>().slice(channel * length, length), bias.empty() ? 0.0 : bias[channel], inputScale,
                     scale, bits);
  return scales;
}

Value createWeight(OpBuilder &builder, Location location, const nn::HostTensor &weight, ArrayRef<double> scales,
                   unsigned bits) {
  auto [least, greatest] = getWeightBounds(bits);
  int64_t length = weight.getNumElements() / scales.size();
  SmallVector<int64_t> zeroPoints(scales.size(), 0);
  auto type = quant::UniformQuantizedPerAxisType::get(quant::QuantizationFlags::Signed, builder.getIntegerType(bits),
                                                      builder.getF32Type(), scales, zeroPoints,
                                                      /*quantizedDimension=*/0, least, greatest);
  nn::HostTensor stored(RankedTensorType::get(weight.getType().getShape(), type));
  for (auto [index, real] : llvm::enumerate(weight.get<float>()))
    stored.get<int8_t>()[index] = static_cast<int8_t>(nn::quantizeReal(real, type, index / length));
  return nn::ConstantOp::create(builder, location, stored.getType(), stored.toElements());
}

FailureOr<Value> createBias(OpBuilder &builder, Location location, ArrayRef<double> bias, double inputScale,
                            quant::QuantizedType weight, int64_t &channel) {
  // A type's scale is a normal float.
  for (channel = 0; channel < static_cast<int64_t>(bias.size()); ++channel)
    if (!std::isnormal(static_cast<float>(inputScale * nn::getScale(weight, channel))))
      return failure();
  Type storage = builder.getI32Type(), real = builder.getF32Type();
  int64_t least = std::numeric_limits<int32_t>::min(), greatest = std::numeric_limits<int32_t>::max();
  quant::QuantizedType type;
  if (auto perAxis = dyn_cast<quant::UniformQuantizedPerAxisType>(weight)) {
    SmallVector<double> scales;
    for (double scale : perAxis.getScales())
      scales.push_back(inputScale * scale);
    SmallVector<int64_t> zeroPoints(scales.size(), 0);
    type = quant::UniformQuantizedPerAxisType::get(quant::QuantizationFlags::Signed, storage, real, scales, zeroPoints,
                                                   /*quantizedDimension=*/0, least, greatest);
  } else {
    type = quant::UniformQuantizedType::get(quant::QuantizationFlags::Signed, storage, real,
                                            inputScale * nn::getScale(weight), 0, least, greatest);
  }
  nn::HostTensor stored(RankedTensorType::get({static_cast<int64_t>(bias.size())}, type));
  for (channel = 0; channel < static_cast<int64_t>(bias.size()); ++channel) {
    double rounded = std::nearbyint(bias[channel] / nn::getScale(type, channel));
    if (!(std::abs(rounded) <= static_cast<double>(greatest)))
      return failure();
    stored.get<int32_t>()[channel] = static_cast<int32_t>(rounded);
  }
  return nn::ConstantOp::create(builder, location, stored.getType(), stored.toElements()).getResult();
}

bool isFloat(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  return type && type.getElementType().isF32();
}

void updateFunctionType(func::FuncOp function) {
  Operation *terminator = function.getBody().front().getTerminator();
  function.setFunctionType(FunctionType::get(function.getContext(), function.getBody().front().getArgumentTypes(),
                                             terminator->getOperandTypes()));
}

} // namespace tinyc::compress
