// Searches for a placement whose end is at most a given limit.
#ifndef TINYC_PASSES_LOWER_PLACEMENTSEARCH_H
#define TINYC_PASSES_LOWER_PLACEMENTSEARCH_H

#include "passes/lower/PlacementProblem.h"

namespace tinyc::lower {

// xorshift64* (Marsaglia, "Xorshift RNGs", 2003): the same numbers on every host.
class Random {
public:
  explicit Random(uint64_t seed) : state(0x9E3779B97F4A7C15ull + seed * 0xD1342543DE82EF95ull) {}

  size_t below(size_t bound) {
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return static_cast<size_t>((state * 0x2545F4914F6CDD1Dull >> 33) % bound);
  }

private:
  uint64_t state;
};

/// Guided ejection search (Nagata and Braysy, "A powerful route minimization heuristic for the vehicle routing problem
/// with time windows", 2009): groups that do not fit below the limit wait; one after the other is put where those in
/// its way are the easiest to place elsewhere, which then wait in its stead. The more often a group was in need of a
/// place, the higher the price of removing it.
class EjectionSearch {
public:
  EjectionSearch(const PlacementProblem &problem, uint64_t seed)
      : problem(problem), random(seed), penalties(problem.size(), 1) {}

  enum class Order { Birth, Size };
  /// Changes `offsets`, of which -1 are yet to be chosen, into a placement whose end is at most `limit`; false after
  /// `steps` insertions. Waiting groups of equal penalty are placed by birth or by size.
  bool run(std::vector<int64_t> &offsets, int64_t limit, Order order, int64_t &steps);

private:
  // Where to put a group: what it costs, and how much room there is around it if it costs nothing.
  struct Spot {
    int64_t offset, cost, slack;
  };
  Spot findSpot(size_t group, llvm::ArrayRef<int64_t> offsets, int64_t limit);
  size_t takeWaiting();

  const PlacementProblem &problem;
  Random random;
  std::vector<int64_t> penalties;
  std::vector<size_t> waiting;

  // Of findSpot, by place: the penalties of the intervals that begin and that end there, and which places have any.
  struct Edge {
    int64_t begins, ends;
  };
  std::vector<Edge> edges;
  std::vector<uint64_t> touched;
};

/// Branch and bound over the groups by ascending offset. Some best placement has every group at 0 or right above a
/// lower one, so the groups below decide its offset. Cuts: a position at which what is still to be placed cannot end
/// below the limit, and a group placed so high that another one fits under it altogether (both after Moffitt,
/// "MiniMalloc: a lightweight memory allocator for hardware-accelerated machine learning", 2023).
class ExactSearch {
public:
  explicit ExactSearch(const PlacementProblem &problem);

  /// False if two groups may interlock (one may lie a little below, but not right below the other).
  bool isApplicable() const { return applicable; }

  enum class Result { Found, None, Unknown };
  /// Looks for a placement whose end is at most `limit` in at most `steps` partial placements.
  Result run(std::vector<int64_t> &offsets, int64_t limit, int64_t &steps);

private:
  // A group at a position: its live bytes and the lowest of them.
  struct Live {
    size_t group;
    int64_t bytes, begin;
  };
  // `last` is the group placed last, or the number of groups.
  Result extend(std::vector<int64_t> &offsets, llvm::ArrayRef<int64_t> least, size_t last, int64_t limit,
                int64_t &steps);
  bool mayFit(llvm::ArrayRef<int64_t> offsets, llvm::ArrayRef<int64_t> least, int64_t from, int64_t limit) const;

  const PlacementProblem &problem;
  bool applicable = true;
  std::vector<std::vector<Live>> sections; // the positions at which pieces are born
};

} // namespace tinyc::lower

#endif // TINYC_PASSES_LOWER_PLACEMENTSEARCH_H
