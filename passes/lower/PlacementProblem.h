// What the search for a placement works on: which differences of offsets the lifetimes forbid.
#ifndef TINYC_PASSES_LOWER_PLACEMENTPROBLEM_H
#define TINYC_PASSES_LOWER_PLACEMENTPROBLEM_H

#include "passes/lower/Placement.h"

namespace tinyc::lower {

class PlacementProblem {
public:
  PlacementProblem(llvm::ArrayRef<Group> groups, int64_t alignment);

  /// offset(group) - offset(other) must not lie between `low` and `high`, both exclusive.
  struct Conflict {
    size_t other;
    int64_t low, high;
  };

  size_t size() const { return groups.size(); }
  const Group &getGroup(size_t group) const { return groups[group]; }
  int64_t getBytes(size_t group) const { return groups[group].bytes; }
  llvm::ArrayRef<Conflict> getConflicts(size_t group) const { return conflicts[group]; }
  int64_t getAlignment() const { return alignment; }

  /// Positions from the first to the last use, inclusive; last < first if there is none.
  int64_t getFirst(size_t group) const { return firsts[group]; }
  int64_t getLast(size_t group) const { return lasts[group]; }
  int64_t getLength(size_t group) const { return lasts[group] - firsts[group] + 1; }

  /// The most bytes live at one position, with the padding that the alignment forces between them.
  int64_t getBound() const { return bound; }
  /// The end of the last group.
  int64_t getEnd(llvm::ArrayRef<int64_t> offsets) const;

private:
  void findConflicts(size_t a, size_t b);

  llvm::ArrayRef<Group> groups;
  int64_t alignment;
  std::vector<int64_t> firsts, lasts;
  std::vector<std::vector<Conflict>> conflicts;
  int64_t bound;
};

} // namespace tinyc::lower

#endif // TINYC_PASSES_LOWER_PLACEMENTPROBLEM_H
