#include "passes/lower/Placement.h"

#include "passes/lower/PlacementProblem.h"

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

// xorshift64* (Marsaglia, "Xorshift RNGs", 2003): the same numbers on every host.
class Random {
public:
  size_t below(size_t bound) {
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return static_cast<size_t>((state * 0x2545F4914F6CDD1Dull >> 33) % bound);
  }

private:
  uint64_t state = 0x9E3779B97F4A7C15ull;
};

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

Placement placeGroups(ArrayRef<Group> groups, int64_t alignment, int64_t rounds) {
  PlacementProblem problem(groups, alignment);
  Placement best;
  best.bytes = std::numeric_limits<int64_t>::max();
  best.bound = problem.getBound();
  Order order;
  auto take = [&](Offsets offsets, const Order &from) {
    int64_t end = problem.getEnd(offsets);
    // Equal ones are taken too, to leave plateaus.
    if (end > best.bytes)
      return;
    best.bytes = end;
    best.offsets = std::move(offsets);
    order = from;
  };
  for (Fit fit : {Fit::Best, Fit::First}) {
    for (const Order &candidate : makeOrders(problem)) {
      if (best.bytes <= best.bound)
        return best;
      Offsets offsets = placeInOrder(problem, candidate, fit);
      if (problem.getEnd(offsets) < best.bytes)
        take(std::move(offsets), candidate);
    }
  }
  // A round costs up to the square of the groups.
  int64_t count = groups.size();
  rounds = std::min(rounds, int64_t{50'000'000} / std::max<int64_t>(count * count, 1));
  Random random;
  for (int64_t round = 0; round < rounds && best.bytes > best.bound && count > 1; ++round) {
    Order changed = order;
    size_t from = random.below(count), to = random.below(count);
    if (round % 2)
      std::swap(changed[from], changed[to]);
    else // Move one to an earlier turn.
      std::rotate(changed.begin() + std::min(from, to), changed.begin() + std::max(from, to),
                  changed.begin() + std::max(from, to) + 1);
    take(placeInOrder(problem, changed, Fit::Best), changed);
  }
  return best;
}

} // namespace tinyc::lower
