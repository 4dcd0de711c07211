#include "passes/compress/FitLayer.h"

#include "mlir/IR/Threading.h"
#include "passes/compress/DenseMath.h"

#include <atomic>

using namespace mlir;

namespace tinyc::compress {

namespace {

constexpr double kRidges[] = {1e-4, 1e-3, 1e-2, 1e-1, 1.0};
constexpr double kFirstRidge = 3e-3;
constexpr int64_t kValidationPeriod = 5; // samples
constexpr int kRounds = 8;               // of targets for positions beyond the clamp
constexpr int64_t kChunk = 256;          // rows summed in float

/// One group of output channels.
class GroupFit {
public:
  GroupFit(FitProblem &problem, int64_t group)
      : problem(problem), layer(problem.layer), group(group), depth(layer.depth), outputs(layer.outputs),
        isParallel(layer.groups == 1) {}

  bool run() {
    gather();
    if (rows == 0)
      return true;
    predict(getOriginal(), {}, before);
    training = sumRows(0, trainingRows);
    validation = sumRows(trainingRows, rows);
    double ridge = kFirstRidge;
    if (std::optional<double> chosen = chooseRidge())
      ridge = *chosen;
    std::optional<Solution> solution = solve(training + validation, ridge, isClamped() ? kRounds : 1);
    if (!solution)
      return false;
    for (int64_t output = 0; output < outputs; ++output) {
      int64_t channel = group * outputs + output;
      if (!problem.outputs.test(channel))
        continue;
      llvm::copy(ArrayRef(solution->weights).slice(output * depth, depth), layer.getWeight(channel).begin());
      layer.bias[channel] = solution->bias[output];
    }
    return true;
  }

private:
  /// Moments of the inputs over some rows.
  struct Moments {
    double count = 0;
    std::vector<double> sum; // [depth]
    SquareMatrix gram;       // upper triangle

    Moments operator+(const Moments &other) const {
      if (count == 0 || other.count == 0)
        return count == 0 ? other : *this;
      Moments both = *this;
      both.count += other.count;
      for (auto [value, more] : llvm::zip_equal(both.sum, other.sum))
        value += more;
      for (auto [value, more] : llvm::zip_equal(both.gram.values, other.gram.values))
        value += more;
      return both;
    }
  };
  struct Solution {
    std::vector<float> weights; // [outputs][depth]
    std::vector<float> bias;    // [outputs]
  };

  template <typename F> void forAll(int64_t count, int64_t part, F f) const {
    int64_t parts = (count + part - 1) / part;
    auto run = [&](size_t index) { f(index * part, std::min<int64_t>(count, (index + 1) * part)); };
    if (isParallel)
      parallelFor(layer.op->getContext(), 0, parts, run);
    else
      for (int64_t index = 0; index < parts; ++index)
        run(index);
  }

  /// Reads inputs and wanted results; the rows of the validation samples come last.
  void gather() {
    auto samples = static_cast<int64_t>(problem.actual.size());
    std::vector<std::pair<int64_t, int64_t>> all, last;
    for (auto position : spreadRows(samples, layer.rows, 32768 + 16 * depth)) {
      bool validates = samples >= 2 * kValidationPeriod && position.first % kValidationPeriod == kValidationPeriod - 1;
      (validates ? last : all).push_back(position);
    }
    trainingRows = static_cast<int64_t>(all.size());
    llvm::append_range(all, last);
    rows = static_cast<int64_t>(all.size());
    inputs.resize(rows * depth);
    wanted.assign(rows * outputs, 0.0f);
    addend.assign(problem.actualAddend.empty() ? 0 : rows * outputs, 0.0f);
    std::vector<float> transposed = transpose(getOriginal());
    forAll(rows, kChunk, [&](int64_t begin, int64_t end) {
      std::vector<float> patch(depth * (end - begin));
      for (int64_t i = begin; i < end; ++i) {
        auto [sample, row] = all[i];
        layer.gather(problem.actual[sample], group, row, inputs.data() + i * depth);
        layer.gather(problem.reference[sample], group, row, patch.data() + (i - begin) * depth);
      }
      multiplyAdd(patch.data(), depth, 1, transposed.data(), outputs, wanted.data() + begin * outputs, outputs,
                  end - begin, outputs, depth);
      for (int64_t i = begin; i < end; ++i)
        for (int64_t output = 0; output < outputs; ++output) {
          float &value = wanted[i * outputs + output];
          value += layer.bias[group * outputs + output];
          if (addend.empty())
            continue;
          auto [sample, row] = all[i];
          int64_t index = row * layer.getChannels() + group * outputs + output;
          float &added = addend[i * outputs + output];
          added = problem.actualAddend[sample].get<float>()[index];
          value += problem.referenceAddend[sample].get<float>()[index] - added;
        }
    });
  }

