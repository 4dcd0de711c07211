#include "compiler/MethodTrial.h"

#include "compiler/Layers.h"
#include "compiler/OutputError.h"
#include "compiler/RunPasses.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/Pass/PassManager.h"
#include "passes/compress/NetworkScores.h"

using namespace mlir;

namespace tinyc {

namespace {

func::FuncOp getFunction(ModuleOp module) { return *module.getOps<func::FuncOp>().begin(); }

class MethodTrial {
public:
  MethodTrial(ModuleOp module, const compress::CalibrationData &data, int64_t count)
      : plain(module.clone()), samples(compress::spreadSamples(data, count)) {
    OwningOpRef<ModuleOp> logits = plain->clone();
    func::FuncOp function = getFunction(*logits);
    classifies = isClassifier(function, removeSoftmax(function));
    isMeasurable = succeeded(runOnSamples(function, samples.count, samples.getInputs, wanted));
  }

  /// The sum of the errors on both halves.
  std::optional<double> measure(compress::CompressOptions options) const {
    options.observeFloat = options.observeQuantized = nullptr;
    double sum = 0;
    for (int64_t half = 0; half < 2 && isMeasurable; ++half) {
      options.data = getHalf(half);
      OwningOpRef<ModuleOp> program = plain.get().clone();
      if (failed(
              runPasses(*program, [&](OpPassManager &manager) { compress::buildCompressPipeline(manager, options); })))
        return std::nullopt;
      func::FuncOp function = getFunction(*program);
      removeSoftmax(function);
      compress::CalibrationData other = getHalf(1 - half);
      std::vector<std::vector<float>> got;
      if (failed(runOnSamples(function, other.count, other.getInputs, got)))
        return std::nullopt;
      for (int64_t sample = 0; sample < other.count; ++sample)
        sum += std::sqrt(getDistortion(wanted[2 * sample + 1 - half], got[sample], classifies));
    }
    return isMeasurable ? std::optional(sum) : std::nullopt;
  }

private:
  /// Every other sample.
  compress::CalibrationData getHalf(int64_t half) const {
    return {[this, half](int64_t index) { return samples.getInputs(2 * index + half); },
            (samples.count + 1 - half) / 2};
  }

  OwningOpRef<ModuleOp> plain; // in float
  compress::CalibrationData samples;
  std::vector<std::vector<float>> wanted; // the float network's logits or outputs
  bool classifies = false, isMeasurable = false;
};
} // namespace

bool losesLess(ModuleOp module, const compress::CompressOptions &one, const compress::CompressOptions &other) {
  constexpr int64_t kMacs = 1'000'000'000, kLeastSamples = 8, kFewSamples = 16, kManySamples = 256;
  int64_t count = std::clamp(kMacs / (1 + countMacs(module)), kFewSamples, kManySamples);
  count = std::min(count, one.data.count);
  if (count < kLeastSamples)
    return false;
  // The program itself will say what is to be said.
  ScopedDiagnosticHandler silence(module.getContext(), [](Diagnostic &) { return success(); });
  MethodTrial trial(module, one.data, count);
  std::optional<double> error = trial.measure(one), otherError = trial.measure(other);
  return error && otherError && *otherError < *error;
}

} // namespace tinyc
