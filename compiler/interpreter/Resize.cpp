// resize.
#include "compiler/interpreter/Kernels.h"

using namespace mlir;

namespace tinyc::nn {

namespace {

// Indices and weights (none: 1) of all output rows, or all output columns.
template <typename Weight> struct Taps {
  SmallVector<int64_t> indices;
  SmallVector<Weight> weights;
  int64_t count; // of one output row or column
};

// Sizes [batch, height, width, channels].
struct Sizes {
  int64_t input[4], output[4];

  explicit Sizes(ResizeOp op) {
    llvm::copy(op.getInput().getType().getShape(), input);
    llvm::copy(op.getOutput().getType().getShape(), output);
  }
};

// Each output element: finish(sum of row weight * (sum of column weight * convert(element))).
template <typename T, typename Weight, typename Convert, typename Finish>
void resample(const Sizes &sizes, const Taps<Weight> &rows, const Taps<Weight> &columns, ArrayRef<T> in,
              MutableArrayRef<T> out, Convert convert, Finish finish) {
  int64_t channels = sizes.input[3], pitch = sizes.input[2] * channels, to = 0;
  for (int64_t image = 0; image < sizes.output[0]; ++image)
    for (int64_t y = 0; y < sizes.output[1]; ++y)
      for (int64_t x = 0; x < sizes.output[2]; ++x)
        for (int64_t channel = 0; channel < channels; ++channel) {
          Weight sum = 0;
          for (int64_t t = y * rows.count; t < (y + 1) * rows.count; ++t) {
            int64_t row = (image * sizes.input[1] + rows.indices[t]) * pitch + channel;
            Weight line = 0;
            for (int64_t u = x * columns.count; u < (x + 1) * columns.count; ++u)
              line += columns.weights[u] * convert(in[row + columns.indices[u] * channels]);
            sum += rows.weights[t] * line;
          }
          out[to++] = finish(sum);
        }
}

// One tap in both directions, whatever the bytes of an element.
void copyNearest(const Sizes &sizes, ArrayRef<int64_t> rows, ArrayRef<int64_t> columns, const HostTensor &in,
                 HostTensor &out) {
  int64_t bytes = sizes.input[3] * in.getElementBytes(), pitch = sizes.input[2] * bytes;
  char *to = out.getBytes().data();
  for (int64_t image = 0; image < sizes.output[0]; ++image)
    for (int64_t row : rows)
      for (int64_t column : columns)
        to = std::copy_n(in.getBytes().data() + (image * sizes.input[1] + row) * pitch + column * bytes, bytes, to);
}

} // namespace

FailureOr<Kernel> compileResize(ResizeOp op) {
  Sizes sizes(op);
  if (!op.getRowWeights())
    return Kernel([=, rows = llvm::to_vector(op.getRows()), columns = llvm::to_vector(op.getColumns())](
                      Operands operands, HostTensor &out) { copyNearest(sizes, rows, columns, *operands[0], out); });
  auto makeTaps = [&]<typename Weight>(ArrayRef<int64_t> indices, ArrayRef<Weight> weights, int64_t count) {
    return Taps<Weight>{llvm::to_vector(indices), llvm::to_vector(weights), count};
  };
  quant::UniformQuantizedType type = getPerTensor(op.getOutput().getType());
  if (!type)
    return Kernel([=, rows = makeTaps(op.getRows(), *op.getRowWeights(), op.getRowTaps()),
                   columns = makeTaps(op.getColumns(), *op.getColumnWeights(), op.getColumnTaps())](Operands operands,
                                                                                                    HostTensor &out) {
      resample(
          sizes, rows, columns, operands[0]->get<float>(), out.get<float>(), [](float x) { return x; },
          [](float sum) { return sum; });
    });
  if (failed(expectInteger(op, op.getInput().getType())))
    return failure();
  auto quantize = [&](ArrayRef<int64_t> indices, ArrayRef<float> weights, int64_t count) {
    SmallVector<int16_t> integers = quantizeResizeWeights(weights, count);
    return makeTaps(indices, ArrayRef<int32_t>(SmallVector<int32_t>(integers.begin(), integers.end())), count);
  };
  int32_t zeroPoint = static_cast<int32_t>(type.getZeroPoint());
  return Kernel([=, rows = quantize(op.getRows(), *op.getRowWeights(), op.getRowTaps()),
                 columns = quantize(op.getColumns(), *op.getColumnWeights(), op.getColumnTaps())](Operands operands,
                                                                                                  HostTensor &out) {
    resample(
        sizes, rows, columns, operands[0]->get<int8_t>(), out.get<int8_t>(),
        [zeroPoint](int8_t q) { return q - zeroPoint; },
        [zeroPoint](int32_t sum) { return tinyc_resize_stage_s8(sum, zeroPoint); });
  });
}

} // namespace tinyc::nn
