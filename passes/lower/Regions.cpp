#include "passes/lower/Regions.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/raw_ostream.h"

#include <algorithm>
#include <limits>
#include <map>
#include <numeric>

using namespace llvm;

namespace tinyc::lower {

std::optional<Region> Region::parse(StringRef text) {
  SmallVector<StringRef> parts;
  text.split(parts, ':');
  Region region;
  if (parts.size() != 4 || parts[0].empty() || parts[1].getAsInteger(10, region.bytes) || region.bytes < 0 ||
      parts[2].getAsDouble(region.read) || parts[3].getAsDouble(region.write) || !(region.read > 0) ||
      !(region.write > 0))
    return std::nullopt;
  region.name = parts[0].str();
  return region;
}

std::string Region::toString() const {
  std::string text = name;
  raw_string_ostream(text) << ":" << bytes << ":" << format("%.9g:%.9g", read, write);
  return text;
}

namespace {

using Assignment = std::vector<size_t>; // region of each resident

// Bytes of one resident, or of one region, at each position where some lifetime begins: live bytes grow only there.
using Profile = std::vector<int64_t>;

class Assigner {
public:
  Assigner(ArrayRef<Group> groups, ArrayRef<Resident> residents, ArrayRef<Region> regions, int64_t alignment,
           int64_t rounds)
      : groups(groups), residents(residents), regions(regions), alignment(alignment), rounds(rounds) {
    makeProfiles();
    for (const Resident &resident : residents) {
      std::vector<size_t> order(regions.size());
      std::iota(order.begin(), order.end(), size_t{0});
      stable_sort(order, [&](size_t a, size_t b) {
        return resident.getCycles(regions[a]) < resident.getCycles(regions[b]);
      });
      preferred.push_back(std::move(order));
    }
  }

  RegionPlan run() {
    Assignment favourite;
    for (const std::vector<size_t> &order : preferred)
      favourite.push_back(order.front());
    if (RegionPlan plan = place(favourite, rounds); plan.fits || regions.size() == 1) {
      plan.isOptimal = plan.fits;
      return plan;
    }
    RegionPlan best = findBest();
    // Many assignments were placed, with little search each; the one that is taken gets all of it.
    RegionPlan final = place(best.regions, rounds);
    final.isOptimal = best.isOptimal;
    consider(std::move(final), best);
    return best;
  }

private:
  static constexpr size_t kExactResidents = 14;
  // Placements that the exact search makes, times their groups.
  static constexpr int64_t kExactPlacements = 20'000;
  static constexpr int64_t kSearchRounds = 50;

  RegionPlan findBest() {
    RegionPlan best;
    // Undivided, nothing is lost to the borders.
    for (size_t region = 0; region < regions.size(); ++region) {
      Assignment assignment(residents.size(), region);
      if (getPeak(assignment, region) <= regions[region].bytes)
        consider(place(assignment, rounds), best);
    }
    // A region that is full of live bytes may have no placement without gaps: try again with less of it.
    std::vector<int64_t> capacities;
    for (const Region &region : regions)
      capacities.push_back(region.bytes);
    for (int attempt = 0; attempt < 4; ++attempt) {
      Assignment assignment = search(capacities);
      RegionPlan plan = place(assignment, kSearchRounds);
      bool shrunk = false;
      for (size_t region = 0; region < regions.size(); ++region) {
        int64_t excess = plan.bytes[region] - regions[region].bytes;
        if (excess > 0 && getPeak(assignment, region) <= regions[region].bytes) {
          capacities[region] = std::max<int64_t>(capacities[region] - std::max(excess, alignment), 0);
          shrunk = true;
        }
      }
      consider(std::move(plan), best);
      if (!shrunk)
        break;
    }
    if (residents.size() <= kExactResidents)
      searchAll(best);
    return best;
  }

  //===--------------------------------------------------------------------===//
  // Evaluation
  //===--------------------------------------------------------------------===//

  void makeProfiles() {
    std::vector<int64_t> times;
    for (const Group &group : groups)
      for (const Piece &piece : group.pieces)
        times.push_back(piece.first);
    llvm::sort(times);
    times.erase(llvm::unique(times), times.end());
    positions = times.size();
    for (const Resident &resident : residents) {
      Profile profile(positions);
      for (size_t number : resident.groups)
        addGroup(groups[number], times, profile);
      profiles.push_back(std::move(profile));
    }
  }

