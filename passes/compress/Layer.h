// conv2d and fully_connected as products of matrices: what the passes that choose weights work on.
#ifndef TINYC_PASSES_COMPRESS_LAYER_H
#define TINYC_PASSES_COMPRESS_LAYER_H

#include "passes/compress/Parameters.h"

namespace tinyc::compress {

/// A float conv2d or fully_connected with a constant float weight. For each of `groups` groups of output channels and
/// each output position ("row"), the layer multiplies a patch of `depth` inputs with a [outputs, depth] matrix of
/// weights and adds the bias. Depthwise convolution has as many groups as channels, of one output each.
struct Layer {
  mlir::Operation *op = nullptr;
  int64_t groups = 1, outputs = 1, depth = 1; ///< outputs of a group; depth = kernel height * width * inputs of a group
  int64_t rows = 1;                           ///< of one sample
  nn::HostTensor weight;                      ///< [groups * outputs][depth]
  std::vector<float> bias;                    ///< [groups * outputs], zeros if the op has none

  /// nullopt for other ops, and for weights or biases that are not float constants.
  static std::optional<Layer> get(mlir::Operation *op);

  int64_t getChannels() const { return groups * outputs; }
  mlir::Value getInput() const { return op->getOperand(0); }
  llvm::ArrayRef<float> getWeight(int64_t channel) const { return weight.get<float>().slice(channel * depth, depth); }
  llvm::MutableArrayRef<float> getWeight(int64_t channel) { return weight.get<float>().slice(channel * depth, depth); }
  /// The number of the input channel that weight `index` of output channel `channel` is multiplied with.
  int64_t getInputChannel(int64_t channel, int64_t index) const;
  int64_t getInputChannels() const { return inputChannels; }
  /// Inputs of a filter at one pixel of its window.
  int64_t getGroupInputs() const { return groupInputs; }

  /// Copies the `depth` inputs of output position `row` of a sample's input for one group to `patch`; elements outside
  /// of the input are 0.
  void gather(const nn::HostTensor &input, int64_t group, int64_t row, float *patch) const;

  /// The other way: adds `depth` numbers to the elements of `sums`, of the input's size, that gather reads.
  void scatter(const float *patch, int64_t group, int64_t row, llvm::MutableArrayRef<float> sums) const;

  /// Gives the op the weight and bias held here, as new constants. An op without bias gets one if `bias` is not all
  /// zeros.
  void store();

private:
  int64_t inputChannels = 1, groupInputs = 1;
  int64_t input[2] = {1, 1}, output[2] = {1, 1}, kernel[2] = {1, 1};
  int64_t strides[2] = {1, 1}, dilations[2] = {1, 1}, pads[2] = {0, 0};
};

/// `count` output positions of all samples, spread evenly: pairs of sample and row.
std::vector<std::pair<int64_t, int64_t>> spreadRows(int64_t samples, int64_t rows, int64_t count);

} // namespace tinyc::compress

#endif // TINYC_PASSES_COMPRESS_LAYER_H
