// avg_pool, max_pool, softmax, log_softmax.
#include "compiler/interpreter/Kernels.h"

using namespace mlir;

namespace tinyc::nn {

namespace {

// A pooling window over [batch][height][width][channels].
struct Pool {
  int64_t batch, channels;
  int64_t input[2], output[2], kernel[2], strides[2], dilations[2], pads[2];

  template <typename Op> explicit Pool(Op op) {
    RankedTensorType in = op.getInput().getType(), out = op.getOutput().getType();
    batch = in.getDimSize(0);
    channels = in.getDimSize(3);
    for (int axis : {0, 1}) {
      input[axis] = in.getDimSize(1 + axis);
      output[axis] = out.getDimSize(1 + axis);
      kernel[axis] = op.getKernel()[axis];
      strides[axis] = op.getStrides()[axis];
      dilations[axis] = op.getDilations()[axis];
      pads[axis] = op.getPads()[axis];
    }
  }

  // Each output pixel: sums[c] = combine(sums[c], element) from `initial` over the window's elements inside the input,
  // then finish(sums, elements in the window, output pixel).
  template <typename T, typename Sum, typename Combine, typename Finish>
  void apply(ArrayRef<T> in, Sum initial, Combine combine, Finish finish) const {
    std::vector<Sum> sums(channels);
    for (int64_t pixel = 0; pixel < batch * output[0] * output[1]; ++pixel) {
      int64_t image = pixel / (output[0] * output[1]), y = pixel / output[1] % output[0], x = pixel % output[1];
      std::fill(sums.begin(), sums.end(), initial);
      int64_t count = 0;
      for (int64_t ky = 0; ky < kernel[0]; ++ky) {
        int64_t row = y * strides[0] + ky * dilations[0] - pads[0];
        if (row < 0 || row >= input[0])
          continue;
        for (int64_t kx = 0; kx < kernel[1]; ++kx) {
          int64_t column = x * strides[1] + kx * dilations[1] - pads[1];
          if (column < 0 || column >= input[1])
            continue;
          const T *from = in.data() + ((image * input[0] + row) * input[1] + column) * channels;
          for (int64_t channel = 0; channel < channels; ++channel)
            sums[channel] = combine(sums[channel], from[channel]);
          ++count;
        }
      }
      finish(ArrayRef<Sum>(sums), count, pixel * channels);
    }
  }
};

} // namespace

FailureOr<Kernel> compileAvgPool(AvgPoolOp op) {
  Pool pool(op);
  bool includePad = op.getIncludePad();
  int64_t area = pool.kernel[0] * pool.kernel[1];
  quant::UniformQuantizedType result = getPerTensor(op.getOutput().getType());
  if (!result) {
    FloatClamp clamp(op);
    return Kernel([=](Operands operands, HostTensor &out) {
      MutableArrayRef<float> values = out.get<float>();
      pool.apply(
          operands[0]->get<float>(), 0.0f, [](float sum, float x) { return sum + x; },
          [&](ArrayRef<float> sums, int64_t count, int64_t first) {
            for (int64_t channel = 0; channel < pool.channels; ++channel)
              values[first + channel] = clamp(sums[channel] / static_cast<float>(includePad ? area : count));
          });
    });
  }
  if (failed(expectInteger(op, op.getInput().getType())) || failed(expectInteger(op, op.getOutput().getType())))
    return failure();
  // The greatest |q - zero point|.
  int64_t largest = isInt16Activation(result) ? 32767 : 256;
  if (area > std::numeric_limits<int32_t>::max() / largest)
    return op.emitOpError("accumulator of ") << area << " elements may leave 32 bits";
  AvgPoolRequantization requantization = computeAvgPoolRequantization(op);
  OutputStage stage(std::move(requantization.requantization), result, op);
  int64_t firstCount = requantization.firstCount;
  int32_t zeroPoint = static_cast<int32_t>(getPerTensor(op.getInput().getType()).getZeroPoint());
  return dispatchInteger(op.getOutput().getType(), [&](auto zero) -> FailureOr<Kernel> {
    using T = decltype(zero);
    return Kernel([=](Operands operands, HostTensor &out) {
      MutableArrayRef<T> values = out.get<T>();
      pool.apply(
          operands[0]->get<T>(), int32_t(0), [zeroPoint](int32_t sum, T q) { return sum + (q - zeroPoint); },
          [&](ArrayRef<int32_t> sums, int64_t count, int64_t first) {
            for (int64_t channel = 0; channel < pool.channels; ++channel)
              values[first + channel] = static_cast<T>(stage(sums[channel], includePad ? 0 : count - firstCount));
          });
    });
  });
}

FailureOr<Kernel> compileMaxPool(MaxPoolOp op) {
  Pool pool(op);
  quant::UniformQuantizedType result = getPerTensor(op.getOutput().getType());
  if (!result) {
    FloatClamp clamp(op);
    return Kernel([=](Operands operands, HostTensor &out) {
      MutableArrayRef<float> values = out.get<float>();
      pool.apply(
          operands[0]->get<float>(), -std::numeric_limits<float>::infinity(),
          [](float largest, float x) { return x > largest || x != x ? x : largest; }, // NaN wins
          [&](ArrayRef<float> sums, int64_t, int64_t first) {
            for (int64_t channel = 0; channel < pool.channels; ++channel)
              values[first + channel] = clamp(sums[channel]);
          });
    });
  }
  if (failed(expectInteger(op, op.getInput().getType())))
    return failure();
  auto [low, high] = computeClamp(result, cast<FusedActivationOpInterface>(op.getOperation()).getLowerBound(),
                                  cast<FusedActivationOpInterface>(op.getOperation()).getUpperBound());
  return dispatchInteger(op.getOutput().getType(), [&, low = low, high = high](auto zero) -> FailureOr<Kernel> {
    using T = decltype(zero);
    return Kernel([=](Operands operands, HostTensor &out) {
      MutableArrayRef<T> values = out.get<T>();
      pool.apply(
          operands[0]->get<T>(), std::numeric_limits<T>::min(), [](T largest, T q) { return q > largest ? q : largest; },
          [&](ArrayRef<T> sums, int64_t, int64_t first) {
            for (int64_t channel = 0; channel < pool.channels; ++channel)
              values[first + channel] = static_cast<T>(tinyc_limit_s32(sums[channel], low, high));
          });
    });
  });
}

FailureOr<Kernel> compileSoftmax(Operation *op) {
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  bool logarithm = isa<LogSoftmaxOp>(op);
  int64_t length = type.getShape().back();
  int64_t rows = length ? type.getNumElements() / length : 0;
  quant::UniformQuantizedType result = getPerTensor(type);
  if (!result)
    return Kernel([=](Operands operands, HostTensor &out) {
      for (int64_t row = 0; row < rows; ++row) {
        ArrayRef<float> in = operands[0]->get<float>().slice(row * length, length);
        MutableArrayRef<float> values = out.get<float>().slice(row * length, length);
        float largest = *llvm::max_element(in), sum = 0.0f;
        for (int64_t i = 0; i < length; ++i)
          sum += values[i] = tinyc_exp_f32(in[i] - largest);
        float logSum = logarithm ? tinyc_log_f32(sum) : 0.0f;
        for (int64_t i = 0; i < length; ++i)
          values[i] = logarithm ? in[i] - largest - logSum : values[i] / sum;
      }
    });
  if (failed(expectInteger(op, op->getOperand(0).getType())) || failed(expectInteger(op, type)))
    return failure();
  if (length > 65536)
    return op->emitOpError("has an integer form for rows of at most 65536 elements, got ") << length;
  SoftmaxConstants constants = computeSoftmax(getPerTensor(op->getOperand(0).getType()), result, logarithm);
  tinyc_softmax_s8_params params = {};
  params.rows = 1;
  params.length = static_cast<int32_t>(length);
  params.input_multiplier = constants.inputMultiplier;
  params.output_multiplier = constants.outputMultiplier;
  params.output_shift = constants.outputShift;
  params.output_zero_point = static_cast<int32_t>(result.getZeroPoint());
  if (isInt16Activation(result))
    return Kernel([=, constants = std::move(constants)](Operands operands, HostTensor &out) {
      for (int64_t row = 0; row < rows; ++row) {
        const int16_t *in = operands[0]->get<int16_t>().data() + row * length;
        int16_t *values = out.get<int16_t>().data() + row * length;
        if (logarithm)
          tinyc_log_softmax_row_s16(in, values, constants.exponentials.data(), &params);
        else
          tinyc_softmax_row_s16(in, values, constants.exponentials.data(), &params);
      }
    });
  return Kernel([=, constants = std::move(constants)](Operands operands, HostTensor &out) {
    for (int64_t row = 0; row < rows; ++row) {
      const int8_t *in = operands[0]->get<int8_t>().data() + row * length;
      int8_t *values = out.get<int8_t>().data() + row * length;
      if (logarithm)
        tinyc_log_softmax_row_s8(in, values, constants.exponentials.data(), &params);
      else
        tinyc_softmax_row_s8(in, values, constants.exponentials.data(), &params);
    }
  });
}

} // namespace tinyc::nn
