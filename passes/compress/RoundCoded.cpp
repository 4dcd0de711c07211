#include "passes/compress/CodedIntegers.h"
#include "passes/compress/LayerErrors.h"
#include "passes/compress/LayerMoments.h"

#include "mlir/IR/Threading.h"

#include <atomic>
#include <cmath>

using namespace mlir;

namespace tinyc::compress {

#define GEN_PASS_DEF_ROUNDCODEDPASS
#include "passes/compress/Passes.h.inc"

namespace {

/// The root mean square of each channel's weights to the power of `power`, at least a hundredth of the greatest.
std::vector<double> getChannelSizes(const Layer &layer, double power) {
  std::vector<double> sizes(layer.getChannels());
  double most = 0.0;
  for (int64_t channel = 0; channel < layer.getChannels(); ++channel) {
    double square = 0.0;
    for (double weight : layer.getWeight(channel))
      square += weight * weight;
    sizes[channel] = std::sqrt(square / static_cast<double>(layer.depth));
    most = std::max(most, sizes[channel]);
  }
  for (double &size : sizes)
    size = most > 0.0 ? std::pow(std::max(size, most / 100.0), power) : 1.0;
  return sizes;
}

/// The entropy, in bits, of a layer's weights rounded to nearest with scales `step` * size of the channel.
double estimateBits(const Layer &layer, ArrayRef<double> sizes, double step) {
  IntegerCounts counts;
  for (int64_t channel = 0; channel < layer.getChannels(); ++channel)
    for (double weight : layer.getWeight(channel))
      counts.add(static_cast<int>(std::clamp<double>(std::nearbyint(weight / (step * sizes[channel])), -127, 127)));
  return counts.getBits();
}

/// The step at which all of a layer's weights are within -127 .. 127.
double getFinestStep(const Layer &layer, ArrayRef<double> sizes) {
  double step = 0.0;
  for (int64_t channel = 0; channel < layer.getChannels(); ++channel)
    for (double weight : layer.getWeight(channel))
      step = std::max(step, std::abs(weight) / sizes[channel] / IntegerCounts::kMost);
  return std::max(step, 1e-30);
}

/// The finest step, of the layer's finest one times 2^(i/4), at which its weights take at most `bits`.
double findStep(const Layer &layer, ArrayRef<double> sizes, double bits) {
  double step = getFinestStep(layer, sizes);
  for (int i = 0; i < 80 && estimateBits(layer, sizes, step) > bits; ++i)
    step *= std::exp2(0.25);
  return step;
}

struct RoundCodedPass : impl::RoundCodedPassBase<RoundCodedPass> {
  using RoundCodedPassBase::RoundCodedPassBase;
  RoundCodedPass(const RoundCodedPassOptions &options, CalibrationData data)
      : RoundCodedPassBase(options), data(std::move(data)) {}

  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (function.isExternal())
      return;
    if (failed(checkOptions()))
      return signalPassFailure();
    targets.clear();
    FailureOr<CalibrationData> samples = chooseSamples(function, data, maxSamples);
    if (failed(samples) || (codebook == 0 && failed(distributeBits(*samples))) ||
        failed(roundLayers(function, *samples, {maxSamples, /*weightBits=*/8, /*greatestBits=*/8},
                           [&](RoundingProblem &problem) { return round(problem); })))
      signalPassFailure();
  }

private:
  LogicalResult checkOptions() {
    if (codebook < 0 || codebook > 6)
      return getOperation().emitError("expects codebooks of 1 to 6 bits, got ") << codebook.getValue();
    if (codebook == 0 && !(bits >= 0.5 && bits <= 7.0))
      return getOperation().emitError("expects 0.5 to 7 bits in the mean, got ") << bits.getValue();
    return success();
  }

