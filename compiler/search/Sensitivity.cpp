#include "compiler/search/Sensitivity.h"

#include "compiler/search/IntegerProgram.h"

#include "llvm/ADT/STLExtras.h"

#include <algorithm>

using namespace llvm;

namespace tinyc::search {

std::optional<Sensitivity> Sensitivity::measure(Record &record, size_t steps) {
  Environment &environment = record.getEnvironment();
  Assignment assignment(environment.getStepCount(), 0);
  std::optional<Record::Point> start = record.measure(assignment);
  if (!start)
    return std::nullopt;
  Sensitivity result;
  result.start = *start;
  for (size_t step = 0; step < assignment.size(); ++step) {
    result.effects.emplace_back(1);
    for (uint8_t action = 1; action < environment.getActionCount(step); ++action) {
      Effect &effect = result.effects.back().emplace_back();
      effect.possible = false;
      if (step >= steps)
        continue;
      assignment[step] = action;
      std::optional<Record::Point> point = record.measure(assignment);
      if (record.isStopped())
        return std::nullopt;
      effect.possible = point.has_value();
      if (!point)
        continue;
      // What noise adds to the sign of an effect is none.
      double added = point->quality.distortion - start->quality.distortion;
      effect.loss = environment.isMoreFaithful(step, action) ? std::min(0.0, added) : std::max(0.0, added);
      for (size_t cost = 0; cost < kCosts; ++cost)
        effect.costs.values[cost] = point->costs.values[cost] - start->costs.values[cost];
    }
    assignment[step] = 0;
  }
  return result;
}

std::vector<size_t> Sensitivity::getFreeSteps() const {
  std::vector<size_t> steps;
  for (size_t step = 0; step < effects.size(); ++step)
    if (llvm::count_if(effects[step], [](const Effect &effect) { return effect.possible; }) > 1)
      steps.push_back(step);
  return steps;
}

double Sensitivity::predictLoss(ArrayRef<uint8_t> assignment) const {
  double loss = 0;
  for (size_t step = 0; step < assignment.size(); ++step)
    loss += effects[step][assignment[step]].loss;
  return loss;
}

Costs Sensitivity::predictCosts(ArrayRef<uint8_t> assignment) const {
  Costs costs = start.costs;
  for (size_t step = 0; step < assignment.size(); ++step)
    for (size_t cost = 0; cost < kCosts; ++cost)
      costs.values[cost] += effects[step][assignment[step]].costs.values[cost];
  return costs;
}

double Sensitivity::predictLeast(Cost cost) const {
  double sum = start.costs[cost];
  for (const auto &actions : effects) {
    double least = std::numeric_limits<double>::infinity();
    for (const Effect &effect : actions)
      if (effect.possible)
        least = std::min(least, effect.costs[cost]);
    sum += least;
  }
  return sum;
}

std::optional<Assignment> Sensitivity::solveWithin(const Limits &limits) const {
  return solve(std::nullopt, limits, std::numeric_limits<double>::infinity());
}

std::optional<Assignment> Sensitivity::solveLeast(Cost cost, const Limits &limits, double loss) const {
  return solve(cost, limits, loss);
}

std::optional<Assignment> Sensitivity::solve(std::optional<Cost> least, const Limits &limits, double loss) const {
  MultipleChoice problem;
  std::vector<size_t> limited;
  for (size_t cost = 0; cost < kCosts; ++cost)
    if (limits[cost]) {
      limited.push_back(cost);
      problem.limits.push_back(*limits[cost] - start.costs.values[cost]);
    }
  const bool isLossLimited = loss < std::numeric_limits<double>::infinity();
  if (isLossLimited)
    problem.limits.push_back(loss);
  std::vector<std::vector<uint8_t>> actions; // of each item
  for (const auto &choices : effects) {
    auto &group = problem.groups.emplace_back();
    auto &numbers = actions.emplace_back();
    for (size_t action = 0; action < choices.size(); ++action) {
      const Effect &effect = choices[action];
      if (!effect.possible)
        continue;
      MultipleChoice::Item item = {least ? effect.costs[*least] : effect.loss, {}};
      for (size_t cost : limited)
        item.costs.push_back(effect.costs.values[cost]);
      if (isLossLimited)
        item.costs.push_back(effect.loss);
      group.push_back(std::move(item));
      numbers.push_back(static_cast<uint8_t>(action));
    }
  }
  std::optional<Assignment> items = search::solve(problem);
  if (!items)
    return std::nullopt;
  Assignment assignment;
  for (auto [numbers, item] : llvm::zip_equal(actions, *items))
    assignment.push_back(numbers[item]);
  return assignment;
}

} // namespace tinyc::search
