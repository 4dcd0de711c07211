// Tensors known at compile time: initializers, Constant nodes, and what import folds from them.
#ifndef TINYC_COMPILER_ONNX_CONSTANT_H
#define TINYC_COMPILER_ONNX_CONSTANT_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tinyc::onnx {

/// Element types under their numbers in ONNX (TensorProto.DataType).
enum class DataType : int32_t {
  Undefined = 0,
  Float = 1,
  UInt8 = 2,
  Int8 = 3,
  UInt16 = 4,
  Int16 = 5,
  Int32 = 6,
  Int64 = 7,
  String = 8,
  Bool = 9,
  Float16 = 10,
  Double = 11,
  UInt32 = 12,
  UInt64 = 13,
  BFloat16 = 16,
  UInt4 = 21,
  Int4 = 22,
};

/// The name of an element type in messages: float32, int8 ...
std::string getName(DataType type);

/// Bytes of one element of the types a Constant holds, 0 for the others. Elements of 4 bits take a byte each.
unsigned getByteWidth(DataType type);

/// Bits of one element of an integer type that a Constant holds.
unsigned getBitWidth(DataType type);

/// True for the integer types that QuantizeLinear and DequantizeLinear know as storage of activations and weights.
bool isQuantizedStorage(DataType type);

/// No tensor may have more elements; keeps every size of a float tensor below 2 GiB.
inline constexpr int64_t kMaxElements = (int64_t(1) << 29) - 1;
/// Limit of the tensors that folding creates out of a shape alone (ConstantOfShape, Expand, Range).
inline constexpr int64_t kMaxFoldedElements = int64_t(1) << 24;

using Shape = llvm::SmallVector<int64_t>;

/// Product of the dimensions, or nullopt if one is negative or the product exceeds kMaxElements.
std::optional<int64_t> countElements(llvm::ArrayRef<int64_t> shape);

/// "[1, 3, 32, 32]", for messages.
std::string toString(llvm::ArrayRef<int64_t> shape);

/// How integers stand for real numbers: (q - zero point) * scale, with one scale for all or one for each index of
/// `axis`.
struct Quantization {
  llvm::SmallVector<float> scales;
  llvm::SmallVector<int64_t> zeroPoints;
  /// -1: per tensor.
  int64_t axis = -1;
};

struct Constant;
using ConstantRef = std::shared_ptr<const Constant>;

/// A dense row-major tensor. Float16, BFloat16 and double values are held as Float.
struct Constant {
  DataType type = DataType::Undefined;
  Shape shape;
  std::vector<char> bytes;
  /// Present: `type` is the storage of a dequantized tensor, whose ONNX element type is float.
  std::optional<Quantization> quantization;

  Constant(DataType type, llvm::ArrayRef<int64_t> shape);
  /// `values` are converted to `type`; one value for each element.
  static ConstantRef fromIntegers(DataType type, llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<int64_t> values);
  static ConstantRef fromFloats(llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<float> values);

  int64_t getNumElements() const;
  /// The element type ONNX sees: Float for a dequantized tensor.
  DataType getElementType() const { return quantization ? DataType::Float : type; }
  template <typename T> llvm::ArrayRef<T> get() const {
    return {reinterpret_cast<const T *>(bytes.data()), bytes.size() / sizeof(T)};
  }
  template <typename T> llvm::MutableArrayRef<T> get() {
    return {reinterpret_cast<T *>(bytes.data()), bytes.size() / sizeof(T)};
  }
  /// The elements of an integer or boolean tensor.
  llvm::SmallVector<int64_t> getIntegers() const;
  /// The real values of a float, integer or dequantized tensor.
  std::vector<float> getFloats() const;
};

/// Result dimension i is dimension permutation[i] of `input`.
ConstantRef permute(const ConstantRef &input, llvm::ArrayRef<int64_t> permutation);

/// The same elements under another shape of the same size. Null if `input` is quantized along an axis that the new
/// shape does not have.
ConstantRef reshape(const ConstantRef &input, llvm::ArrayRef<int64_t> shape);

/// Repeats dimensions of size 1, and adds leading ones, up to `shape` (numpy broadcasting; it must be possible). Null
/// if `input` is quantized along an axis.
ConstantRef broadcast(const ConstantRef &input, llvm::ArrayRef<int64_t> shape);

} // namespace tinyc::onnx

#endif // TINYC_COMPILER_ONNX_CONSTANT_H
