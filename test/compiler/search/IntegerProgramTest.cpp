#include "compiler/search/IntegerProgram.h"

#include "gtest/gtest.h"

#include <limits>
#include <random>

using namespace tinyc::search;

namespace {

double getSum(const MultipleChoice &problem, const Assignment &taken, std::optional<size_t> limit = std::nullopt) {
  double sum = 0;
  for (size_t group = 0; group < taken.size(); ++group) {
    const MultipleChoice::Item &item = problem.groups[group][taken[group]];
    sum += limit ? item.costs[*limit] : item.loss;
  }
  return sum;
}

bool keepsLimits(const MultipleChoice &problem, const Assignment &taken) {
  for (size_t limit = 0; limit < problem.limits.size(); ++limit)
    if (getSum(problem, taken, limit) > problem.limits[limit])
      return false;
  return true;
}

/// The least loss of all choices; nothing if none keeps the limits.
std::optional<double> tryEverything(const MultipleChoice &problem) {
  std::optional<double> least;
  Assignment taken(problem.groups.size(), 0);
  while (true) {
    if (keepsLimits(problem, taken))
      least = std::min(getSum(problem, taken), least.value_or(std::numeric_limits<double>::infinity()));
    size_t group = 0;
    while (group < taken.size() && ++taken[group] == problem.groups[group].size())
      taken[group++] = 0;
    if (group == taken.size())
      return least;
  }
}

} // namespace

// Integers, so that sums compare exactly: up to 8 groups of 1 to 4 items, up to 3 limits, some of which leave nothing.
TEST(IntegerProgram, FindsWhatTryingEverythingFinds) {
  std::mt19937 engine(7);
  int infeasible = 0;
  for (int round = 0; round < 300; ++round) {
    auto draw = [&](int least, int most) { return least + static_cast<int>(engine() % (most - least + 1)); };
    MultipleChoice problem;
    const int limits = draw(0, 3);
    std::vector<double> middle(limits, 0);
    for (int groups = draw(1, 8); groups > 0; --groups) {
      auto &group = problem.groups.emplace_back();
      for (int items = draw(1, 4); items > 0; --items) {
        MultipleChoice::Item item = {static_cast<double>(draw(0, 1000)), {}};
        for (int limit = 0; limit < limits; ++limit)
          item.costs.push_back(draw(-200, 1000));
        group.push_back(item);
      }
      for (int limit = 0; limit < limits; ++limit)
        middle[limit] += group.front().costs[limit];
    }
    for (int limit = 0; limit < limits; ++limit)
      problem.limits.push_back(std::floor(middle[limit] * draw(30, 110) / 100));
    std::optional<double> wanted = tryEverything(problem);
    std::optional<Assignment> found = solve(problem);
    ASSERT_EQ(found.has_value(), wanted.has_value()) << "round " << round;
    infeasible += !found;
    if (!found)
      continue;
    EXPECT_TRUE(keepsLimits(problem, *found)) << "round " << round;
    EXPECT_EQ(getSum(problem, *found), *wanted) << "round " << round;
  }
  EXPECT_GT(infeasible, 20);
  EXPECT_LT(infeasible, 200);
}

// A limit that is met exactly, in numbers as large as bytes of flash.
TEST(IntegerProgram, MeetsALimitExactly) {
  MultipleChoice problem;
  for (int group = 0; group < 10; ++group)
    problem.groups.push_back({{0, {65536.0 + group}}, {1.0 + group, {32768.0}}});
  // The five with the greatest losses stay whole: 5 * 65536 + 5 + 6 + 7 + 8 + 9 + 5 * 32768.
  problem.limits = {5 * 65536.0 + 35 + 5 * 32768.0};
  std::optional<Assignment> found = solve(problem);
  ASSERT_TRUE(found);
  EXPECT_EQ(*found, (Assignment{1, 1, 1, 1, 1, 0, 0, 0, 0, 0}));
  problem.limits = {10 * 32768.0 - 1};
  EXPECT_FALSE(solve(problem));
}

TEST(IntegerProgram, TakesNothingOfNothing) {
  EXPECT_EQ(solve({}), Assignment());
  EXPECT_FALSE(solve({{}, {-1.0}}));
}
