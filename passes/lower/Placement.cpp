#include "passes/lower/Placement.h"

#include "passes/lower/PlacementSearch.h"

#include "llvm/ADT/STLExtras.h"

#include <algorithm>
#include <limits>
#include <numeric>

using namespace llvm;

namespace tinyc::lower {

namespace {

using Order = std::vector<size_t>;
using Offsets = std::vector<int64_t>;

enum class Fit { First, Best };

// One group after the other goes into the lowest or the smallest gap that holds it.
Offsets placeInOrder(const PlacementProblem &problem, const Order &order, Fit fit) {
  Offsets offsets(problem.size(), -1);
  std::vector<std::pair<int64_t, int64_t>> forbidden; // exclusive
  for (size_t group : order) {
    forbidden.clear();
    for (const PlacementProblem::Conflict &conflict : problem.getConflicts(group))
      if (int64_t at = offsets[conflict.other]; at >= 0 && at + conflict.high > 0)
        forbidden.push_back({at + conflict.low, at + conflict.high});
    llvm::sort(forbidden);
    int64_t end = 0, best = -1, bestSlack = std::numeric_limits<int64_t>::max();
    for (auto [low, high] : forbidden) {
      if (low >= end && low - end < bestSlack) {
        best = end;
        bestSlack = low - end;
        if (fit == Fit::First)
          break;
      }
      end = std::max(end, high);
    }
    offsets[group] = best >= 0 ? best : end;
  }
  return offsets;
}

} // namespace

// Orders to start from; ties by index.
static std::vector<Order> makeOrders(const PlacementProblem &problem) {
  Order byIndex(problem.size());
  std::iota(byIndex.begin(), byIndex.end(), size_t{0});
  auto sorted = [&](auto key) {
    Order order = byIndex;
    llvm::stable_sort(order, [&](size_t a, size_t b) { return key(a) > key(b); });
    return order;
  };
  auto bytes = [&](size_t i) { return problem.getBytes(i); };
  auto length = [&](size_t i) { return problem.getLength(i); };
  return {
      sorted([&](size_t i) { return std::make_pair(bytes(i), length(i)); }),
      sorted([&](size_t i) { return std::make_pair(length(i), bytes(i)); }),
      sorted([&](size_t i) { return static_cast<double>(bytes(i)) * length(i); }),
      sorted([&](size_t i) { return std::make_pair(-problem.getFirst(i), bytes(i)); }),
      sorted([&](size_t i) { return std::make_pair(problem.getLast(i), bytes(i)); }),
  };
}

namespace {

class Placer {
public:
  Placer(ArrayRef<Group> groups, int64_t alignment) : problem(groups, alignment) {
    best.bound = problem.getBound();
    for (size_t group = 0; group < groups.size(); ++group)
      if (groups[group].pieces.size() > 1)
        rigid.push_back(group);
    llvm::stable_sort(rigid, [&](size_t a, size_t b) { return problem.getBytes(a) > problem.getBytes(b); });
  }

  Placement run(int64_t rounds) {
    construct();
    // A step visits the conflicts of one group.
    size_t conflicts = 0;
    for (size_t group = 0; group < problem.size(); ++group)
      conflicts += problem.getConflicts(group).size();
    int64_t perGroup = std::max<int64_t>(conflicts / problem.size(), 1);
    int64_t steps = rounds * std::clamp<int64_t>(kVisitsPerRound / perGroup, 1, kStepsPerRound);
    prove(steps / 10);
    search(steps);
    return best;
  }

private:
  static constexpr int64_t kStepsPerRound = 400;
  static constexpr int64_t kVisitsPerRound = 20'000;
  static constexpr int64_t kStepsPerGroup = 30; // of one search
  static constexpr size_t kMostExact = 40;      // groups

  bool isDone() const { return best.bytes <= best.bound; }

  void take(const Offsets &offsets) {
    int64_t end = problem.getEnd(offsets);
    if (!best.offsets.empty() && end >= best.bytes)
      return;
    best.bytes = end;
    best.offsets = offsets;
  }

