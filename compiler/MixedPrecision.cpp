#include "compiler/MixedPrecision.h"

#include "compiler/DriverSupport.h"
#include "compiler/Files.h"
#include "compiler/ProgramCosts.h"
#include "compiler/search/Front.h"
#include "compiler/search/Interrupt.h"
#include "compiler/search/Search.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Path.h"

#include <cmath>

using namespace mlir;

namespace tinyc {

using search::Cost;
using search::Costs;

/// "123,456 bytes".
static std::string describe(Cost cost, double value) {
  StringRef unit = cost == Cost::Latency ? "cycles" : cost == Cost::Energy ? "uJ" : "bytes";
  return (groupDigits(std::llround(value)) + " " + unit).str();
}

namespace {

class MixedSearch {
public:
  MixedSearch(const Options &options, PrecisionEnvironment &environment, const targets::Target &target)
      : options(options), wanted(options.search), environment(environment), target(target),
        record(environment, environment.getFingerprint(), [this] { return interrupt.wasAsked(); }) {}

  FailureOr<compress::SavedPrecision> run() {
    if (!wanted.recordFile.empty())
      if (llvm::Error error = record.keepIn(wanted.recordFile))
        return complain(std::move(error));
    search::Assignment start(environment.getStepCount(), 0);
    std::optional<search::Record::Point> measured = measureExactly(start);
    if (!measured)
      return failure();
    int8 = measured->costs;
    environment.setMeasuredCosts(int8);
    search::Goal goal;
    goal.maxDrop = wanted.maxDrop;
    goal.least = wanted.least;
    for (const Budget &budget : wanted.budgets) {
      std::optional<double> &limit = limits[static_cast<size_t>(budget.cost)];
      limit = std::min(budget.getLimit(int8), limit.value_or(std::numeric_limits<double>::infinity()));
    }
    goal.limits = limits;
    record.onMeasured = [this](const search::Record &) { showProgress(); };
    // Activations of 16 bits where the layers' precisions alone keep no bound of accuracy, or where they are asked for.
    const size_t layers = environment.getLayerEnd(), all = environment.getStepCount();
    SmallVector<size_t> rounds = {wanted.activations ? all : layers};
    if (wanted.maxDrop && rounds.back() < all)
      rounds.push_back(all);
    std::optional<search::Record::Point> best;
    for (size_t steps : rounds) {
      expected = record.getPoints().size() + 1 + wanted.measurements;
      for (size_t step = 0; step < steps; ++step)
        expected += environment.getActionCount(step) - 1;
      std::optional<search::Sensitivity> sensitivity = search::Sensitivity::measure(record, steps);
      if (!sensitivity)
        return stop();
      for (Cost cost : search::kAllCosts)
        if (limits[static_cast<size_t>(cost)] && sensitivity->predictLeast(cost) > *limits[static_cast<size_t>(cost)])
          return complainOfBudget(cost, sensitivity->predictLeast(cost));
      best = searchExactly(*sensitivity, goal);
      if (best)
        break;
      if (record.isStopped())
        return stop();
      if (steps < all && wanted.showProgress)
        llvm::errs()
            << "tinyc: search: no precision of the weights is within --max-drop: activations may have 16 bits now\n";
    }
    if (llvm::Error error = record.save())
      return complain(std::move(error));
    if (!best)
      return complainOfGoal();
    if (failed(writeFiles(*best)))
      return failure();
    describeChoice(*best);
    return environment.getPrecision(best->assignment);
  }

private:
  /// Costs and quality as the package has them; prints the error if it cannot be made.
  std::optional<search::Record::Point> measureExactly(ArrayRef<uint8_t> assignment) {
    FailureOr<PrecisionEnvironment::Package> package = environment.makePackage(assignment);
    if (failed(package))
      return std::nullopt;
    FailureOr<Costs> costs = measureProgram(*package->program, target, options);
    if (failed(costs))
      return std::nullopt;
    return search::Record::Point{search::Assignment(assignment), package->quality, *costs};
  }

