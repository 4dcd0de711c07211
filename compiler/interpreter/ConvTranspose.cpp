// conv_transpose2d.
#include "compiler/interpreter/ConvolutionShape.h"
#include "compiler/interpreter/Kernels.h"

using namespace mlir;

namespace tinyc::nn {

namespace {

// The output index that tap `tap` of input element `index` adds to.
int64_t findTarget(const ConvolutionShape &shape, int axis, int64_t index, int64_t tap) {
  return index * shape.strides[axis] + tap * shape.dilations[axis] - shape.pads[axis];
}

// Scatters tap after tap: each sum gets its products in the order of the weights, as the kernels that gather them.
// `sums` hold the biases; elements are converted (the zero point subtracted).
template <typename T, typename Sum, typename Convert>
void scatter(const ConvolutionShape &shape, ArrayRef<T> in, ArrayRef<T> weight, Convert convert,
             std::vector<Sum> &sums) {
  int64_t depth = shape.groupInputs(), filters = shape.groupOutputs();
  for (int64_t ky = 0; ky < shape.kernel[0]; ++ky)
    for (int64_t kx = 0; kx < shape.kernel[1]; ++kx)
      for (int64_t pixel = 0; pixel < shape.batch * shape.input[0] * shape.input[1]; ++pixel) {
        int64_t image = pixel / (shape.input[0] * shape.input[1]), row = pixel / shape.input[1] % shape.input[0];
        int64_t y = findTarget(shape, 0, row, ky), x = findTarget(shape, 1, pixel % shape.input[1], kx);
        if (y < 0 || y >= shape.output[0] || x < 0 || x >= shape.output[1])
          continue;
        Sum *to = sums.data() + ((image * shape.output[0] + y) * shape.output[1] + x) * shape.outputChannels;
        for (int64_t o = 0; o < shape.outputChannels; ++o) {
          const T *from = in.data() + pixel * shape.inputChannels + o / filters * depth;
          const T *w = weight.data() + ((o * shape.kernel[0] + ky) * shape.kernel[1] + kx) * depth;
          Sum sum = to[o];
          for (int64_t i = 0; i < depth; ++i)
            sum += convert(from[i]) * w[i];
          to[o] = sum;
        }
      }
}

// The bias of each output element.
template <typename Sum, typename Bias> std::vector<Sum> startSums(const ConvolutionShape &shape, ArrayRef<Bias> bias) {
  std::vector<Sum> sums(shape.batch * shape.output[0] * shape.output[1] * shape.outputChannels, Sum(0));
  if (!bias.empty())
    for (size_t i = 0; i < sums.size(); ++i)
      sums[i] = bias[i % shape.outputChannels] + Sum(0);
  return sums;
}

} // namespace

FailureOr<Kernel> compileConvTranspose(ConvTranspose2DOp op) {
  ConvolutionShape shape(op);
  bool hasBias = static_cast<bool>(op.getBias());
  quant::UniformQuantizedType result = getPerTensor(op.getOutput().getType());
  if (!result) {
    FloatClamp clamp(op);
    return Kernel([=](Operands operands, HostTensor &out) {
      std::vector<float> sums = startSums<float>(shape, hasBias ? operands[2]->get<float>() : ArrayRef<float>());
      scatter(
          shape, operands[0]->get<float>(), operands[1]->get<float>(), [](float x) { return x; }, sums);
      llvm::transform(sums, out.get<float>().begin(), clamp);
    });
  }
  quant::UniformQuantizedType input = getPerTensor(op.getInput().getType());
  if (failed(expectInteger(op, op.getInput().getType())) || failed(expectInteger(op, op.getOutput().getType())))
    return failure();
  Requantization requantization = computeConvolutionRequantization(input, getQuantizedElement(op.getWeight().getType()),
                                                                   result, shape.outputChannels);
  OutputStage stage(std::move(requantization), result, op);
  int32_t zeroPoint = static_cast<int32_t>(input.getZeroPoint());
  return Kernel([=, stage = std::move(stage)](Operands operands, HostTensor &out) {
    // 64 bits, so that nothing overflows; a program whose sums do not fit 32 bits is refused where it is lowered.
    std::vector<int64_t> sums = startSums<int64_t>(shape, hasBias ? operands[2]->get<int32_t>() : ArrayRef<int32_t>());
    scatter(
        shape, operands[0]->get<int8_t>(), operands[1]->get<int8_t>(), [=](int8_t q) { return q - zeroPoint; }, sums);
    std::vector<int32_t> accumulators(sums.begin(), sums.end());
    stage.apply(accumulators.data(), static_cast<int64_t>(sums.size()) / shape.outputChannels, shape.outputChannels,
                out.get<int8_t>().data());
  });
}

} // namespace tinyc::nn
