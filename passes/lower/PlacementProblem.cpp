#include "passes/lower/PlacementProblem.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

#include <limits>
#include <map>
#include <numeric>
#include <set>

using namespace llvm;

namespace tinyc::lower {

namespace {

// Bytes [begin, end) of a group that are live together.
struct Run {
  int64_t begin, end;
};

// Calls visit(position, runs) for each position at which the live bytes of `group` change, with what is live from
// there.
template <typename Visit> void forEachChange(const Group &group, Visit visit) {
  std::map<int64_t, SmallVector<std::pair<bool, const Piece *>>> events; // isBorn, piece
  for (const Piece &piece : group.pieces) {
    if (piece.begin >= piece.end || piece.first > piece.last)
      continue;
    events[piece.first].push_back({true, &piece});
    events[piece.last + 1].push_back({false, &piece});
  }
  std::multiset<std::pair<int64_t, int64_t>> live;
  for (const auto &[position, changes] : events) {
    for (auto [isBorn, piece] : changes) {
      if (isBorn)
        live.insert({piece->begin, piece->end});
      else
        live.erase(live.find({piece->begin, piece->end}));
    }
    SmallVector<Run> runs;
    for (auto [begin, end] : live) {
      if (!runs.empty() && begin <= runs.back().end)
        runs.back().end = std::max(runs.back().end, end);
      else
        runs.push_back({begin, end});
    }
    visit(position, runs);
  }
}

// The most live bytes, every run rounded up to `granule` except, at each position, the one that this adds most to: it
// may be the last of the arena.
int64_t getLiveBytes(ArrayRef<Group> groups, int64_t granule) {
  struct Change {
    int64_t bytes = 0;
    std::map<int64_t, int64_t> padding; // bytes of padding -> change of the number of runs with that much
  };
  std::map<int64_t, Change> changes;
  for (const Group &group : groups) {
    SmallVector<Run> before;
    forEachChange(group, [&](int64_t position, const SmallVector<Run> &runs) {
      Change &change = changes[position];
      auto add = [&](Run run, int64_t sign) {
        int64_t bytes = run.end - run.begin, rounded = alignTo(bytes, granule);
        change.bytes += sign * rounded;
        if (rounded != bytes)
          change.padding[rounded - bytes] += sign;
      };
      for (Run run : before)
        add(run, -1);
      for (Run run : runs)
        add(run, 1);
      before = runs;
    });
  }
  int64_t most = 0, live = 0;
  std::map<int64_t, int64_t> padding;
  for (const auto &[position, change] : changes) {
    live += change.bytes;
    for (auto [bytes, count] : change.padding)
      if ((padding[bytes] += count) == 0)
        padding.erase(bytes);
    most = std::max(most, live - (padding.empty() ? 0 : padding.rbegin()->first));
  }
  return most;
}

} // namespace

int64_t getLiveBytes(ArrayRef<Group> groups) { return getLiveBytes(groups, 1); }

PlacementProblem::PlacementProblem(ArrayRef<Group> groups, int64_t alignment)
    : groups(groups), alignment(alignment), conflicts(groups.size()) {
  int64_t granule = alignment; // every piece lies at a multiple of it
  for (const Group &group : groups) {
    int64_t first = std::numeric_limits<int64_t>::max(), last = -1;
    for (const Piece &piece : group.pieces) {
      granule = std::gcd(granule, piece.begin);
      first = std::min(first, piece.first);
      last = std::max(last, piece.last);
    }
    firsts.push_back(first);
    lasts.push_back(last);
  }
  bound = getLiveBytes(groups, granule);
  for (const Group &group : groups)
    bound = std::max(bound, group.bytes);

  std::vector<size_t> byFirst(groups.size());
  std::iota(byFirst.begin(), byFirst.end(), size_t{0});
  stable_sort(byFirst, [&](size_t a, size_t b) { return firsts[a] < firsts[b]; });
  std::vector<size_t> live;
  for (size_t group : byFirst) {
    erase_if(live, [&](size_t other) { return lasts[other] < firsts[group]; });
    for (size_t other : live)
      findConflicts(group, other);
    live.push_back(group);
  }
}

void PlacementProblem::findConflicts(size_t a, size_t b) {
  SmallVector<std::pair<int64_t, int64_t>> forbidden;
  for (const Piece &mine : groups[a].pieces)
    for (const Piece &other : groups[b].pieces)
      if (mine.first <= other.last && other.first <= mine.last && mine.begin < mine.end && other.begin < other.end)
        forbidden.push_back({other.begin - mine.end, other.end - mine.begin});
  // Offsets are multiples of the alignment, and so are their differences.
  for (auto &[low, high] : forbidden) {
    low = divideFloorSigned(low, alignment) * alignment;
    high = divideCeilSigned(high, alignment) * alignment;
  }
  sort(forbidden);
  SmallVector<std::pair<int64_t, int64_t>> merged;
  for (auto [low, high] : forbidden) {
    if (!merged.empty() && low < merged.back().second)
      merged.back().second = std::max(merged.back().second, high);
    else
      merged.push_back({low, high});
  }
  for (auto [low, high] : merged) {
    conflicts[a].push_back({b, low, high});
    conflicts[b].push_back({a, -high, -low});
  }
}

int64_t PlacementProblem::getEnd(ArrayRef<int64_t> offsets) const {
  int64_t end = 0;
  for (auto [offset, group] : zip_equal(offsets, groups))
    end = std::max(end, offset + group.bytes);
  return end;
}

} // namespace tinyc::lower
