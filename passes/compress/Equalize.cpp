// Cross-layer equalization and high-bias absorption (Nagel et al. 2019, "Data-Free Quantization Through Weight
// Equalization and Bias Correction").
#include "passes/compress/ActivationBits.h"
#include "passes/compress/ChannelStatistics.h"
#include "passes/compress/WeightGrid.h"

using namespace mlir;

namespace tinyc::compress {

#define GEN_PASS_DEF_EQUALIZEPASS
#include "passes/compress/Passes.h.inc"

namespace {

bool isDepthwise(const Layer &layer) {
  return layer.getInputChannels() > 1 && layer.groups == layer.getInputChannels();
}

/// What becomes of the channels of a stream: x -> (x - shift[c]) / factor[c], each value with shifts of its own.
struct ChannelChange {
  SmallVector<double> factors;
  DenseMap<Value, SmallVector<double>> shifts; // empty: none
  ArrayRef<double> getShifts(Value value) const {
    auto found = shifts.find(value);
    return found == shifts.end() ? ArrayRef<double>() : ArrayRef(found->second);
  }
};

class Equalizer {
public:
  explicit Equalizer(func::FuncOp function) {
    function.walk([&](Operation *op) {
      if (std::optional<Layer> layer = Layer::get(op))
        layers.push_back(std::move(*layer));
    });
    streams = findChannelStreams(layers);
  }

  bool isEmpty() const { return streams.empty(); }

  LogicalResult readBits(func::FuncOp function) {
    FailureOr<ActivationBits> chosen = chooseActivationBits(function);
    if (succeeded(chosen))
      bits = std::move(chosen->bits);
    return success(succeeded(chosen));
  }

  LogicalResult observe(func::FuncOp function, const CalibrationData &data, int64_t samples) {
    FailureOr<StatisticsMap> observed = observeChannels(function, layers, streams, data, samples);
    if (succeeded(observed))
      statistics = std::move(*observed);
    return success(succeeded(observed));
  }

  /// Leaves streams alone whose values have no statistics of batch norms.
  void useStatistics() {
    statistics = deriveChannels(streams);
    llvm::erase_if(streams, [&](const ChannelStream &stream) {
      return !llvm::all_of(stream.values, [&](Value value) { return statistics.contains(value); });
    });
  }

  /// Streams do not touch each other: what one divides in the rows of a layer's weights, their own scales take up.
  void equalize(double gain, int64_t weightBits) {
    double least = gain * std::log(10.0) / 10.0;
    for (const ChannelStream &stream : streams)
      if (std::optional<ChannelChange> change = findChange(stream, least, weightBits))
        apply(stream, *change);
  }

  void absorb() {
    for (const ChannelStream &stream : streams)
      absorb(stream);
  }

  void store() {
    for (size_t number : changed)
      layers[number].store();
  }

private:
  /// The greatest weight that reads each channel, relative to the greatest of its output channel; 0 for channels that
  /// nothing reads. Weights of a depthwise convolution count as 1.
  std::vector<double> getWeightRanges(const ChannelStream &stream) const {
    std::vector<double> greatest(stream.channels, 0.0);
    for (auto [number, value] : stream.readers) {
      const Layer &layer = layers[number];
      for (int64_t channel = 0; channel < layer.getChannels(); ++channel) {
        double most = 0.0;
        for (float weight : layer.getWeight(channel))
          most = std::max<double>(most, std::abs(weight));
        for (auto [index, weight] : llvm::enumerate(layer.getWeight(channel)))
          if (weight != 0.0f) {
            double &entry = greatest[layer.getInputChannel(channel, index) % stream.channels];
            entry = std::max(entry, isDepthwise(layer) ? 1.0 : std::abs(weight) / most);
          }
      }
    }
    return greatest;
  }

  /// Shifts that center each channel of the layers' results, and what they make of the sums of these.
  DenseMap<Value, SmallVector<double>> findShifts(const ChannelStream &stream) const {
    DenseMap<Value, SmallVector<double>> shifts;
    for (Value value : stream.values) {
      Operation *op = value.getDefiningOp();
      SmallVector<double> &mine = shifts[value];
      if (isa<nn::AddOp, nn::ReshapeOp>(op)) {
        mine.assign(stream.channels, 0.0);
        for (Value operand : op->getOperands())
          for (auto [sum, shift] : llvm::zip_equal(mine, shifts.at(operand)))
            sum += shift;
        continue;
      }
      const ChannelStatistics &known = statistics.at(value);
      for (auto [least, greatest] : llvm::zip_equal(known.least, known.greatest))
        mine.push_back(static_cast<float>((least + greatest) / 2.0));
    }
    return shifts;
  }

