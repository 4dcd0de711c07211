#include "passes/compress/TuneNetwork.h"

#include "mlir/IR/Threading.h"
#include "passes/compress/DenseMath.h"
#include "passes/compress/ScoreGradients.h"

#include <numeric>
#include <random>

using namespace mlir;

namespace tinyc::compress {

namespace {

/// Samples of a step of the optimizer, and the parts that add up their gradients in a fixed order.
constexpr int64_t kBatch = 32, kParts = 4;
constexpr double kRate = 4e-3; // of an array's root mean square
constexpr double kFirst = 0.9, kSecond = 0.999;
constexpr int64_t kWarmUp = 50; // steps

class NetworkTuning {
public:
  NetworkTuning(ScoreGradients &gradients, MLIRContext *context)
      : gradients(gradients), context(context), first(gradients.makeZeros()), second(gradients.makeZeros()) {
    for (const std::vector<float> &array : gradients.getParameters().arrays) {
      double square = 0.0;
      for (float value : array)
        square += static_cast<double>(value) * value;
      rates.push_back(kRate * std::sqrt(square / static_cast<double>(std::max<size_t>(array.size(), 1))));
    }
  }

  void run(const CalibrationData &data, const NetworkScores &wanted, const CalibrationData &held,
           const NetworkScores &heldWanted, int64_t epochs) {
    ScoreGradients::Parameters best = gradients.getParameters();
    double leastError = measure(held, heldWanted);
    std::vector<int64_t> order(data.count);
    std::iota(order.begin(), order.end(), 0);
    std::mt19937_64 engine(1);
    int64_t steps = epochs * ((data.count + kBatch - 1) / kBatch), step = 0;
    for (int64_t epoch = 0; epoch < epochs; ++epoch) {
      for (int64_t i = data.count - 1; i > 0; --i)
        std::swap(order[i], order[engine() % (i + 1)]);
      for (int64_t begin = 0; begin < data.count; begin += kBatch, ++step) {
        double left = 1.0 - static_cast<double>(step) / static_cast<double>(steps);
        double warm = std::min(1.0, static_cast<double>(step + 1) / kWarmUp);
        move(sumGradients(ArrayRef(order).slice(begin, std::min(kBatch, data.count - begin)), data, wanted),
             left * warm);
      }
      if (double error = measure(held, heldWanted); error < leastError) {
        leastError = error;
        best = gradients.getParameters();
      }
    }
    gradients.getParameters() = std::move(best);
  }

private:
  double measure(const CalibrationData &data, const NetworkScores &wanted) const {
    NetworkScores scores(data.count);
    parallelFor(context, 0, data.count, [&](size_t sample) { scores[sample] = gradients.run(data.getInputs(sample)); });
    return compareScores(wanted, scores);
  }

  ScoreGradients::Parameters sumGradients(ArrayRef<int64_t> batch, const CalibrationData &data,
                                          const NetworkScores &wanted) const {
    std::vector<ScoreGradients::Parameters> parts(kParts);
    parallelFor(context, 0, kParts, [&](size_t part) {
      parts[part] = gradients.makeZeros();
      for (size_t i = part; i < batch.size(); i += kParts)
        gradients.accumulate(data.getInputs(batch[i]), wanted[batch[i]], parts[part]);
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
  ScoreGradients::Parameters first, second; // moments
  double firstPower = 1.0, secondPower = 1.0;
  std::vector<double> rates; // of each array
};
} // namespace

bool tuneNetwork(func::FuncOp function, const CalibrationData &data, const NetworkScores &wanted,
                 const CalibrationData &held, const NetworkScores &heldWanted, int64_t epochs) {
  std::optional<ScoreGradients> gradients = ScoreGradients::create(function);
  if (!gradients)
    return false;
  NetworkTuning(*gradients, function.getContext()).run(data, wanted, held, heldWanted, epochs);
  gradients->store();
  return true;
}

} // namespace tinyc::compress