  // Adds the bytes that the group's live pieces cover at each position.
  static void addGroup(const Group &group, ArrayRef<int64_t> times, Profile &profile) {
    SmallVector<Piece, 1> pieces(group.pieces);
    stable_sort(pieces, [](const Piece &a, const Piece &b) { return a.begin < b.begin; });
    std::vector<int64_t> ends(times.size()); // of the bytes counted so far
    for (const Piece &piece : pieces)
      for (size_t i = lower_bound(times, piece.first) - times.begin(); i < times.size() && times[i] <= piece.last; ++i) {
        int64_t begin = std::max(piece.begin, ends[i]);
        profile[i] += std::max<int64_t>(piece.end - begin, 0);
        ends[i] = std::max(ends[i], piece.end);
      }
  }

  Profile getProfile(const Assignment &assignment, size_t region) const {
    Profile sum(positions);
    for (auto [resident, at] : enumerate(assignment))
      if (at == region)
        for (size_t i = 0; i < positions; ++i)
          sum[i] += profiles[resident][i];
    return sum;
  }

  int64_t getPeak(const Assignment &assignment, size_t region) const {
    Profile profile = getProfile(assignment, region);
    return positions == 0 ? 0 : *llvm::max_element(profile);
  }

  double getCycles(const Assignment &assignment) const {
    double cycles = 0;
    for (auto [resident, region] : enumerate(assignment))
      cycles += residents[resident].getCycles(regions[region]);
    return cycles;
  }

  /// The placement of the groups of these residents, which is remembered.
  const Placement &placeRegion(const std::vector<bool> &members, int64_t effort) {
    auto [entry, isNew] = placements.insert({{effort, members}, {}});
    if (!isNew)
      return entry->second;
    SmallVector<Group> inside;
    for (auto [resident, isMember] : enumerate(members))
      for (size_t number : residents[resident].groups)
        if (isMember)
          inside.push_back(groups[number]);
    entry->second = placeGroups(inside, alignment, effort);
    return entry->second;
  }

  RegionPlan place(const Assignment &assignment, int64_t effort) {
    RegionPlan plan;
    plan.regions = assignment;
    plan.offsets.assign(groups.size(), 0);
    plan.cycles = getCycles(assignment);
    plan.fits = true;
    plan.bound = getLiveBytes(groups);
    for (size_t region = 0; region < regions.size(); ++region) {
      std::vector<bool> members(residents.size());
      for (auto [resident, at] : enumerate(assignment))
        members[resident] = at == region;
      const Placement &placement = placeRegion(members, effort);
      size_t next = 0;
      for (auto [resident, isMember] : enumerate(members))
        for (size_t number : residents[resident].groups)
          if (isMember)
            plan.offsets[number] = placement.offsets[next++];
      plan.bytes.push_back(placement.bytes);
      if (placement.bytes > 0 && placement.offsets.size() == groups.size())
        plan.bound = placement.bound;
      plan.fits = plan.fits && placement.bytes <= regions[region].bytes;
    }
    return plan;
  }

  static int64_t sumExcess(const RegionPlan &plan, ArrayRef<Region> regions) {
    int64_t excess = 0;
    for (auto [bytes, region] : zip_equal(plan.bytes, regions))
      excess += std::max<int64_t>(bytes - region.bytes, 0);
    return excess;
  }

  void consider(RegionPlan plan, RegionPlan &best) const {
    bool isBetter = best.bytes.empty() || plan.fits > best.fits;
    if (!isBetter && plan.fits == best.fits) {
      isBetter = plan.fits ? plan.cycles < best.cycles : sumExcess(plan, regions) < sumExcess(best, regions);
      bool isSame = plan.regions == best.regions;
      isBetter |= isSame && std::accumulate(plan.bytes.begin(), plan.bytes.end(), int64_t{0}) <
                                std::accumulate(best.bytes.begin(), best.bytes.end(), int64_t{0});
    }
    if (isBetter)
      best = std::move(plan);
  }

  //===--------------------------------------------------------------------===//
  // Heuristics
  //===--------------------------------------------------------------------===//

  // Live bytes above the capacities first, then cycles.
  struct Value {
    int64_t excess = 0;
    double cycles = 0;

    // Cycles that differ by rounding only do not count.
    bool isBelow(const Value &other) const {
      return excess != other.excess ? excess < other.excess : cycles < other.cycles - 1e-9 * (1 + other.cycles);
    }
  };

  // An assignment with the profiles of its regions.
  struct State {
    Assignment assignment;
    std::vector<Profile> sums;
    std::vector<int64_t> excess; // of each region
    double cycles = 0;

    Value getValue() const { return {std::accumulate(excess.begin(), excess.end(), int64_t{0}), cycles}; }
  };