  /// How far each channel may be expected to go from its shift: the geometric mean over the stream's values.
  SmallVector<double> getMagnitudes(const ChannelStream &stream, const ChannelChange &change) const {
    SmallVector<double> logarithms(stream.channels, 0.0);
    SmallVector<int64_t> counts(stream.channels, 0);
    for (Value value : stream.values) {
      const ChannelStatistics &known = statistics.at(value);
      ArrayRef<double> shifts = change.getShifts(value);
      for (int64_t channel = 0; channel < stream.channels; ++channel) {
        double shift = shifts.empty() ? 0.0 : shifts[channel];
        double magnitude = std::max(std::abs(known.least[channel] - known.below[channel] - shift),
                                    std::abs(known.greatest[channel] + known.above[channel] - shift));
        if (magnitude > 0.0) {
          logarithms[channel] += std::log(magnitude);
          ++counts[channel];
        }
      }
    }
    SmallVector<double> magnitudes;
    for (auto [sum, count] : llvm::zip_equal(logarithms, counts))
      magnitudes.push_back(count > 0 ? std::exp(sum / static_cast<double>(count)) : 0.0);
    return magnitudes;
  }

  static double getRange(const ChannelStatistics &known) {
    return std::max(0.0, *llvm::max_element(known.greatest)) - std::min(0.0, *llvm::min_element(known.least));
  }

  /// How far each channel is expected to go because its layer's weights and inputs (of 8 bits) are rounded: 3
  /// deviations. A channel weaker than that would grow to be noise.
  std::vector<double> getSpread(const ChannelStream &stream, int64_t weightBits) const {
    std::vector<double> spread(stream.channels, 0.0);
    for (size_t number : stream.producers) {
      const Layer &layer = layers[number];
      auto known = statistics.find(layer.getInput());
      if (known == statistics.end())
        continue;
      const ChannelStatistics &inputs = known->second;
      double step = getRange(inputs) / 255.0;
      auto greatest = static_cast<double>(WeightGrid::get(getChosenWeightBits(layer.op, weightBits)).greatest);
      for (int64_t channel = 0; channel < layer.getChannels(); ++channel) {
        double most = 0.0, squares = 0.0, weights = 0.0;
        for (auto [index, weight] : llvm::enumerate(layer.getWeight(channel))) {
          size_t from = layer.getInputChannel(channel, index) % inputs.square.size();
          squares += inputs.square[from];
          if (inputs.square[from] > 0.0)
            most = std::max<double>(most, std::abs(weight));
          weights += inputs.square[from] > 0.0 ? static_cast<double>(weight) * weight : 0.0;
        }
        double noise = most / greatest * most / greatest * squares + step * step * weights;
        spread[channel] = std::max(spread[channel], 3.0 * std::sqrt(noise / 12.0));
      }
    }
    return spread;
  }

  /// The change with the least noise in the layers behind; none if it falls by less than `least` in natural logarithms.
  std::optional<ChannelChange> findChange(const ChannelStream &stream, double least, int64_t weightBits) const {
    std::vector<double> weights = getWeightRanges(stream), spread = getSpread(stream, weightBits);
    ChannelChange none;
    none.factors.assign(stream.channels, 1.0);
    double bestNoise = getNoise(stream, none, weightBits) - least;
    std::optional<ChannelChange> best;
    for (bool shifted : {false, true}) {
      if (shifted && (!stream.linear || stream.padded))
        continue;
      ChannelChange change;
      if (shifted)
        change.shifts = findShifts(stream);
      SmallVector<double> magnitudes = getMagnitudes(stream, change);
      for (auto [magnitude, noise] : llvm::zip_equal(magnitudes, spread))
        magnitude = std::max(magnitude, noise);
      for (double share : {0.0, 0.25, 0.5, 0.75, 1.0}) {
        change.factors = makeFactors(magnitudes, weights, share);
        for (auto [channel, factor] : llvm::enumerate(change.factors))
          factor = static_cast<float>(bound(stream, channel, factor));
        double noise = getNoise(stream, change, weightBits);
        if (noise < bestNoise) {
          bestNoise = noise;
          best = change;
        }
      }
    }
    return best;
  }

  /// magnitude^share / weight^(1 - share), so that the tensor's range stays; 1 for channels without values or readers.
  static SmallVector<double> makeFactors(ArrayRef<double> magnitudes, ArrayRef<double> weights, double share) {
    constexpr double kMost = 4096.0; // multipliers of all channels share a shift, and their ratios go with the factors'
    SmallVector<double> factors(magnitudes.size(), 1.0);
    auto isUsed = [&](size_t channel) { return magnitudes[channel] > 0.0 && weights[channel] > 0.0; };
    double most = 0.0, mostScaled = 0.0;
    for (size_t channel = 0; channel < factors.size(); ++channel) {
      if (!isUsed(channel))
        continue;
      factors[channel] = std::pow(magnitudes[channel], share) / std::pow(weights[channel], 1.0 - share);
      most = std::max(most, magnitudes[channel]);
      mostScaled = std::max(mostScaled, magnitudes[channel] / factors[channel]);
    }
    for (size_t channel = 0; channel < factors.size(); ++channel)
      if (isUsed(channel))
        factors[channel] = std::clamp(factors[channel] * mostScaled / most, 1.0 / kMost, kMost);
    return factors;
  }

