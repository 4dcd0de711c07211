#include "passes/compress/TuneNetwork.h"

#include "mlir/IR/Threading.h"
#include "passes/compress/DenseMath.h"
#include "passes/compress/ScoreGradients.h"

#include <cmath>

using namespace mlir;

namespace tinyc::compress {

namespace {

/// Samples of a step of the optimizer, and the parts that add up their gradients in a fixed order.
constexpr int64_t kBatch = 32, kParts = 4;
constexpr double kRate = 4e-3; // of an array's root mean square
constexpr double kFirst = 0.9, kSecond = 0.999;
constexpr int64_t kWarmUp = 50, kWarmUpShare = 10; // steps, and of all steps at most one of so many
/// Mirrored samples are of the samples' kind if the network's results on them differ by less, relative to their
/// variance.
constexpr double kMirrorError = 0.5;

class NetworkTuning {
public:
  NetworkTuning(ScoreGradients &gradients, MLIRContext *context, bool keepsZeros)
      : gradients(gradients), context(context), keepsZeros(keepsZeros), first(gradients.makeZeros()),
        second(gradients.makeZeros()) {
    for (const std::vector<float> &array : gradients.getParameters().arrays) {
      double square = 0.0;
      for (float value : array)
        square += static_cast<double>(value) * value;
      rates.push_back(kRate * std::sqrt(square / static_cast<double>(std::max<size_t>(array.size(), 1))));
    }
  }

  LogicalResult run(llvm::function_ref<FailureOr<TuningSamples>(int64_t)> draw, const TuningSamples &held,
                    int64_t epochs) {
    ScoreGradients::Parameters best = gradients.getParameters();
    double leastError = measure(held);
    for (int64_t epoch = 0, step = 0; epoch < epochs; ++epoch) {
      FailureOr<TuningSamples> samples = draw(epoch);
      if (failed(samples))
        return failure();
      int64_t count = samples->inputs.count, steps = epochs * ((count + kBatch - 1) / kBatch);
      for (int64_t begin = 0; begin < count; begin += kBatch, ++step) {
        double left = 1.0 - static_cast<double>(step) / static_cast<double>(steps);
        int64_t warmUp = std::clamp<int64_t>(steps / kWarmUpShare, 1, kWarmUp);
        double warm = std::min(1.0, static_cast<double>(step + 1) / static_cast<double>(warmUp));
        move(sumGradients(*samples, begin, std::min(begin + kBatch, count)), left * warm);
      }
      if (double error = measure(held); error < leastError) {
        leastError = error;
        best = gradients.getParameters();
      }
    }
    gradients.getParameters() = std::move(best);
    return success();
  }

private:
  double measure(const TuningSamples &samples) const {
    NetworkScores scores(samples.inputs.count);
    parallelFor(context, 0, samples.inputs.count,
                [&](size_t sample) { scores[sample] = gradients.run(samples.inputs.getInputs(sample)); });
    return compareScores(samples.wanted, scores);
  }

  /// Of the samples begin .. end - 1.
  ScoreGradients::Parameters sumGradients(const TuningSamples &samples, int64_t begin, int64_t end) const {
    std::vector<ScoreGradients::Parameters> parts(kParts);
    parallelFor(context, 0, kParts, [&](size_t part) {
      parts[part] = gradients.makeZeros();
      for (int64_t sample = begin + static_cast<int64_t>(part); sample < end; sample += kParts)
        gradients.accumulate(samples.inputs.getInputs(sample), samples.wanted[sample], parts[part]);
    });
    for (int64_t part = 1; part < kParts; ++part)
      for (auto [sum, more] : llvm::zip_equal(parts[0].arrays, parts[part].arrays))
        addScaled(sum.data(), more.data(), 1.0f, static_cast<int64_t>(sum.size()));
    return std::move(parts[0]);
  }

  /// A step of Adam.
  void move(const ScoreGradients::Parameters &gradient, double share) {
    firstPower *= kFirst;
    secondPower *= kSecond;
    for (size_t number = 0; number < rates.size(); ++number) {
      std::vector<float> &values = gradients.getParameters().arrays[number];
      for (size_t i = 0; i < values.size(); ++i) {
        if (keepsZeros && number % 2 == 0 && values[i] == 0.0f)
          continue; // a weight, not a bias
        float slope = gradient.arrays[number][i];
        float &mean = first.arrays[number][i], &square = second.arrays[number][i];
        mean = static_cast<float>(kFirst * mean + (1.0 - kFirst) * slope);
        square = static_cast<float>(kSecond * square + (1.0 - kSecond) * slope * slope);
        double deviation = std::sqrt(square / (1.0 - secondPower));
        values[i] -= static_cast<float>(share * rates[number] * (mean / (1.0 - firstPower)) / (deviation + 1e-12));
      }
    }
  }

  ScoreGradients &gradients;
  MLIRContext *context;
  bool keepsZeros;
  ScoreGradients::Parameters first, second; // moments
  double firstPower = 1.0, secondPower = 1.0;
  std::vector<double> rates; // of each array
};
} // namespace

FailureOr<bool> tuneNetwork(func::FuncOp function, llvm::function_ref<FailureOr<TuningSamples>(int64_t epoch)> draw,
                            const TuningSamples &held, int64_t epochs, bool keepsZeros) {
  std::optional<ScoreGradients> gradients = ScoreGradients::create(function);
  if (!gradients)
    return false;
  if (failed(NetworkTuning(*gradients, function.getContext(), keepsZeros).run(draw, held, epochs)))
    return failure();
  gradients->store();
  return true;
}

LogicalResult tuneTowards(func::FuncOp function, func::FuncOp original, const CalibrationData &data, int64_t epochs,
                          bool keepsZeros) {
  FailureOr<TuningSamples> held = TuningSamples::get(original, takeSamples(data, /*held=*/true));
  if (failed(held))
    return failure();
  FailureOr<TuningSamples> mirrored = TuningSamples::get(original, mirrorSamples(held->inputs));
  if (failed(mirrored))
    return failure();
  const bool mirrors = compareScores(held->wanted, mirrored->wanted) < kMirrorError;
  CalibrationData shown = takeSamples(data, /*held=*/false);
  const int64_t count = 2 * shown.count;
  auto draw = [&](int64_t epoch) {
    return TuningSamples::get(original, drawSamples(shown, count, mirrors, /*seed=*/epoch * count));
  };
  FailureOr<bool> isTuned = tuneNetwork(function, draw, *held, epochs, keepsZeros);
  if (succeeded(isTuned) && !*isTuned)
    function.emitWarning("not tuned: it holds an op whose gradient is not known (passes/compress/ScoreGradients.h)");
  return success(succeeded(isTuned));
}

} // namespace tinyc::compress
