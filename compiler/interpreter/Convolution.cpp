// conv2d, fully_connected, matmul, batch_norm.
#include "compiler/interpreter/ConvolutionShape.h"
#include "compiler/interpreter/Gemm.h"
#include "compiler/interpreter/Kernels.h"

#include <cstring>

using namespace mlir;

namespace tinyc::nn {

namespace {

using Shape = ConvolutionShape;

// Weights in the order the hot loops read them. T is float or int16_t.
template <typename T> struct Weights {
  std::vector<PackedMatrix<T>> groups; // [depth][outputs of the group]
  std::vector<T> depthwise;            // [tap][channel]
  std::vector<Accumulator<T>> bias;    // of depthwise
};

// Where the sums begin: -0.0f counts as 0.0f, so that products with padding, which are zeros, change nothing.
template <typename T> void copyBias(ArrayRef<Accumulator<T>> bias, std::vector<Accumulator<T>> &to) {
  llvm::transform(bias, to.begin(), [](Accumulator<T> value) { return value + Accumulator<T>(0); });
}

template <typename T, typename Stored>
PackedMatrix<T> packRows(ArrayRef<Stored> weight, ArrayRef<Accumulator<T>> bias, int64_t columns, int64_t depth) {
  PackedMatrix<T> packed(depth, columns);
  for (int64_t column = 0; column < columns; ++column)
    for (int64_t k = 0; k < depth; ++k)
      packed.at(k, column) = weight[column * depth + k];
  copyBias<T>(bias, packed.bias);
  return packed;
}

template <typename T, typename Stored>
Weights<T> packWeights(const Shape &shape, ArrayRef<Stored> weight, ArrayRef<Accumulator<T>> bias) {
  Weights<T> weights;
  if (shape.depthwise()) {
    weights.depthwise.resize(weight.size());
    for (int64_t channel = 0; channel < shape.outputChannels; ++channel)
      for (int64_t tap = 0; tap < shape.taps(); ++tap)
        weights.depthwise[tap * shape.outputChannels + channel] = weight[channel * shape.taps() + tap];
    weights.bias.resize(shape.outputChannels);
    copyBias<T>(bias, weights.bias);
    return weights;
  }
  int64_t outputs = shape.groupOutputs(), size = outputs * shape.depth();
  for (int64_t group = 0; group < shape.groups; ++group)
    weights.groups.push_back(packRows<T, Stored>(weight.slice(group * size, size),
                                                 bias.empty() ? bias : bias.slice(group * outputs, outputs), outputs,
                                                 shape.depth()));
  return weights;
}

// The window of output pixel (y, x): for each tap the input pixel, or null outside the input.
template <typename T>
void findTaps(const Shape &shape, const T *image, int64_t y, int64_t x, SmallVectorImpl<const T *> &taps) {
  taps.clear();
  for (int64_t ky = 0; ky < shape.kernel[0]; ++ky)
    for (int64_t kx = 0; kx < shape.kernel[1]; ++kx) {
      int64_t row = y * shape.strides[0] + ky * shape.dilations[0] - shape.pads[0];
      int64_t column = x * shape.strides[1] + kx * shape.dilations[1] - shape.pads[1];
      bool inside = row >= 0 && row < shape.input[0] && column >= 0 && column < shape.input[1];
      taps.push_back(inside ? image + (row * shape.input[1] + column) * shape.inputChannels : nullptr);
    }
}

// Accumulators of one image, in blocks of consecutive output pixels: consume(first pixel, pixels, accumulators
// [pixels][outputChannels]). `image` holds float, or input minus zero point; so elements outside it are 0 in both
// forms.
template <typename T, typename Consume>
void convolve(const Shape &shape, const Weights<T> &weights, const T *image, Consume consume) {
  constexpr int64_t patchElements = 1 << 14;
  int64_t depth = shape.depth(), channels = shape.groupInputs(), pixels = shape.pixels();
  int64_t block = std::clamp<int64_t>(patchElements / std::max<int64_t>(1, depth), 8, 256);
  std::vector<Accumulator<T>> accumulators(block * shape.outputChannels);
  std::vector<T> patches(shape.depthwise() || shape.pointwise() ? 0 : block * depth);
  SmallVector<const T *> taps;
  for (int64_t first = 0; first < pixels; first += block) {
    int64_t count = std::min(block, pixels - first);
    if (shape.depthwise()) {
      for (int64_t i = 0; i < count; ++i) {
        findTaps(shape, image, (first + i) / shape.output[1], (first + i) % shape.output[1], taps);
        depthwisePixel(taps.data(), shape.taps(), weights.depthwise.data(), weights.bias.data(), shape.outputChannels,
                       accumulators.data() + i * shape.outputChannels);
      }
    } else if (shape.pointwise()) {
      multiply(image + first * depth, depth, count, weights.groups[0], accumulators.data(), shape.outputChannels);
    } else {
      for (int64_t group = 0; group < shape.groups; ++group) {
        T *to = patches.data();
        for (int64_t i = 0; i < count; ++i) {
          findTaps(shape, image, (first + i) / shape.output[1], (first + i) % shape.output[1], taps);
          for (const T *tap : taps) {
            if (tap)
              std::copy_n(tap + group * channels, channels, to);
            else
              std::fill_n(to, channels, T(0));
            to += channels;
          }
        }
        multiply(patches.data(), depth, count, weights.groups[group],
                 accumulators.data() + group * shape.groupOutputs(), shape.outputChannels);
      }
    }
    consume(first, count, accumulators.data());
  }
}

// Of activations of at most 8 bits, or of 16, whose zero point is 0.
void subtractZeroPoint(const HostTensor &tensor, int32_t zeroPoint, std::vector<int16_t> &centered) {
  if (tensor.getElementBytes() == 2) {
    centered.assign(tensor.get<int16_t>().begin(), tensor.get<int16_t>().end());
    return;
  }
  ArrayRef<int8_t> values = tensor.get<int8_t>();
  centered.resize(values.size());
  for (size_t i = 0; i < values.size(); ++i)
    centered[i] = static_cast<int16_t>(values[i] - zeroPoint);
}

// Float values of a bias operand, or none.
template <typename T> ArrayRef<T> biasValues(Operands operands) {
  return operands.size() > 2 && operands[2] ? operands[2]->get<T>() : ArrayRef<T>();
}

// Checks the types of a product with constant weights in integer form, and the range of its accumulators where the
// weights are known.
LogicalResult checkIntegerProduct(Operation *op, Operands constants) {
  Value input = op->getOperand(0), weight = op->getOperand(1);
  if (failed(expectInteger(op, input.getType())) || failed(expectInteger(op, op->getResult(0).getType())))
    return failure();
  quant::QuantizedType weightElement = getQuantizedElement(weight.getType());
  if (!weightElement.isSigned() || weightElement.getStorageTypeIntegralWidth() > 8)
    return op->emitOpError("has an integer form for weights of at most 8 bits, signed, got ") << weight.getType();
  bool hasBias = op->getNumOperands() > 2;
  if (!constants[1] || (hasBias && !constants[2]))
    return success();
  int64_t channels = cast<RankedTensorType>(weight.getType()).getDimSize(0), overflowChannel = 0;
  quant::UniformQuantizedType inputElement = getPerTensor(input.getType());
  if (failed(foldInputZeroPoint(constants[1]->get<int8_t>(), biasValues<int32_t>(constants), channels,
                                static_cast<int32_t>(inputElement.getZeroPoint()), &overflowChannel,
                                getGreatestActivation(inputElement))))
    return op->emitOpError("accumulator of output channel ") << overflowChannel << " may leave 32 bits";
  return success();
}

} // namespace

FailureOr<Kernel> compileConvolution(Conv2DOp op, Operands constants) {
  Shape shape(op);
  bool ready = constants[1] && (!op.getBias() || constants[2]);
  quant::UniformQuantizedType result = getPerTensor(op.getOutput().getType());
  if (!result) {
    auto pack = [shape](Operands operands) {
      return packWeights<float, float>(shape, operands[1]->get<float>(), biasValues<float>(operands));
    };
    Weights<float> packed = ready ? pack(constants) : Weights<float>();
    FloatClamp clamp(op);
    return Kernel([=, packed = std::move(packed)](Operands operands, HostTensor &out) {
      Weights<float> local = ready ? Weights<float>() : pack(operands);
      for (int64_t n = 0; n < shape.batch; ++n) {
        const float *image =
            operands[0]->get<float>().data() + n * shape.input[0] * shape.input[1] * shape.inputChannels;
        float *to = out.get<float>().data() + n * shape.pixels() * shape.outputChannels;
        convolve(shape, ready ? packed : local, image, [&](int64_t first, int64_t count, const float *values) {
          for (int64_t i = 0; i < count * shape.outputChannels; ++i)
            to[first * shape.outputChannels + i] = clamp(values[i]);
        });
      }
    });
  }
  if (failed(checkIntegerProduct(op, constants)))
    return failure();
  auto pack = [shape](Operands operands) {
    return packWeights<int16_t, int8_t>(shape, operands[1]->get<int8_t>(), biasValues<int32_t>(operands));
  };
  Weights<int16_t> packed = ready ? pack(constants) : Weights<int16_t>();
  quant::UniformQuantizedType input = getPerTensor(op.getInput().getType());
  OutputStage stage(computeConvolutionRequantization(input, getQuantizedElement(op.getWeight().getType()), result,
                                                     shape.outputChannels),
                    result, op);
  int32_t zeroPoint = static_cast<int32_t>(input.getZeroPoint());
  return dispatchInteger(op.getOutput().getType(), [&](auto zero) -> FailureOr<Kernel> {
    using T = decltype(zero);
    return Kernel([=, packed = std::move(packed)](Operands operands, HostTensor &out) {
      Weights<int16_t> local = ready ? Weights<int16_t>() : pack(operands);
      std::vector<int16_t> centered;
      subtractZeroPoint(*operands[0], zeroPoint, centered);
      for (int64_t n = 0; n < shape.batch; ++n) {
        const int16_t *image = centered.data() + n * shape.input[0] * shape.input[1] * shape.inputChannels;
        T *to = out.get<T>().data() + n * shape.pixels() * shape.outputChannels;
        convolve(shape, ready ? packed : local, image, [&](int64_t first, int64_t count, const int32_t *values) {
          stage.apply(values, count, shape.outputChannels, to + first * shape.outputChannels);
        });
      }
    });
  });
}

FailureOr<Kernel> compileFullyConnected(FullyConnectedOp op, Operands constants) {
  int64_t rows = op.getInput().getType().getDimSize(0), depth = op.getInput().getType().getDimSize(1);
  int64_t columns = op.getWeight().getType().getDimSize(0);
  bool ready = constants[1] && (!op.getBias() || constants[2]);
  quant::UniformQuantizedType result = getPerTensor(op.getOutput().getType());
  if (!result) {
    auto pack = [=](Operands operands) {
      return packRows<float, float>(operands[1]->get<float>(), biasValues<float>(operands), columns, depth);
    };
    PackedMatrix<float> packed = ready ? pack(constants) : PackedMatrix<float>();
    FloatClamp clamp(op);
    return Kernel([=, packed = std::move(packed)](Operands operands, HostTensor &out) {
      PackedMatrix<float> local = ready ? PackedMatrix<float>() : pack(operands);
      MutableArrayRef<float> values = out.get<float>();
      multiply(operands[0]->get<float>().data(), depth, rows, ready ? packed : local, values.data(), columns);
      for (float &value : values)
        value = clamp(value);
    });
  }
  if (failed(checkIntegerProduct(op, constants)))
    return failure();
  auto pack = [=](Operands operands) {
    return packRows<int16_t, int8_t>(operands[1]->get<int8_t>(), biasValues<int32_t>(operands), columns, depth);
  };
  PackedMatrix<int16_t> packed = ready ? pack(constants) : PackedMatrix<int16_t>();
  quant::UniformQuantizedType input = getPerTensor(op.getInput().getType());
  OutputStage stage(
      computeConvolutionRequantization(input, getQuantizedElement(op.getWeight().getType()), result, columns), result,
      op);
  int32_t zeroPoint = static_cast<int32_t>(input.getZeroPoint());
  return dispatchInteger(op.getOutput().getType(), [&](auto zero) -> FailureOr<Kernel> {
    using T = decltype(zero);
    return Kernel([=, packed = std::move(packed)](Operands operands, HostTensor &out) {
      PackedMatrix<int16_t> local = ready ? PackedMatrix<int16_t>() : pack(operands);
      std::vector<int16_t> centered;
      subtractZeroPoint(*operands[0], zeroPoint, centered);
      std::vector<int32_t> accumulators(rows * columns);
      multiply(centered.data(), depth, rows, ready ? packed : local, accumulators.data(), columns);
      stage.apply(accumulators.data(), rows, columns, out.get<T>().data());
    });
  });
}

namespace {

// One product of two activations, [rows][depth] by [depth][columns].
template <typename T>
void multiplyActivations(const T *lhs, const T *rhs, int64_t rows, int64_t depth, int64_t columns,
                         Accumulator<T> *out) {
  PackedMatrix<T> packed(depth, columns);
  for (int64_t k = 0; k < depth; ++k)
    for (int64_t column = 0; column < columns; ++column)
      packed.at(k, column) = rhs[k * columns + column];
  multiply(lhs, depth, rows, packed, out, columns);
}

} // namespace

FailureOr<Kernel> compileMatMul(MatMulOp op) {
  ArrayRef<int64_t> lhsShape = op.getLhs().getType().getShape();
  int64_t rank = lhsShape.size(), rows = lhsShape[rank - 2], depth = lhsShape[rank - 1];
  int64_t columns = op.getRhs().getType().getShape().back(), batch = 1;
  for (int64_t size : lhsShape.drop_back(2))
    batch *= size;
  quant::UniformQuantizedType result = getPerTensor(op.getOutput().getType());
  if (!result) {
    FloatClamp clamp(op);
    return Kernel([=](Operands operands, HostTensor &out) {
      MutableArrayRef<float> values = out.get<float>();
      for (int64_t n = 0; n < batch; ++n)
        multiplyActivations(operands[0]->get<float>().data() + n * rows * depth,
                            operands[1]->get<float>().data() + n * depth * columns, rows, depth, columns,
                            values.data() + n * rows * columns);
      for (float &value : values)
        value = clamp(value);
    });
  }
  quant::UniformQuantizedType lhs = getPerTensor(op.getLhs().getType()), rhs = getPerTensor(op.getRhs().getType());
  if (failed(expectInteger(op, op.getLhs().getType())) || failed(expectInteger(op, op.getRhs().getType())) ||
      failed(expectInteger(op, op.getOutput().getType())))
    return failure();
  // The greatest |q - zero point| of 8 bits is 255 for the farthest zero point.
  int64_t lhsLargest = 128 + std::abs(lhs.getZeroPoint()), rhsLargest = 128 + std::abs(rhs.getZeroPoint());
  if (depth > std::numeric_limits<int32_t>::max() / (lhsLargest * rhsLargest))
    return op.emitOpError("accumulator of ") << depth << " products may leave 32 bits";
  OutputStage stage(computeConvolutionRequantization(lhs, rhs, result, 1), result, op);
  int32_t lhsZeroPoint = static_cast<int32_t>(lhs.getZeroPoint());
  int32_t rhsZeroPoint = static_cast<int32_t>(rhs.getZeroPoint());
  return Kernel([=](Operands operands, HostTensor &out) {
    std::vector<int16_t> left, right;
    subtractZeroPoint(*operands[0], lhsZeroPoint, left);
    subtractZeroPoint(*operands[1], rhsZeroPoint, right);
    std::vector<int32_t> accumulators(batch * rows * columns);
    for (int64_t n = 0; n < batch; ++n)
      multiplyActivations(left.data() + n * rows * depth, right.data() + n * depth * columns, rows, depth, columns,
                          accumulators.data() + n * rows * columns);
    for (auto [value, acc] : llvm::zip(out.get<int8_t>(), accumulators))
      value = static_cast<int8_t>(stage(acc));
  });
}

FailureOr<Kernel> compileBatchNorm(BatchNormOp op) {
  float epsilon = op.getEpsilon().convertToFloat();
  int64_t channels = op.getInput().getType().getShape().back();
  return Kernel([=](Operands operands, HostTensor &out) {
    ArrayRef<float> input = operands[0]->get<float>(), scale = operands[1]->get<float>();
    ArrayRef<float> offset = operands[2]->get<float>(), mean = operands[3]->get<float>();
    ArrayRef<float> variance = operands[4]->get<float>();
    MutableArrayRef<float> values = out.get<float>();
    std::vector<float> deviation(channels);
    for (int64_t channel = 0; channel < channels; ++channel)
      deviation[channel] = std::sqrt(variance[channel] + epsilon);
    for (size_t i = 0; i < values.size(); ++i) {
      int64_t channel = i % channels;
      values[i] = (input[i] - mean[channel]) / deviation[channel] * scale[channel] + offset[channel];
    }
  });
}

} // namespace tinyc::nn
