// How the results of a float network change with the weights of its layers: reverse-mode differentiation of one sample.
#ifndef TINYC_PASSES_COMPRESS_SCOREGRADIENTS_H
#define TINYC_PASSES_COMPRESS_SCOREGRADIENTS_H

#include "passes/compress/Layer.h"

namespace tinyc::compress {

/// A float function as a list of differentiable steps. Weights and biases are held here and may be changed; the
/// function stays as it is until `store`.
class ScoreGradients {
public:
  /// nullopt if the function holds an op that this cannot differentiate: other than conv2d and fully_connected with
  /// constant weights of their own, additions of equal shapes, avg_pool without pads, reshape, and a last softmax
  /// (which is left out).
  static std::optional<ScoreGradients> create(mlir::func::FuncOp function);

  /// All weights and biases, layer after layer; a layer's weights, then its biases.
  struct Parameters {
    std::vector<std::vector<float>> arrays;
  };
  const Parameters &getParameters() const { return parameters; }
  Parameters &getParameters() { return parameters; }
  Parameters makeZeros() const;
  /// Writes the parameters to the function's layers.
  void store();

  /// The results for the inputs of one sample.
  std::vector<float> run(const std::vector<nn::HostTensor> &inputs) const;
  /// Adds the gradient of half the squared distance of the results from `wanted` to `gradient`.
  void accumulate(const std::vector<nn::HostTensor> &inputs, const std::vector<float> &wanted,
                  Parameters &gradient) const;

private:
  struct Step {
    mlir::Operation *op;
    int layer = -1; // in `layers`
    llvm::SmallVector<unsigned, 2> operands;
    unsigned result;
    std::optional<float> lower, upper;
  };
  using Values = std::vector<nn::HostTensor>;

  Values runAll(const std::vector<nn::HostTensor> &inputs) const;
  void runLayer(const Step &step, Values &values) const;
  void runOther(const Step &step, Values &values) const;
  void clamp(const Step &step, llvm::MutableArrayRef<float> values) const;
  void passLayer(const Step &step, const Values &values, std::vector<std::vector<float>> &slopes,
                 Parameters &gradient) const;
  void passOther(const Step &step, const Values &values, std::vector<std::vector<float>> &slopes) const;

  std::vector<Step> steps;
  std::vector<Layer> layers;
  std::vector<mlir::RankedTensorType> types; // of values
  unsigned arguments = 0;                    // the first values
  llvm::SmallVector<unsigned> results;
  Parameters parameters;
};

} // namespace tinyc::compress

#endif // TINYC_PASSES_COMPRESS_SCOREGRADIENTS_H
