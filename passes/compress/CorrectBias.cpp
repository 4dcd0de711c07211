#include "passes/compress/RoundLayers.h"
#include "passes/compress/ScaleGroups.h"

#include "mlir/IR/Threading.h"

using namespace mlir;

namespace tinyc::compress {

#define GEN_PASS_DEF_CORRECTBIASPASS
#include "passes/compress/Passes.h.inc"

namespace {

/// The layer's weights as they will be: rounded to nearest on the problem's scales. Weights on that grid stay.
Layer makeRounded(const Layer &current, const WeightGrid &grid, ArrayRef<double> scales) {
  Layer rounded = current;
  roundWeights(rounded, grid, scales);
  return rounded;
}

SmallVector<double> getScales(const Layer &layer, const WeightGrid &grid, ArrayRef<double> chosen,
                              ArrayRef<double> least) {
  SmallVector<double> scales(least.begin(), least.end());
  for (auto [channel, scale] : llvm::enumerate(scales))
    scale = static_cast<float>(
        std::max(scale, chosen.empty() ? grid.getFullScale(layer.getWeight(channel)) : chosen[channel]));
  return scales;
}

/// The mean patch of one group over output positions of all samples.
std::vector<double> getMeanPatch(const Layer &layer, ArrayRef<nn::HostTensor> samples, int64_t group,
                                 ArrayRef<std::pair<int64_t, int64_t>> rows) {
  std::vector<float> patch(layer.depth);
  std::vector<double> mean(layer.depth, 0.0);
  for (auto [sample, row] : rows) {
    layer.gather(samples[sample], group, row, patch.data());
    for (auto [sum, value] : llvm::zip_equal(mean, patch))
      sum += value;
  }
  for (double &sum : mean)
    sum /= static_cast<double>(rows.size());
  return mean;
}

double multiply(ArrayRef<float> weights, ArrayRef<double> inputs) {
  double sum = 0.0;
  for (auto [weight, input] : llvm::zip_equal(weights, inputs))
    sum += weight * input;
  return sum;
}

/// The mean of a normal distribution clipped to [lower, upper] (Nagel et al. 2019, appendix C).
double getClippedMean(double mean, double deviation, std::optional<float> lower, std::optional<float> upper) {
  if (!(deviation > 0.0))
    return std::clamp<double>(mean, lower.value_or(-INFINITY), upper.value_or(INFINITY));
  auto density = [](double x) { return std::exp(-x * x / 2.0) / std::sqrt(2.0 * M_PI); };
  auto below = [](double x) { return std::erfc(-x / std::sqrt(2.0)) / 2.0; };
  double low = lower ? (*lower - mean) / deviation : -40.0, high = upper ? (*upper - mean) / deviation : 40.0;
  double inside = mean * (below(high) - below(low)) + deviation * (density(low) - density(high));
  return inside + (lower ? *lower * below(low) : 0.0) + (upper ? *upper * below(-high) : 0.0);
}

struct CorrectBiasPass : impl::CorrectBiasPassBase<CorrectBiasPass> {
  using CorrectBiasPassBase::CorrectBiasPassBase;
  CorrectBiasPass(const CorrectBiasPassOptions &options, CalibrationData data)
      : CorrectBiasPassBase(options), data(std::move(data)) {}

  LogicalResult initialize(MLIRContext *context) override {
    if (method != "empirical" && method != "analytic")
      return mlir::emitError(UnknownLoc::get(context), "expects the method empirical or analytic, got ") << method;
    return success();
  }

  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (function.isExternal())
      return;
    if (method == "analytic") {
      if (failed(correctAnalytically(function)))
        signalPassFailure();
      return;
    }
    if (failed(roundLayers(function, data, {maxSamples, weightBits, /*greatestBits=*/8, leastBits}, correctEmpirically)))
      signalPassFailure();
  }

private:
  static constexpr int64_t kRows = 65536;