  /// Sets the bits of each layer, so that the sum of (what its rounding does to the results) + (price * its bits) is least, at
  /// the price at which all layers together take what they may.
  LogicalResult distributeBits(const CalibrationData &samples) {
    struct Way {
      double bits, error;
    };
    constexpr int kWays = 25, kMiddle = 12; // steps from 1/8 to 8 times the one that is measured, by quarters of powers of 2
    SmallVector<Layer> layers = listOwnLayers(getOperation());
    if (layers.empty())
      return success();
    std::vector<nn::HostTensor> rounded;
    std::vector<std::vector<Way>> ways(layers.size());
    double wanted = 0.0;
    for (auto [layer, options] : llvm::zip_equal(layers, ways)) {
      std::vector<double> sizes = getChannelSizes(layer, channelPower);
      double budget = bits * static_cast<double>(layer.weight.getNumElements());
      wanted += budget;
      double step = findStep(layer, sizes, budget);
      Layer probe = layer;
      for (int64_t channel = 0; channel < layer.getChannels(); ++channel)
        for (float &weight : probe.getWeight(channel)) {
          double scale = step * sizes[channel];
          weight = static_cast<float>(scale * std::clamp<double>(std::nearbyint(weight / scale), -127, 127));
        }
      rounded.push_back(std::move(probe.weight));
      for (int way = 0; way < kWays; ++way) {
        double factor = std::exp2(0.25 * (way - kMiddle));
        options.push_back({estimateBits(layer, sizes, step * factor), factor * factor});
      }
    }
    FailureOr<std::vector<double>> errors = measureLayerErrors(getOperation(), layers, rounded, samples);
    if (failed(errors))
      return failure();
    auto choose = [&](double price) {
      double sum = 0.0;
      for (size_t index = 0; index < layers.size(); ++index) {
        const Way *best = &ways[index].front();
        auto getCost = [&](const Way &way) { return (*errors)[index] * way.error + price * way.bits; };
        for (const Way &way : ways[index])
          if (getCost(way) < getCost(*best))
            best = &way;
        targets[layers[index].op] = best->bits;
        sum += best->bits;
      }
      return sum;
    };
    double low = 1e-20, high = 1e6; // prices
    for (int round = 0; round < 80; ++round) {
      double middle = std::sqrt(low * high);
      (choose(middle) > wanted ? low : high) = middle;
    }
    double used = choose(high), total = std::max(used, 1.0);
    for (auto &[op, target] : targets)
      target *= wanted / total;
    return success();
  }

  LogicalResult round(RoundingProblem &problem) {
    Layer &layer = problem.layer;
    FailureOr<std::vector<CodedGroup>> groups = makeGroups(problem);
    if (failed(groups))
      return failure();
    std::vector<double> sizes = getChannelSizes(layer, channelPower);
    auto count = static_cast<double>(layer.weight.getNumElements());
    if (codebook > 0) {
      roundToCodebook(problem, *groups, sizes);
    } else {
      auto target = targets.find(layer.op);
      double budget = target == targets.end() ? bits * count : target->second;
      // Between a step that is too fine and one that is coarse enough; counts of one round are the bits of the next.
      double fine = findStep(layer, sizes, budget) / 4.0, coarse = fine * 16.0;
      fine = std::max(fine, getFinestStep(layer, sizes));
      IntegerCounts counts;
      for (int turn = 0; turn < 10; ++turn) {
        double middle = std::sqrt(fine * coarse);
        counts = roundAll(problem, *groups, sizes, middle, /*turns=*/2);
        (counts.getBits() > budget ? fine : coarse) = middle;
      }
      roundAll(problem, *groups, sizes, coarse, /*turns=*/4);
    }
    problem.scales.assign(layer.getChannels(), 0.0);
    store(problem, *groups);
    return success();
  }