  int64_t getExcess(const Profile &sum, int64_t capacity, const Profile *added, const Profile *removed) const {
    int64_t most = 0;
    for (size_t i = 0; i < positions; ++i)
      most = std::max(most, sum[i] + (added ? (*added)[i] : 0) - (removed ? (*removed)[i] : 0));
    return std::max<int64_t>(most - capacity, 0);
  }

  // The value after `resident` moves to `region`, where it replaces `other` if that is not the same.
  Value evaluate(const State &state, ArrayRef<int64_t> capacities, size_t resident, size_t region, size_t other) const {
    size_t from = state.assignment[resident];
    const Profile *mine = &profiles[resident], *others = other == resident ? nullptr : &profiles[other];
    Value value = state.getValue();
    value.excess += getExcess(state.sums[region], capacities[region], mine, others) - state.excess[region];
    value.excess += getExcess(state.sums[from], capacities[from], others, mine) - state.excess[from];
    value.cycles += residents[resident].getCycles(regions[region]) - residents[resident].getCycles(regions[from]);
    if (others)
      value.cycles += residents[other].getCycles(regions[from]) - residents[other].getCycles(regions[region]);
    return value;
  }

  State makeState(Assignment assignment, ArrayRef<int64_t> capacities) const {
    State state;
    for (size_t region = 0; region < regions.size(); ++region) {
      state.sums.push_back(getProfile(assignment, region));
      state.excess.push_back(getExcess(state.sums.back(), capacities[region], nullptr, nullptr));
    }
    state.cycles = getCycles(assignment);
    state.assignment = std::move(assignment);
    return state;
  }

  // Each resident, in that order, into the first region it prefers that has room for it.
  Assignment fill(ArrayRef<size_t> order, ArrayRef<int64_t> capacities) const {
    Assignment assignment(residents.size());
    std::vector<Profile> sums(regions.size(), Profile(positions));
    for (size_t resident : order) {
      size_t target = 0;
      int64_t least = std::numeric_limits<int64_t>::max();
      for (size_t region : preferred[resident]) {
        int64_t excess = getExcess(sums[region], capacities[region], &profiles[resident], nullptr);
        if (excess < least) {
          least = excess;
          target = region;
        }
      }
      assignment[resident] = target;
      for (size_t i = 0; i < positions; ++i)
        sums[target][i] += profiles[resident][i];
    }
    return assignment;
  }

  // Moves and exchanges until none helps.
  void improve(State &state, ArrayRef<int64_t> capacities) const {
    // One evaluation walks over all positions.
    int64_t evaluations = 100'000'000 / std::max<int64_t>(positions, 100);
    for (bool changed = true; changed;) {
      changed = false;
      for (size_t resident = 0; resident < residents.size(); ++resident) {
        for (size_t other = 0; other < residents.size() + regions.size(); ++other) {
          // First to each region, then in exchange for each other resident.
          bool isExchange = other >= regions.size();
          size_t partner = isExchange ? other - regions.size() : resident;
          size_t region = isExchange ? state.assignment[partner] : other;
          if (region == state.assignment[resident])
            continue;
          if (evaluations-- == 0)
            return;
          if (!evaluate(state, capacities, resident, region, partner).isBelow(state.getValue()))
            continue;
          Assignment next = state.assignment;
          std::swap(next[resident], next[partner]);
          next[resident] = region;
          state = makeState(std::move(next), capacities);
          changed = true;
        }
      }
    }
  }

  Assignment search(ArrayRef<int64_t> capacities) const {
    auto sorted = [&](auto key) {
      std::vector<size_t> order(residents.size());
      std::iota(order.begin(), order.end(), size_t{0});
      stable_sort(order, [&](size_t a, size_t b) { return key(a) > key(b); });
      return order;
    };
    auto getBytes = [&](size_t resident) {
      return positions == 0 ? 0 : static_cast<double>(*llvm::max_element(profiles[resident]));
    };
    auto getArea = [&](size_t resident) {
      return static_cast<double>(std::accumulate(profiles[resident].begin(), profiles[resident].end(), int64_t{0}));
    };
    // What the best region saves against the worst.
    auto getSaving = [&](size_t resident) {
      return residents[resident].getCycles(regions[preferred[resident].back()]) -
             residents[resident].getCycles(regions[preferred[resident].front()]);
    };
    const std::vector<size_t> orders[] = {
        sorted([&](size_t r) { return getSaving(r) / (1 + getBytes(r)); }),
        sorted([&](size_t r) { return getSaving(r) / (1 + getArea(r)); }),
        sorted(getSaving),
        sorted(getBytes),
    };
    State best;
    for (const std::vector<size_t> &order : orders) {
      State state = makeState(fill(order, capacities), capacities);
      improve(state, capacities);
      if (best.sums.empty() || state.getValue().isBelow(best.getValue()))
        best = std::move(state);
    }
    return best.assignment;
  }