  std::vector<float> getOriginal() const {
    ArrayRef<float> weights = layer.weight.get<float>();
    return weights.slice(group * outputs * depth, outputs * depth).vec();
  }

  /// [outputs][depth] as [depth][outputs].
  std::vector<float> transpose(ArrayRef<float> weights) const {
    std::vector<float> transposed(depth * outputs);
    for (int64_t output = 0; output < outputs; ++output)
      for (int64_t k = 0; k < depth; ++k)
        transposed[k * outputs + output] = weights[output * depth + k];
    return transposed;
  }

  Moments sumRows(int64_t first, int64_t last) const {
    Moments moments;
    moments.count = static_cast<double>(last - first);
    moments.sum.assign(depth, 0.0);
    moments.gram = SquareMatrix(depth);
    forAll(depth, 16, [&](int64_t begin, int64_t end) {
      std::vector<float> part((end - begin) * depth);
      for (int64_t row = first; row < last; row += kChunk) {
        int64_t count = std::min(kChunk, last - row);
        const float *patches = inputs.data() + row * depth;
        std::fill(part.begin(), part.end(), 0.0f);
        multiplyAdd(patches + begin, 1, depth, patches + begin, depth, part.data() + begin, depth, end - begin,
                    depth - begin, count);
        for (int64_t i = begin; i < end; ++i) {
          for (int64_t j = i; j < depth; ++j)
            moments.gram[i][j] += part[(i - begin) * depth + j];
          for (int64_t k = 0; k < count; ++k)
            moments.sum[i] += patches[k * depth + i];
        }
      }
    });
    return moments;
  }

  /// Sums over the first `count` rows of residuals, [rows][outputs], and of their products with the inputs.
  void sumCross(const std::vector<float> &residuals, int64_t count, std::vector<double> &sum,
                std::vector<double> &cross) const {
    sum.assign(outputs, 0.0);
    cross.assign(outputs * depth, 0.0);
    forAll(outputs, 16, [&](int64_t begin, int64_t end) {
      std::vector<float> part((end - begin) * depth);
      for (int64_t row = 0; row < count; row += kChunk) {
        int64_t chunk = std::min(kChunk, count - row);
        std::fill(part.begin(), part.end(), 0.0f);
        multiplyAdd(residuals.data() + row * outputs + begin, 1, outputs, inputs.data() + row * depth, depth,
                    part.data(), depth, end - begin, depth, chunk);
        for (int64_t output = begin; output < end; ++output) {
          for (int64_t k = 0; k < depth; ++k)
            cross[output * depth + k] += part[(output - begin) * depth + k];
          for (int64_t k = 0; k < chunk; ++k)
            sum[output] += residuals[(row + k) * outputs + output];
        }
      }
    });
  }

  bool isClamped() const { return problem.lower || problem.upper; }