  /// The moments of each group and the real weights that suit the quantized inputs best.
  FailureOr<std::vector<CodedGroup>> makeGroups(RoundingProblem &problem) {
    const Layer &layer = problem.layer;
    std::vector<std::pair<int64_t, int64_t>> rows = chooseMomentRows(layer, problem.actual.size());
    std::vector<CodedGroup> groups(layer.groups);
    shifts.assign(layer.getChannels(), 0.0);
    means.assign(layer.groups, {});
    std::atomic<bool> singular = false;
    auto make = [&](size_t number) {
      LayerMoments moments = computeMoments(problem, number, rows);
      std::optional<ErrorForm> form = ErrorForm::create(moments.covariance, damping);
      std::optional<ErrorForm> shrunk = ErrorForm::create(moments.covariance, ridge);
      if (!form || !shrunk) {
        singular = true;
        return;
      }
      CodedGroup &group = groups[number];
      group.channels = layer.outputs;
      group.wanted.resize(layer.depth * layer.outputs);
      group.zero.resize(layer.depth * layer.outputs);
      for (int64_t output = 0; output < layer.outputs; ++output) {
        int64_t channel = static_cast<int64_t>(number) * layer.outputs + output;
        std::vector<double> cross(layer.depth);
        for (int64_t k = 0; k < layer.depth; ++k)
          cross[k] = moments.cross[output][form->order[k]];
        std::vector<double> change = solve(shrunk->factor, cross);
        for (int64_t k = 0; k < layer.depth; ++k) {
          float weight = layer.getWeight(channel)[form->order[k]];
          group.wanted[k * layer.outputs + output] = static_cast<float>(weight + change[k]);
          group.zero[k * layer.outputs + output] = weight == 0.0f;
        }
        shifts[channel] = moments.shift[output];
      }
      group.form = std::make_shared<const ErrorForm>(std::move(*form));
      means[number] = std::move(moments.mean);
    };
    if (layer.groups == 1)
      make(0); // its moments run in parallel
    else
      parallelFor(problem.getContext(), 0, layer.groups, make);
    if (singular)
      return layer.op->emitOpError("expects finite inputs on the calibration data");
    return groups;
  }

  static void setScales(const RoundingProblem &problem, std::vector<CodedGroup> &groups, ArrayRef<double> sizes, double step) {
    int64_t channel = 0;
    for (CodedGroup &group : groups) {
      group.scales.clear();
      for (int64_t output = 0; output < group.channels; ++output, ++channel)
        group.scales.push_back(static_cast<float>(std::max(step * sizes[channel], problem.leastScales[channel])));
    }
  }

  static IntegerCounts roundGroups(std::vector<CodedGroup> &groups, const Alphabet &alphabet, double lambda) {
    IntegerCounts counts;
    for (CodedGroup &group : groups)
      group.round(alphabet, lambda, counts);
    return counts;
  }

  IntegerCounts roundAll(const RoundingProblem &problem, std::vector<CodedGroup> &groups, ArrayRef<double> sizes, double step,
                         int turns) {
    setScales(problem, groups, sizes, step);
    IntegerCounts counts = roundGroups(groups, Alphabet::makeDense({}), 0.0);
    for (int turn = 0; turn < turns; ++turn)
      counts = roundGroups(groups, Alphabet::makeDense(counts), lambda);
    return counts;
  }

  /// 2^codebook integers of the layer: clusters of its weights on the finest step, each weight counted by the error of the result
  /// that its own causes; then, in turns, integers of the weights and least squares for the clusters' values.
  void roundToCodebook(const RoundingProblem &problem, std::vector<CodedGroup> &groups, ArrayRef<double> sizes) {
    setScales(problem, groups, sizes, getFinestStep(problem.layer, sizes));
    struct Point {
      double value, weight;
    };
    std::vector<Point> points;
    bool hasZeros = false;
    for (const CodedGroup &group : groups)
      for (int64_t k = 0; k < group.form->form.size; ++k)
        for (int64_t output = 0; output < group.channels; ++output) {
          int64_t index = k * group.channels + output;
          double scale = group.scales[output];
          hasZeros |= group.zero[index];
          if (!group.zero[index])
            points.push_back({group.wanted[index] / scale, group.form->getPivot(k) * scale * scale});
        }
    llvm::stable_sort(points, [](const Point &a, const Point &b) { return a.value < b.value; });
    auto size = (int64_t(1) << codebook) - (hasZeros ? 1 : 0); // zeros are an integer of their own
    // Lloyd's algorithm in one dimension, from evenly spread quantiles.
    std::vector<double> centers;
    for (int64_t i = 0; i < size && !points.empty(); ++i)
      centers.push_back(points[(2 * i + 1) * points.size() / (2 * size)].value);
    for (int turn = 0; turn < 50 && !points.empty(); ++turn) {
      std::vector<double> sums(centers.size(), 0.0), weights(centers.size(), 0.0);
      size_t nearest = 0;
      for (const Point &point : points) {
        while (nearest + 1 < centers.size() &&
               std::abs(centers[nearest + 1] - point.value) <= std::abs(centers[nearest] - point.value))
          ++nearest;
        sums[nearest] += point.value * point.weight;
        weights[nearest] += point.weight;
      }
      for (size_t i = 0; i < centers.size(); ++i)
        if (weights[i] > 0.0)
          centers[i] = sums[i] / weights[i];
    }
    for (int turn = 0; turn < 4; ++turn) {
      std::vector<int> integers = toIntegers(centers, hasZeros);
      IntegerCounts counts = roundGroups(groups, Alphabet::makeSparse(integers, {}), 0.0);
      roundGroups(groups, Alphabet::makeSparse(integers, counts), lambda);
      if (turn < 3)
        centers = fitCenters(groups, integers, hasZeros);
    }
  }

