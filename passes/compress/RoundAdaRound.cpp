// AdaRound (Nagel et al. 2020, "Up or Down? Adaptive Rounding for Post-Training Quantization").
#include "passes/compress/DenseMath.h"
#include "passes/compress/RoundLayers.h"

#include "mlir/IR/Threading.h"

#include <random>

using namespace mlir;

namespace tinyc::compress {

#define GEN_PASS_DEF_ROUNDADAROUNDPASS
#include "passes/compress/Passes.h.inc"

namespace {

/// Inputs and wanted results of one group of a layer at chosen output positions.
struct Examples {
  int64_t count = 0;
  std::vector<float> inputs;  // of the quantized network, [count][depth]
  std::vector<float> results; // of the float network, after the clamp, [count][outputs]
};

/// Adam (Kingma & Ba 2015, algorithm 1) on a vector of parameters.
class Adam {
public:
  Adam(int64_t size, float rate) : rate(rate), means(size), squares(size) {}

  /// Moves the parameters against their gradients.
  void step(MutableArrayRef<float> parameters, ArrayRef<float> gradients) {
    constexpr float kMean = 0.9f, kSquare = 0.999f, kEpsilon = 1e-8f;
    meanPower *= kMean;
    squarePower *= kSquare;
    float factor = rate * std::sqrt(1.0f - squarePower) / (1.0f - meanPower);
    for (size_t i = 0; i < parameters.size(); ++i) {
      means[i] = kMean * means[i] + (1.0f - kMean) * gradients[i];
      squares[i] = kSquare * squares[i] + (1.0f - kSquare) * gradients[i] * gradients[i];
      parameters[i] -= factor * means[i] / (std::sqrt(squares[i]) + kEpsilon);
    }
  }

private:
  float rate, meanPower = 1.0f, squarePower = 1.0f;
  std::vector<float> means, squares;
};

/// x to the power of a small integer.
float power(float x, int exponent) {
  float result = 1.0f;
  for (; exponent > 0; exponent >>= 1, x *= x)
    if (exponent & 1)
      result *= x;
  return result;
}

/// The learning of a block of a group's output channels, which depend on nothing else.
class Block {
public:
  struct Settings {
    int64_t iterations, batch;
    float rate, regularization;
  };

  Block(RoundingProblem &problem, const Layer &current, const Examples &examples, int64_t group, int64_t begin,
        int64_t end, const Settings &settings)
      : problem(problem), current(current), examples(examples), settings(settings), depth(problem.layer.depth),
        first(group * problem.layer.outputs + begin), offset(begin), outputs(end - begin),
        groupOutputs(problem.layer.outputs), below(outputs * depth), variables(outputs * depth + outputs),
        weights(depth * outputs), slopes(outputs * depth), gradients(outputs * depth + outputs),
        weightGradients(outputs * depth) {
    meanSquare = 0.0f;
    for (float input : examples.inputs)
      meanSquare += input * input;
    meanSquare = std::max(meanSquare / static_cast<float>(examples.inputs.size()), 1e-20f);
    start();
  }

  void learn() {
    Adam adam(variables.size(), settings.rate);
    int64_t batch = std::min(settings.batch, examples.count), position = 0;
    for (int64_t iteration = 0; iteration < settings.iterations; ++iteration) {
      if (position + batch > examples.count)
        position = 0;
      soften();
      computeGradients(position, batch, iteration);
      adam.step(variables, gradients);
      position += batch;
    }
    finish();
  }

private:
  static constexpr float kStretch = 1.2f,
                         kShift = -0.1f; // zeta - gamma and gamma of the rectified sigmoid, equation 23

  float getScale(int64_t output) const { return static_cast<float>(problem.scales[first + output]); }
  /// What one unit of a bias variable is: about what one step of a weight adds to the result.
  float getBiasUnit(int64_t output) const { return getScale(output) * std::sqrt(meanSquare); }
  float getBias(int64_t output) const {
    return startBias(output) + variables[outputs * depth + output] * getBiasUnit(output);
  }
  float startBias(int64_t output) const { return current.bias[first + output]; }

  /// h = (w / scale) - floor(w / scale) by the variable's start; around integers that another pass has chosen, from
  /// those towards the float weight.
  void start() {
    for (int64_t output = 0; output < outputs; ++output) {
      ArrayRef<float> floats = problem.layer.getWeight(first + output), given = current.getWeight(first + output);
      float scale = getScale(output);
      bool rounded = llvm::all_of(
          given, [&](float value) { return std::abs(value / scale - std::nearbyint(value / scale)) < 1e-4f; });
      for (int64_t k = 0; k < depth; ++k) {
        float real = floats[k] / scale, share;
        if (rounded) {
          float integer = std::nearbyint(given[k] / scale);
          bool down = real < integer;
          below[output * depth + k] = down ? integer - 1.0f : integer;
          share = down ? 0.7f : 0.3f;
        } else {
          below[output * depth + k] = std::floor(real);
          share = std::clamp(real - std::floor(real), 0.01f, 0.99f);
        }
        variables[output * depth + k] = -std::log(kStretch / (share - kShift) - 1.0f);
      }
    }
  }

