#include "passes/compress/ActivationBits.h"
#include "passes/compress/Histogram.h"
#include "passes/compress/Passes.h"
#include "passes/compress/StepwiseRun.h"

#include "mlir/IR/Threading.h"

using namespace mlir;

namespace tinyc::compress {

#define GEN_PASS_DEF_CALIBRATEPASS
#include "passes/compress/Passes.h.inc"

namespace {

struct CalibratePass : impl::CalibratePassBase<CalibratePass> {
  using CalibratePassBase::CalibratePassBase;
  CalibratePass(const CalibratePassOptions &options, CalibrationData data)
      : CalibratePassBase(options), data(std::move(data)) {}

  LogicalResult initialize(MLIRContext *context) override {
    if (!llvm::is_contained(kMethods, StringRef(method)))
      return mlir::emitError(UnknownLoc::get(context), "expects the method ")
             << llvm::join(ArrayRef(kMethods), ", ") << ", got " << method;
    if (!(momentum > 0.0 && momentum <= 1.0))
      return mlir::emitError(UnknownLoc::get(context), "expects a momentum above 0 and up to 1, got ")
             << momentum.getValue();
    if (!(percentile > 50.0 && percentile <= 100.0))
      return mlir::emitError(UnknownLoc::get(context), "expects a percentile above 50 and up to 100, got ")
             << percentile.getValue();
    return success();
  }

  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (function.isExternal())
      return;
    FailureOr<ActivationBits> chosen = chooseActivationBits(function);
    if (failed(chosen))
      return signalPassFailure();
    collectValues(function, chosen->bits);
    if (values.empty())
      return;
    // Creation checks that all arguments are tensors.
    FailureOr<nn::Interpreter> interpreter = nn::Interpreter::create(function);
    if (failed(interpreter))
      return signalPassFailure();
    CalibrationData samples = data.getInputs ? data : makeRandomData(function, this->samples, seed, low, high);
    if (samples.count < 1) {
      function.emitError("expects at least one calibration sample");
      return signalPassFailure();
    }
    if (failed(observe(*interpreter, samples)) || (method == "auto" && failed(chooseByError(function, samples))))
      return signalPassFailure();
    if (statistics)
      useStatistics();
    if (symmetric)
      for (auto [range, bits] : llvm::zip_equal(ranges, widths))
        makeSymmetric(range, bits);
    setRanges(function);
  }

private:
  void collectValues(func::FuncOp function, const llvm::DenseMap<Value, unsigned> &bits) {
    values.clear();
    widths.clear();
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
    for (auto [value, index] : values)
      widths.push_back(bits.contains(value) ? bits.lookup(value) : 8);
  }

  /// Reads histograms and extremes off all samples, and from these the range of each value.
  LogicalResult observe(const nn::Interpreter &interpreter, const CalibrationData &samples) {
    // Each worker has histograms of its own; merged they are the same however samples were divided.
    unsigned workers = std::min<int64_t>(nn::Interpreter::getWorkerCount(), samples.count);
    std::vector<std::vector<Histogram>> parts(workers, std::vector<Histogram>(values.size()));
    extremes.assign(values.size(), std::vector<Range>(samples.count, {0.0, 0.0}));
    auto observeSamples = [&](size_t worker) -> LogicalResult {
      for (int64_t sample = worker; sample < samples.count; sample += workers) {
        auto observer = [&](Value value, const nn::HostTensor &tensor) {
          auto *found = values.find(value);
          if (found == values.end() || tensor.getNumElements() == 0)
            return;
          ArrayRef<float> elements = tensor.get<float>();
          parts[worker][found->second].add(elements);
          auto [least, greatest] = std::minmax_element(elements.begin(), elements.end());
          extremes[found->second][sample] = {*least, *greatest};
        };
        if (failed(interpreter.run(samples.getInputs(sample), observer)))
          return failure();
      }
      return success();
    };
    if (failed(failableParallelForEachN(&getContext(), 0, workers, observeSamples)))
      return failure();
    histograms = std::move(parts.front());
    for (std::vector<Histogram> &others : llvm::drop_begin(parts))
      for (auto [mine, other] : llvm::zip_equal(histograms, others))
        mine.merge(other);

    ranges.clear();
    llvm::DenseSet<Value> infinite;
    for (auto [value, index] : values) {
      if (!histograms[index].isFinite()) {
        if (!isMask(value, infinite))
          return reportNotFinite(value);
        infinite.insert(value);
        constexpr double infinity = std::numeric_limits<double>::infinity();
        ranges.push_back({-infinity, infinity});
        continue;
      }
      ranges.push_back(getRange(index, method == "auto" ? StringRef("percentile") : StringRef(method)));
    }
    return success();
  }