  /// Estimates steer the search; where what it finds costs or loses more than it may, again with lower limits.
  std::optional<search::Record::Point> searchExactly(const search::Sensitivity &sensitivity, search::Goal goal) {
    for (int round = 0; round < 6; ++round) {
      std::optional<search::Record::Point> best =
          search::search(record, sensitivity, goal, {static_cast<size_t>(wanted.measurements), wanted.seed});
      if (!best)
        return std::nullopt;
      std::optional<search::Record::Point> package = measureExactly(best->assignment);
      if (!package)
        return std::nullopt;
      nearest = package;
      const bool losesTooMuch = wanted.maxDrop && package->quality.drop > *wanted.maxDrop;
      if (search::isWithin(package->costs, limits) && !losesTooMuch)
        return compareWithUniform(std::move(*package));
      for (size_t cost = 0; cost < search::kCosts; ++cost)
        if (limits[cost] && package->costs.values[cost] > *limits[cost])
          *goal.limits[cost] -= package->costs.values[cost] - *limits[cost];
      if (losesTooMuch)
        goal.maxDrop = std::max(0.0, std::min(*goal.maxDrop, best->quality.drop) -
                                         (package->quality.drop - *wanted.maxDrop));
    }
    return std::nullopt;
  }

  /// The search measures layers that were not fitted to each other. Where its package is no better than one of a single
  /// precision within the same limits, that one is taken.
  search::Record::Point compareWithUniform(search::Record::Point best) {
    search::Goal goal{limits, wanted.maxDrop, wanted.least};
    const size_t begin = environment.getLayerBegin();
    for (uint8_t action = 1; action < environment.getActionCount(begin); ++action) {
      search::Assignment uniform = best.assignment; // of activations that which was found
      std::fill(uniform.begin(), uniform.begin() + begin, 0);
      std::fill(uniform.begin() + begin, uniform.begin() + environment.getLayerEnd(), action);
      std::optional<Costs> estimated = environment.getCosts(uniform);
      if (uniform == best.assignment || !estimated || !search::isWithin(*estimated, limits))
        continue;
      std::optional<search::Record::Point> package = measureExactly(uniform);
      if (package && record.measure(uniform) && goal.accepts(*package) && goal.prefers(*package, best))
        best = std::move(*package);
    }
    return best;
  }

  LogicalResult stop() {
    if (llvm::Error error = record.save())
      return complain(std::move(error));
    if (!interrupt.wasAsked())
      return complain("the int8 program cannot be measured");
    if (wanted.recordFile.empty())
      return complain("the search was stopped; with --search-record=FILE.json it can be resumed");
    return complain("the search was stopped after " + Twine(record.getPoints().size()) +
                    " measurements; the same command resumes it");
  }

  LogicalResult complainOfBudget(Cost cost, double least) {
    if (llvm::Error error = record.save())
      return complain(std::move(error));
    double limit = *limits[static_cast<size_t>(cost)];
    return complain("the budget of " + search::getName(cost) + ", " + describe(cost, limit) +
                    ", cannot be kept by any precision of the layers: the least is about " + describe(cost, least) +
                    ", " + llvm::formatv("{0:f2}x", least / int8[cost]).str() + " of int8's " +
                    describe(cost, int8[cost]));
  }

  LogicalResult complainOfGoal() {
    std::string reason;
    if (wanted.maxDrop)
      reason = llvm::formatv(" within --max-drop={0:f2}%", 100 * *wanted.maxDrop).str();
    for (Cost cost : search::kAllCosts)
      if (std::optional<double> limit = limits[static_cast<size_t>(cost)])
        reason +=
            (reason.empty() ? " within " : " and ") + (search::getName(cost) + ":" + describe(cost, *limit)).str();
    std::string last;
    if (nearest && wanted.maxDrop)
      last += llvm::formatv(" drop:{0:f2}%", 100 * nearest->quality.drop).str();
    for (Cost cost : search::kAllCosts)
      if (nearest && limits[static_cast<size_t>(cost)])
        last += (" " + search::getName(cost) + ":" + describe(cost, nearest->costs[cost])).str();
    return complain("found no precision of the layers" + reason +
                    (last.empty() ? last : "; the nearest program has" + last));
  }

