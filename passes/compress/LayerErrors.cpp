#include "passes/compress/LayerErrors.h"

#include "passes/compress/NetworkScores.h"
#include "passes/compress/StepwiseRun.h"

using namespace mlir;

namespace tinyc::compress {

SmallVector<Layer> listOwnLayers(func::FuncOp function) {
  SmallVector<Layer> layers;
  for (Operation &op : function.getBody().front().without_terminator())
    if (std::optional<Layer> layer = Layer::get(&op);
        layer && op.getOperand(1).hasOneUse() && StepwiseRun::isVariable(op.getResult(0)))
      layers.push_back(std::move(*layer));
  return layers;
}

FailureOr<std::vector<double>> measureLayerErrors(func::FuncOp function, ArrayRef<Layer> layers, ArrayRef<nn::HostTensor> weights,
                                                  const CalibrationData &data) {
  // Multiply-accumulate operations of all measurements, and bounds of the samples.
  constexpr int64_t kMacs = 20'000'000'000, kMostSamples = 128, kLeastSamples = 16;
  int64_t macs = 1;
  for (const Layer &layer : layers)
    macs += layer.rows * layer.getChannels() * layer.depth;
  int64_t wanted = std::clamp(kMacs / macs / static_cast<int64_t>(layers.size() + 1), kLeastSamples, kMostSamples);
  CalibrationData samples = spreadSamples(data, std::min(data.count, wanted));
  FailureOr<NetworkScores> expected = computeScores(function, samples);
  if (failed(expected))
    return failure();
  std::vector<double> errors;
  OpBuilder builder(function.getContext());
  for (auto [layer, weight] : llvm::zip_equal(layers, weights)) {
    Value own = layer.op->getOperand(1);
    builder.setInsertionPoint(layer.op);
    auto changed = nn::ConstantOp::create(builder, own.getLoc(), weight.getType(), weight.toElements());
    layer.op->setOperand(1, changed);
    FailureOr<NetworkScores> scores = computeScores(function, samples);
    layer.op->setOperand(1, own);
    changed.erase();
    if (failed(scores))
      return failure();
    errors.push_back(std::max(compareScores(*expected, *scores), 1e-12));
  }
  return errors;
}

} // namespace tinyc::compress
