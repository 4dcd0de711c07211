#include "compiler/search/IntegerProgram.h"

#include "coin/Cbc_C_Interface.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <memory>

namespace tinyc::search {

namespace {

struct DeleteModel {
  void operator()(void *model) const { Cbc_deleteModel(model); }
};

/// Whether the items taken keep the limits, whatever the solver's tolerances.
bool keepsLimits(const MultipleChoice &problem, const Assignment &taken) {
  for (size_t limit = 0; limit < problem.limits.size(); ++limit) {
    double sum = 0, magnitude = std::abs(problem.limits[limit]);
    for (size_t group = 0; group < taken.size(); ++group) {
      sum += problem.groups[group][taken[group]].costs[limit];
      magnitude += std::abs(problem.groups[group][taken[group]].costs[limit]);
    }
    if (sum > problem.limits[limit] + 1e-9 * magnitude)
      return false;
  }
  return true;
}

std::optional<Assignment> solveWithin(const MultipleChoice &problem, double margin) {
  // One column for each item, one row for each group, then one for each limit, in units of the limit.
  std::vector<int> starts = {0}, rows;
  std::vector<double> values, losses, least, most;
  double greatest = 0;
  for (const auto &group : problem.groups)
    for (const MultipleChoice::Item &item : group)
      greatest = std::max(greatest, std::abs(item.loss));
  std::vector<double> scales;
  for (size_t limit = 0; limit < problem.limits.size(); ++limit) {
    double scale = std::abs(problem.limits[limit]);
    for (const auto &group : problem.groups)
      for (const MultipleChoice::Item &item : group)
        scale = std::max(scale, std::abs(item.costs[limit]));
    scales.push_back(scale > 0 ? scale : 1);
  }
  for (size_t group = 0; group < problem.groups.size(); ++group)
    for (const MultipleChoice::Item &item : problem.groups[group]) {
      assert(item.costs.size() == problem.limits.size() && "an item has a cost for each limit");
      rows.push_back(static_cast<int>(group));
      values.push_back(1);
      for (size_t limit = 0; limit < problem.limits.size(); ++limit) {
        rows.push_back(static_cast<int>(problem.groups.size() + limit));
        values.push_back(item.costs[limit] / scales[limit]);
      }
      starts.push_back(static_cast<int>(rows.size()));
      losses.push_back(greatest > 0 ? 1000 * item.loss / greatest : 0);
    }
  for (size_t group = 0; group < problem.groups.size(); ++group) {
    least.push_back(1);
    most.push_back(1);
  }
  for (size_t limit = 0; limit < problem.limits.size(); ++limit) {
    least.push_back(-std::numeric_limits<double>::infinity());
    most.push_back(problem.limits[limit] / scales[limit] - margin);
  }
  std::vector<double> zeros(losses.size(), 0), ones(losses.size(), 1);
  std::unique_ptr<void, DeleteModel> model(Cbc_newModel());
  Cbc_setLogLevel(model.get(), 0);
  Cbc_setParameter(model.get(), "logLevel", "0");
  Cbc_setParameter(model.get(), "allowableGap", "0");
  Cbc_loadProblem(model.get(), static_cast<int>(losses.size()), static_cast<int>(most.size()), starts.data(),
                  rows.data(), values.data(), zeros.data(), ones.data(), losses.data(), least.data(), most.data());
  for (size_t column = 0; column < losses.size(); ++column)
    Cbc_setInteger(model.get(), static_cast<int>(column));
  Cbc_solve(model.get());
  if (!Cbc_isProvenOptimal(model.get()))
    return std::nullopt;
  const double *solution = Cbc_getColSolution(model.get());
  Assignment taken;
  size_t column = 0;
  for (const auto &group : problem.groups) {
    taken.push_back(static_cast<uint8_t>(std::max_element(solution + column, solution + column + group.size()) -
                                         (solution + column)));
    column += group.size();
  }
  return taken;
}

} // namespace

std::optional<Assignment> solve(const MultipleChoice &problem) {
  if (problem.groups.empty())
    return keepsLimits(problem, {}) ? std::optional(Assignment()) : std::nullopt;
  // Without a margin first: the solver may overdraw a limit by its tolerance of 1e-7.
  for (double margin : {0.0, 1e-7, 1e-6, 1e-5})
    if (std::optional<Assignment> taken = solveWithin(problem, margin); !taken || keepsLimits(problem, *taken))
      return taken;
  return std::nullopt;
}

} // namespace tinyc::search