  /// Weights between their two integers, [depth][outputs], and the slopes by their variables.
  void soften() {
    auto least = static_cast<float>(problem.grid.least), greatest = static_cast<float>(problem.grid.greatest);
    for (int64_t output = 0; output < outputs; ++output) {
      float scale = getScale(output);
      for (int64_t k = 0; k < depth; ++k) {
        int64_t index = output * depth + k;
        float sigmoid = 1.0f / (1.0f + std::exp(-variables[index])), share = sigmoid * kStretch + kShift;
        bool free = share > 0.0f && share < 1.0f;
        float integer = below[index] + std::clamp(share, 0.0f, 1.0f);
        weights[k * outputs + output] = std::clamp(integer, least, greatest) * scale;
        slopes[index] = free ? sigmoid * (1.0f - sigmoid) * kStretch : 0.0f;
      }
    }
  }

  /// Differences of the results at `count` positions from those wanted; 0 where the clamp hides them.
  void computeErrors(int64_t position, int64_t count) {
    errors.assign(count * outputs, 0.0f);
    for (int64_t i = 0; i < count; ++i)
      for (int64_t output = 0; output < outputs; ++output)
        errors[i * outputs + output] = getBias(output);
    const float *inputs = examples.inputs.data() + position * depth;
    multiplyAdd(inputs, depth, 1, weights.data(), outputs, errors.data(), outputs, count, outputs, depth);
    float lower = problem.lower.value_or(-std::numeric_limits<float>::infinity());
    float upper = problem.upper.value_or(std::numeric_limits<float>::infinity());
    for (int64_t i = 0; i < count; ++i)
      for (int64_t output = 0; output < outputs; ++output) {
        float &value = errors[i * outputs + output];
        float wanted = examples.results[(position + i) * groupOutputs + offset + output];
        // Beyond a bound the result is wrong only if the wanted one is on the other side.
        bool hidden = (value <= lower && wanted <= lower) || (value >= upper && wanted >= upper);
        value = hidden ? 0.0f : std::clamp(value, lower, upper) - wanted;
      }
  }

  void computeGradients(int64_t position, int64_t count, int64_t iteration) {
    computeErrors(position, count);
    std::fill(weightGradients.begin(), weightGradients.end(), 0.0f);
    multiplyAdd(errors.data(), 1, outputs, examples.inputs.data() + position * depth, depth, weightGradients.data(),
                depth, outputs, depth, count);
    // Annealed as in the paper's section 5: no regularizer at first, then of falling exponent.
    double progress = static_cast<double>(iteration) / static_cast<double>(settings.iterations);
    bool regularized = progress >= 0.2;
    int exponent = static_cast<int>(std::lround(2.0 + 9.0 * (1.0 + std::cos(M_PI * (progress - 0.2) / 0.8))));
    for (int64_t output = 0; output < outputs; ++output) {
      float scale = getScale(output), unit = scale * scale * meanSquare; // of the loss
      for (int64_t k = 0; k < depth; ++k) {
        int64_t index = output * depth + k;
        float gradient = 2.0f * weightGradients[index] * scale / (static_cast<float>(count) * unit);
        if (regularized) {
          float sigmoid = 1.0f / (1.0f + std::exp(-variables[index])), share = sigmoid * kStretch + kShift;
          float distance = 2.0f * std::clamp(share, 0.0f, 1.0f) - 1.0f;
          float slope = 2.0f * static_cast<float>(exponent) * power(std::abs(distance), exponent - 1);
          gradient -= settings.regularization * (distance < 0.0f ? -slope : slope);
        }
        gradients[index] = gradient * slopes[index];
      }
      float sum = 0.0f;
      for (int64_t i = 0; i < count; ++i)
        sum += errors[i * outputs + output];
      gradients[outputs * depth + output] = 2.0f * sum * getBiasUnit(output) / (static_cast<float>(count) * unit);
    }
  }

  /// Rounds for good, and lets the biases settle.
  void finish() {
    auto least = static_cast<float>(problem.grid.least), greatest = static_cast<float>(problem.grid.greatest);
    for (int64_t output = 0; output < outputs; ++output)
      for (int64_t k = 0; k < depth; ++k) {
        int64_t index = output * depth + k;
        float integer = std::clamp(below[index] + (variables[index] >= 0.0f ? 1.0f : 0.0f), least, greatest);
        weights[k * outputs + output] = problem.layer.getWeight(first + output)[k] = integer * getScale(output);
      }
    constexpr int kRounds = 8;
    constexpr int64_t kPart = 256;
    for (int round = 0; round < kRounds; ++round) {
      std::vector<double> sums(outputs, 0.0);
      std::vector<int64_t> visible(outputs, 1);
      for (int64_t position = 0; position < examples.count; position += kPart) {
        int64_t count = std::min(kPart, examples.count - position);
        computeErrors(position, count);
        for (int64_t i = 0; i < count; ++i)
          for (int64_t output = 0; output < outputs; ++output) {
            sums[output] += errors[i * outputs + output];
            visible[output] += errors[i * outputs + output] != 0.0f;
          }
      }
      for (int64_t output = 0; output < outputs; ++output)
        variables[outputs * depth + output] -=
            static_cast<float>(sums[output] / static_cast<double>(visible[output])) / getBiasUnit(output);
    }
    for (int64_t output = 0; output < outputs; ++output)
      problem.layer.bias[first + output] = getBias(output);
  }

