// Integer constants of quantized programs, from real scales: the dialect's types in, tinyc/scales.h's arithmetic. All
// of it is IEEE double in a fixed order, so that every host computes the same constants; compile with
// -ffp-contract=off.
#include "dialects/nn/QuantizedArithmetic.h"
#include "tinyc/scales.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Sequence.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

#include <algorithm>
#include <cmath>
#include <limits>

using namespace mlir;

namespace tinyc::nn {

namespace {

// 1 / (1 + e^-x) from e^-|x|. Not the C library's exp: its last bit differs from host to host.
double sigmoid(double x) {
  double magnitude = std::fabs(x);
  double e = magnitude < 700.0 ? tinyc_exp_f64(-magnitude) : 0.0;
  return (x < 0 ? e : 1.0) / (1.0 + e);
}

// An absent bound leaves x as it is.
double clampReal(double x, std::optional<float> lower, std::optional<float> upper) {
  if (lower && x < *lower)
    return *lower;
  if (upper && x > *upper)
    return *upper;
  return x;
}

std::optional<float> toOptional(std::optional<APFloat> value) {
  if (!value)
    return std::nullopt;
  return value->convertToFloat();
}

} // namespace

int64_t quantizeReal(double real, quant::QuantizedType type, int64_t channel) {
  int64_t zeroPoint = getZeroPoint(type, channel);
  double low = type.getStorageTypeMin(), high = type.getStorageTypeMax();
  double scaled = real / getScale(type, channel);
  if (scaled != scaled)
    return zeroPoint;
  double q = std::nearbyint(scaled) + static_cast<double>(zeroPoint);
  return static_cast<int64_t>(std::clamp(q, low, high));
}

int64_t getZeroPoint(quant::QuantizedType type, int64_t channel) {
  if (auto perAxis = dyn_cast<quant::UniformQuantizedPerAxisType>(type))
    return perAxis.getZeroPoints()[channel];
  if (auto perTensor = dyn_cast<quant::UniformQuantizedType>(type))
    return perTensor.getZeroPoint();
  return 0;
}

float computeInverseScale(quant::UniformQuantizedType type) { return static_cast<float>(1.0 / type.getScale()); }

Requantization computeRequantization(ArrayRef<double> scales, unsigned bits) {
  // A scale of 2^30 or more saturates the result for any acc but 0, and so does the largest representable one.
  SmallVector<double> limited;
  for (double scale : scales)
    limited.push_back(std::min(scale, 0x1.fffffp29));
  Requantization result;
  result.multipliers.resize(scales.size());
  auto compute = bits > 8 ? tinyc_output_scales_s16 : tinyc_output_scales;
  int valid =
      compute(limited.data(), static_cast<int32_t>(limited.size()), result.multipliers.data(), &result.shift);
  assert(valid && "scales are positive and finite");
  (void)valid;
  return result;
}

std::pair<int32_t, int32_t> computeClamp(quant::UniformQuantizedType type, std::optional<float> lower,
                                         std::optional<float> upper) {
  int64_t low = type.getStorageTypeMin(), high = type.getStorageTypeMax();
  if (lower)
    low = quantizeReal(*lower, type);
  if (upper)
    high = std::max(low, quantizeReal(*upper, type));
  return {static_cast<int32_t>(low), static_cast<int32_t>(high)};
}

AddConstants computeAdd(quant::UniformQuantizedType lhs, quant::UniformQuantizedType rhs,
                        quant::UniformQuantizedType result, bool subtract) {
  tinyc_elementwise_s8_params params = {};
  if (isInt16Activation(result)) {
    // Beyond a ratio of 2^13, too, one or two steps of the operand saturate the result.
    double lhsRatio = std::min(lhs.getScale() / result.getScale(), 0x1p13);
    double rhsRatio = std::min(rhs.getScale() / result.getScale(), 0x1p13);
    int valid = tinyc_add_s16_scales(lhsRatio, subtract ? -rhsRatio : rhsRatio, &params);
    assert(valid && "ratios are within the range of the integer form");
    (void)valid;
    return {params.lhs_multiplier, params.rhs_multiplier, params.offset, params.output.shift};
  }
  params.lhs_zero_point = static_cast<int32_t>(lhs.getZeroPoint());
  params.rhs_zero_point = static_cast<int32_t>(rhs.getZeroPoint());
  params.output.zero_point = static_cast<int32_t>(result.getZeroPoint());
  // Beyond a ratio of 2^20 one step of the operand saturates the result; the largest valid ratio does the same.
  double lhsRatio = std::min(lhs.getScale() / result.getScale(), 0x1p20);
  double rhsRatio = std::min(rhs.getScale() / result.getScale(), 0x1p20);
  int valid = tinyc_add_s8_scales(lhsRatio, subtract ? -rhsRatio : rhsRatio, &params);
  assert(valid && "ratios are within the range of the integer form");
  (void)valid;
  return {params.lhs_multiplier, params.rhs_multiplier, params.offset, params.output.shift};
}

double evaluateUnary(Operation *op, double x) {
  return llvm::TypeSwitch<Operation *, double>(op)
      .Case([&](ClampOp clamp) { return clampReal(x, toOptional(clamp.getMin()), toOptional(clamp.getMax())); })
      .Case([&](LeakyReluOp leaky) { return x < 0 ? static_cast<double>(leaky.getAlpha().convertToFloat()) * x : x; })
      .Case([&](SigmoidOp) { return sigmoid(x); })
      .Case([&](HardSigmoidOp hard) {
        return clampReal(hard.getAlpha().convertToFloat() * x + hard.getBeta().convertToFloat(), 0.0f, 1.0f);
      })
      .Case([&](HardSwishOp) { return x * clampReal(x / 6.0 + 0.5, 0.0f, 1.0f); })
      .Default([](Operation *) { return std::numeric_limits<double>::quiet_NaN(); });
}

SmallVector<int8_t, 256> computeTable(Operation *unaryOp) {
  quant::UniformQuantizedType input = getPerTensor(unaryOp->getOperand(0).getType());
  quant::UniformQuantizedType result = getPerTensor(unaryOp->getResult(0).getType());
  SmallVector<int8_t, 256> table(256);
  for (int index = 0; index < 256; ++index) {
    auto q = static_cast<int8_t>(static_cast<uint8_t>(index));
    double real = static_cast<double>(q - input.getZeroPoint()) * input.getScale();
    table[index] = static_cast<int8_t>(quantizeReal(evaluateUnary(unaryOp, real), result));
  }
  return table;
}

SmallVector<int16_t, 0> computeTable16(Operation *unaryOp) {
  quant::UniformQuantizedType input = getPerTensor(unaryOp->getOperand(0).getType());
  quant::UniformQuantizedType result = getPerTensor(unaryOp->getResult(0).getType());
  SmallVector<int16_t, 0> table(513);
  for (int index = 0; index < 513; ++index) {
    double real = static_cast<double>(128 * index - 32768) * input.getScale();
    table[index] = static_cast<int16_t>(quantizeReal(evaluateUnary(unaryOp, real), result));
  }
  return table;
}

std::optional<AffineFunction> computeAffine(Operation *unaryOp) {
  quant::UniformQuantizedType input = getPerTensor(unaryOp->getOperand(0).getType());
  quant::UniformQuantizedType result = getPerTensor(unaryOp->getResult(0).getType());
  double factor = 1.0, offset = 0.0;
  std::optional<float> low, high;
  if (auto clamp = dyn_cast<ClampOp>(unaryOp)) {
    low = toOptional(clamp.getMin());
    high = toOptional(clamp.getMax());
  } else if (auto hard = dyn_cast<HardSigmoidOp>(unaryOp)) {
    factor = hard.getAlpha().convertToFloat();
    offset = std::nearbyint(hard.getBeta().convertToFloat() / result.getScale());
    low = 0.0f;
    high = 1.0f;
  } else {
    return std::nullopt;
  }
  double scale = factor * input.getScale() / result.getScale();
  if (!(scale > 0.0) || !(std::abs(offset) < 0x1p30))
    return std::nullopt;
  auto [clampMin, clampMax] = computeClamp(result, low, high);
  return AffineFunction{computeRequantization(scale, 16), static_cast<int32_t>(offset), clampMin, clampMax};
}

// The same for activations of 16 bits.
static SoftmaxConstants computeSoftmax16(double input, double result, bool logarithm) {
  SoftmaxConstants constants;
  constants.exponentials.resize(512);
  tinyc_exponentials_s16(input, constants.exponentials.data());
  tinyc_softmax_s8_params params = {};
  if (!logarithm) {
    int valid = tinyc_softmax_s16_scales(std::clamp(result, 0x1p-28, 0x1p28), &params);
    assert(valid && "the scale is within the range of the integer form");
    (void)valid;
  } else if (!tinyc_log_softmax_s16_scales(input, result, &params)) {
    params.input_multiplier = params.output_multiplier = (1 << 30) - 1;
    params.output_shift = 1;
  }
  constants.inputMultiplier = params.input_multiplier;
  constants.outputMultiplier = params.output_multiplier;
  constants.outputShift = params.output_shift;
  return constants;
}

SoftmaxConstants computeSoftmax(quant::UniformQuantizedType input, quant::UniformQuantizedType result, bool logarithm) {
  if (isInt16Activation(result))
    return computeSoftmax16(input.getScale(), result.getScale(), logarithm);
  SoftmaxConstants constants;
  constants.exponentials.resize(256);
  tinyc_exponentials_u16(input.getScale(), constants.exponentials.data());
  tinyc_softmax_s8_params params = {};
  if (logarithm) {
    // Scales too far apart for the integer form saturate every element but an exact 0; a large multiplier does too.
    if (!tinyc_log_softmax_s8_scales(input.getScale(), result.getScale(), &params)) {
      params.input_multiplier = 1 << 20;
      params.output_multiplier = 1 << 24;
      params.output_shift = 1;
    }
  } else {
    int valid = tinyc_softmax_s8_scales(std::clamp(result.getScale(), 0x1p-28, 0x1p28), &params);
    assert(valid && "the scale is within the range of the integer form");
    (void)valid;
  }
  constants.inputMultiplier = params.input_multiplier;
  constants.outputMultiplier = params.output_multiplier;
  constants.outputShift = params.output_shift;
  return constants;
}

FailureOr<SmallVector<int32_t>> foldInputZeroPoint(ArrayRef<int8_t> weight, ArrayRef<int32_t> bias, int64_t channels,
                                                   int32_t inputZeroPoint, int64_t *overflowChannel,
                                                   int64_t greatestInput) {
  SmallVector<int32_t> folded(channels);
  int64_t length = channels ? static_cast<int64_t>(weight.size()) / channels : 0;
  for (int64_t channel = 0; channel < channels; ++channel) {
    int64_t sum = 0, magnitude = 0;
    for (int8_t value : weight.slice(channel * length, length)) {
      sum += value;
      magnitude += std::abs(static_cast<int>(value));
    }
    int64_t value = (bias.empty() ? 0 : bias[channel]) - static_cast<int64_t>(inputZeroPoint) * sum;
    // No partial sum, in whatever order, leaves +-(|folded bias| + greatest |input| * sum |w|).
    if (std::abs(value) + greatestInput * magnitude > std::numeric_limits<int32_t>::max()) {
      if (overflowChannel)
        *overflowChannel = channel;
      return failure();
    }
    folded[channel] = static_cast<int32_t>(value);
  }
  return folded;
}

FailureOr<SmallVector<int32_t>> foldInputZeroPoint(DenseElementsAttr weight, DenseElementsAttr bias,
                                                   int32_t inputZeroPoint, int64_t *overflowChannel,
                                                   int64_t greatestInput) {
  SmallVector<int8_t> weightValues;
  weightValues.reserve(weight.getNumElements());
  for (const APInt &value : weight.getValues<APInt>())
    weightValues.push_back(static_cast<int8_t>(value.getSExtValue()));
  SmallVector<int32_t> biasValues;
  if (bias)
    for (const APInt &value : bias.getValues<APInt>())
      biasValues.push_back(static_cast<int32_t>(value.getSExtValue()));
  return foldInputZeroPoint(weightValues, biasValues, weight.getType().getDimSize(0), inputZeroPoint, overflowChannel,
                            greatestInput);
}

int64_t getGreatestActivation(quant::UniformQuantizedType type) { return isInt16Activation(type) ? 32767 : 128; }

Requantization computeConvolutionRequantization(quant::QuantizedType input, quant::QuantizedType weight,
                                                quant::UniformQuantizedType result, int64_t channels) {
  SmallVector<double> scales;
  for (int64_t channel = 0; channel < channels; ++channel)
    scales.push_back(getScale(input) * (weight ? getScale(weight, channel) : 1.0) / result.getScale());
  return computeRequantization(scales, result.getStorageTypeIntegralWidth());
}

int64_t countWindowElements(int64_t inputSize, int64_t kernel, int64_t stride, int64_t dilation, int64_t padBefore,
                            int64_t position) {
  // In closed form: a window may have 2^31 taps.
  int64_t start = position * stride - padBefore;
  int64_t first = start < 0 ? llvm::divideCeil(-start, dilation) : 0;
  int64_t end = start < inputSize ? std::min<int64_t>(kernel, llvm::divideCeil(inputSize - start, dilation)) : 0;
  return std::max<int64_t>(0, end - first);
}

bool hasEmptyWindow(int64_t inputSize, int64_t outputSize, int64_t kernel, int64_t stride, int64_t dilation,
                    int64_t padBefore) {
  return llvm::any_of(llvm::seq<int64_t>(0, outputSize), [&](int64_t position) {
    return countWindowElements(inputSize, kernel, stride, dilation, padBefore, position) == 0;
  });
}

AvgPoolRequantization computeAvgPoolRequantization(AvgPoolOp op) {
  auto inputType = cast<RankedTensorType>(op.getInput().getType());
  auto resultType = cast<RankedTensorType>(op.getOutput().getType());
  ArrayRef<int64_t> kernel = op.getKernel(), strides = op.getStrides(), dilations = op.getDilations();
  ArrayRef<int64_t> pads = op.getPads();
  quant::QuantizedType resultElement = getQuantizedElement(resultType);
  double ratio = getScale(getQuantizedElement(inputType)) / getScale(resultElement);
  unsigned bits = resultElement.getStorageTypeIntegralWidth();
  AvgPoolRequantization result;
  if (op.getIncludePad()) {
    result.firstCount = kernel[0] * kernel[1];
    result.requantization = computeRequantization(ratio / static_cast<double>(result.firstCount), bits);
    return result;
  }
  // Counts of a window are products of a count along the height and one along the width.
  int64_t least[2], most[2];
  for (int axis = 0; axis < 2; ++axis) {
    least[axis] = kernel[axis];
    most[axis] = 0;
    for (int64_t position = 0; position < resultType.getDimSize(1 + axis); ++position) {
      int64_t count = countWindowElements(inputType.getDimSize(1 + axis), kernel[axis], strides[axis], dilations[axis],
                                          pads[axis], position);
      least[axis] = std::min(least[axis], count);
      most[axis] = std::max(most[axis], count);
    }
  }
  result.firstCount = std::max<int64_t>(1, least[0] * least[1]);
  SmallVector<double> scales;
  for (int64_t count = result.firstCount; count <= most[0] * most[1]; ++count)
    scales.push_back(ratio / static_cast<double>(count));
  result.requantization = computeRequantization(scales, bits);
  return result;
}

} // namespace tinyc::nn