  /// The factor that keeps a channel below the upper bounds of clamps where it was below, and 1 where it was not.
  double bound(const ChannelStream &stream, int64_t channel, double factor) const {
    for (Value value : stream.values) {
      auto fused = dyn_cast<nn::FusedActivationOpInterface>(value.getDefiningOp());
      std::optional<float> upper = fused ? fused.getUpperBound() : std::nullopt;
      if (!upper)
        continue;
      const ChannelStatistics &known = statistics.at(value);
      double greatest = known.greatest[channel] + known.above[channel];
      if (greatest >= *upper)
        return 1.0;
      factor = std::max(factor, greatest / *upper);
    }
    return factor;
  }

  /// The step of a value's 8 or 16 bits.
  double getStep(Value value, const ChannelChange &change) const {
    const ChannelStatistics &known = statistics.at(value);
    ArrayRef<double> shifts = change.getShifts(value);
    double low = 0.0, high = 0.0;
    for (size_t channel = 0; channel < change.factors.size(); ++channel) {
      double shift = shifts.empty() ? 0.0 : shifts[channel], factor = change.factors[channel];
      low = std::min(low, (known.least[channel] - known.below[channel] - shift) / factor);
      high = std::max(high, (known.greatest[channel] + known.above[channel] - shift) / factor);
    }
    auto fused = dyn_cast<nn::FusedActivationOpInterface>(value.getDefiningOp());
    if (std::optional<float> upper = fused ? fused.getUpperBound() : std::nullopt)
      high = std::min<double>(high, *upper);
    return (high - low) / (std::ldexp(1.0, static_cast<int>(bits.lookup(value))) - 1.0);
  }

  /// The mean square of the rounding errors of each of the stream's values: its own and those of what it is computed
  /// from.
  DenseMap<Value, double> getErrors(const ChannelStream &stream, const ChannelChange &change) const {
    DenseMap<Value, double> errors;
    for (Value value : stream.values) {
      Operation *op = value.getDefiningOp();
      double error = 0.0;
      for (Value operand : op->getOperands())
        error += errors.lookup(operand); // 0 where it is not of the stream
      auto quantizable = dyn_cast<nn::QuantizableOpInterface>(op);
      if (!quantizable || !quantizable.sharesScale()) {
        double step = getStep(value, change);
        error += step * step / 12.0;
      }
      errors[value] = error;
    }
    return errors;
  }

  /// The mean, over the output channels of the layers behind, of the logarithm of the noise that the rounding of the
  /// stream's values and of the weights adds.
  double getNoise(const ChannelStream &stream, const ChannelChange &change, int64_t weightBits) const {
    DenseMap<Value, double> errors = getErrors(stream, change);
    double sum = 0.0;
    int64_t outputs = 0;
    for (auto [number, value] : stream.readers) {
      const Layer &layer = layers[number];
      ChannelStatistics inputs = statistics.at(value);
      inputs.transform(change.factors, change.getShifts(value));
      auto greatest = static_cast<double>(WeightGrid::get(getChosenWeightBits(layer.op, weightBits)).greatest);
      for (int64_t channel = 0; channel < layer.getChannels(); ++channel) {
        double weights = 0.0, squares = 0.0, most = 0.0;
        for (auto [index, weight] : llvm::enumerate(layer.getWeight(channel))) {
          size_t from = layer.getInputChannel(channel, index) % stream.channels;
          double scaled = weight * change.factors[from];
          weights += scaled * scaled * inputs.active[from];
          squares += inputs.square[from];
          if (inputs.square[from] > 0.0) // scales are chosen without the weights of others
            most = std::max(most, std::abs(scaled));
        }
        double noise = weights * errors.lookup(value) + most / greatest * most / greatest / 12.0 * squares;
        if (!(noise > 0.0))
          continue;
        sum += std::log(noise);
        ++outputs;
      }
    }
    return outputs > 0 ? sum / static_cast<double>(outputs) : 0.0;
  }