  RoundingProblem &problem;
  const Layer &current;
  const Examples &examples;
  Settings settings;
  int64_t depth, first, offset, outputs, groupOutputs;
  float meanSquare;
  std::vector<float> below, variables; // [outputs][depth]; after the variables of weights those of biases
  std::vector<float> weights, slopes, errors, gradients, weightGradients;
};

struct RoundAdaRoundPass : impl::RoundAdaRoundPassBase<RoundAdaRoundPass> {
  using RoundAdaRoundPassBase::RoundAdaRoundPassBase;
  RoundAdaRoundPass(const RoundAdaRoundPassOptions &options, CalibrationData data)
      : RoundAdaRoundPassBase(options), data(std::move(data)) {}

  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (function.isExternal())
      return;
    if (failed(roundLayers(function, data, {maxSamples, weightBits, greatestBits},
                           [&](RoundingProblem &problem) { return round(problem); })))
      signalPassFailure();
  }

private:
  static constexpr int64_t kBlock = 16;
  static constexpr int64_t kExampleValues = int64_t(1) << 23; // inputs of a group that are held

  LogicalResult round(RoundingProblem &problem) {
    Layer &layer = problem.layer;
    Layer current = *Layer::get(layer.op);
    if (problem.scales.empty()) {
      problem.scales = problem.leastScales;
      for (auto [channel, scale] : llvm::enumerate(problem.scales))
        scale = static_cast<float>(std::max(scale, problem.grid.getFullScale(layer.getWeight(channel))));
    }
    int64_t count = std::clamp<int64_t>(kExampleValues / layer.depth, 512, 16384);
    std::vector<std::pair<int64_t, int64_t>> rows = spreadRows(problem.actual.size(), layer.rows, count);
    // A fixed order in which each batch has positions of many samples.
    std::mt19937_64 engine(1);
    for (size_t i = rows.size(); i > 1; --i)
      std::swap(rows[i - 1], rows[engine() % i]);
    Block::Settings settings{iterations, batch, static_cast<float>(rate), static_cast<float>(regularization)};
    auto roundGroup = [&](size_t group) {
      Examples examples = gather(problem, group, rows);
      int64_t blocks = (layer.outputs + kBlock - 1) / kBlock;
      auto roundBlock = [&](size_t block) {
        int64_t begin = block * kBlock, end = std::min<int64_t>(begin + kBlock, layer.outputs);
        Block(problem, current, examples, group, begin, end, settings).learn();
      };
      if (layer.groups == 1)
        parallelFor(problem.getContext(), 0, blocks, roundBlock);
      else
        for (int64_t block = 0; block < blocks; ++block)
          roundBlock(block);
    };
    if (layer.groups == 1)
      roundGroup(0);
    else
      parallelFor(problem.getContext(), 0, layer.groups, roundGroup);
    return success();
  }

  static Examples gather(const RoundingProblem &problem, int64_t group, ArrayRef<std::pair<int64_t, int64_t>> rows) {
    const Layer &layer = problem.layer;
    int64_t depth = layer.depth, outputs = layer.outputs;
    Examples examples;
    examples.count = rows.size();
    examples.inputs.resize(examples.count * depth);
    examples.results.resize(examples.count * outputs);
    std::vector<float> transposed(depth * outputs), patch(depth);
    for (int64_t output = 0; output < outputs; ++output)
      for (auto [k, weight] : llvm::enumerate(layer.getWeight(group * outputs + output)))
        transposed[k * outputs + output] = weight;
    for (auto [index, position] : llvm::enumerate(rows)) {
      auto [sample, row] = position;
      layer.gather(problem.actual[sample], group, row, examples.inputs.data() + index * depth);
      layer.gather(problem.reference[sample], group, row, patch.data());
      float *results = examples.results.data() + index * outputs;
      std::copy_n(layer.bias.begin() + group * outputs, outputs, results);
      multiplyAdd(patch.data(), depth, 1, transposed.data(), outputs, results, outputs, 1, outputs, depth);
      for (int64_t output = 0; output < outputs; ++output) {
        if (problem.lower)
          results[output] = std::max(results[output], *problem.lower);
        if (problem.upper)
          results[output] = std::min(results[output], *problem.upper);
      }
    }
    return examples;
  }

  CalibrationData data;
};
} // namespace

std::unique_ptr<Pass> createRoundAdaRoundPass(RoundAdaRoundPassOptions options, CalibrationData data) {
  return std::make_unique<RoundAdaRoundPass>(options, std::move(data));
}

} // namespace tinyc::compress
