// Cross-layer equalization and high-bias absorption (Nagel et al. 2019, "Data-Free Quantization Through Weight
// Equalization and Bias Correction").
#include "passes/compress/ChannelLinks.h"
#include "passes/compress/StepwiseRun.h"
#include "passes/compress/WeightGrid.h"

using namespace mlir;

namespace tinyc::compress {

#define GEN_PASS_DEF_EQUALIZEPASS
#include "passes/compress/Passes.h.inc"

namespace {

/// The least and the greatest value of each channel (the last dimension).
struct ChannelRanges {
  std::vector<float> least, greatest;

  void add(const nn::HostTensor &tensor) {
    int64_t channels = tensor.getType().getShape().back();
    least.resize(channels, std::numeric_limits<float>::infinity());
    greatest.resize(channels, -std::numeric_limits<float>::infinity());
    for (auto [index, value] : llvm::enumerate(tensor.get<float>())) {
      float &low = least[index % channels], &high = greatest[index % channels];
      low = std::min(low, value);
      high = std::max(high, value);
    }
  }
  void merge(const ChannelRanges &other) {
    if (other.least.empty())
      return;
    least.resize(other.least.size(), std::numeric_limits<float>::infinity());
    greatest.resize(other.greatest.size(), -std::numeric_limits<float>::infinity());
    for (size_t channel = 0; channel < other.least.size(); ++channel) {
      least[channel] = std::min(least[channel], other.least[channel]);
      greatest[channel] = std::max(greatest[channel], other.greatest[channel]);
    }
  }
};

class Equalizer {
public:
  explicit Equalizer(func::FuncOp function) {
    function.walk([&](Operation *op) {
      if (std::optional<Layer> layer = Layer::get(op))
        layers.push_back(std::move(*layer));
    });
    links = findChannelLinks(layers);
  }

  bool isEmpty() const { return links.empty(); }

  /// Takes the ranges from batch norms, mean -+ 6 deviations as they pass the clamp (section 5 there), and leaves the links
  /// alone whose producers have none.
  void useStatistics() {
    constexpr double kDeviations = 6.0;
    SmallVector<ChannelLink, 0> known;
    for (const ChannelLink &link : links) {
      Operation *op = layers[link.producer].op;
      auto mean = op->getAttrOfType<DenseF32ArrayAttr>(nn::kMeanAttr);
      auto deviation = op->getAttrOfType<DenseF32ArrayAttr>(nn::kDeviationAttr);
      if (!mean || !deviation || mean.size() != layers[link.producer].getChannels() || deviation.size() != mean.size())
        continue;
      auto bound = [&](double value) {
        value = link.lower ? std::max<double>(value, *link.lower) : value;
        return static_cast<float>(link.upper ? std::min<double>(value, *link.upper) : value);
      };
      ChannelRanges &range = ranges.emplace_back();
      for (auto [center, spread] : llvm::zip_equal(mean.asArrayRef(), deviation.asArrayRef())) {
        range.least.push_back(bound(center - kDeviations * spread));
        range.greatest.push_back(bound(center + kDeviations * spread));
      }
      known.push_back(link);
    }
    links = std::move(known);
  }

  LogicalResult observe(func::FuncOp function, const CalibrationData &data, int64_t samples) {
    FailureOr<nn::Interpreter> interpreter = nn::Interpreter::create(function);
    if (failed(interpreter))
      return failure();
    FailureOr<CalibrationData> chosen = chooseSamples(function, data, samples);
    if (failed(chosen))
      return failure();
    DenseMap<Value, size_t> watched;
    for (auto [index, link] : llvm::enumerate(links))
      watched[layers[link.producer].op->getResult(0)] = index;
    std::vector<std::vector<ChannelRanges>> parts(nn::Interpreter::getWorkerCount(),
                                                  std::vector<ChannelRanges>(links.size()));
    if (failed(interpreter->runAll(
            chosen->count, chosen->getInputs, [](int64_t, std::vector<nn::HostTensor>) {},
            [&](unsigned worker, Value value, const nn::HostTensor &tensor) {
              if (auto found = watched.find(value); found != watched.end())
                parts[worker][found->second].add(tensor);
            })))
      return failure();
    ranges.resize(links.size());
    for (std::vector<ChannelRanges> &part : parts)
      for (auto [mine, other] : llvm::zip_equal(ranges, part))
        mine.merge(other);
    return success();
  }