  void apply(const ChannelStream &stream, const ChannelChange &change) {
    for (size_t number : stream.producers) {
      Layer &layer = layers[number];
      ArrayRef<double> shifts = change.getShifts(layer.op->getResult(0));
      for (int64_t channel = 0; channel < stream.channels; ++channel) {
        auto factor = static_cast<float>(change.factors[channel]);
        for (float &weight : layer.getWeight(channel))
          weight /= factor;
        double shift = shifts.empty() ? 0.0 : shifts[channel];
        layer.bias[channel] = static_cast<float>((layer.bias[channel] - shift) / factor);
      }
      changeStatistics(layer.op, change.factors, shifts);
      changed.insert(number);
    }
    for (auto [number, value] : stream.readers) {
      addToBias(number, change.getShifts(value));
      Layer &layer = layers[number];
      for (int64_t channel = 0; channel < layer.getChannels(); ++channel)
        for (auto [index, weight] : llvm::enumerate(layer.getWeight(channel)))
          weight *= static_cast<float>(change.factors[layer.getInputChannel(channel, index) % stream.channels]);
    }
    for (Value value : stream.values)
      statistics[value].transform(change.factors, change.getShifts(value));
  }

  /// Gives a layer's biases what is taken off its inputs.
  void addToBias(size_t number, ArrayRef<double> amounts) {
    Layer &layer = layers[number];
    changed.insert(number);
    if (amounts.empty())
      return;
    for (int64_t channel = 0; channel < layer.getChannels(); ++channel) {
      double sum = 0.0;
      for (auto [index, weight] : llvm::enumerate(layer.getWeight(channel)))
        sum += weight * amounts[layer.getInputChannel(channel, index) % amounts.size()];
      layer.bias[channel] = static_cast<float>(layer.bias[channel] + sum);
    }
  }

  /// The statistics that a batch norm left are those of the changed channels now.
  static void changeStatistics(Operation *op, ArrayRef<double> factors, ArrayRef<double> shifts) {
    for (StringRef name : {nn::kMeanAttr, nn::kDeviationAttr}) {
      auto values = op->getAttrOfType<DenseF32ArrayAttr>(name);
      if (!values || values.size() != static_cast<int64_t>(factors.size()))
        continue;
      SmallVector<float> scaled;
      for (auto [channel, value] : llvm::enumerate(values.asArrayRef())) {
        double shift = shifts.empty() || name == nn::kDeviationAttr ? 0.0 : shifts[channel];
        scaled.push_back(static_cast<float>((value - shift) / factors[channel]));
      }
      op->setAttr(name, DenseF32ArrayAttr::get(op->getContext(), scaled));
    }
  }

  /// Moves what the result of one layer is always above, of a ReLU, into the biases behind.
  void absorb(const ChannelStream &stream) {
    if (stream.producers.size() != 1 || !changed.contains(stream.producers.front()) || stream.padded || !stream.direct)
      return;
    Layer &producer = layers[stream.producers.front()];
    auto fused = cast<nn::FusedActivationOpInterface>(producer.op);
    if (fused.getLowerBound() != 0.0f)
      return;
    const ChannelStatistics &known = statistics.at(producer.op->getResult(0));
    std::vector<double> amounts(stream.channels, 0.0);
    for (int64_t channel = 0; channel < stream.channels; ++channel)
      if (!(fused.getUpperBound() && known.greatest[channel] >= *fused.getUpperBound()))
        amounts[channel] = std::max(known.least[channel] - known.below[channel], 0.0);
    if (llvm::all_of(amounts, [](double amount) { return amount == 0.0; }))
      return;
    producer.op->removeAttr(nn::kMeanAttr);
    producer.op->removeAttr(nn::kDeviationAttr);
    for (auto [bias, amount] : llvm::zip_equal(producer.bias, amounts))
      bias -= static_cast<float>(amount);
    for (auto [number, value] : stream.readers)
      addToBias(number, amounts);
  }

  SmallVector<Layer, 0> layers;
  SmallVector<ChannelStream, 0> streams;
  StatisticsMap statistics;
  llvm::DenseMap<Value, unsigned> bits; // of activations
  llvm::SetVector<size_t> changed;
};

struct EqualizePass : impl::EqualizePassBase<EqualizePass> {
  using EqualizePassBase::EqualizePassBase;
  EqualizePass(const EqualizePassOptions &options, CalibrationData data)
      : EqualizePassBase(options), data(std::move(data)) {}

  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (function.isExternal())
      return;
    Equalizer equalizer(function);
    if (equalizer.isEmpty())
      return;
    if (failed(equalizer.readBits(function)))
      return signalPassFailure();
    if (statistics)
      equalizer.useStatistics();
    else if (failed(equalizer.observe(function, data, maxSamples)))
      return signalPassFailure();
    equalizer.equalize(gain, weightBits);
    if (absorb)
      equalizer.absorb();
    equalizer.store();
  }

  CalibrationData data;
};
} // namespace

std::unique_ptr<Pass> createEqualizePass(EqualizePassOptions options, CalibrationData data) {
  return std::make_unique<EqualizePass>(options, std::move(data));
}

} // namespace tinyc::compress
