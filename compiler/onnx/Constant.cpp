#include "compiler/onnx/Constant.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/InterleavedRange.h"
#include "llvm/Support/raw_ostream.h"

#include <cassert>
#include <cstring>

namespace tinyc::onnx {

std::string getName(DataType type) {
  switch (type) {
  case DataType::Undefined: return "undefined";
  case DataType::Float: return "float32";
  case DataType::UInt8: return "uint8";
  case DataType::Int8: return "int8";
  case DataType::UInt16: return "uint16";
  case DataType::Int16: return "int16";
  case DataType::Int32: return "int32";
  case DataType::Int64: return "int64";
  case DataType::String: return "string";
  case DataType::Bool: return "bool";
  case DataType::Float16: return "float16";
  case DataType::Double: return "float64";
  case DataType::UInt32: return "uint32";
  case DataType::UInt64: return "uint64";
  case DataType::BFloat16: return "bfloat16";
  case DataType::UInt4: return "uint4";
  case DataType::Int4: return "int4";
  }
  switch (static_cast<int32_t>(type)) {
  case 14: return "complex64";
  case 15: return "complex128";
  case 17: return "float8e4m3fn";
  case 18: return "float8e4m3fnuz";
  case 19: return "float8e5m2";
  case 20: return "float8e5m2fnuz";
  case 23: return "float4e2m1";
  case 24: return "float8e8m0";
  case 25: return "uint2";
  case 26: return "int2";
  }
  return "element type " + std::to_string(static_cast<int32_t>(type));
}

unsigned getByteWidth(DataType type) {
  switch (type) {
  case DataType::UInt4:
  case DataType::Int4:
  case DataType::UInt8:
  case DataType::Int8:
  case DataType::Bool: return 1;
  case DataType::UInt16:
  case DataType::Int16: return 2;
  case DataType::Float:
  case DataType::UInt32:
  case DataType::Int32: return 4;
  case DataType::UInt64:
  case DataType::Int64: return 8;
  default: return 0;
  }
}

unsigned getBitWidth(DataType type) {
  return type == DataType::UInt4 || type == DataType::Int4 ? 4 : 8 * getByteWidth(type);
}

bool isQuantizedStorage(DataType type) {
  switch (type) {
  case DataType::UInt4:
  case DataType::Int4:
  case DataType::UInt8:
  case DataType::Int8:
  case DataType::UInt16:
  case DataType::Int16: return true;
  default: return false;
  }
}

std::optional<int64_t> countElements(llvm::ArrayRef<int64_t> shape) {
  if (llvm::any_of(shape, [](int64_t size) { return size < 0; }))
    return std::nullopt;
  if (llvm::is_contained(shape, 0))
    return 0;
  int64_t count = 1;
  for (int64_t size : shape) {
    if (size > kMaxElements / count)
      return std::nullopt;
    count *= size;
  }
  return count;
}

std::string toString(llvm::ArrayRef<int64_t> shape) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  stream << '[' << llvm::interleaved(shape) << ']';
  return text;
}

Constant::Constant(DataType type, llvm::ArrayRef<int64_t> shape)
    : type(type), shape(shape), bytes(*countElements(shape) * getByteWidth(type)) {}

int64_t Constant::getNumElements() const { return *countElements(shape); }

/// Calls `function` with a null pointer to the C++ type that holds elements of the integer type `type`.
template <typename Function> static void visitInteger(DataType type, Function function) {
  switch (type) {
  case DataType::UInt4:
  case DataType::UInt8:
  case DataType::Bool: return function(static_cast<uint8_t *>(nullptr));
  case DataType::Int4:
  case DataType::Int8: return function(static_cast<int8_t *>(nullptr));
  case DataType::UInt16: return function(static_cast<uint16_t *>(nullptr));
  case DataType::Int16: return function(static_cast<int16_t *>(nullptr));
  case DataType::Int32: return function(static_cast<int32_t *>(nullptr));
  case DataType::Int64: return function(static_cast<int64_t *>(nullptr));
  case DataType::UInt32: return function(static_cast<uint32_t *>(nullptr));
  case DataType::UInt64: return function(static_cast<uint64_t *>(nullptr));
  default: assert(false && "not an integer type");
  }
}

ConstantRef Constant::fromIntegers(DataType type, llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<int64_t> values) {
  auto result = std::make_shared<Constant>(type, shape);
  visitInteger(type, [&](auto *pointer) {
    using T = std::remove_pointer_t<decltype(pointer)>;
    for (auto [element, value] : llvm::zip_equal(result->get<T>(), values))
      element = static_cast<T>(value);
  });
  return result;
}

ConstantRef Constant::fromFloats(llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<float> values) {
  auto result = std::make_shared<Constant>(DataType::Float, shape);
  llvm::copy(values, result->get<float>().begin());
  return result;
}

