#include "passes/lower/PlacementSearch.h"

#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/bit.h"

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

using namespace llvm;

namespace tinyc::lower {

//===----------------------------------------------------------------------===//
// Guided ejection search
//===----------------------------------------------------------------------===//

// Costs are summed by place, in multiples of the alignment: half of the steps would sort them otherwise.
EjectionSearch::Spot EjectionSearch::findSpot(size_t group, ArrayRef<int64_t> offsets, int64_t limit) {
  int64_t alignment = problem.getAlignment();
  int64_t last = (limit - problem.getBytes(group)) / alignment;
  if (edges.size() <= static_cast<size_t>(last)) {
    edges.resize(last + 1, {0, 0});
    touched.resize(edges.size() / 64 + 1, 0);
  }
  auto touch = [&](int64_t place) -> Edge & {
    touched[place / 64] |= uint64_t{1} << (place % 64);
    return edges[place];
  };
  int64_t cost = 0;
  touch(0);
  touch(last);
  for (const PlacementProblem::Conflict &conflict : problem.getConflicts(group)) {
    int64_t at = offsets[conflict.other], penalty = penalties[conflict.other];
    if (at < 0 || at + conflict.high <= 0)
      continue;
    int64_t low = at + conflict.low, high = (at + conflict.high) / alignment;
    if (low < 0)
      cost += penalty;
    else if (low / alignment < last)
      touch(low / alignment).begins += penalty;
    else
      continue;
    if (high <= last)
      touch(high).ends += penalty;
  }

  // The cheapest spot, of those the one in the smallest gap, of those any.
  Spot best = {-1, std::numeric_limits<int64_t>::max(), 0};
  size_t ties = 0;
  auto consider = [&](int64_t place, int64_t slack) {
    if (cost > best.cost || (cost == best.cost && slack > best.slack))
      return;
    if (cost < best.cost || slack < best.slack)
      ties = 0;
    if (++ties == 1 || random.below(ties) == 0)
      best = {place * alignment, cost, slack};
  };
  int64_t gapBegin = 0;
  bool inGap = false;
  for (size_t word = 0; word <= static_cast<size_t>(last) / 64; ++word)
    for (; touched[word] != 0; touched[word] &= touched[word] - 1) {
      int64_t at = word * 64 + llvm::countr_zero(touched[word]);
      // Exactly here, what ends here is in the way no more, what begins here not yet.
      Edge edge = std::exchange(edges[at], {0, 0});
      cost -= edge.ends;
      if (cost == 0 && !inGap)
        gapBegin = at;
      if (cost > 0) {
        consider(at, 0);
      } else if (edge.begins > 0 || at == last) {
        consider(gapBegin, at - gapBegin);
        if (at != gapBegin)
          consider(at, at - gapBegin);
      }
      cost += edge.begins;
      inGap = cost == 0;
    }
  return best;
}

// The group of the highest penalty, of those the last one.
size_t EjectionSearch::takeWaiting() {
  size_t hardest = 0;
  for (size_t i = 1; i < waiting.size(); ++i)
    if (penalties[waiting[i]] >= penalties[waiting[hardest]])
      hardest = i;
  std::swap(waiting[hardest], waiting.back());
  return waiting.back();
}

bool EjectionSearch::run(std::vector<int64_t> &offsets, int64_t limit, Order order, int64_t &steps) {
  waiting.clear();
  for (size_t group = 0; group < problem.size(); ++group) {
    if (problem.getBytes(group) > limit)
      return false;
    if (offsets[group] >= 0 && offsets[group] + problem.getBytes(group) <= limit)
      continue;
    offsets[group] = -1;
    waiting.push_back(group);
  }
  llvm::stable_sort(waiting, [&](size_t a, size_t b) {
    return order == Order::Birth ? problem.getFirst(a) > problem.getFirst(b)
                                 : problem.getBytes(a) < problem.getBytes(b);
  });
  while (!waiting.empty()) {
    if (steps-- <= 0)
      return false;
    size_t group = takeWaiting();
    waiting.pop_back();
    Spot spot = findSpot(group, offsets, limit);
    if (spot.cost > 0) {
      ++penalties[group];
      for (const PlacementProblem::Conflict &conflict : problem.getConflicts(group)) {
        int64_t &at = offsets[conflict.other];
        if (at < 0 || spot.offset <= at + conflict.low || at + conflict.high <= spot.offset)
          continue;
        at = -1;
        waiting.push_back(conflict.other);
      }
    }
    offsets[group] = spot.offset;
  }
  return true;
}

//===----------------------------------------------------------------------===//
// Branch and bound
//===----------------------------------------------------------------------===//

ExactSearch::ExactSearch(const PlacementProblem &problem) : problem(problem) {
  std::set<int64_t> positions;
  for (size_t group = 0; group < problem.size(); ++group) {
    ArrayRef<PlacementProblem::Conflict> conflicts = problem.getConflicts(group);
    llvm::SmallDenseSet<size_t> others;
    for (const PlacementProblem::Conflict &conflict : conflicts)
      if (!others.insert(conflict.other).second || conflict.low >= 0 || conflict.high <= 0)
        applicable = false;
    for (const Piece &piece : problem.getGroup(group).pieces)
      positions.insert(piece.first);
  }
  if (!applicable)
    return;
  for (int64_t position : positions) {
    std::vector<Live> section;
    for (size_t group = 0; group < problem.size(); ++group) {
      int64_t end = 0, bytes = 0, begin = -1;
      SmallVector<Piece> pieces(problem.getGroup(group).pieces);
      llvm::sort(pieces, [](const Piece &a, const Piece &b) { return a.begin < b.begin; });
      for (const Piece &piece : pieces) {
        if (position < piece.first || piece.last < position || piece.end <= end)
          continue;
        begin = begin < 0 ? piece.begin : begin;
        bytes += piece.end - std::max(piece.begin, end);
        end = piece.end;
      }
      if (bytes > 0)
        section.push_back({group, bytes, begin});
    }
    sections.push_back(std::move(section));
  }
}

// `least`: below it, a group that is yet to be placed conflicts with those that are. No group goes below `from` any
// more.
bool ExactSearch::mayFit(ArrayRef<int64_t> offsets, ArrayRef<int64_t> least, int64_t from, int64_t limit) const {
  for (const std::vector<Live> &section : sections) {
    int64_t base = limit, bytes = 0;
    for (const Live &live : section) {
      if (offsets[live.group] >= 0)
        continue;
      base = std::min(base, std::max(least[live.group], from) + live.begin);
      bytes += live.bytes;
    }
    if (bytes > 0 && base + bytes > limit)
      return false;
  }
  for (size_t group = 0; group < problem.size(); ++group) {
    if (offsets[group] >= 0)
      continue;
    if (std::max(least[group], from) + problem.getBytes(group) > limit)
      return false;
    // It has to be lifted by one that is yet to be placed.
    if (least[group] < from &&
        llvm::all_of(problem.getConflicts(group),
                     [&](const PlacementProblem::Conflict &conflict) { return offsets[conflict.other] >= 0; }))
      return false;
  }
  return true;
}

ExactSearch::Result ExactSearch::extend(std::vector<int64_t> &offsets, ArrayRef<int64_t> least, size_t last,
                                        int64_t limit, int64_t &steps) {
  int64_t from = last < problem.size() ? offsets[last] : 0;
  if (llvm::all_of(offsets, [](int64_t offset) { return offset >= 0; }))
    return Result::Found;
  if (steps-- <= 0)
    return Result::Unknown;
  if (!mayFit(offsets, least, from, limit))
    return Result::None;
  int64_t lowestTop = limit;
  std::vector<size_t> candidates;
  for (size_t group = 0; group < problem.size(); ++group) {
    if (offsets[group] >= 0 || least[group] < from)
      continue;
    lowestTop = std::min(lowestTop, least[group] + problem.getBytes(group));
    // Groups at one offset are placed by index.
    if (least[group] > from || last >= problem.size() || group > last)
      candidates.push_back(group);
  }
  llvm::stable_sort(candidates, [&](size_t a, size_t b) {
    return std::make_pair(least[a], -problem.getBytes(a)) < std::make_pair(least[b], -problem.getBytes(b));
  });
  for (size_t group : candidates) {
    if (least[group] >= lowestTop)
      break;
    std::vector<int64_t> raised(least);
    for (const PlacementProblem::Conflict &conflict : problem.getConflicts(group))
      raised[conflict.other] = std::max(raised[conflict.other], least[group] - conflict.low);
    offsets[group] = least[group];
    Result result = extend(offsets, raised, group, limit, steps);
    if (result != Result::None)
      return result;
    offsets[group] = -1;
  }
  return Result::None;
}

ExactSearch::Result ExactSearch::run(std::vector<int64_t> &offsets, int64_t limit, int64_t &steps) {
  offsets.assign(problem.size(), -1);
  for (size_t group = 0; group < problem.size(); ++group) {
    if (problem.getBytes(group) > limit)
      return Result::None;
    if (problem.getConflicts(group).empty())
      offsets[group] = 0;
  }
  return extend(offsets, std::vector<int64_t>(problem.size(), 0), problem.size(), limit, steps);
}

} // namespace tinyc::lower
