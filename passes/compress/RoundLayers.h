// The frame of the passes that round weights layer by layer, each on inputs as the quantized layers before it give
// them.
#ifndef TINYC_PASSES_COMPRESS_ROUNDLAYERS_H
#define TINYC_PASSES_COMPRESS_ROUNDLAYERS_H

#include "passes/compress/StepwiseRun.h"
#include "passes/compress/WeightGrid.h"

namespace tinyc::compress {

/// One layer to round.
struct RoundingProblem {
  Layer layer; ///< in: float weights and bias; out: weights on the grid of `scales`, and bias
  WeightGrid grid;
  llvm::SmallVector<double> leastScales;    ///< of each output channel
  llvm::SmallVector<double> scales;         ///< in: those chosen before, or empty; out: one for each output channel
  llvm::ArrayRef<nn::HostTensor> reference; ///< the layer's input on all samples in the float network
  llvm::ArrayRef<nn::HostTensor> actual;    ///< the same with all before it quantized
  /// What an nn.add adds to the layer's result, in both networks, if that is all that reads the result; else empty. The
  /// layer can make up for the difference.
  llvm::ArrayRef<nn::HostTensor> referenceAddend, actualAddend;
  std::optional<float> lower, upper; ///< bounds of the fused clamp
  std::vector<bool> silent; ///< input channels that are 0 on all samples: their weights saturate rather than widen a scale
  bool isSilent(int64_t channel, int64_t index) const { return silent[layer.getInputChannel(channel, index)]; }
  mlir::MLIRContext *getContext() const { return layer.op->getContext(); }
};

using LayerRounder = llvm::function_ref<mlir::LogicalResult(RoundingProblem &)>;

struct RoundingOptions {
  int64_t samples = 256;    ///< used at most; fewer if their values would not fit 512 MiB
  int64_t weightBits = 8;   ///< where nn.weight_bits says nothing
  int64_t greatestBits = 8; ///< layers whose weights have more stay as they are
  int64_t leastBits = 2;    ///< and those whose weights have fewer
  bool concerns(int64_t bits) const { return bits >= leastBits && bits <= greatestBits; }
};

/// Goes through the function in order, on samples by chooseSamples, and lets `round` choose the weights of each layer. Layers of one shared weight
/// get the result of the first of them. Each op keeps its float weight and bias in nn.float_weight and nn.float_bias,
/// and its scales in nn.weight_scales. Needs nn.range of all values (compress-calibrate).
mlir::LogicalResult roundLayers(mlir::func::FuncOp function, const CalibrationData &data,
                                const RoundingOptions &options, LayerRounder round);

/// Keeps a layer's float weight and bias in attributes of the op, unless it has them.
void keepFloatParameters(mlir::Operation *op, const Layer &layer);

/// A copy of the function with the float weights and biases that rounding passes kept.
mlir::OwningOpRef<mlir::func::FuncOp> copyFloatFunction(mlir::func::FuncOp function);

} // namespace tinyc::compress

#endif // TINYC_PASSES_COMPRESS_ROUNDLAYERS_H
