#include "passes/compress/Passes.h"

#include <limits>
#include <random>

using namespace mlir;

namespace tinyc::compress {

#define GEN_PASS_DEF_CALIBRATEPASS
#include "passes/compress/Passes.h.inc"

namespace {

constexpr unsigned kBins = 2048;

/// What one thread saw of one tensor. Extremes and counts merge to the same result in any order.
struct Extremes {
  float least = std::numeric_limits<float>::infinity();
  float greatest = -std::numeric_limits<float>::infinity();
  bool finite = true;

  void add(ArrayRef<float> values) {
    for (float value : values) {
      finite &= std::isfinite(value);
      least = std::min(least, value);
      greatest = std::max(greatest, value);
    }
  }
  void merge(const Extremes &other) {
    finite &= other.finite;
    least = std::min(least, other.least);
    greatest = std::max(greatest, other.greatest);
  }
};

using Range = std::pair<double, double>;

/// Counts of the values of one tensor in equal bins between its extremes.
class Histogram {
public:
  explicit Histogram(const Extremes &extremes)
      : low(extremes.least), width((static_cast<double>(extremes.greatest) - extremes.least) / kBins), counts(kBins, 0) {}

  void add(ArrayRef<float> values) {
    double inverse = width > 0 ? 1.0 / width : 0.0;
    for (float value : values)
      ++counts[std::clamp<int64_t>(static_cast<int64_t>((value - low) * inverse), 0, kBins - 1)];
  }
  void merge(const Histogram &other) {
    for (auto [mine, others] : llvm::zip_equal(counts, other.counts))
      mine += others;
  }

  /// The narrowest range of whole bins outside of which lie at most `share` of the values on either side.
  Range getPercentile(double share) const {
    uint64_t total = 0;
    for (uint64_t count : counts)
      total += count;
    auto allowed = static_cast<uint64_t>(share * static_cast<double>(total));
    unsigned begin = 0, end = kBins;
    for (uint64_t outside = counts[begin]; begin + 1 < end && outside <= allowed; outside += counts[begin])
      ++begin;
    for (uint64_t outside = counts[end - 1]; begin + 1 < end && outside <= allowed; outside += counts[end - 1])
      --end;
    return {low + begin * width, low + end * width};
  }

  /// The range, among those that shrink the extremes towards zero, with the least squared error of 8-bit
  /// quantization: step^2 / 12 for each value inside, the squared distance to the range for each outside.
  Range getLeastError() const {
    constexpr int kSteps = 100;
    double high = low + kBins * width, bestError = std::numeric_limits<double>::infinity();
    Range best = {low, high};
    for (int step = kSteps; step > kSteps / 4; --step) {
      double fraction = static_cast<double>(step) / kSteps;
      Range range = {std::min(low, 0.0) * fraction, std::max(high, 0.0) * fraction};
      double error = getError(range);
      if (error < bestError) {
        bestError = error;
        best = range;
      }
    }
    return {std::max(best.first, low), std::min(best.second, high)};
  }

private:
  double getError(Range range) const {
    double quantum = (range.second - range.first) / 255.0, inside = quantum * quantum / 12.0, error = 0.0;
    for (auto [bin, count] : llvm::enumerate(counts)) {
      double value = low + (bin + 0.5) * width;
      double distance = std::max({range.first - value, value - range.second, 0.0});
      error += static_cast<double>(count) * (distance > 0 ? distance * distance : inside);
    }
    return error;
  }

  double low, width;
  SmallVector<uint64_t> counts;
};

struct CalibratePass : impl::CalibratePassBase<CalibratePass> {
  using CalibratePassBase::CalibratePassBase;
  CalibratePass(const CalibratePassOptions &options, CalibrationData data)
      : CalibratePassBase(options), data(std::move(data)) {}

  LogicalResult initialize(MLIRContext *context) override {
    if (method != "min-max" && method != "percentile" && method != "mse")
      return mlir::emitError(UnknownLoc::get(context), "expects the method min-max, percentile or mse, got ") << method;
    if (!(percentile > 50.0 && percentile <= 100.0))
      return mlir::emitError(UnknownLoc::get(context), "expects a percentile above 50 and up to 100, got ")
             << percentile.getValue();
    return success();
  }

  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (function.isExternal())
      return;
    collectValues(function);
    if (values.empty())
      return;
    CalibrationData samples = data.getInputs ? data : makeRandomData(function);
    if (samples.count < 1) {
      function.emitError("expects at least one calibration sample");
      return signalPassFailure();
    }
    FailureOr<nn::Interpreter> interpreter = nn::Interpreter::create(function);
    if (failed(interpreter) || failed(observe(*interpreter, samples)))
      return signalPassFailure();
    setRanges(function);
  }

private:
  void collectValues(func::FuncOp function) {
    values.clear();
    auto add = [&](Value value) {
      auto type = dyn_cast<RankedTensorType>(value.getType());
      if (type && type.getElementType().isF32())
        values.insert({value, values.size()});
    };
    for (BlockArgument argument : function.getArguments())
      add(argument);
    function.walk([&](Operation *op) {
      if (!op->hasTrait<OpTrait::ConstantLike>())
        llvm::for_each(op->getResults(), add);
    });
  }

