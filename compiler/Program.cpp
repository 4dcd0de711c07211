#include "compiler/Program.h"

#include "dialects/kernel/Kernel.h"
#include "dialects/nn/NN.h"
#include "passes/lower/ProgramState.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "llvm/Support/MathExtras.h"

#include <cstring>

using namespace mlir;

namespace tinyc {

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
  if (port.type != "int8" && port.type != "int16" && port.type != "float32")
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

std::vector<char> encode(const Port &port, ArrayRef<float> values) {
  assert(static_cast<int64_t>(values.size()) == port.getElements());
  std::vector<char> bytes(port.bytes);
  forEachElement(port, [&](int64_t stored, int64_t onnx) {
    if (!port.isInteger()) {
      std::memcpy(bytes.data() + 4 * stored, &values[onnx], 4);
      return;
    }
    double q = std::nearbyint(static_cast<double>(values[onnx]) / port.scale) + static_cast<double>(port.zeroPoint);
    bool isWide = port.type == "int16";
    double limited = std::isnan(q) ? port.zeroPoint : std::clamp(q, isWide ? -32767.0 : -128.0, isWide ? 32767.0 : 127.0);
    if (!isWide) {
      bytes[stored] = static_cast<char>(static_cast<int8_t>(limited));
      return;
    }
    auto element = static_cast<int16_t>(limited);
    std::memcpy(bytes.data() + 2 * stored, &element, 2);
  });
  return bytes;
}

std::vector<float> decode(const Port &port, ArrayRef<char> bytes) {
  assert(static_cast<int64_t>(bytes.size()) == port.bytes);
  std::vector<float> values(port.getElements());
  forEachElement(port, [&](int64_t stored, int64_t onnx) {
    if (!port.isInteger()) {
      std::memcpy(&values[onnx], bytes.data() + 4 * stored, 4);
      return;
    }
    int16_t element = static_cast<int8_t>(bytes[stored]);
    if (port.type == "int16")
      std::memcpy(&element, bytes.data() + 2 * stored, 2);
    values[onnx] = static_cast<float>((element - port.zeroPoint) * port.scale);
  });
  return values;
}

} // namespace tinyc
