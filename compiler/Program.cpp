#include "compiler/Program.h"

#include "dialects/kernel/Kernel.h"
#include "dialects/nn/NN.h"
#include "passes/lower/ProgramState.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/MathExtras.h"

#include <cmath>
#include <cstring>
#include <limits>

using namespace mlir;

namespace tinyc {

int64_t Port::getElementBytes() const {
  return llvm::StringSwitch<int64_t>(type)
      .Cases({"int8", "uint8", "bool"}, 1)
      .Cases({"int16", "uint16"}, 2)
      .Cases({"float32", "int32", "uint32"}, 4)
      .Cases({"int64", "uint64"}, 8)
      .Default(0);
}

int64_t Port::getElements() const {
  int64_t count = 1;
  for (int64_t size : shape)
    count *= size;
  return count;
}

std::vector<int64_t> Port::getOnnxShape() const {
  std::vector<int64_t> onnxShape = shape;
  for (auto [stored, onnx] : llvm::enumerate(permutation))
    onnxShape[onnx] = shape[stored];
  return onnxShape;
}

bool Ports::isStreamed() const {
  auto isStreamed = [](const Port &port) { return port.streamed; };
  return llvm::any_of(inputs, isStreamed) || llvm::any_of(outputs, isStreamed);
}

int64_t Ports::getStateBytes() const { return isStreamed() ? 4 * (lower::kFixedStateWords + stateCounters) : 0; }

llvm::json::Value Port::toJson() const {
  llvm::json::Object object{{"name", llvm::json::fixUTF8(name)},
                            {"type", type},
                            {"shape", llvm::json::Array(shape)},
                            {"bytes", bytes}};
  if (streamed)
    object["streamed"] = true;
  else
    object["offset"] = offset;
  if (passes > 1)
    object["passes"] = passes;
  if (!permutation.empty())
    object["permutation"] = llvm::json::Array(permutation);
  if (isInteger()) {
    object["scale"] = scale;
    object["zero_point"] = zeroPoint;
  }
  return object;
}

static bool readInts(const llvm::json::Object &object, StringRef key, std::vector<int64_t> &values) {
  const llvm::json::Array *array = object.getArray(key);
  if (!array)
    return false;
  for (const llvm::json::Value &value : *array) {
    std::optional<int64_t> number = value.getAsInteger();
    if (!number || *number < 0)
      return false;
    values.push_back(*number);
  }
  return true;
}

std::optional<Port> Port::fromJson(const llvm::json::Value &value) {
  const llvm::json::Object *object = value.getAsObject();
  if (!object)
    return std::nullopt;
  std::optional<StringRef> name = object->getString("name"), type = object->getString("type");
  std::optional<int64_t> bytes = object->getInteger("bytes");
  Port port;
  if (!name || !type || !bytes || !readInts(*object, "shape", port.shape))
    return std::nullopt;
  if (object->get("permutation") && (!readInts(*object, "permutation", port.permutation) ||
                                     port.permutation.size() != port.shape.size() ||
                                     !isPermutationVector(port.permutation)))
    return std::nullopt;
  port.name = name->str();
  port.type = type->str();
  port.bytes = *bytes;
  port.offset = object->getInteger("offset").value_or(0);
  port.scale = object->getNumber("scale").value_or(1.0);
  port.zeroPoint = object->getInteger("zero_point").value_or(0);
  port.streamed = object->getBoolean("streamed").value_or(false);
  port.passes = object->getInteger("passes").value_or(1);
  if (port.getElementBytes() == 0)
    return std::nullopt;
  if (port.streamed && (port.shape.size() < 2 || port.shape[0] != 1 || port.shape[1] < 1))
    return std::nullopt;
  int64_t wanted = port.getElementBytes();
  for (int64_t size : port.shape)
    if (llvm::MulOverflow(wanted, size, wanted))
      return std::nullopt;
  if (port.bytes != wanted)
    return std::nullopt;
  return port;
}

Port makePort(RankedTensorType tensor, StringAttr name, DenseI64ArrayAttr permutation) {
  Port port;
  port.name = name ? name.str() : "";
  port.shape = tensor.getShape().vec();
  if (permutation)
    port.permutation = permutation.asArrayRef().vec();
  port.type = "float32";
  if (quant::UniformQuantizedType quantized = nn::getPerTensor(tensor)) {
    port.type = nn::isInt16Activation(quantized) ? "int16" : "int8";
    port.scale = quantized.getScale();
    port.zeroPoint = quantized.getZeroPoint();
  }
  if (auto integer = dyn_cast<IntegerType>(tensor.getElementType()))
    port.type = integer.isInteger(1) ? "bool" : ((integer.isUnsigned() ? "uint" : "int") + Twine(integer.getWidth())).str();
  port.bytes = port.getElements() * port.getElementBytes();
  return port;
}

static std::vector<Port> readPorts(ArrayAttr attribute) {
  std::vector<Port> ports;
  for (auto entry : attribute.getAsRange<DictionaryAttr>()) {
    ports.push_back(makePort(cast<RankedTensorType>(entry.getAs<TypeAttr>("type").getValue()),
                             entry.getAs<StringAttr>("name"), entry.getAs<DenseI64ArrayAttr>("permutation")));
    ports.back().streamed = entry.contains(kernel::kStreamedAttr);
    if (auto passes = entry.getAs<IntegerAttr>(kernel::kPassesAttr))
      ports.back().passes = passes.getInt();
    if (!ports.back().streamed)
      ports.back().offset = entry.getAs<IntegerAttr>("offset").getInt();
    ports.back().bytes = entry.getAs<IntegerAttr>("bytes").getInt();
  }
  return ports;
}

Ports getPorts(func::FuncOp function) {
  return {readPorts(function->getAttrOfType<ArrayAttr>("kernel.inputs")),
          readPorts(function->getAttrOfType<ArrayAttr>("kernel.outputs")), lower::getArenaRegions(function),
          lower::countStateCounters(function)};
}

func::FuncOp getPlannedFunction(ModuleOp module) {
  for (auto function : module.getOps<func::FuncOp>())
    if (function->hasAttr("kernel.inputs"))
      return function;
  return nullptr;
}

/// Calls `visit(stored index, ONNX index)` for every element of the port, in stored order.
template <typename Visit> static void forEachElement(const Port &port, Visit visit) {
  std::vector<int64_t> onnxShape = port.getOnnxShape();
  size_t rank = onnxShape.size();
  std::vector<int64_t> onnxStrides(rank, 1), strides(rank, 1), index(rank, 0);
  for (size_t i = rank; i-- > 1;)
    onnxStrides[i - 1] = onnxStrides[i] * onnxShape[i];
  for (size_t i = 0; i < rank; ++i)
    strides[i] = onnxStrides[port.permutation.empty() ? i : port.permutation[i]];
  int64_t onnx = 0;
  for (int64_t stored = 0, count = port.getElements(); stored < count; ++stored) {
    visit(stored, onnx);
    for (size_t axis = rank; axis-- > 0;) {
      onnx += strides[axis];
      if (++index[axis] < port.shape[axis])
        break;
      onnx -= strides[axis] * port.shape[axis];
      index[axis] = 0;
    }
  }
}

/// Calls `f` with a zero of the C++ type of the port's integers.
template <typename F> static void visitElement(StringRef type, F f) {
  if (type == "int8")
    return f(int8_t());
  if (type == "uint8" || type == "bool")
    return f(uint8_t());
  if (type == "int16")
    return f(int16_t());
  if (type == "uint16")
    return f(uint16_t());
  if (type == "int32")
    return f(int32_t());
  if (type == "uint32")
    return f(uint32_t());
  return type == "int64" ? f(int64_t()) : f(uint64_t());
}

std::vector<char> encode(const Port &port, ArrayRef<float> values) {
  assert(static_cast<int64_t>(values.size()) == port.getElements());
  std::vector<char> bytes(port.bytes);
  if (port.type == "float32") {
    forEachElement(port, [&](int64_t stored, int64_t onnx) { std::memcpy(bytes.data() + 4 * stored, &values[onnx], 4); });
    return bytes;
  }
  visitElement(port.type, [&](auto zero) {
    using T = decltype(zero);
    // 2^63 and 2^64 - 1 are no doubles: the greatest below them that is one. Quantized int16 is symmetric.
    const double least = port.type == "int16" && port.isQuantized() ? -32767.0 : static_cast<double>(std::numeric_limits<T>::min()),
                 most = sizeof(T) < 8 ? static_cast<double>(std::numeric_limits<T>::max())
                                      : std::nextafter(static_cast<double>(std::numeric_limits<T>::max()), 0.0);
    forEachElement(port, [&](int64_t stored, int64_t onnx) {
      double q = std::nearbyint(static_cast<double>(values[onnx]) / port.scale) + static_cast<double>(port.zeroPoint);
      if (port.type == "bool")
        q = q != 0.0;
      T element = static_cast<T>(std::isnan(q) ? static_cast<double>(port.zeroPoint) : std::clamp(q, least, most));
      std::memcpy(bytes.data() + stored * sizeof(T), &element, sizeof(T));
    });
  });
  return bytes;
}

std::vector<float> decode(const Port &port, ArrayRef<char> bytes) {
  assert(static_cast<int64_t>(bytes.size()) == port.bytes);
  std::vector<float> values(port.getElements());
  if (port.type == "float32") {
    forEachElement(port, [&](int64_t stored, int64_t onnx) { std::memcpy(&values[onnx], bytes.data() + 4 * stored, 4); });
    return values;
  }
  visitElement(port.type, [&](auto zero) {
    using T = decltype(zero);
    forEachElement(port, [&](int64_t stored, int64_t onnx) {
      T element;
      std::memcpy(&element, bytes.data() + stored * sizeof(T), sizeof(T));
      values[onnx] = port.isQuantized()
                         ? static_cast<float>((static_cast<int64_t>(element) - port.zeroPoint) * port.scale)
                         : static_cast<float>(element);
    });
  });
  return values;
}

std::vector<char> encodeIntegers(const Port &port, ArrayRef<int64_t> values) {
  assert(port.isPlainInteger() && static_cast<int64_t>(values.size()) == port.getElements());
  std::vector<char> bytes(port.bytes);
  visitElement(port.type, [&](auto zero) {
    using T = decltype(zero);
    forEachElement(port, [&](int64_t stored, int64_t onnx) {
      int64_t value = values[onnx];
      if constexpr (sizeof(T) < 8)
        value = std::clamp<int64_t>(value, std::numeric_limits<T>::min(), std::numeric_limits<T>::max());
      T element = static_cast<T>(value);
      std::memcpy(bytes.data() + stored * sizeof(T), &element, sizeof(T));
    });
  });
  return bytes;
}

std::vector<int64_t> decodeIntegers(const Port &port, ArrayRef<char> bytes) {
  assert(port.isPlainInteger() && static_cast<int64_t>(bytes.size()) == port.bytes);
  std::vector<int64_t> values(port.getElements());
  visitElement(port.type, [&](auto zero) {
    using T = decltype(zero);
    forEachElement(port, [&](int64_t stored, int64_t onnx) {
      T element;
      std::memcpy(&element, bytes.data() + stored * sizeof(T), sizeof(T));
      values[onnx] = static_cast<int64_t>(element);
    });
  });
  return values;
}

} // namespace tinyc
