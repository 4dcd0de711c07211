#include "passes/compress/RoundLayers.h"
#include "passes/compress/ScaleGroups.h"

using namespace mlir;

namespace tinyc::compress {

#define GEN_PASS_DEF_CHOOSEWEIGHTSCALESPASS
#include "passes/compress/Passes.h.inc"

namespace {

/// The mean square of each channel (the last dimension) of a value's samples.
std::vector<double> getMeanSquares(ArrayRef<nn::HostTensor> samples) {
  int64_t channels = samples.front().getType().getShape().back();
  std::vector<double> squares(channels, 0.0);
  for (const nn::HostTensor &sample : samples)
    for (auto [index, value] : llvm::enumerate(sample.get<float>()))
      squares[index % channels] += static_cast<double>(value) * value;
  auto count = static_cast<double>(samples.size() * samples.front().getNumElements() / channels);
  for (double &square : squares)
    square /= count;
  return squares;
}

/// The scale with the least sum of importance * error^2; importance may be empty.
double findScale(ArrayRef<float> weights, const WeightGrid &grid, ArrayRef<double> importance) {
  constexpr int kSteps = 100;
  double full = grid.getFullScale(weights), best = full, leastError = std::numeric_limits<double>::infinity();
  for (int step = kSteps; step > kSteps / 6; --step) {
    double scale = static_cast<float>(full * step / kSteps), sum = 0.0;
    if (scale == 0.0)
      break;
    for (auto [index, weight] : llvm::enumerate(weights)) {
      double error = grid.round(weight, scale) * scale - weight;
      sum += error * error * (importance.empty() ? 1.0 : importance[index]);
    }
    if (sum < leastError) {
      leastError = sum;
      best = scale;
    }
  }
  return best;
}

struct ChooseWeightScalesPass : impl::ChooseWeightScalesPassBase<ChooseWeightScalesPass> {
  using ChooseWeightScalesPassBase::ChooseWeightScalesPassBase;
  ChooseWeightScalesPass(const ChooseWeightScalesPassOptions &options, CalibrationData data)
      : ChooseWeightScalesPassBase(options), data(std::move(data)) {}

  LogicalResult initialize(MLIRContext *context) override {
    if (method != "max" && method != "mse" && method != "weighted")
      return mlir::emitError(UnknownLoc::get(context), "expects the method max, mse or weighted, got ") << method;
    return success();
  }

  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (function.isExternal())
      return;
    FailureOr<ScaleGroups> groups = ScaleGroups::create(function, FloatIslands::find(function));
    if (failed(groups))
      return signalPassFailure();
    std::optional<StepwiseRun> run;
    if (method == "weighted") {
      FailureOr<CalibrationData> samples = chooseSamples(function, data, maxSamples);
      if (failed(samples))
        return signalPassFailure();
      run.emplace(function, *samples);
    }
    for (Operation &op : function.getBody().front().without_terminator()) {
      if (op.getNumResults() != 1 || !StepwiseRun::isVariable(op.getResult(0)))
        continue;
      std::optional<Layer> layer = Layer::get(&op);
      if (layer && !op.hasAttr(nn::kWeightScalesAttr))
        choose(*layer, *groups, run ? run->get(layer->getInput()) : ArrayRef<nn::HostTensor>());
      if (!run)
        continue;
      FailureOr<StepwiseRun::Samples> results = run->evaluate(&op);
      if (failed(results))
        return signalPassFailure();
      run->set(op.getResult(0), std::move(*results));
      run->release(&op);
    }
  }

private:
  void choose(const Layer &layer, const ScaleGroups &groups, ArrayRef<nn::HostTensor> inputs) {
    quant::UniformQuantizedType input = groups.getReadType(layer.op, layer.getInput()),
                                result = groups.getType(layer.op->getResult(0));
    if (!input || !result)
      return;
    WeightGrid grid = WeightGrid::get(getChosenWeightBits(layer.op, weightBits));
    SmallVector<double> scales = getLeastWeightScales(layer, grid, input, result);
    std::vector<double> squares = inputs.empty() ? std::vector<double>() : getMeanSquares(inputs);
    for (int64_t channel = 0; channel < layer.getChannels(); ++channel) {
      std::vector<double> importance;
      for (int64_t index = 0; index < layer.depth && !squares.empty(); ++index)
        importance.push_back(squares[layer.getInputChannel(channel, index)]);
      double scale = method == "max" ? grid.getFullScale(layer.getWeight(channel))
                                     : findScale(layer.getWeight(channel), grid, importance);
      scales[channel] = std::max(scales[channel], scale);
    }
    setChosenWeightScales(layer.op, scales);
  }

  CalibrationData data;
};
} // namespace

std::unique_ptr<Pass> createChooseWeightScalesPass(ChooseWeightScalesPassOptions options, CalibrationData data) {
  return std::make_unique<ChooseWeightScalesPass>(options, std::move(data));
}

} // namespace tinyc::compress
