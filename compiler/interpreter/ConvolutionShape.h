// The shape of a convolution, plain or transposed.
#ifndef TINYC_COMPILER_INTERPRETER_CONVOLUTIONSHAPE_H
#define TINYC_COMPILER_INTERPRETER_CONVOLUTIONSHAPE_H

#include "dialects/nn/NN.h"

namespace tinyc::nn {

/// Sizes in elements, height before width in each pair.
struct ConvolutionShape {
  int64_t batch, inputChannels, outputChannels, groups;
  int64_t input[2], output[2], kernel[2], strides[2], dilations[2], pads[2];

  template <typename Op> explicit ConvolutionShape(Op op) {
    mlir::RankedTensorType in = op.getInput().getType(), out = op.getOutput().getType();
    batch = in.getDimSize(0);
    inputChannels = in.getDimSize(3);
    outputChannels = out.getDimSize(3);
    groups = op.getGroups();
    for (int axis : {0, 1}) {
      input[axis] = in.getDimSize(1 + axis);
      output[axis] = out.getDimSize(1 + axis);
      kernel[axis] = op.getWeight().getType().getDimSize(1 + axis);
      strides[axis] = op.getStrides()[axis];
      dilations[axis] = op.getDilations()[axis];
      pads[axis] = op.getPads()[axis];
    }
  }

  int64_t pixels() const { return output[0] * output[1]; }
  int64_t taps() const { return kernel[0] * kernel[1]; }
  int64_t groupInputs() const { return inputChannels / groups; }
  int64_t groupOutputs() const { return outputChannels / groups; }
  int64_t depth() const { return taps() * groupInputs(); }
  bool depthwise() const { return groups > 1 && groups == inputChannels && groups == outputChannels; }
  bool pointwise() const {
    return groups == 1 && taps() == 1 && strides[0] == 1 && strides[1] == 1 && pads[0] == 0 && pads[1] == 0 &&
           output[0] == input[0] && output[1] == input[1];
  }
};

} // namespace tinyc::nn

#endif // TINYC_COMPILER_INTERPRETER_CONVOLUTIONSHAPE_H