  /// Links do not touch each other: what one divides in the rows of a layer's weights, their own scales take up.
  void equalize(double gain, int64_t weightBits) {
    double least = gain * std::log(10.0) / 10.0;
    for (auto [index, link] : llvm::enumerate(links)) {
      SmallVector<double> factors = findFactors(link, ranges[index], least, weightBits);
      if (!factors.empty())
        apply(link, factors, ranges[index]);
    }
  }

  void absorb() {
    for (auto [index, link] : llvm::enumerate(links))
      absorb(link, ranges[index]);
  }

  void store() {
    for (size_t number : changed)
      layers[number].store();
  }

private:
  /// The greatest weight that reads each channel, relative to the greatest of its output channel; 0 for channels that
  /// nothing reads. Weights of a depthwise convolution count as 1.
  std::vector<double> getWeightRanges(const ChannelLink &link, int64_t channels) const {
    std::vector<double> greatest(channels, 0.0);
    for (size_t number : link.consumers) {
      const Layer &layer = layers[number];
      bool isDepthwise = layer.getInputChannels() > 1 && layer.groups == layer.getInputChannels();
      for (int64_t channel = 0; channel < layer.getChannels(); ++channel) {
        double most = 0.0;
        for (float weight : layer.getWeight(channel))
          most = std::max<double>(most, std::abs(weight));
        for (auto [index, weight] : llvm::enumerate(layer.getWeight(channel)))
          if (weight != 0.0f) {
            double &entry = greatest[layer.getInputChannel(channel, index) % channels];
            entry = std::max(entry, isDepthwise ? 1.0 : std::abs(weight) / most);
          }
      }
    }
    return greatest;
  }

  bool readsDepthwise(const ChannelLink &link) const {
    return llvm::all_of(link.consumers, [&](size_t number) {
      return layers[number].groups > 1 && layers[number].groups == layers[number].getInputChannels();
    });
  }

  static SmallVector<double> getMagnitudes(const ChannelRanges &range) {
    SmallVector<double> magnitudes;
    for (auto [least, greatest] : llvm::zip_equal(range.least, range.greatest))
      magnitudes.push_back(std::max(std::abs(least), std::abs(greatest)));
    return magnitudes;
  }

  /// The factors with the least noise behind the link; none if it falls by less than `least` in natural logarithms.
  SmallVector<double> findFactors(const ChannelLink &link, const ChannelRanges &range, double least,
                                  int64_t weightBits) const {
    SmallVector<double> magnitudes = getMagnitudes(range), best;
    std::vector<double> weights = getWeightRanges(link, magnitudes.size());
    double before = getNoise(link, magnitudes, SmallVector<double>(magnitudes.size(), 1.0), weightBits);
    double bestNoise = before - least;
    bool depthwise = readsDepthwise(link);
    for (double share : {0.0, 0.25, 0.5, 0.75, 1.0}) {
      if (depthwise && share != 1.0)
        continue;
      SmallVector<double> factors = makeFactors(magnitudes, weights, share);
      for (auto [channel, factor] : llvm::enumerate(factors))
        factor = static_cast<float>(bound(factor, range.greatest[channel], link.upper));
      double noise = getNoise(link, magnitudes, factors, weightBits);
      if (noise < bestNoise) {
        bestNoise = noise;
        best = factors;
      }
    }
    return best;
  }

  /// magnitude^share / weight^(1 - share), so that the tensor's range stays; 1 for channels without values or readers.
  static SmallVector<double> makeFactors(ArrayRef<double> magnitudes, ArrayRef<double> weights, double share) {
    constexpr double kFilled = 0.25; // of the tensor's range, by channels that grow
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
      if (isUsed(channel)) {
        double grown = magnitudes[channel] / (kFilled * most); // the factor of a channel that fills so much
        double factor = std::clamp(factors[channel] * mostScaled / most, 1e-9, 1e9);
        factors[channel] = factor < 1.0 ? std::min(std::max(factor, grown), 1.0) : factor;
      }
    return factors;
  }

