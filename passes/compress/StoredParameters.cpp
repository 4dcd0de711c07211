#include "passes/compress/StoredParameters.h"

#include "dialects/nn/QuantizedArithmetic.h"
#include "passes/compress/Parameters.h"

using namespace mlir;

namespace tinyc::compress {

std::optional<nn::HostTensor> makeSymmetric(const nn::HostTensor &weight) {
  quant::QuantizedType type = nn::getQuantizedElement(weight.getType());
  if (!type || type.getStorageTypeIntegralWidth() > 8)
    return std::nullopt;
  auto perAxis = dyn_cast<quant::UniformQuantizedPerAxisType>(type);
  if (perAxis && perAxis.getQuantizedDimension() != 0)
    return std::nullopt;
  unsigned bits = type.getStorageTypeIntegralWidth();
  int64_t least = quant::QuantizedType::getDefaultMinimumForInteger(/*isSigned=*/true, bits);
  int64_t greatest = quant::QuantizedType::getDefaultMaximumForInteger(/*isSigned=*/true, bits);
  quant::QuantizedType symmetric;
  if (perAxis) {
    SmallVector<int64_t> zeroPoints(perAxis.getZeroPoints().size(), 0);
    symmetric = quant::UniformQuantizedPerAxisType::get(type.getFlags(), type.getStorageType(), type.getExpressedType(),
                                                        perAxis.getScales(), zeroPoints, 0, least, greatest);
  } else {
    symmetric = quant::UniformQuantizedType::get(type.getFlags(), type.getStorageType(), type.getExpressedType(),
                                                 nn::getScale(type), 0, least, greatest);
  }
  nn::HostTensor shifted(RankedTensorType::get(weight.getType().getShape(), symmetric));
  int64_t length = weight.getNumElements() / weight.getType().getDimSize(0);
  for (auto [index, stored] : llvm::enumerate(weight.get<int8_t>())) {
    int64_t value = stored - nn::getZeroPoint(type, index / length);
    if (value < least || value > greatest)
      return std::nullopt;
    shifted.get<int8_t>()[index] = static_cast<int8_t>(value);
  }
  return shifted;
}

nn::HostTensor raiseWeakChannels(const nn::HostTensor &weight, double inputScale, double resultScale) {
  auto type = dyn_cast<quant::UniformQuantizedPerAxisType>(nn::getQuantizedElement(weight.getType()));
  if (!type)
    return weight;
  double least = getLeastWeightScale(inputScale, resultScale);
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

bool readBias(const nn::HostTensor &bias, double inputScale, quant::QuantizedType weight,
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

} // namespace tinyc::compress
