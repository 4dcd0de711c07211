// Second-order rounding: optimal brain quantization (Frantar & Alistarh 2022, section 4) in the fixed order and with
// the Cholesky form of GPTQ (Frantar et al. 2023, section 3.3), made for convolutions by patches.
#include "passes/compress/ErrorForm.h"
#include "passes/compress/LayerMoments.h"

#include "mlir/IR/Threading.h"

#include <atomic>

using namespace mlir;

namespace tinyc::compress {

#define GEN_PASS_DEF_ROUNDGPTQPASS
#include "passes/compress/Passes.h.inc"

namespace {

/// One channel's weights on one scale for each lane, rounded column after column; what a column loses moves to those
/// that are still free.
class LaneRounding {
public:
  static constexpr int kLanes = 16;

  /// Weights that are `zero` stay so.
  LaneRounding(const ErrorForm &form, const WeightGrid &grid, ArrayRef<double> weights, const std::vector<bool> &zero,
               ArrayRef<float> scales)
      : depth(form.form.size), weights(depth * kLanes), integers(depth * kLanes) {
    float inverse[kLanes], errors[kLanes];
    for (int lane = 0; lane < kLanes; ++lane)
      inverse[lane] = 1.0f / scales[lane];
    for (int64_t k = 0; k < depth; ++k)
      std::fill_n(this->weights.begin() + k * kLanes, kLanes, static_cast<float>(weights[k]));
    auto least = static_cast<float>(grid.least), greatest = static_cast<float>(grid.greatest);
    for (int64_t k = 0; k < depth; ++k) {
      float *now = this->weights.data() + k * kLanes, *rounded = integers.data() + k * kLanes;
      double pivot = 1.0 / form.factor[k][k];
      for (int lane = 0; lane < kLanes; ++lane) {
        rounded[lane] = zero[k] ? 0.0f : std::nearbyint(std::min(std::max(now[lane] * inverse[lane], least), greatest));
        errors[lane] = now[lane] - rounded[lane] * scales[lane];
        loss[lane] += errors[lane] * pivot * errors[lane] * pivot;
      }
      subtractOuter(this->weights.data() + (k + 1) * kLanes, form.steps.data() + k * depth + k + 1, errors,
                    depth - k - 1);
    }
  }

  int getBest() const { return static_cast<int>(std::min_element(loss, loss + kLanes) - loss); }
  float getInteger(int64_t column, int lane) const { return integers[column * kLanes + lane]; }

private:
  /// rows[j][lane] -= steps[j] * errors[lane]
  static void subtractOuter(float *rows, const float *steps, const float *errors, int64_t count) {
    float negative[kLanes];
    for (int lane = 0; lane < kLanes; ++lane)
      negative[lane] = -errors[lane];
    multiplyAdd(steps, 1, 1, negative, kLanes, rows, kLanes, count, kLanes, 1);
  }

  int64_t depth;
  std::vector<float> weights, integers; // [column][lane]
  double loss[kLanes] = {};
};

/// Moves single integers by as many steps as lower the error, until none does (at most `sweeps` times through all).
void descend(const ErrorForm &form, const WeightGrid &grid, ArrayRef<double> weights, const std::vector<bool> &zero,
             double scale, MutableArrayRef<double> integers, int sweeps) {
  int64_t depth = form.form.size;
  std::vector<double> gradient(depth, 0.0); // H (q - w)
  for (int64_t k = 0; k < depth; ++k)
    addScaled(gradient.data(), form.form[k], integers[k] * scale - weights[k], depth);
  for (int sweep = 0; sweep < sweeps; ++sweep) {
    bool changed = false;
    for (int64_t k = 0; k < depth; ++k) {
      double wanted = integers[k] - gradient[k] / (form.form[k][k] * scale);
      double integer =
          std::clamp(std::nearbyint(wanted), static_cast<double>(grid.least), static_cast<double>(grid.greatest));
      if (integer == integers[k] || zero[k])
        continue;
      addScaled(gradient.data(), form.form[k], (integer - integers[k]) * scale, depth);
      integers[k] = integer;
      changed = true;
    }
    if (!changed)
      return;
  }
}

struct RoundGPTQPass : impl::RoundGPTQPassBase<RoundGPTQPass> {
  using RoundGPTQPassBase::RoundGPTQPassBase;
  RoundGPTQPass(const RoundGPTQPassOptions &options, CalibrationData data)
      : RoundGPTQPassBase(options), data(std::move(data)) {}

  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (function.isExternal())
      return;
    if (failed(roundLayers(function, data, {maxSamples, weightBits, greatestBits},
                           [&](RoundingProblem &problem) { return round(problem); })))
      signalPassFailure();
  }

private:
  LogicalResult round(RoundingProblem &problem) {
    Layer &layer = problem.layer;
    bool keepsScales = !problem.scales.empty() && !searchScales;
    if (problem.scales.empty())
      problem.scales.resize(layer.getChannels());
    std::vector<std::pair<int64_t, int64_t>> rows = chooseMomentRows(layer, problem.actual.size());
    std::atomic<bool> singular = false;
    auto roundGroup = [&](size_t group) {
      LayerMoments moments = computeMoments(problem, group, rows);
      std::optional<ErrorForm> form = ErrorForm::create(moments.covariance, damping);
      std::optional<ErrorForm> shrunk = ErrorForm::create(moments.covariance, ridge);
      if (!form || !shrunk) {
        singular = true;
        return;
      }
      auto roundOutput = [&](size_t output) {
        roundChannel(problem, group * layer.outputs + output, output, moments, *form, *shrunk, keepsScales);
      };
      if (layer.groups == 1)
        parallelFor(problem.getContext(), 0, layer.outputs, roundOutput);
      else
        for (int64_t output = 0; output < layer.outputs; ++output)
          roundOutput(output);
    };
    if (layer.groups == 1)
      roundGroup(0);
    else
      parallelFor(problem.getContext(), 0, layer.groups, roundGroup);
    if (singular)
      return layer.op->emitOpError("expects finite inputs on the calibration data");
    return success();
  }