  /// Whether an op may have infinite results: of infinite constants, as attention masks are, or of operands that are `infinite`.
  static bool isMask(Value value, const llvm::DenseSet<Value> &infinite) {
    Operation *op = value.getDefiningOp();
    auto isInfinite = [](double real) { return std::isinf(real); };
    if (!op)
      return false;
    if (auto nest = dyn_cast<nn::LoopNestOp>(op))
      for (auto constant : nest.getBody().getOps<arith::ConstantOp>())
        if (auto real = dyn_cast<FloatAttr>(constant.getValue()); real && isInfinite(real.getValueAsDouble()))
          return true;
    return llvm::any_of(op->getOperands(), [&](Value operand) {
      std::optional<nn::HostTensor> constant = isFloat(operand) ? getRealConstant(operand) : std::nullopt;
      return infinite.contains(operand) || (constant && llvm::any_of(constant->get<float>(), isInfinite));
    });
  }

  Range getRange(unsigned index, StringRef name) const {
    const Histogram &histogram = histograms[index];
    if (histogram.isEmpty()) // no op reads it
      return {0.0, 0.0};
    // With 16 bits a finer step is worth less than any value that is clipped.
    if (name == "min-max" || (widths[index] > 8 && name != "moving-average"))
      return histogram.getExtremes();
    if (name == "moving-average")
      return getMovingAverage(extremes[index]);
    // With 4 bits, steps are so coarse that the least error clips more than any percentile would.
    if (name == "mse" || (widths[index] < 8 && name == "percentile"))
      return histogram.getLeastError(widths[index]);
    if (name == "entropy")
      return histogram.getLeastDivergence(widths[index]);
    return histogram.getPercentile(1.0 - percentile / 100.0);
  }

  /// The extremes of one sample after the other, each moving the range by a share of `momentum`, or by more as long as
  /// that is more than the mean of all would.
  Range getMovingAverage(ArrayRef<Range> ofSamples) const {
    Range range = ofSamples.front();
    for (auto [index, next] : llvm::enumerate(ofSamples)) {
      double share = std::max<double>(momentum, 1.0 / static_cast<double>(index + 1));
      range.first += share * (next.first - range.first);
      range.second += share * (next.second - range.second);
    }
    return range;
  }

  /// A range whose asymmetric type has its zero point in the middle, at 0, where there are values of both signs; from
  /// 0, with the zero point at the end, where there are not.
  static void makeSymmetric(Range &range, unsigned bits) {
    if (range.first >= 0.0 || range.second <= 0.0)
      return;
    double bound = std::max(-range.first, range.second), steps = std::ldexp(1.0, bits - 1);
    range = {-bound * steps / (steps - 1), bound};
  }

