#include "compiler/interpreter/Kernels.h"

#include "mlir/IR/DialectResourceBlobManager.h"

using namespace mlir;

namespace tinyc::nn {

static int64_t elementBytes(RankedTensorType type) {
  int64_t bytes = 4;
  dispatchElement(type.getElementType(), [&](auto zero) { bytes = sizeof(zero); });
  return bytes;
}

HostTensor::HostTensor(RankedTensorType type) : type(type), storage(type.getNumElements() * elementBytes(type)) {}

int64_t HostTensor::getElementBytes() const { return elementBytes(type); }

HostTensor HostTensor::fromElements(RankedTensorType type, ElementsAttr elements) {
  HostTensor tensor(type);
  // Whole bytes are stored as in a host tensor; elements of fewer bits are not sign-extended in the attribute.
  bool sameBits = elements.getElementType().isIntOrFloat() &&
                  elements.getElementType().getIntOrFloatBitWidth() == 8 * tensor.getElementBytes();
  ArrayRef<char> raw;
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(elements)) {
    if (AsmResourceBlob *blob = resource.getRawHandle().getBlob())
      raw = blob->getData();
  } else if (auto dense = dyn_cast<DenseElementsAttr>(elements); dense && !dense.isSplat()) {
    raw = dense.getRawData();
  }
  if (sameBits && raw.size() == tensor.storage.size()) {
    llvm::copy(raw, tensor.storage.begin());
    return tensor;
  }
  bool readable = false;
  dispatchElement(type.getElementType(), [&](auto zero) {
    using T = decltype(zero);
    MutableArrayRef<T> values = tensor.get<T>();
    if constexpr (std::is_same_v<T, float>) {
      if (auto floats = elements.tryGetValues<APFloat>()) {
        readable = true;
        for (auto [value, element] : llvm::zip(values, *floats))
          value = element.convertToFloat();
      }
    } else {
      if (auto integers = elements.tryGetValues<APInt>()) {
        readable = true;
        for (auto [value, element] : llvm::zip(values, *integers))
          value = static_cast<T>(std::is_signed_v<T> ? element.getSExtValue()
                                                     : static_cast<int64_t>(element.getZExtValue()));
      }
    }
  });
  return readable ? tensor : HostTensor();
}

ElementScales::ElementScales(RankedTensorType type) {
  quant::QuantizedType element = getQuantizedElement(type);
  if (auto perAxis = dyn_cast<quant::UniformQuantizedPerAxisType>(element)) {
    scales.assign(perAxis.getScales().begin(), perAxis.getScales().end());
    zeroPoints.assign(perAxis.getZeroPoints().begin(), perAxis.getZeroPoints().end());
    for (int64_t size : type.getShape().drop_front(perAxis.getQuantizedDimension() + 1))
      inner *= size;
    return;
  }
  scales.push_back(getScale(element));
  zeroPoints.push_back(getZeroPoint(element));
}

std::vector<float> HostTensor::toReal() const {
  if (!getQuantizedElement(type)) {
    std::vector<float> real;
    dispatchElement(type.getElementType(), [&](auto zero) {
      for (auto value : get<decltype(zero)>())
        real.push_back(static_cast<float>(value));
    });
    return real;
  }
  std::vector<float> real(getNumElements());
  ElementScales scales(type);
  dispatchElement(type.getElementType(), [&](auto zero) {
    using T = decltype(zero);
    ArrayRef<T> values = get<T>();
    for (int64_t index = 0, end = getNumElements(); index < end; ++index) {
      int64_t channel = scales.channel(index);
      int64_t q = static_cast<int64_t>(values[index]) - scales.zeroPoints[channel];
      // One rounding in the product, as in the run-time kernel, where q is exact in a float; biases need double.
      if constexpr (sizeof(T) <= 2)
        real[index] = static_cast<float>(q) * static_cast<float>(scales.scales[channel]);
      else
        real[index] = static_cast<float>(static_cast<double>(q) * scales.scales[channel]);
    }
  });
  return real;
}

DenseElementsAttr HostTensor::toElements() const {
  Type element = getStorageType(type.getElementType());
  auto storageType = RankedTensorType::get(type.getShape(), element);
  DenseElementsAttr elements;
  dispatchElement(type.getElementType(), [&](auto zero) {
    using T = decltype(zero);
    if constexpr (std::is_same_v<T, float>) {
      elements = DenseElementsAttr::get(storageType, get<float>());
    } else {
      SmallVector<APInt> values;
      values.reserve(getNumElements());
      unsigned width = element.getIntOrFloatBitWidth();
      for (T value : get<T>())
        values.push_back(APInt(width, static_cast<uint64_t>(static_cast<int64_t>(value)), std::is_signed_v<T>,
                               /*implicitTrunc=*/true));
      elements = DenseElementsAttr::get(storageType, values);
    }
  });
  return elements;
}

} // namespace tinyc::nn
