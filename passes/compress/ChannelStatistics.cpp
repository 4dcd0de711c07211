#include "passes/compress/ChannelStatistics.h"

#include "passes/compress/StepwiseRun.h"

#include "mlir/IR/Threading.h"

using namespace mlir;

namespace tinyc::compress {

void ChannelStatistics::transform(ArrayRef<double> factors, ArrayRef<double> shifts) {
  for (size_t channel = 0; channel < factors.size(); ++channel) {
    double factor = factors[channel], shift = shifts.empty() ? 0.0 : shifts[channel];
    square[channel] = (square[channel] - 2.0 * shift * mean[channel] + shift * shift) / (factor * factor);
    mean[channel] = (mean[channel] - shift) / factor;
    active[channel] = shift == 0.0 ? active[channel] : 1.0;
    least[channel] = (least[channel] - shift) / factor;
    greatest[channel] = (greatest[channel] - shift) / factor;
    below[channel] /= factor;
    above[channel] /= factor;
  }
}

namespace {
/// Extremes, sums and the number of nonzero elements of each channel on one sample.
struct ChannelSums {
  std::vector<float> least, greatest;
  std::vector<double> sum, squares;
  std::vector<int64_t> active;

  ChannelSums() = default;
  ChannelSums(const nn::HostTensor &tensor, int64_t channels)
      : least(channels, std::numeric_limits<float>::infinity()),
        greatest(channels, -std::numeric_limits<float>::infinity()), sum(channels), squares(channels),
        active(channels) {
    for (auto [index, value] : llvm::enumerate(tensor.get<float>())) {
      size_t channel = index % channels;
      least[channel] = std::min(least[channel], value);
      greatest[channel] = std::max(greatest[channel], value);
      sum[channel] += value;
      squares[channel] += static_cast<double>(value) * value;
      active[channel] += value != 0.0f;
    }
  }
};
} // namespace

/// How far beyond the greatest of the samples' maxima others may be expected: the mean by which the greatest eighth of
/// them exceeds the next one, the scale of an exponential tail (peaks over threshold, Pickands 1975).
static double getExcess(MutableArrayRef<float> maxima) {
  size_t count = std::max<size_t>(2, maxima.size() / 8);
  if (maxima.size() <= count)
    return 0.0;
  llvm::sort(maxima, std::greater<float>());
  double sum = 0.0;
  for (float value : maxima.take_front(count))
    sum += static_cast<double>(value) - maxima[count];
  return sum / static_cast<double>(count);
}

static ChannelStatistics summarize(ArrayRef<ChannelSums> samples, int64_t channels, int64_t elements) {
  ChannelStatistics statistics;
  std::vector<float> maxima(samples.size()), minima(samples.size());
  auto count = static_cast<double>(samples.size()) * static_cast<double>(elements);
  for (int64_t channel = 0; channel < channels; ++channel) {
    double sum = 0.0, squares = 0.0, active = 0.0;
    for (auto [index, sample] : llvm::enumerate(samples)) {
      maxima[index] = sample.greatest[channel];
      minima[index] = -sample.least[channel];
      sum += sample.sum[channel];
      squares += sample.squares[channel];
      active += static_cast<double>(sample.active[channel]);
    }
    statistics.above.push_back(getExcess(maxima));
    statistics.below.push_back(getExcess(minima));
    statistics.greatest.push_back(*llvm::max_element(maxima));
    statistics.least.push_back(-static_cast<double>(*llvm::max_element(minima)));
    statistics.mean.push_back(sum / count);
    statistics.square.push_back(squares / count);
    statistics.active.push_back(active / count);
  }
  return statistics;
}

FailureOr<StatisticsMap> observeChannels(func::FuncOp function, ArrayRef<Layer> layers, ArrayRef<ChannelStream> streams,
                                         const CalibrationData &data, int64_t samples) {
  FailureOr<nn::Interpreter> interpreter = nn::Interpreter::create(function);
  if (failed(interpreter))
    return failure();
  FailureOr<CalibrationData> chosen = chooseSamples(function, data, samples, std::numeric_limits<int64_t>::max());
  if (failed(chosen))
    return failure();
  llvm::MapVector<Value, int64_t> watched; // values and the channels of each
  for (const ChannelStream &stream : streams)
    for (Value value : stream.values)
      watched.insert({value, stream.channels});
  for (const Layer &layer : layers)
    watched.insert({layer.getInput(), layer.getInputChannels()});
  std::vector<std::vector<ChannelSums>> sums(watched.size(), std::vector<ChannelSums>(chosen->count));
  if (failed(failableParallelForEachN(function.getContext(), 0, chosen->count, [&](size_t sample) -> LogicalResult {
        return success(
            succeeded(interpreter->run(chosen->getInputs(sample), [&](Value value, const nn::HostTensor &tensor) {
              if (auto *found = watched.find(value); found != watched.end())
                sums[found - watched.begin()][sample] = ChannelSums(tensor, found->second);
            })));
      })))
    return failure();
  StatisticsMap map;
  for (auto [index, entry] : llvm::enumerate(watched)) {
    auto [value, channels] = entry;
    map[value] = summarize(sums[index], channels, cast<RankedTensorType>(value.getType()).getNumElements() / channels);
  }
  return map;
}

/// The statistics of values clamped by the op, each bound by itself; means and mean squares stay those before.
static void clamp(ChannelStatistics &statistics, Operation *op) {
  auto fused = dyn_cast<nn::FusedActivationOpInterface>(op);
  if (!fused)
    return;
  auto bound = [&](double &value) {
    if (std::optional<float> lower = fused.getLowerBound())
      value = std::max<double>(value, *lower);
    if (std::optional<float> upper = fused.getUpperBound())
      value = std::min<double>(value, *upper);
  };
  llvm::for_each(statistics.least, bound);
  llvm::for_each(statistics.greatest, bound);
}

static std::optional<ChannelStatistics> getStatistics(Operation *op, int64_t channels) {
  constexpr double kDeviations = 6.0;
  auto mean = op->getAttrOfType<DenseF32ArrayAttr>(nn::kMeanAttr);
  auto deviation = op->getAttrOfType<DenseF32ArrayAttr>(nn::kDeviationAttr);
  if (!mean || !deviation || mean.size() != channels || deviation.size() != channels)
    return std::nullopt;
  ChannelStatistics statistics;
  for (auto [center, spread] : llvm::zip_equal(mean.asArrayRef(), deviation.asArrayRef())) {
    statistics.least.push_back(center - kDeviations * spread);
    statistics.greatest.push_back(center + kDeviations * spread);
    statistics.mean.push_back(center);
    statistics.square.push_back(static_cast<double>(center) * center + static_cast<double>(spread) * spread);
  }
  statistics.below.assign(channels, 0.0);
  statistics.above.assign(channels, 0.0);
  statistics.active.assign(channels, 1.0);
  return statistics;
}

static ChannelStatistics addIndependent(const ChannelStatistics &a, const ChannelStatistics &b) {
  ChannelStatistics sum = a;
  for (size_t channel = 0; channel < a.mean.size(); ++channel) {
    auto getRoot = [](double x, double y) { return std::sqrt(x * x + y * y); };
    double center = a.mean[channel] + b.mean[channel];
    sum.square[channel] = center * center + a.square[channel] - a.mean[channel] * a.mean[channel] + b.square[channel] -
                          b.mean[channel] * b.mean[channel];
    sum.least[channel] = center - getRoot(a.mean[channel] - a.least[channel], b.mean[channel] - b.least[channel]);
    sum.greatest[channel] =
        center + getRoot(a.greatest[channel] - a.mean[channel], b.greatest[channel] - b.mean[channel]);
    sum.mean[channel] = center;
  }
  return sum;
}

StatisticsMap deriveChannels(ArrayRef<ChannelStream> streams) {
  StatisticsMap map;
  for (const ChannelStream &stream : streams)
    for (Value value : stream.values) {
      Operation *op = value.getDefiningOp();
      std::optional<ChannelStatistics> statistics;
      if (Layer::get(op))
        statistics = getStatistics(op, stream.channels);
      else if (map.contains(op->getOperand(0)) && !isa<nn::AddOp>(op))
        statistics = map[op->getOperand(0)];
      else if (map.contains(op->getOperand(0)) && map.contains(op->getOperand(op->getNumOperands() - 1)))
        statistics = addIndependent(map[op->getOperand(0)], map[op->getOperand(1)]);
      if (!statistics)
        continue;
      clamp(*statistics, op);
      map[value] = std::move(*statistics);
    }
  return map;
}

} // namespace tinyc::compress
