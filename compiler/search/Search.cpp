#include "compiler/search/Search.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <set>
#include <tuple>

using namespace llvm;

namespace tinyc::search {

/// How far costs are above the limits, as shares of these, added up.
static double getExcess(const Costs &costs, const Limits &limits) {
  double excess = 0;
  for (size_t cost = 0; cost < kCosts; ++cost)
    if (limits[cost] && costs.values[cost] > *limits[cost])
      excess += costs.values[cost] / *limits[cost] - 1;
  return excess;
}

bool Goal::prefers(const Record::Point &one, const Record::Point &other) const {
  auto rank = [this](const Record::Point &point) {
    double tooMuch = maxDrop ? std::max(0.0, point.quality.drop - *maxDrop) : 0.0;
    return std::tuple(getExcess(point.costs, limits), tooMuch, maxDrop ? point.costs[least] : 0.0,
                      point.quality.distortion, point.assignment);
  };
  return rank(one) < rank(other);
}

bool Goal::accepts(const Record::Point &point) const {
  return isWithin(point.costs, limits) && (!maxDrop || point.quality.drop <= *maxDrop);
}

namespace {

class Searcher {
public:
  Searcher(Record &record, const Sensitivity &sensitivity, const Goal &goal, const SearchOptions &options)
      : record(record), sensitivity(sensitivity), goal(goal), options(options), engine(options.seed),
        freeSteps(sensitivity.getFreeSteps()) {}

  std::optional<Record::Point> run() {
    add(sensitivity.getStart());
    for (const Record::Point &point : record.getPoints())
      if (isPossible(point.assignment))
        add(point); // single actions may do
    addSeeds();
    evolve();
    if (record.isStopped() || population.empty() || !goal.accepts(population.front()))
      return std::nullopt;
    return population.front();
  }

private:
  static constexpr size_t kPopulation = 16;

  /// The cost along which the front lies: the first one limited, or the one to be made least.
  Cost getAxis() const {
    for (size_t cost = 0; cost < kCosts && !goal.maxDrop; ++cost)
      if (goal.limits[cost])
        return static_cast<Cost>(cost);
    return goal.least;
  }

  void addSeeds() {
    solveLimits(goal.limits);
    Cost axis = getAxis();
    double least = sensitivity.predictLeast(axis), most = sensitivity.getStart().costs[axis];
    // Along the front: for the picture of it, and as parents.
    constexpr int kLevels = 12;
    for (int level = 1; level < kLevels && least < most; ++level) {
      Limits limits = goal.limits;
      double limit = least + (most - least) * level / kLevels;
      limits[static_cast<size_t>(axis)] = std::min(limit, limits[static_cast<size_t>(axis)].value_or(limit));
      solveLimits(limits);
    }
    if (goal.maxDrop)
      findCheapest();
  }

  /// The integer program within these limits, again with lower ones where the true costs exceed them.
  void solveLimits(const Limits &limits) {
    Limits tightened = limits;
    for (int round = 0; round < 6; ++round) {
      std::optional<Assignment> assignment = sensitivity.solveWithin(tightened);
      std::optional<Record::Point> point = assignment ? measure(*assignment) : std::nullopt;
      if (!point || isWithin(point->costs, limits))
        return;
      for (size_t cost = 0; cost < kCosts; ++cost)
        if (limits[cost] && point->costs.values[cost] > *limits[cost])
          *tightened[cost] -= (point->costs.values[cost] - *limits[cost]) * 1.1;
    }
  }

  /// Whether each step has an action that it may have here.
  bool isPossible(ArrayRef<uint8_t> assignment) const {
    for (auto [step, action] : llvm::enumerate(assignment))
      if (!sensitivity.get(step, action).possible)
        return false;
    return true;
  }

  /// Bisects the loss that the integer program may take above the least one, for the greatest whose drop is small
  /// enough.
  void findCheapest() {
    double least = 0, low = 0, high = 0;
    for (size_t step = 0; step < sensitivity.getStepCount(); ++step) {
      double smallest = 0, greatest = 0;
      for (uint8_t action = 0; action < sensitivity.getActionCount(step); ++action)
        if (const Sensitivity::Effect &effect = sensitivity.get(step, action); effect.possible) {
          smallest = std::min(smallest, effect.loss);
          greatest = std::max(greatest, effect.loss);
        }
      least += smallest;
      high += greatest - smallest;
    }
    for (int round = 0; round < 16 && high > 0; ++round) {
      // Losses differ by orders of magnitude: the middle is the geometric one.
      double middle = low > 0 ? std::sqrt(low * high) : high / 16;
      std::optional<Assignment> assignment = sensitivity.solveLeast(goal.least, goal.limits, least + middle);
      std::optional<Record::Point> point = assignment ? measure(*assignment) : std::nullopt;
      if (record.isStopped())
        return;
      (point && goal.accepts(*point) ? low : high) = middle;
    }
  }