  /// Least squares over the rows that `moments` are of: the training rows, or all.
  std::optional<Solution> solve(const Moments &moments, double ridge, int rounds) const {
    auto count = static_cast<int64_t>(moments.count);
    SquareMatrix covariance(depth);
    std::vector<double> mean(depth);
    double trace = 0.0;
    for (int64_t i = 0; i < depth; ++i)
      mean[i] = moments.sum[i] / moments.count;
    for (int64_t i = 0; i < depth; ++i)
      for (int64_t j = i; j < depth; ++j)
        covariance[i][j] = covariance[j][i] = moments.gram[i][j] / moments.count - mean[i] * mean[j];
    for (int64_t i = 0; i < depth; ++i)
      trace += covariance[i][i];
    for (int64_t i = 0; i < depth; ++i)
      covariance[i][i] += std::max(ridge * trace / static_cast<double>(depth), 1e-20);
    std::optional<SquareMatrix> factor = std::isfinite(trace) ? factorInverse(std::move(covariance)) : std::nullopt;
    if (!factor)
      return std::nullopt;

    std::vector<float> original = getOriginal();
    Solution solution;
    std::vector<float> residuals(rows * outputs), predicted;
    std::vector<double> sum, cross;
    for (int round = 0; round < rounds; ++round) {
      if (round > 0)
        predict(solution.weights, solution.bias, predicted);
      for (int64_t i = 0; i < count * outputs; ++i)
        residuals[i] = (round > 0 ? getTarget(i, predicted[i]) : wanted[i]) - before[i];
      sumCross(residuals, count, sum, cross);
      solution.weights.assign(original.begin(), original.end());
      solution.bias.assign(outputs, 0.0f);
      forAll(outputs, 1, [&](int64_t output, int64_t) {
        std::vector<double> right(depth);
        double shift = sum[output] / moments.count;
        for (int64_t k = 0; k < depth; ++k)
          right[k] = cross[output * depth + k] / moments.count - shift * mean[k];
        std::vector<double> change = compress::solve(*factor, right);
        for (int64_t k = 0; k < depth; ++k) {
          solution.weights[output * depth + k] += static_cast<float>(change[k]);
          shift -= change[k] * mean[k];
        }
        solution.bias[output] = static_cast<float>(shift);
      });
    }
    return solution;
  }

  /// results[row][output] = bias + weights * inputs[row], of all rows.
  void predict(ArrayRef<float> weights, ArrayRef<float> bias, std::vector<float> &results) const {
    results.assign(rows * outputs, 0.0f);
    std::vector<float> transposed = transpose(weights);
    forAll(rows, kChunk, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end && !bias.empty(); ++i)
        llvm::copy(bias, results.begin() + i * outputs);
      multiplyAdd(inputs.data() + begin * depth, depth, 1, transposed.data(), outputs, results.data() + begin * outputs,
                  outputs, end - begin, outputs, depth);
    });
  }

  float clamp(float value) const {
    if (problem.lower)
      value = std::max(value, *problem.lower);
    return problem.upper ? std::min(value, *problem.upper) : value;
  }

  /// What the layer should give at a position for which it predicts `predicted`.
  float getTarget(int64_t index, float predicted) const {
    float added = addend.empty() ? 0.0f : addend[index], want = wanted[index] + added;
    if (problem.lower && want <= *problem.lower)
      return std::min(predicted, *problem.lower - added);
    if (problem.upper && want >= *problem.upper)
      return std::max(predicted, *problem.upper - added);
    return wanted[index];
  }

  /// The ridge whose fit of the training rows has the least error on the others; nothing if there are none.
  std::optional<double> chooseRidge() const {
    if (trainingRows == rows || trainingRows == 0)
      return std::nullopt;
    std::optional<double> best;
    double leastError = 0.0;
    std::vector<float> predicted;
    for (double ridge : kRidges) {
      std::optional<Solution> solution = solve(training, ridge, /*rounds=*/1);
      if (!solution)
        continue;
      predict(solution->weights, solution->bias, predicted);
      double error = 0.0;
      for (int64_t i = trainingRows * outputs; i < rows * outputs; ++i) {
        float added = addend.empty() ? 0.0f : addend[i];
        double difference = static_cast<double>(clamp(wanted[i] + added)) - clamp(predicted[i] + added);
        error += difference * difference;
      }
      if (!best || error < leastError) {
        best = ridge;
        leastError = error;
      }
    }
    return best;
  }

  FitProblem &problem;
  Layer &layer;
  int64_t group, depth, outputs, rows = 0, trainingRows = 0;
  bool isParallel;
  std::vector<float> inputs;         // [rows][depth], of the changed network
  std::vector<float> wanted, addend; // [rows][outputs]: what the layer should give before the addition, and the addend
  std::vector<float> before;         // [rows][outputs]: products of the original weights with the inputs
  Moments training, validation;
};
} // namespace

bool fitLayer(FitProblem &problem) {
  std::atomic<bool> isFinite = true;
  auto fitGroup = [&](size_t group) {
    int64_t first = group * problem.layer.outputs;
    if (problem.outputs.find_first_in(first, first + problem.layer.outputs) >= 0 && !GroupFit(problem, group).run())
      isFinite = false;
  };
  if (problem.layer.groups == 1)
    fitGroup(0);
  else
    parallelFor(problem.layer.op->getContext(), 0, problem.layer.groups, fitGroup);
  return isFinite;
}

} // namespace tinyc::compress
