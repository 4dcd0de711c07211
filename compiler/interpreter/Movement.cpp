// reshape, transpose, concat, pad: elements keep their bits.
#include "compiler/interpreter/Kernels.h"

#include <cstring>

using namespace mlir;

namespace tinyc::nn {

namespace {

// Elements from outer index to outer index: row-major strides of a shape.
SmallVector<int64_t> computeStrides(ArrayRef<int64_t> shape) {
  SmallVector<int64_t> strides(shape.size(), 1);
  for (int64_t axis = static_cast<int64_t>(shape.size()) - 2; axis >= 0; --axis)
    strides[axis] = strides[axis + 1] * shape[axis + 1];
  return strides;
}

// Visits the elements of `shape` in row-major order: f(offset), the offset by `strides` in the other tensor.
template <typename F> void walkElements(ArrayRef<int64_t> shape, ArrayRef<int64_t> strides, int64_t offset, F &&f) {
  if (shape.empty())
    return f(offset);
  for (int64_t i = 0; i < shape.front(); ++i)
    walkElements(shape.drop_front(), strides.drop_front(), offset + i * strides.front(), f);
}

template <typename T> void permute(const char *from, char *to, ArrayRef<int64_t> shape, ArrayRef<int64_t> strides) {
  walkElements(shape, strides, 0, [&](int64_t offset) {
    std::memcpy(to, from + offset * sizeof(T), sizeof(T));
    to += sizeof(T);
  });
}

} // namespace

FailureOr<Kernel> compileReshape(ReshapeOp) {
  return Kernel(
      [](Operands operands, HostTensor &out) { llvm::copy(operands[0]->getBytes(), out.getBytes().begin()); });
}

FailureOr<Kernel> compileTranspose(TransposeOp op) {
  SmallVector<int64_t> inputStrides = computeStrides(op.getInput().getType().getShape()), strides;
  for (int64_t axis : op.getPermutation())
    strides.push_back(inputStrides[axis]);
  return Kernel([strides = std::move(strides)](Operands operands, HostTensor &out) {
    const char *from = operands[0]->getBytes().data();
    char *to = out.getBytes().data();
    ArrayRef<int64_t> shape = out.getType().getShape();
    switch (out.getElementBytes()) {
    case 1:
      return permute<uint8_t>(from, to, shape, strides);
    case 2:
      return permute<uint16_t>(from, to, shape, strides);
    default:
      return permute<uint32_t>(from, to, shape, strides);
    }
  });
}

FailureOr<Kernel> compileConcat(ConcatOp op) {
  ArrayRef<int64_t> shape = op.getOutput().getType().getShape();
  int64_t outer = 1;
  for (int64_t size : shape.take_front(op.getAxis()))
    outer *= size;
  return Kernel([outer](Operands operands, HostTensor &out) {
    char *to = out.getBytes().data();
    for (int64_t i = 0; i < outer; ++i)
      for (const HostTensor *operand : operands) {
        int64_t bytes = static_cast<int64_t>(operand->getBytes().size()) / outer;
        to = std::copy_n(operand->getBytes().data() + i * bytes, bytes, to);
      }
  });
}

FailureOr<Kernel> compilePad(PadOp op) {
  RankedTensorType input = op.getInput().getType(), output = op.getOutput().getType();
  SmallVector<int64_t> strides = computeStrides(output.getShape());
  int64_t origin = 0;
  for (auto [before, stride] : llvm::zip(op.getBefore(), strides))
    origin += before * stride;
  float value = op.getValue().convertToFloat();
  quant::QuantizedType element = getQuantizedElement(output);
  int64_t stored = element ? quantizeReal(value, element) : 0;
  return Kernel([=, strides = std::move(strides)](Operands operands, HostTensor &out) {
    dispatchElement(output.getElementType(), [&](auto zero) {
      using T = decltype(zero);
      MutableArrayRef<T> values = out.get<T>();
      std::fill(values.begin(), values.end(),
                std::is_same_v<T, float> ? static_cast<T>(value) : static_cast<T>(stored));
      const T *from = operands[0]->get<T>().data();
      walkElements(input.getShape(), strides, origin, [&](int64_t offset) { values[offset] = *from++; });
    });
  });
}

} // namespace tinyc::nn