  static LogicalResult correctEmpirically(RoundingProblem &problem) {
    Layer floats = std::move(problem.layer);
    Layer current = *Layer::get(floats.op);
    Layer heard = current;
    for (int64_t channel = 0; channel < heard.getChannels(); ++channel)
      for (auto [index, weight] : llvm::enumerate(heard.getWeight(channel)))
        if (problem.isSilent(channel, static_cast<int64_t>(index)))
          weight = 0.0f;
    problem.scales = getScales(heard, problem.grid, problem.scales, problem.leastScales);
    problem.layer = makeRounded(current, problem.grid, problem.scales);
    std::vector<std::pair<int64_t, int64_t>> rows = spreadRows(problem.actual.size(), floats.rows, kRows);
    parallelFor(problem.getContext(), 0, floats.groups, [&](size_t group) {
      std::vector<double> wanted = getMeanPatch(floats, problem.reference, group, rows);
      std::vector<double> got = getMeanPatch(floats, problem.actual, group, rows);
      for (int64_t channel = group * floats.outputs; channel < static_cast<int64_t>(group + 1) * floats.outputs;
           ++channel)
        problem.layer.bias[channel] =
            static_cast<float>(floats.bias[channel] + multiply(floats.getWeight(channel), wanted) -
                               multiply(problem.layer.getWeight(channel), got));
    });
    return success();
  }

  LogicalResult correctAnalytically(func::FuncOp function) {
    FailureOr<ScaleGroups> groups = ScaleGroups::create(function, FloatIslands::find(function));
    if (failed(groups))
      return failure();
    OwningOpRef<func::FuncOp> original = copyFloatFunction(function);
    SmallVector<Layer> layers, floats;
    for (auto [list, source] : {std::pair(&layers, function), std::pair(&floats, *original)})
      source.walk([list = list](Operation *op) {
        if (std::optional<Layer> layer = Layer::get(op))
          list->push_back(std::move(*layer));
      });
    for (auto [layer, exact] : llvm::zip_equal(layers, floats)) {
      quant::UniformQuantizedType input = groups->getReadType(layer.op, layer.getInput());
      quant::UniformQuantizedType result = groups->getType(layer.op->getResult(0));
      std::optional<SmallVector<double>> means = getInputMeans(layer);
      if (!input || !result || !means)
        continue;
      WeightGrid grid = WeightGrid::get(getChosenWeightBits(layer.op, weightBits));
      if (grid.bits < leastBits)
        continue;
      SmallVector<double> scales =
          getScales(layer, grid, getChosenWeightScales(layer.op).value_or(SmallVector<double>()),
                    getLeastWeightScales(layer, grid, input, result));
      Layer rounded = makeRounded(layer, grid, scales);
      for (int64_t channel = 0; channel < layer.getChannels(); ++channel) {
        double error = 0.0;
        for (int64_t index = 0; index < layer.depth; ++index)
          error += (static_cast<double>(rounded.getWeight(channel)[index]) - exact.getWeight(channel)[index]) *
                   (*means)[layer.getInputChannel(channel, index)];
        rounded.bias[channel] = static_cast<float>(layer.bias[channel] - error);
      }
      keepFloatParameters(layer.op, exact);
      setChosenWeightScales(layer.op, scales);
      rounded.store();
    }
    return success();
  }

  /// The mean of each input channel, if the op that makes the input has batch norm statistics.
  static std::optional<SmallVector<double>> getInputMeans(const Layer &layer) {
    Operation *producer = layer.getInput().getDefiningOp();
    auto fused = dyn_cast_or_null<nn::FusedActivationOpInterface>(producer);
    auto mean = producer ? producer->getAttrOfType<DenseF32ArrayAttr>(nn::kMeanAttr) : DenseF32ArrayAttr();
    auto deviation = producer ? producer->getAttrOfType<DenseF32ArrayAttr>(nn::kDeviationAttr) : DenseF32ArrayAttr();
    if (!fused || !mean || !deviation || mean.size() != layer.getInputChannels() || deviation.size() != mean.size())
      return std::nullopt;
    SmallVector<double> means;
    for (auto [center, spread] : llvm::zip_equal(mean.asArrayRef(), deviation.asArrayRef()))
      means.push_back(getClippedMean(center, spread, fused.getLowerBound(), fused.getUpperBound()));
    return means;
  }

  CalibrationData data;
};
} // namespace

std::unique_ptr<Pass> createCorrectBiasPass(CorrectBiasPassOptions options, CalibrationData data) {
  return std::make_unique<CorrectBiasPass>(options, std::move(data));
}

} // namespace tinyc::compress
