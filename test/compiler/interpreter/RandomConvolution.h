// Random convolutions with odd channel counts, and their definition.
#ifndef TINYC_TEST_COMPILER_INTERPRETER_RANDOMCONVOLUTION_H
#define TINYC_TEST_COMPILER_INTERPRETER_RANDOMCONVOLUTION_H

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/Support/raw_ostream.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

/// Pairs are height and width; `inputs` and `outputs` are channels of one group. A third of the shapes is grouped, half
/// of these depthwise.
struct RandomConvolution {
  int64_t batch, groups, inputs, outputs;
  int64_t size[2], out[2], kernel[2], strides[2], dilations[2], before[2], after[2];

  RandomConvolution(int64_t batch, llvm::function_ref<int64_t(int64_t, int64_t)> random) : batch(batch) {
    groups = random(0, 2) ? 1 : random(2, 37);
    bool depthwise = groups > 1 && random(0, 1);
    inputs = depthwise ? 1 : random(1, 5);
    outputs = depthwise ? 1 : random(1, 19);
    for (int axis : {0, 1}) {
      kernel[axis] = random(1, 4), strides[axis] = random(1, 3), dilations[axis] = random(1, 2);
      before[axis] = random(0, 3), after[axis] = random(0, 3);
      int64_t extent = (kernel[axis] - 1) * dilations[axis] + 1;
      size[axis] = std::max<int64_t>(1, extent - before[axis] - after[axis]) + random(0, 6);
      out[axis] = (size[axis] + before[axis] + after[axis] - extent) / strides[axis] + 1;
    }
  }

  int64_t channels() const { return inputs * groups; }
  int64_t outChannels() const { return outputs * groups; }
  int64_t inputElements() const { return batch * size[0] * size[1] * channels(); }
  int64_t weightElements() const { return outChannels() * kernel[0] * kernel[1] * inputs; }

  std::string attributes() const {
    std::string text;
    llvm::raw_string_ostream(text) << "strides = array<i64: " << strides[0] << ", " << strides[1]
                                   << ">, pads = array<i64: " << before[0] << ", " << before[1] << ", " << after[0]
                                   << ", " << after[1] << ">, dilations = array<i64: " << dilations[0] << ", "
                                   << dilations[1] << ">, groups = " << groups << " : i64";
    return text;
  }
  std::string inputType(const std::string &element) const {
    return shaped({batch, size[0], size[1], channels()}, element);
  }
  std::string weightType(const std::string &element) const {
    return shaped({outChannels(), kernel[0], kernel[1], inputs}, element);
  }
  std::string biasType(const std::string &element) const { return shaped({outChannels()}, element); }
  std::string outputType(const std::string &element) const {
    return shaped({batch, out[0], out[1], outChannels()}, element);
  }

  /// bias[o] + sum (x - zeroPoint) * w for each output element, in Sum arithmetic; elements outside the input are 0.
  template <typename Sum, typename X, typename W, typename Bias>
  std::vector<Sum> accumulate(const std::vector<X> &x, const std::vector<W> &w, const std::vector<Bias> &bias,
                              Sum zeroPoint) const {
    std::vector<Sum> sums;
    for (int64_t n = 0; n < batch; ++n)
      for (int64_t y = 0; y < out[0]; ++y)
        for (int64_t column = 0; column < out[1]; ++column)
          for (int64_t o = 0; o < outChannels(); ++o) {
            Sum sum = bias[o];
            for (int64_t ky = 0; ky < kernel[0]; ++ky)
              for (int64_t kx = 0; kx < kernel[1]; ++kx)
                for (int64_t i = 0; i < inputs; ++i) {
                  int64_t atY = y * strides[0] + ky * dilations[0] - before[0];
                  int64_t atX = column * strides[1] + kx * dilations[1] - before[1];
                  if (atY < 0 || atY >= size[0] || atX < 0 || atX >= size[1])
                    continue;
                  Sum value = x[((n * size[0] + atY) * size[1] + atX) * channels() + o / outputs * inputs + i];
                  sum += (value - zeroPoint) * w[((o * kernel[0] + ky) * kernel[1] + kx) * inputs + i];
                }
            sums.push_back(sum);
          }
    return sums;
  }

  static std::string shaped(const std::vector<int64_t> &shape, const std::string &element) {
    std::string text = "tensor<";
    for (int64_t dim : shape)
      text += std::to_string(dim) + "x";
    return text + element + ">";
  }
};

#endif // TINYC_TEST_COMPILER_INTERPRETER_RANDOMCONVOLUTION_H
