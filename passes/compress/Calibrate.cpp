#include "passes/compress/Parameters.h"
#include "passes/compress/Passes.h"

#include <limits>
#include <random>

using namespace mlir;

namespace tinyc::compress {

#define GEN_PASS_DEF_CALIBRATEPASS
#include "passes/compress/Passes.h.inc"

namespace {

/// What is known of the values of one tensor: extremes, and counts in bins of width 2^exponent aligned to zero. Bins
/// become wider as greater values arrive, two joining into one, so that the result depends on the values alone, not on
/// their order or on the threads they came from.
class Histogram {
public:
  void add(ArrayRef<float> values) {
    for (float value : values) {
      finite &= std::isfinite(value);
      low = std::min(low, value);
      high = std::max(high, value);
    }
    if (!finite || values.empty())
      return;
    widen(std::max(std::abs(low), std::abs(high)));
    double inverse = std::ldexp(1.0, -exponent);
    for (float value : values) {
      double position = value * inverse;
      auto bin = static_cast<int64_t>(position);
      bin -= position < static_cast<double>(bin); // rounds down, exactly
      ++counts[kHalf + bin];
    }
  }

  void merge(Histogram &other) {
    finite &= other.finite;
    low = std::min(low, other.low);
    high = std::max(high, other.high);
    setExponent(std::max(exponent, other.exponent));
    other.setExponent(exponent);
    for (auto [mine, others] : llvm::zip_equal(counts, other.counts))
      mine += others;
  }

  bool isFinite() const { return finite; }
  bool isEmpty() const { return low > high; }
  Range getExtremes() const { return {low, high}; }

  /// The narrowest range of whole bins outside of which lies at most `share` of the values on either side.
  Range getPercentile(double share) const {
    uint64_t total = 0;
    for (uint64_t count : counts)
      total += count;
    auto allowed = static_cast<uint64_t>(share * static_cast<double>(total));
    size_t begin = 0, end = counts.size();
    for (uint64_t outside = counts[begin]; outside <= allowed; outside += counts[begin])
      ++begin;
    for (uint64_t outside = counts[end - 1]; outside <= allowed; outside += counts[end - 1])
      --end;
    return {std::max<double>(low, getEdge(begin)), std::min<double>(high, getEdge(end))};
  }

  /// The range, among those that shrink the extremes towards zero, with the least squared error of 8-bit
  /// quantization: step^2 / 12 for each value inside, the squared distance to the range for each outside.
  Range getLeastError() const {
    constexpr int kSteps = 100;
    double bestError = std::numeric_limits<double>::infinity();
    Range best = {low, high};
    for (int step = kSteps; step > kSteps / 4; --step) {
      double fraction = static_cast<double>(step) / kSteps;
      Range range = {std::min<double>(low, 0.0) * fraction, std::max<double>(high, 0.0) * fraction};
      double error = getError(range);
      if (error < bestError) {
        bestError = error;
        best = range;
      }
    }
    return {std::max<double>(best.first, low), std::min<double>(best.second, high)};
  }

private:
  static constexpr int64_t kHalf = 2048;   // bins on either side of zero
  static constexpr int kNoExponent = -200; // nothing but zeros seen

  double getEdge(size_t bin) const { return std::ldexp(static_cast<double>(bin) - kHalf, exponent); }

  double getError(Range range) const {
    double quantum = (range.second - range.first) / 255.0, inside = quantum * quantum / 12.0, error = 0.0;
    for (auto [bin, count] : llvm::enumerate(counts)) {
      if (count == 0)
        continue;
      double value = (getEdge(bin) + getEdge(bin + 1)) / 2;
      double distance = std::max({range.first - value, value - range.second, 0.0});
      error += static_cast<double>(count) * (distance > 0 ? distance * distance : inside);
    }
    return error;
  }

  /// Makes room for values of up to `magnitude`.
  void widen(float magnitude) {
    if (magnitude > 0)
      setExponent(std::max(exponent, std::ilogb(magnitude) - 10)); // magnitude < 2^11 bins
  }

  void setExponent(int wanted) {
    int shift = std::min(wanted - exponent, 12); // 12 leaves zero and one bin below it
    exponent = wanted;
    if (shift == 0)
      return;
    SmallVector<uint64_t, 0> joined(counts.size(), 0);
    for (auto [bin, count] : llvm::enumerate(counts))
      joined[kHalf + ((static_cast<int64_t>(bin) - kHalf) >> shift)] += count;
    counts = std::move(joined);
  }

  float low = std::numeric_limits<float>::infinity(), high = -std::numeric_limits<float>::infinity();
  bool finite = true;
  int exponent = kNoExponent;
  SmallVector<uint64_t, 0> counts = SmallVector<uint64_t, 0>(2 * kHalf, 0);
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
    // Creation checks that all arguments are tensors.
    FailureOr<nn::Interpreter> interpreter = nn::Interpreter::create(function);
    if (failed(interpreter))
      return signalPassFailure();
    CalibrationData samples = data.getInputs ? data : makeRandomData(function);
    if (samples.count < 1) {
      function.emitError("expects at least one calibration sample");
      return signalPassFailure();
    }
    if (failed(observe(*interpreter, samples)))
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
    std::vector<std::vector<Histogram>> histograms(nn::Interpreter::getWorkerCount(),
                                                   std::vector<Histogram>(values.size()));
    if (failed(interpreter.runAll(
            samples.count, samples.getInputs, [](int64_t, std::vector<nn::HostTensor>) {},
            [&](unsigned worker, Value value, const nn::HostTensor &tensor) {
              auto *found = values.find(value);
              if (found != values.end())
                histograms[worker][found->second].add(tensor.get<float>());
            })))
      return failure();
    for (std::vector<Histogram> &others : llvm::drop_begin(histograms))
      for (auto [mine, other] : llvm::zip_equal(histograms.front(), others))
        mine.merge(other);

    ranges.clear();
    for (auto [value, index] : values) {
      const Histogram &histogram = histograms.front()[index];
      if (!histogram.isFinite())
        return reportNotFinite(value);
      if (histogram.isEmpty()) { // no op reads it
        ranges.push_back({0.0, 0.0});
        continue;
      }
      ranges.push_back(method == "min-max" ? histogram.getExtremes()
                       : method == "mse"   ? histogram.getLeastError()
                                           : histogram.getPercentile(1.0 - percentile / 100.0));
    }
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