  void construct() {
    for (Fit fit : {Fit::Best, Fit::First})
      for (const Order &order : makeOrders(problem))
        if (best.offsets.empty() || !isDone())
          take(placeInOrder(problem, order, fit));
  }

  // Small problems: the least of all, and the proof that it is.
  void prove(int64_t steps) {
    if (isDone() || problem.size() > kMostExact)
      return;
    ExactSearch exact(problem);
    if (!exact.isApplicable())
      return;
    while (!isDone()) {
      Offsets offsets;
      ExactSearch::Result result = exact.run(offsets, best.bytes - 1, steps);
      if (result == ExactSearch::Result::Unknown)
        return;
      if (result == ExactSearch::Result::None)
        best.bound = best.bytes;
      else
        take(offsets);
    }
  }

  // Ejection searches one after the other, each for a placement that is an eighth nearer to the bound, or less after
  // failures. One in four starts from the best placement, the others from rigid groups alone: those are hard to move
  // later.
  void search(int64_t steps) {
    int64_t failures = 0; // since the last success
    for (uint64_t start = 0; !isDone() && steps > 0; ++start) {
      int64_t part = int64_t{8} << std::min<int64_t>(failures / 4, 3);
      int64_t limit = best.bytes - std::max<int64_t>(1, (best.bytes - best.bound) / part);
      EjectionSearch search(problem, start);
      Offsets offsets = start % 4 == 0 ? best.offsets : placeRigid(limit, start);
      int64_t budget = std::min<int64_t>(steps, kStepsPerGroup * problem.size());
      steps -= budget;
      ++failures;
      if (search.run(offsets, limit, start % 2 ? EjectionSearch::Order::Birth : EjectionSearch::Order::Size, budget)) {
        take(offsets);
        failures = 0;
      }
      steps += std::max<int64_t>(budget, 0);
    }
  }

  // The rigid groups by size, with some exchanged: one whose pieces are born together at the top, so that what dies
  // makes one room with what is free below it; one whose pieces die together at the bottom; any other at either end.
  Offsets placeRigid(int64_t limit, uint64_t start) {
    Offsets offsets(problem.size(), -1);
    Random random(start);
    Order order = rigid;
    for (size_t i = 0; start > 1 && i < order.size(); ++i)
      if (random.below(4) == 0)
        std::swap(order[i], order[random.below(order.size())]);
    for (size_t group : order) {
      const Piece &front = problem.getGroup(group).pieces.front(), &back = problem.getGroup(group).pieces.back();
      bool isInput = front.first == back.first, isOutput = front.last == back.last;
      bool atTop = isInput != isOutput && start % 4 != 2 ? isInput : random.below(2) == 0;
      placeAtEnd(offsets, group, atTop, limit);
    }
    return offsets;
  }

  void placeAtEnd(Offsets &offsets, size_t group, bool atTop, int64_t limit) {
    int64_t last = (limit - problem.getBytes(group)) / problem.getAlignment() * problem.getAlignment();
    std::vector<std::pair<int64_t, int64_t>> forbidden = {{last, last + 1}};
    for (const PlacementProblem::Conflict &conflict : problem.getConflicts(group))
      if (int64_t at = offsets[conflict.other]; at >= 0)
        forbidden.push_back({at + conflict.low, at + conflict.high});
    llvm::sort(forbidden);
    int64_t end = 0;
    for (auto [low, high] : forbidden) {
      if (end <= last && low >= end && (atTop || offsets[group] < 0))
        offsets[group] = atTop ? std::min(low, last) : end;
      end = std::max(end, high);
    }
  }

  PlacementProblem problem;
  Order rigid; // groups of several pieces, the largest first
  Placement best;
};

} // namespace

Placement placeGroups(ArrayRef<Group> groups, int64_t alignment, int64_t rounds) {
  if (groups.empty())
    return {};
  return Placer(groups, alignment).run(rounds);
}

} // namespace tinyc::lower