  static std::vector<int> toIntegers(ArrayRef<double> centers, bool hasZeros) {
    std::vector<int> integers;
    if (hasZeros || centers.empty())
      integers.push_back(0);
    for (double center : centers)
      integers.push_back(static_cast<int>(std::clamp<double>(std::nearbyint(center), -127, 127)));
    llvm::sort(integers);
    integers.erase(std::unique(integers.begin(), integers.end()), integers.end());
    return integers;
  }

  /// The values, in place of the integers, with the least error of the layer's result, as far as each weight keeps its cluster.
  static std::vector<double> fitCenters(ArrayRef<CodedGroup> groups, ArrayRef<int> integers, bool hasZeros) {
    auto size = static_cast<int64_t>(integers.size());
    SquareMatrix matrix(size);
    std::vector<double> right(size, 0.0), centers(integers.begin(), integers.end());
    for (const CodedGroup &group : groups) {
      int64_t depth = group.form->form.size;
      for (int64_t output = 0; output < group.channels; ++output) {
        std::vector<int64_t> cluster(depth);
        for (int64_t k = 0; k < depth; ++k)
          cluster[k] = llvm::lower_bound(integers, group.integers[k * group.channels + output]) - integers.begin();
        double scale = group.scales[output];
        for (int64_t i = 0; i < depth; ++i) {
          const double *row = group.form->form[i];
          double product = 0.0;
          for (int64_t j = 0; j < depth; ++j) {
            matrix[cluster[i]][cluster[j]] += scale * scale * row[j];
            product += row[j] * group.wanted[j * group.channels + output];
          }
          right[cluster[i]] += scale * product;
        }
      }
    }
    double trace = 0.0;
    for (int64_t i = 0; i < size; ++i)
      trace += matrix[i][i] / static_cast<double>(size);
    for (int64_t i = 0; i < size; ++i) { // drawn to where they are
      double drawn = std::max(1e-3 * trace, 1e-20);
      matrix[i][i] += drawn;
      right[i] += drawn * centers[i];
    }
    if (std::optional<SquareMatrix> factor = factorInverse(std::move(matrix)))
      centers = solve(*factor, right);
    if (hasZeros)
      centers.erase(centers.begin() + (llvm::lower_bound(integers, 0) - integers.begin()));
    llvm::sort(centers);
    return centers;
  }

  void store(RoundingProblem &problem, ArrayRef<CodedGroup> groups) const {
    Layer &layer = problem.layer;
    for (auto [number, group] : llvm::enumerate(groups))
      for (int64_t output = 0; output < group.channels; ++output) {
        int64_t channel = static_cast<int64_t>(number) * group.channels + output;
        MutableArrayRef<float> weights = layer.getWeight(channel);
        problem.scales[channel] = group.scales[output];
        double bias = layer.bias[channel] + shifts[channel];
        for (int64_t k = 0; k < layer.depth; ++k) {
          int64_t column = group.form->order[k];
          float rounded = static_cast<float>(group.integers[k * group.channels + output]) * group.scales[output];
          bias += (static_cast<double>(weights[column]) - rounded) * means[number][column];
          weights[column] = rounded;
        }
        layer.bias[channel] = static_cast<float>(bias);
      }
  }

  CalibrationData data;
  llvm::MapVector<Operation *, double> targets; // bits of each layer
  std::vector<double> shifts;                   // of the layer's channels: LayerMoments::shift
  std::vector<std::vector<double>> means;       // of the layer's groups: LayerMoments::mean
};
} // namespace

std::unique_ptr<Pass> createRoundCodedPass(RoundCodedPassOptions options, CalibrationData data) {
  return std::make_unique<RoundCodedPass>(options, std::move(data));
}

} // namespace tinyc::compress