llvm::SmallVector<int64_t> Constant::getIntegers() const {
  llvm::SmallVector<int64_t> values;
  visitInteger(type, [&](auto *pointer) {
    using T = std::remove_pointer_t<decltype(pointer)>;
    llvm::append_range(values, get<T>());
  });
  return values;
}

std::vector<float> Constant::getFloats() const {
  if (type == DataType::Float)
    return get<float>().vec();
  std::vector<float> values;
  values.reserve(getNumElements());
  visitInteger(type, [&](auto *pointer) {
    for (auto value : get<std::remove_pointer_t<decltype(pointer)>>())
      values.push_back(static_cast<float>(value));
  });
  if (!quantization)
    return values;
  int64_t inner = 1, channels = 1;
  if (quantization->axis >= 0) {
    channels = shape[quantization->axis];
    for (int64_t size : llvm::ArrayRef(shape).drop_front(quantization->axis + 1))
      inner *= size;
  }
  for (auto [index, value] : llvm::enumerate(values)) {
    int64_t channel = static_cast<int64_t>(index) / inner % channels;
    value = (value - static_cast<float>(quantization->zeroPoints[channel])) * quantization->scales[channel];
  }
  return values;
}

/// Steps through the elements of `shape` in row-major order; calls `visit` with each one's offset, where a step of
/// dimension i moves the offset by strides[i].
static void forEachOffset(llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<int64_t> strides,
                          llvm::function_ref<void(int64_t)> visit) {
  Shape index(shape.size(), 0);
  int64_t offset = 0;
  for (int64_t remaining = *countElements(shape); remaining > 0; --remaining) {
    visit(offset);
    for (int64_t dim = static_cast<int64_t>(shape.size()) - 1; dim >= 0; --dim) {
      offset += strides[dim];
      if (++index[dim] < shape[dim])
        break;
      offset -= strides[dim] * shape[dim];
      index[dim] = 0;
    }
  }
}

/// Strides, in elements, of a dense row-major tensor.
static Shape computeStrides(llvm::ArrayRef<int64_t> shape) {
  Shape strides(shape.size(), 1);
  for (int64_t dim = static_cast<int64_t>(shape.size()) - 2; dim >= 0; --dim)
    strides[dim] = strides[dim + 1] * shape[dim + 1];
  return strides;
}

/// Copies the elements at the offsets that `strides` gives into a tensor of `shape`.
static std::shared_ptr<Constant> gather(const Constant &input, llvm::ArrayRef<int64_t> shape,
                                        llvm::ArrayRef<int64_t> strides) {
  auto result = std::make_shared<Constant>(input.type, shape);
  const unsigned width = getByteWidth(input.type);
  char *target = result->bytes.data();
  forEachOffset(shape, strides, [&](int64_t offset) {
    std::memcpy(target, input.bytes.data() + offset * width, width);
    target += width;
  });
  result->quantization = input.quantization;
  return result;
}

ConstantRef permute(const ConstantRef &input, llvm::ArrayRef<int64_t> permutation) {
  Shape inputStrides = computeStrides(input->shape), shape, strides;
  for (int64_t dim : permutation) {
    shape.push_back(input->shape[dim]);
    strides.push_back(inputStrides[dim]);
  }
  std::shared_ptr<Constant> result = gather(*input, shape, strides);
  if (result->quantization && result->quantization->axis >= 0)
    result->quantization->axis = llvm::find(permutation, result->quantization->axis) - permutation.begin();
  return result;
}

/// Dimension of `to` that has the elements of dimension `axis` of `from`, or -1.
static int64_t mapAxis(llvm::ArrayRef<int64_t> from, int64_t axis, llvm::ArrayRef<int64_t> to) {
  int64_t before = *countElements(from.take_front(axis)), product = 1;
  for (auto [dim, size] : llvm::enumerate(to)) {
    if (product == before && size == from[axis])
      return dim;
    product *= size;
  }
  return -1;
}

ConstantRef reshape(const ConstantRef &input, llvm::ArrayRef<int64_t> shape) {
  auto result = std::make_shared<Constant>(*input);
  result->shape.assign(shape.begin(), shape.end());
  if (result->quantization && result->quantization->axis >= 0) {
    result->quantization->axis = mapAxis(input->shape, result->quantization->axis, shape);
    if (result->quantization->axis < 0)
      return nullptr;
  }
  return result;
}

ConstantRef broadcast(const ConstantRef &input, llvm::ArrayRef<int64_t> shape) {
  if (llvm::ArrayRef(input->shape) == shape)
    return input;
  if (input->quantization && input->quantization->axis >= 0)
    return nullptr;
  Shape inputStrides = computeStrides(input->shape), strides(shape.size(), 0);
  const size_t leading = shape.size() - input->shape.size();
  for (auto [dim, size] : llvm::enumerate(input->shape))
    strides[leading + dim] = size == 1 ? 0 : inputStrides[dim];
  return gather(*input, shape, strides);
}

} // namespace tinyc::onnx