  void evolve() {
    size_t attempts = 0, measured = 0;
    while (!population.empty() && measured < options.measurements && attempts < 20 * options.measurements &&
           !record.isStopped()) {
      ++attempts;
      Assignment child = makeChild();
      if (seen.count(child))
        continue;
      measured += measure(child).has_value();
    }
  }

  Assignment makeChild() {
    // Of two drawn at random the better one, twice.
    auto select = [&]() -> const Assignment & {
      return population[std::min(draw(population.size()), draw(population.size()))].assignment;
    };
    Assignment child = select();
    if (draw(2) == 0) {
      const Assignment &other = select();
      for (size_t step : freeSteps)
        if (draw(2) == 0)
          child[step] = other[step];
    }
    for (size_t changes = freeSteps.empty() ? 0 : 1 + draw(3); changes > 0; --changes) {
      size_t step = freeSteps[draw(freeSteps.size())];
      uint8_t action = static_cast<uint8_t>(draw(sensitivity.getActionCount(step)));
      if (sensitivity.get(step, action).possible)
        child[step] = action;
    }
    repair(child);
    return child;
  }

  /// Exchanges single actions, as long as costs exceed limits for those that lose the least for what they save, then
  /// for those that gain the most and keep the limits.
  void repair(Assignment &child) {
    if (llvm::none_of(goal.limits, [](const std::optional<double> &limit) { return limit.has_value(); }))
      return;
    Costs costs = sensitivity.predictCosts(child);
    auto change = [&](size_t step, uint8_t action) {
      Costs changed = costs;
      for (size_t cost = 0; cost < kCosts; ++cost)
        changed.values[cost] +=
            sensitivity.get(step, action).costs.values[cost] - sensitivity.get(step, child[step]).costs.values[cost];
      return changed;
    };
    for (bool fills : {false, true})
      while (fills || !isWithin(costs, goal.limits)) {
        double best = 0, excess = getExcess(costs, goal.limits);
        std::optional<std::pair<size_t, uint8_t>> chosen;
        for (size_t step = 0; step < child.size(); ++step)
          for (uint8_t action = 0; action < sensitivity.getActionCount(step); ++action) {
            if (action == child[step] || !sensitivity.get(step, action).possible)
              continue;
            Costs changed = change(step, action);
            double loss = sensitivity.get(step, action).loss - sensitivity.get(step, child[step]).loss, value;
            if (fills)
              value = isWithin(changed, goal.limits) ? -loss : 0;
            else
              value = (excess - getExcess(changed, goal.limits)) / std::max(loss, 1e-12);
            if (value <= 0)
              continue;
            value *= 0.5 + static_cast<double>(draw(1024)) / 1024; // or all children would be alike
            if (value > best) {
              best = value;
              chosen = {step, action};
            }
          }
        if (!chosen)
          break;
        costs = change(chosen->first, chosen->second);
        child[chosen->first] = chosen->second;
      }
  }

  std::optional<Record::Point> measure(const Assignment &assignment) {
    seen.insert(assignment);
    std::optional<Record::Point> point = record.measure(assignment);
    if (point)
      add(*point);
    return point;
  }

  void add(const Record::Point &point) {
    seen.insert(point.assignment);
    auto position =
        llvm::partition_point(population, [&](const Record::Point &other) { return goal.prefers(other, point); });
    if (position != population.end() && position->assignment == point.assignment)
      return;
    population.insert(position, point);
    if (population.size() > kPopulation)
      population.pop_back();
  }

  /// 0 .. count - 1. The same on every host, which std::uniform_int_distribution is not.
  size_t draw(size_t count) { return engine() % count; }

  Record &record;
  const Sensitivity &sensitivity;
  const Goal &goal;
  const SearchOptions &options;
  std::mt19937_64 engine;
  std::vector<size_t> freeSteps;
  std::vector<Record::Point> population; // the best first
  std::set<Assignment> seen;
};

} // namespace

std::optional<Record::Point> search(Record &record, const Sensitivity &sensitivity, const Goal &goal,
                                    const SearchOptions &options) {
  return Searcher(record, sensitivity, goal, options).run();
}

} // namespace tinyc::search
