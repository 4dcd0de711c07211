// Integer constants of quantized programs, from real scales. All arithmetic is IEEE double with fixed order, so that
// every host computes the same constants; compile with -ffp-contract=off.
#include "dialects/nn/QuantizedArithmetic.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/TypeSwitch.h"

#include <algorithm>
#include <cmath>
#include <limits>

using namespace mlir;

namespace tinyc::nn {

namespace {

constexpr double kInt32Max = std::numeric_limits<int32_t>::max();

// round(value * 2^shift), ties away from zero; the product with a power of two is exact.
double scaleAndRound(double value, int32_t shift) { return std::round(std::ldexp(value, shift)); }

// e^x in double, within 2 ulp: x = k ln 2 + r with |r| <= ln 2 / 2, and the Taylor series of e^r. The C library's exp
// differs from host to host in its last bit, which a tie of a rounding would show.
double exponential(double x) {
  constexpr double ln2High = 0x1.62e42fefa3800p-1, ln2Low = 0x1.ef35793c76730p-45;
  if (x != x)
    return x;
  if (x > 709.0)
    return std::numeric_limits<double>::infinity();
  if (x < -745.0)
    return 0.0;
  double k = std::nearbyint(x * 1.4426950408889634);
  double r = (x - k * ln2High) - k * ln2Low;
  double sum = 1.0;
  for (int term = 18; term >= 1; --term)
    sum = 1.0 + sum * r / term;
  return std::ldexp(sum, static_cast<int>(k));
}

double sigmoid(double x) {
  double e = exponential(-std::fabs(x));
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

Requantization computeRequantization(ArrayRef<double> scales) {
  Requantization result;
  double largest = 0.0;
  for (double scale : scales)
    largest = std::max(largest, scale);
  while (result.shift > 1 && scaleAndRound(largest, result.shift) > kInt32Max)
    --result.shift;
  // A scale of 2^30 or more saturates the result for any acc but 0, and so does the largest multiplier.
  for (double scale : scales)
    result.multipliers.push_back(static_cast<int32_t>(std::min(scaleAndRound(scale, result.shift), kInt32Max)));
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
  constexpr double limit = 1 << 21;
  double lhsScale = lhs.getScale() / result.getScale(), rhsScale = rhs.getScale() / result.getScale();
  double largest = std::max(lhsScale, rhsScale);
  AddConstants constants;
  constants.shift = 22;
  while (constants.shift > 1 && scaleAndRound(largest, constants.shift) > limit)
    --constants.shift;
  constants.lhsMultiplier = static_cast<int32_t>(std::min(scaleAndRound(lhsScale, constants.shift), limit));
  constants.rhsMultiplier = static_cast<int32_t>(std::min(scaleAndRound(rhsScale, constants.shift), limit));
  if (subtract)
    constants.rhsMultiplier = -constants.rhsMultiplier;
  // Each term is at most 2^29 (zero points of i8 and multipliers of 22 bits), so int32 holds the sum.
  int64_t offset = (result.getZeroPoint() << constants.shift) + (int64_t(1) << (constants.shift - 1)) -
                   lhs.getZeroPoint() * constants.lhsMultiplier - rhs.getZeroPoint() * constants.rhsMultiplier;
  constants.offset = static_cast<int32_t>(offset);
  return constants;
}

double evaluateUnary(Operation *op, double x) {
  return llvm::TypeSwitch<Operation *, double>(op)
      .Case([&](ClampOp clamp) { return clampReal(x, toOptional(clamp.getMin()), toOptional(clamp.getMax())); })
      .Case([&](LeakyReluOp leaky) {
        return x < 0 ? static_cast<double>(leaky.getAlpha().convertToFloat()) * x : x;
      })
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

SoftmaxConstants computeSoftmax(quant::UniformQuantizedType input, quant::UniformQuantizedType result, bool logarithm) {
  SoftmaxConstants constants;
  for (int distance = 0; distance < 256; ++distance)
    constants.exponentials.push_back(
        static_cast<uint16_t>(std::nearbyint(65535.0 * exponential(-distance * input.getScale()))));
  if (!logarithm) {
    // K * 2^m in 2^30 .. 2^31; m >= 1 because the row function shifts at least by one.
    double factor = 1.0 / result.getScale();
    int32_t shift = 1;
    while (std::ldexp(factor, shift) < 0x1p30 && shift < 62)
      ++shift;
    constants.inputMultiplier = 0;
    constants.outputMultiplier = static_cast<int32_t>(std::min(scaleAndRound(factor, shift), 65535.0 * 0x1p15));
    constants.outputShift = shift;
    return constants;
  }
  constexpr double ln2 = 0.6931471805599453;
  double inputFactor = input.getScale() / result.getScale(), outputFactor = ln2 / result.getScale();
  int32_t shift = 24;
  while (shift > 1 && 255.0 * scaleAndRound(inputFactor, shift) + 16.0 * scaleAndRound(outputFactor, shift) >= 0x1p30)
    --shift;
  double inputMultiplier = scaleAndRound(inputFactor, shift), outputMultiplier = scaleAndRound(outputFactor, shift);
  if (255.0 * inputMultiplier + 16.0 * outputMultiplier >= 0x1p30) {
    // Scales too far apart even for a shift of 1: the result saturates, and it does so with any large multiplier.
    inputMultiplier = std::min(inputMultiplier, 0x1p21);
    outputMultiplier = std::min(outputMultiplier, 0x1p24);
  }
  constants.inputMultiplier = static_cast<int32_t>(inputMultiplier);
  constants.outputMultiplier = static_cast<int32_t>(outputMultiplier);
  constants.outputShift = shift;
  return constants;
}

FailureOr<SmallVector<int32_t>> foldInputZeroPoint(ArrayRef<int8_t> weight, ArrayRef<int32_t> bias, int64_t channels,
                                                   int32_t inputZeroPoint, int64_t *overflowChannel) {
  SmallVector<int32_t> folded(channels);
  int64_t length = channels ? static_cast<int64_t>(weight.size()) / channels : 0;
  for (int64_t channel = 0; channel < channels; ++channel) {
    int64_t sum = 0, magnitude = 0;
    for (int8_t value : weight.slice(channel * length, length)) {
      sum += value;
      magnitude += std::abs(static_cast<int>(value));
    }
    int64_t value = (bias.empty() ? 0 : bias[channel]) - static_cast<int64_t>(inputZeroPoint) * sum;
    // Inputs are -128 .. 127: no partial sum, in whatever order, leaves +-(|folded bias| + 128 * sum |w|).
    if (std::abs(value) + 128 * magnitude > std::numeric_limits<int32_t>::max()) {
      if (overflowChannel)
        *overflowChannel = channel;
      return failure();
    }
    folded[channel] = static_cast<int32_t>(value);
  }
  return folded;
}

FailureOr<SmallVector<int32_t>> foldInputZeroPoint(DenseElementsAttr weight, DenseElementsAttr bias,
                                                   int32_t inputZeroPoint, int64_t *overflowChannel) {
  SmallVector<int8_t> weightValues;
  weightValues.reserve(weight.getNumElements());
  for (const APInt &value : weight.getValues<APInt>())
    weightValues.push_back(static_cast<int8_t>(value.getSExtValue()));
  SmallVector<int32_t> biasValues;
  if (bias)
    for (const APInt &value : bias.getValues<APInt>())
      biasValues.push_back(static_cast<int32_t>(value.getSExtValue()));
  return foldInputZeroPoint(weightValues, biasValues, weight.getType().getDimSize(0), inputZeroPoint, overflowChannel);
}

Requantization computeConvolutionRequantization(quant::QuantizedType input, quant::QuantizedType weight,
                                                quant::UniformQuantizedType result, int64_t channels) {
  SmallVector<double> scales;
  for (int64_t channel = 0; channel < channels; ++channel)
    scales.push_back(getScale(input) * (weight ? getScale(weight, channel) : 1.0) / result.getScale());
  return computeRequantization(scales);
}

int64_t countWindowElements(int64_t inputSize, int64_t kernel, int64_t stride, int64_t dilation, int64_t padBefore,
                            int64_t position) {
  int64_t count = 0;
  for (int64_t tap = 0; tap < kernel; ++tap) {
    int64_t at = position * stride + tap * dilation - padBefore;
    count += at >= 0 && at < inputSize;
  }
  return count;
}

AvgPoolRequantization computeAvgPoolRequantization(AvgPoolOp op) {
  auto inputType = cast<RankedTensorType>(op.getInput().getType());
  auto resultType = cast<RankedTensorType>(op.getOutput().getType());
  ArrayRef<int64_t> kernel = op.getKernel(), strides = op.getStrides(), dilations = op.getDilations();
  ArrayRef<int64_t> pads = op.getPads();
  double ratio = getScale(getQuantizedElement(inputType)) / getScale(getQuantizedElement(resultType));
  AvgPoolRequantization result;
  if (op.getIncludePad()) {
    result.firstCount = kernel[0] * kernel[1];
    result.requantization = computeRequantization(ratio / static_cast<double>(result.firstCount));
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
  result.requantization = computeRequantization(scales);
  return result;
}

} // namespace tinyc::nn