  void showProgress() {
    size_t count = record.getPoints().size(), period = std::max<size_t>(1, expected / 20);
    if (!wanted.showProgress || count % period != 0)
      return;
    llvm::errs() << "tinyc: search: " << count << " of about " << expected << " measurements\n";
  }

  LogicalResult writeFiles(const search::Record::Point &best) {
    search::FrontText text = {
        ("Precision of the layers of " + llvm::sys::path::filename(options.model) + " on " + target.name).str(),
        best.assignment};
    for (const std::string &path : wanted.frontFiles) {
      StringRef extension = llvm::sys::path::extension(path);
      std::string contents = extension == ".csv"   ? toCsv(record, text)
                             : extension == ".svg" ? toSvg(record, text)
                                                   : llvm::formatv("{0:1}\n", toJson(record, text)).str();
      if (llvm::Error error = writeFile(path, contents))
        return complain(std::move(error));
    }
    if (wanted.precisionFile.empty())
      return success();
    if (llvm::Error error =
            writeFile(wanted.precisionFile, compress::printPrecision(environment.getPrecision(best.assignment))))
      return complain(std::move(error));
    return success();
  }

  void describeChoice(const search::Record::Point &best) const {
    if (!wanted.showProgress)
      return;
    std::map<std::string, int> counts;
    std::string layers;
    size_t wide = 0;
    for (auto [step, action] : llvm::enumerate(best.assignment))
      if (step < environment.getLayerBegin())
        layers += "channels " + environment.getActionName(step, action) + "; ";
      else if (step < environment.getLayerEnd())
        ++counts[environment.getActionName(step, action)];
      else
        wide += action > 0;
    layers += "layers ";
    bool isFirst = true;
    for (const auto &[name, count] : counts)
      layers += (std::exchange(isFirst, false) ? "" : ", ") + std::to_string(count) + " of " + name;
    if (wide > 0)
      layers += ", " + std::to_string(wide) + " results of int16";
    llvm::errs() << "tinyc: search: " << layers << "; "
                 << (environment.isClassifier() ? (problemHasLabels() ? "accuracy lost " : "samples of another class ")
                                                : "relative error ")
                 << llvm::formatv("{0:f2} %", 100 * best.quality.drop);
    for (Cost cost : search::kAllCosts)
      llvm::errs() << ", " << search::getName(cost) << " " << describe(cost, best.costs[cost])
                   << llvm::formatv(" ({0:f2}x)", int8[cost] > 0 ? best.costs[cost] / int8[cost] : 1.0);
    llvm::errs() << "\n";
  }

  bool problemHasLabels() const { return !wanted.labelFile.empty(); }

  const Options &options;
  const PrecisionSearch &wanted;
  PrecisionEnvironment &environment;
  const targets::Target &target;
  search::Interrupt interrupt;
  search::Record record;
  search::Limits limits;
  Costs int8;
  std::optional<search::Record::Point> nearest; // the last package that was tried
  size_t expected = 0;
};

} // namespace

FailureOr<compress::SavedPrecision> searchPrecision(ArrayRef<ModuleOp> prepared, const Options &options,
                                                    PrecisionProblem problem) {
  const targets::Target &target = *problem.target;
  FailureOr<std::unique_ptr<PrecisionEnvironment>> environment =
      PrecisionEnvironment::create(prepared, std::move(problem));
  if (failed(environment))
    return failure();
  return MixedSearch(options, **environment, target).run();
}

} // namespace tinyc