  /// For each value the range, of those that the other methods choose, with which the ops that read it come nearest to
  /// their results in float: the least sum of relative squared errors, each op with this one operand quantized.
  LogicalResult chooseByError(func::FuncOp function, const CalibrationData &samples) {
    FailureOr<CalibrationData> chosen = chooseSamples(function, samples, kErrorSamples, kErrorBytes);
    if (failed(chosen))
      return failure();
    StepwiseRun run(function, *chosen);
    constexpr StringLiteral candidates[] = {"min-max", "percentile", "mse", "entropy"};
    std::vector<std::array<double, 4>> errors(values.size(), {0.0, 0.0, 0.0, 0.0});
    for (Operation &op : function.getBody().front().without_terminator()) {
      if (op.getNumResults() != 1 || !StepwiseRun::isVariable(op.getResult(0)))
        continue;
      FailureOr<StepwiseRun::Samples> exact = run.evaluate(&op);
      if (failed(exact))
        return failure();
      llvm::SmallSetVector<Value, 4> operands(op.operand_begin(), op.operand_end());
      for (Value operand : operands) {
        auto *found = values.find(operand);
        if (found == values.end() || !isFloat(op.getResult(0)) || !histograms[found->second].isFinite())
          continue;
        StepwiseRun::Samples kept(run.get(operand).begin(), run.get(operand).end());
        for (auto [candidate, name] : llvm::enumerate(candidates)) {
          roundToType(run.get(operand), chooseActivationType(&getContext(), getRange(found->second, name), widths[found->second]));
          FailureOr<StepwiseRun::Samples> rounded = run.evaluate(&op);
          if (failed(rounded))
            return failure();
          errors[found->second][candidate] += getRelativeError(*exact, *rounded);
          run.set(operand, kept);
        }
      }
      run.set(op.getResult(0), std::move(*exact));
      run.release(&op);
    }
    for (auto [index, error] : llvm::enumerate(errors))
      if (*llvm::max_element(error) > 0.0) // read by an op
        ranges[index] = getRange(index, candidates[llvm::min_element(error) - error.begin()]);
    return success();
  }

  /// Ranges from batch norms: beta -+ 6 gamma of the widest channels (Nagel et al. 2019, section 5). What the op clamps
  /// is cut off when types are chosen.
  void useStatistics() {
    constexpr double kDeviations = 6.0;
    for (auto [value, index] : values) {
      Operation *op = value.getDefiningOp();
      auto mean = op ? op->getAttrOfType<DenseF32ArrayAttr>(nn::kMeanAttr) : DenseF32ArrayAttr();
      auto deviation = op ? op->getAttrOfType<DenseF32ArrayAttr>(nn::kDeviationAttr) : DenseF32ArrayAttr();
      if (!mean || !deviation || mean.size() != deviation.size())
        continue;
      Range range = {0.0, 0.0};
      for (auto [center, spread] : llvm::zip_equal(mean.asArrayRef(), deviation.asArrayRef()))
        range = {std::min(range.first, center - kDeviations * spread),
                 std::max(range.second, center + kDeviations * spread)};
      ranges[index] = range;
    }
  }

  static double getRelativeError(ArrayRef<nn::HostTensor> exact, ArrayRef<nn::HostTensor> rounded) {
    double squares = 0.0, errors = 0.0;
    for (auto [wanted, got] : llvm::zip_equal(exact, rounded))
      for (auto [real, other] : llvm::zip_equal(wanted.get<float>(), got.get<float>())) {
        squares += static_cast<double>(real) * real;
        errors += (static_cast<double>(real) - other) * (static_cast<double>(real) - other);
      }
    return squares > 0.0 ? errors / squares : errors;
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

  static constexpr StringLiteral kMethods[] = {"min-max", "moving-average", "percentile", "mse", "entropy", "auto"};
  static constexpr int64_t kErrorSamples = 32, kErrorBytes = int64_t(1) << 28; // of method auto

  CalibrationData data;
  llvm::MapVector<Value, unsigned> values;  // float tensors in program order, numbered
  std::vector<unsigned> widths;             // bits of each
  std::vector<Histogram> histograms;        // of each
  std::vector<std::vector<Range>> extremes; // of each on each sample
  std::vector<Range> ranges;                // of each
};
} // namespace

std::unique_ptr<Pass> createCalibratePass(CalibratePassOptions options, CalibrationData data) {
  return std::make_unique<CalibratePass>(options, std::move(data));
}

} // namespace tinyc::compress