  //===--------------------------------------------------------------------===//
  // Exact search
  //===--------------------------------------------------------------------===//

  // Every assignment that may be better than `best`, depth first, the residents that matter most first.
  void searchAll(RegionPlan &best) {
    std::vector<size_t> order(residents.size());
    std::iota(order.begin(), order.end(), size_t{0});
    stable_sort(order, [&](size_t a, size_t b) {
      auto getSaving = [&](size_t r) {
        return residents[r].getCycles(regions[preferred[r].back()]) -
               residents[r].getCycles(regions[preferred[r].front()]);
      };
      return getSaving(a) > getSaving(b);
    });
    std::vector<double> least(order.size() + 1); // cycles of the residents from there on
    for (size_t i = order.size(); i-- > 0;)
      least[i] = least[i + 1] + residents[order[i]].getCycles(regions[preferred[order[i]].front()]);
    Assignment assignment(residents.size());
    std::vector<Profile> sums(regions.size(), Profile(positions));
    int64_t limit = kExactPlacements / std::max<int64_t>(groups.size(), 10);
    descend(0, 0, order, least, assignment, sums, limit, best);
    best.isOptimal = best.fits && limit > 0;
  }

  void descend(size_t depth, double cycles, ArrayRef<size_t> order, ArrayRef<double> least, Assignment &assignment,
               std::vector<Profile> &sums, int64_t &limit, RegionPlan &best) {
    double bound = cycles + least[depth];
    if (limit <= 0 || (best.fits && bound >= best.cycles - 1e-9 * (1 + best.cycles)))
      return;
    if (depth == order.size()) {
      --limit;
      consider(place(assignment, kSearchRounds), best);
      return;
    }
    size_t resident = order[depth];
    for (size_t region : preferred[resident]) {
      if (getExcess(sums[region], regions[region].bytes, &profiles[resident], nullptr) > 0)
        continue;
      assignment[resident] = region;
      for (size_t i = 0; i < positions; ++i)
        sums[region][i] += profiles[resident][i];
      descend(depth + 1, cycles + residents[resident].getCycles(regions[region]), order, least, assignment, sums,
              limit, best);
      for (size_t i = 0; i < positions; ++i)
        sums[region][i] -= profiles[resident][i];
    }
  }

  ArrayRef<Group> groups;
  ArrayRef<Resident> residents;
  ArrayRef<Region> regions;
  int64_t alignment, rounds;
  size_t positions = 0;
  std::vector<Profile> profiles;               // of residents
  std::vector<std::vector<size_t>> preferred;  // regions, cheapest first, of each resident
  std::map<std::pair<int64_t, std::vector<bool>>, Placement> placements;
};

} // namespace

RegionPlan assignRegions(ArrayRef<Group> groups, ArrayRef<Resident> residents, ArrayRef<Region> regions,
                         int64_t alignment, int64_t rounds) {
  return Assigner(groups, residents, regions, alignment, rounds).run();
}

std::vector<size_t> assignConstants(ArrayRef<int64_t> bytes, ArrayRef<double> readBytes, ArrayRef<Region> regions) {
  std::vector<size_t> order(bytes.size()), fastest(regions.size()), result(bytes.size(), regions.size() - 1);
  std::iota(order.begin(), order.end(), size_t{0});
  std::iota(fastest.begin(), fastest.end(), size_t{0});
  stable_sort(order, [&](size_t a, size_t b) {
    return readBytes[a] * static_cast<double>(bytes[b]) > readBytes[b] * static_cast<double>(bytes[a]);
  });
  stable_sort(fastest, [&](size_t a, size_t b) { return regions[a].read < regions[b].read; });
  std::vector<int64_t> free;
  for (const Region &region : regions)
    free.push_back(region.bytes);
  for (size_t constant : order)
    for (size_t region : fastest) {
      // Constants are aligned, to 16 bytes at the most.
      int64_t needed = static_cast<int64_t>(alignTo(bytes[constant], 16));
      if (needed > free[region] && region != fastest.back())
        continue;
      free[region] -= needed;
      result[constant] = region;
      break;
    }
  return result;
}

} // namespace tinyc::lower