  CalibrationData makeRandomData(func::FuncOp function) {
    SmallVector<RankedTensorType> types;
    for (Type type : function.getArgumentTypes())
      types.push_back(cast<RankedTensorType>(type));
    auto getInputs = [types, seed = seed.getValue(), low = low.getValue(), high = high.getValue()](int64_t sample) {
      std::mt19937_64 engine(seed * 0x9e3779b97f4a7c15ull + static_cast<uint64_t>(sample));
      std::vector<nn::HostTensor> inputs;
      for (RankedTensorType type : types) {
        inputs.emplace_back(type);
        if (!type.getElementType().isF32())
          continue; // integers of a quantized argument stay 0
        for (float &value : inputs.back().get<float>())
          value = static_cast<float>(low + (high - low) * std::ldexp(static_cast<double>(engine() >> 11), -53));
      }
      return inputs;
    };
    return {getInputs, samples};
  }

  LogicalResult observe(const nn::Interpreter &interpreter, const CalibrationData &samples) {
    unsigned workers = nn::Interpreter::getWorkerCount();
    auto runAll = [&](llvm::function_ref<void(unsigned, unsigned, ArrayRef<float>)> visit) {
      return interpreter.runAll(
          samples.count, samples.getInputs, [](int64_t, std::vector<nn::HostTensor>) {},
          [&](unsigned worker, Value value, const nn::HostTensor &tensor) {
            auto *found = values.find(value);
            if (found != values.end())
              visit(worker, found->second, tensor.get<float>());
          });
    };

    std::vector<std::vector<Extremes>> extremes(workers, std::vector<Extremes>(values.size()));
    if (failed(runAll([&](unsigned worker, unsigned index, ArrayRef<float> elements) {
          extremes[worker][index].add(elements);
        })))
      return failure();
    for (const std::vector<Extremes> &others : llvm::drop_begin(extremes))
      for (auto [mine, other] : llvm::zip_equal(extremes.front(), others))
        mine.merge(other);

    ranges.clear();
    for (auto [value, index] : values) {
      const Extremes &seen = extremes.front()[index];
      if (!seen.finite)
        return reportNotFinite(value);
      ranges.push_back({seen.least, seen.greatest});
    }
    if (method == "min-max")
      return success();

    std::vector<std::vector<Histogram>> histograms(workers);
    for (std::vector<Histogram> &mine : histograms)
      for (const Extremes &seen : extremes.front())
        mine.emplace_back(seen);
    if (failed(runAll([&](unsigned worker, unsigned index, ArrayRef<float> elements) {
          histograms[worker][index].add(elements);
        })))
      return failure();
    for (const std::vector<Histogram> &others : llvm::drop_begin(histograms))
      for (auto [mine, other] : llvm::zip_equal(histograms.front(), others))
        mine.merge(other);
    for (auto [range, histogram] : llvm::zip_equal(ranges, histograms.front()))
      range = method == "mse" ? histogram.getLeastError() : histogram.getPercentile(1.0 - percentile / 100.0);
    return success();
  }

  LogicalResult reportNotFinite(Value value) {
    if (Operation *op = value.getDefiningOp())
      return op->emitOpError("expects finite values on the calibration data, got NaN or infinity");
    return mlir::emitError(value.getLoc(), "expects finite calibration data, got NaN or infinity for argument ")
           << cast<BlockArgument>(value).getArgNumber();
  }

  void setRanges(func::FuncOp function) {
    auto *context = &getContext();
    llvm::MapVector<Operation *, SmallVector<double>> perOp;
    for (auto [value, index] : values) {
      auto [least, greatest] = ranges[index];
      if (auto argument = dyn_cast<BlockArgument>(value))
        function.setArgAttr(argument.getArgNumber(), nn::kRangeAttr,
                            DenseF64ArrayAttr::get(context, {least, greatest}));
      else
        perOp[value.getDefiningOp()].append({least, greatest});
    }
    for (auto &[op, range] : perOp)
      op->setAttr(nn::kRangeAttr, DenseF64ArrayAttr::get(context, range));
  }

  CalibrationData data;
  llvm::MapVector<Value, unsigned> values; // float tensors in program order, numbered
  std::vector<Range> ranges;               // of each
};
} // namespace

std::unique_ptr<Pass> createCalibratePass(CalibratePassOptions options, CalibrationData data) {
  return std::make_unique<CalibratePass>(options, std::move(data));
}

} // namespace tinyc::compress