  void roundChannel(RoundingProblem &problem, int64_t channel, int64_t output, const LayerMoments &moments,
                    const ErrorForm &form, const ErrorForm &shrunk, bool keepsScales) {
    Layer &layer = problem.layer;
    int64_t depth = layer.depth;
    MutableArrayRef<float> weights = layer.getWeight(channel);
    // The real weights that suit the quantized network's inputs best, drawn towards those of the float network.
    std::vector<double> wanted(depth), cross(depth);
    std::vector<bool> zero(depth); // those that a pass before made so, or that are for nothing
    for (int64_t k = 0; k < depth; ++k)
      zero[k] = weights[form.order[k]] == 0.0f;
    for (int64_t k = 0; k < depth; ++k)
      cross[k] = moments.cross[output][form.order[k]];
    std::vector<double> change = solve(shrunk.factor, cross);
    for (int64_t k = 0; k < depth; ++k)
      wanted[k] = weights[form.order[k]] + change[k];

    SmallVector<float> heard(wanted.begin(), wanted.end());
    for (int64_t k = 0; k < depth; ++k)
      if (problem.isSilent(channel, form.order[k]))
        heard[k] = 0.0f;
    SmallVector<float> scales = getCandidates(problem, channel, heard, keepsScales);
    LaneRounding lanes(form, problem.grid, wanted, zero, scales);
    int best = lanes.getBest();
    double scale = scales[best];
    std::vector<double> integers(depth);
    for (int64_t k = 0; k < depth; ++k)
      integers[k] = lanes.getInteger(k, best);
    descend(form, problem.grid, wanted, zero, scale, integers, sweeps);

    problem.scales[channel] = scale;
    double bias = layer.bias[channel] + moments.shift[output];
    for (int64_t k = 0; k < depth; ++k) {
      auto rounded = static_cast<float>(integers[k] * scale);
      bias += (weights[form.order[k]] - static_cast<double>(rounded)) * moments.mean[form.order[k]];
      weights[form.order[k]] = rounded;
    }
    if (refitBias)
      layer.bias[channel] = static_cast<float>(bias);
  }

  /// A scale for each lane: the chosen one, or shares of the one that clips nothing.
  SmallVector<float> getCandidates(const RoundingProblem &problem, int64_t channel, ArrayRef<float> weights,
                                   bool keepsScales) const {
    SmallVector<float> candidates;
    double full = problem.grid.getFullScale(weights);
    double step = problem.grid.bits == 8 ? 0.02 : problem.grid.bits == 4 ? 0.04 : 0.055;
    for (int lane = 0; lane < LaneRounding::kLanes; ++lane) {
      double scale = keepsScales ? problem.scales[channel] : full * (1.0 - step * lane);
      candidates.push_back(static_cast<float>(std::max(scale, problem.leastScales[channel])));
    }
    return candidates;
  }

  CalibrationData data;
};
} // namespace

std::unique_ptr<Pass> createRoundGPTQPass(RoundGPTQPassOptions options, CalibrationData data) {
  return std::make_unique<RoundGPTQPass>(options, std::move(data));
}

} // namespace tinyc::compress