  /// The mean, over the output channels of the layers behind, of the logarithm of the noise that quantization of the
  /// activation (8 bits) and of the weights adds, relative to the result; values as great as their ranges.
  double getNoise(const ChannelLink &link, ArrayRef<double> magnitudes, ArrayRef<double> factors, int64_t weightBits) const {
    double most = 0.0, sum = 0.0;
    for (auto [magnitude, factor] : llvm::zip_equal(magnitudes, factors))
      most = std::max(most, magnitude / factor);
    double step = most / 255.0;
    int64_t outputs = 0;
    for (size_t number : link.consumers) {
      const Layer &layer = layers[number];
      auto greatest = static_cast<double>(WeightGrid::get(getChosenWeightBits(layer.op, weightBits)).greatest);
      for (int64_t channel = 0; channel < layer.getChannels(); ++channel) {
        double signal = 0.0, noise = 0.0, inputs = 0.0, mostWeight = 0.0;
        for (auto [index, weight] : llvm::enumerate(layer.getWeight(channel))) {
          size_t from = layer.getInputChannel(channel, index) % magnitudes.size();
          double scaled = weight * factors[from], value = magnitudes[from] / factors[from];
          signal += weight * weight * magnitudes[from] * magnitudes[from];
          noise += scaled * scaled * step * step;
          inputs += value * value;
          mostWeight = std::max(mostWeight, std::abs(scaled));
        }
        noise += mostWeight / greatest * mostWeight / greatest * inputs;
        if (!(signal > 0.0) || !(noise > 0.0))
          continue;
        sum += std::log(noise / signal);
        ++outputs;
      }
    }
    return outputs > 0 ? sum / static_cast<double>(outputs) : 0.0;
  }

  /// The factor that keeps a channel below an upper bound where it was below, and the same where it was not.
  static double bound(double factor, double greatest, std::optional<float> upper) {
    constexpr double kHeadroom = 1.25; // for values that calibration has not shown
    if (!upper)
      return factor;
    if (greatest * kHeadroom >= *upper)
      return 1.0;
    return std::max(factor, greatest * kHeadroom / *upper);
  }

  void apply(const ChannelLink &link, ArrayRef<double> factors, ChannelRanges &range) {
    Layer &producer = layers[link.producer];
    auto channels = static_cast<int64_t>(factors.size());
    for (int64_t channel = 0; channel < channels; ++channel) {
      auto factor = static_cast<float>(factors[channel]);
      for (float &weight : producer.getWeight(channel))
        weight /= factor;
      producer.bias[channel] /= factor;
      range.least[channel] /= factor;
      range.greatest[channel] /= factor;
    }
    scaleStatistics(producer.op, factors);
    changed.insert(link.producer);
    for (size_t number : link.consumers) {
      Layer &layer = layers[number];
      for (int64_t channel = 0; channel < layer.getChannels(); ++channel)
        for (auto [index, weight] : llvm::enumerate(layer.getWeight(channel)))
          weight *= static_cast<float>(factors[layer.getInputChannel(channel, index) % channels]);
      changed.insert(number);
    }
  }

  /// The statistics that a batch norm left are those of the scaled channels now.
  static void scaleStatistics(Operation *op, ArrayRef<double> factors) {
    for (StringRef name : {nn::kMeanAttr, nn::kDeviationAttr}) {
      auto values = op->getAttrOfType<DenseF32ArrayAttr>(name);
      if (!values || values.size() != static_cast<int64_t>(factors.size()))
        continue;
      SmallVector<float> scaled;
      for (auto [value, factor] : llvm::zip_equal(values.asArrayRef(), factors))
        scaled.push_back(static_cast<float>(value / factor));
      op->setAttr(name, DenseF32ArrayAttr::get(op->getContext(), scaled));
    }
  }

  void absorb(const ChannelLink &link, ChannelRanges &range) {
    if (!changed.contains(link.producer) || link.lower != 0.0f || link.padded || !link.direct)
      return;
    Layer &producer = layers[link.producer];
    int64_t channels = producer.getChannels();
    std::vector<double> amounts(channels, 0.0);
    for (int64_t channel = 0; channel < channels; ++channel)
      if (range.least[channel] > 0.0f && !(link.upper && range.greatest[channel] >= *link.upper))
        amounts[channel] = range.least[channel];
    if (llvm::all_of(amounts, [](double amount) { return amount == 0.0; }))
      return;
    producer.op->removeAttr(nn::kMeanAttr);
    producer.op->removeAttr(nn::kDeviationAttr);
    for (int64_t channel = 0; channel < channels; ++channel)
      producer.bias[channel] -= static_cast<float>(amounts[channel]);
    changed.insert(link.producer);
    for (size_t number : link.consumers) {
      Layer &layer = layers[number];
      for (int64_t channel = 0; channel < layer.getChannels(); ++channel) {
        double sum = 0.0;
        for (auto [index, weight] : llvm::enumerate(layer.getWeight(channel)))
          sum += weight * amounts[layer.getInputChannel(channel, index) % channels];
        layer.bias[channel] += static_cast<float>(sum);
      }
      changed.insert(number);
    }
  }

  SmallVector<Layer, 0> layers;
  SmallVector<ChannelLink, 0> links;
  std::vector<ChannelRanges> ranges; // of each link's value, after the producer's clamp
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
