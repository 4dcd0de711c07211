// Placement of groups: legal always, and as small as the least possible on small cases.
#include "passes/lower/Placement.h"
#include "RandomStream.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>

using namespace tinyc::lower;

namespace {

constexpr int64_t kRounds = 2000;

Group makeBuffer(int64_t bytes, int64_t first, int64_t last) { return {bytes, {{0, bytes, first, last}}}; }

std::vector<Group> makeRandom(std::mt19937 &engine, int count, int positions) {
  auto random = [&](int low, int high) { return std::uniform_int_distribution<int>(low, high)(engine); };
  std::vector<Group> buffers;
  for (int i = 0; i < count; ++i) {
    int first = random(0, positions - 1);
    buffers.push_back(makeBuffer(random(1, 9) * 16, first, std::min(positions - 1, first + random(0, 3))));
  }
  return buffers;
}

// Groups of several pieces: stairs whose steps are born or die one by one, and holes.
std::vector<Group> makeRandomRigid(std::mt19937 &engine, int count, int positions) {
  auto random = [&](int low, int high) { return std::uniform_int_distribution<int>(low, high)(engine); };
  std::vector<Group> groups;
  for (int i = 0; i < count; ++i) {
    Group group = {0, {}};
    int first = random(0, positions - 1), last = std::min(positions - 1, first + random(0, 4));
    for (int piece = 0, pieces = random(1, 3); piece < pieces; ++piece) {
      int64_t begin = group.bytes + random(0, 1) * random(0, 2) * 8;
      group.bytes = begin + random(1, 5) * 8;
      int pieceFirst = random(first, last);
      group.pieces.push_back({begin, group.bytes, pieceFirst, random(pieceFirst, last)});
    }
    groups.push_back(group);
  }
  return groups;
}

bool conflicts(const Piece &a, int64_t aOffset, const Piece &b, int64_t bOffset) {
  return a.first <= b.last && b.first <= a.last && aOffset + a.begin < bOffset + b.end &&
         bOffset + b.begin < aOffset + a.end;
}

bool conflicts(const Group &a, int64_t aOffset, const Group &b, int64_t bOffset) {
  for (const Piece &mine : a.pieces)
    for (const Piece &other : b.pieces)
      if (conflicts(mine, aOffset, other, bOffset))
        return true;
  return false;
}

void expectLegal(const std::vector<Group> &groups, const Placement &placement, int64_t alignment) {
  ASSERT_EQ(placement.offsets.size(), groups.size());
  EXPECT_LE(placement.bound, placement.bytes);
  EXPECT_LE(getLiveBytes(groups), placement.bound);
  for (size_t i = 0; i < groups.size(); ++i) {
    EXPECT_GE(placement.offsets[i], 0);
    EXPECT_EQ(placement.offsets[i] % alignment, 0);
    EXPECT_LE(placement.offsets[i] + groups[i].bytes, placement.bytes);
    for (size_t j = 0; j < i; ++j)
      EXPECT_FALSE(conflicts(groups[i], placement.offsets[i], groups[j], placement.offsets[j])) << i << " and " << j;
  }
}

// The least bytes of any placement of at most five or so groups: tries all multiples of 8 as offsets below `least`.
void findLeastBytes(const std::vector<Group> &groups, std::vector<int64_t> &offsets, int64_t end, int64_t &least) {
  if (offsets.size() == groups.size()) {
    least = end;
    return;
  }
  const Group &group = groups[offsets.size()];
  for (int64_t offset = 0; std::max(end, offset + group.bytes) < least; offset += 8) {
    bool free = true;
    for (size_t i = 0; i < offsets.size(); ++i)
      free = free && !conflicts(group, offset, groups[i], offsets[i]);
    if (!free)
      continue;
    offsets.push_back(offset);
    findLeastBytes(groups, offsets, std::max(end, offset + group.bytes), least);
    offsets.pop_back();
  }
}

int64_t findLeastBytes(const std::vector<Group> &groups) {
  int64_t least = 1;
  for (const Group &group : groups)
    least += group.bytes;
  std::vector<int64_t> offsets;
  findLeastBytes(groups, offsets, 0, least);
  return least;
}

// The same for buffers: some order in which each goes to the lowest free offset reaches it.
int64_t findLeastBytesByOrder(const std::vector<Group> &buffers) {
  std::vector<size_t> order(buffers.size());
  std::iota(order.begin(), order.end(), size_t{0});
  int64_t least = std::numeric_limits<int64_t>::max();
  do {
    std::vector<int64_t> offsets(buffers.size(), -1);
    int64_t bytes = 0;
    for (size_t i : order) {
      int64_t offset = 0;
      for (bool moved = true; moved;) {
        moved = false;
        for (size_t j = 0; j < buffers.size(); ++j)
          if (offsets[j] >= 0 && conflicts(buffers[i], offset, buffers[j], offsets[j])) {
            offset = offsets[j] + buffers[j].bytes;
            moved = true;
          }
      }
      offsets[i] = offset;
      bytes = std::max(bytes, offset + buffers[i].bytes);
    }
    least = std::min(least, bytes);
  } while (std::next_permutation(order.begin(), order.end()));
  return least;
}

TEST(Placement, ofNothing) {
  Placement placement = placeGroups({}, 16, kRounds);
  EXPECT_EQ(placement.bytes, 0);
  EXPECT_TRUE(placement.offsets.empty());
}

TEST(Placement, ofDisjointLifetimesShares) {
  Placement placement = placeGroups({makeBuffer(100, 0, 1), makeBuffer(40, 2, 3), makeBuffer(100, 4, 4)}, 4, kRounds);
  EXPECT_EQ(placement.bytes, 100);
}

TEST(Placement, liveBytesCountInclusiveEnds) {
  EXPECT_EQ(getLiveBytes({makeBuffer(100, 0, 1), makeBuffer(40, 1, 3), makeBuffer(7, 3, 3)}), 140);
}

// Bytes [0, 10) and [5, 20) of one group: 20 bytes when both live.
TEST(Placement, liveBytesCountSharedBytesOnce) {
  EXPECT_EQ(getLiveBytes({Group{20, {{0, 10, 0, 1}, {5, 20, 1, 2}}}}), 20);
}

// 5, 3 and 2 bytes at multiples of 4: 8 + 4 + 2 with the 2 last, 4 + 4 + 5 with the 5 last.
TEST(Placement, alignsOffsets) {
  std::vector<Group> buffers = {makeBuffer(5, 0, 0), makeBuffer(3, 0, 0), makeBuffer(2, 0, 0)};
  Placement placement = placeGroups(buffers, 4, kRounds);
  expectLegal(buffers, placement, 4);
  EXPECT_EQ(placement.bytes, 13);
  EXPECT_EQ(placement.bound, 13);
}

// An input of four rows of 10 bytes that die at 0, 1, 2, 3; an output of four such rows that are born then. At each
// position five rows live: the output begins one row below the input.
TEST(Placement, liesOverDeadRows) {
  Group input = {40, {}}, output = {40, {}};
  for (int64_t row = 0; row < 4; ++row) {
    input.pieces.push_back({row * 10, row * 10 + 10, 0, row});
    output.pieces.push_back({row * 10, row * 10 + 10, row, 3});
  }
  EXPECT_EQ(getLiveBytes({input, output}), 50);
  Placement placement = placeGroups({input, output}, 1, kRounds);
  EXPECT_EQ(placement.bytes, 50);
  EXPECT_EQ(placement.offsets, (std::vector<int64_t>{10, 0}));
}

TEST(Placement, isLeastOnSmallCases) {
  std::mt19937 engine(1);
  for (int round = 0; round < 200; ++round) {
    std::vector<Group> buffers = makeRandom(engine, 2 + round % 6, 8);
    Placement placement = placeGroups(buffers, 1, kRounds);
    expectLegal(buffers, placement, 1);
    EXPECT_EQ(placement.bytes, findLeastBytesByOrder(buffers)) << "round " << round;
  }
}

TEST(Placement, isLeastOnSmallRigidCases) {
  std::mt19937 engine(4);
  for (int round = 0; round < 200; ++round) {
    std::vector<Group> groups = makeRandomRigid(engine, 2 + round % 4, 8);
    Placement placement = placeGroups(groups, 8, kRounds);
    expectLegal(groups, placement, 8);
    EXPECT_EQ(placement.bytes, findLeastBytes(groups)) << "round " << round;
  }
}

TEST(Placement, isNearTheBoundOnLargeCases) {
  std::mt19937 engine(2);
  for (int round = 0; round < 20; ++round) {
    std::vector<Group> buffers = makeRandom(engine, 100, 60);
    Placement placement = placeGroups(buffers, 16, kRounds);
    expectLegal(buffers, placement, 16);
    EXPECT_LE(placement.bytes * 100, placement.bound * 110);
  }
}

// Line buffers of MobileNetV2-like chains: 3 % above the bound on average, 10 % at most.
TEST(Placement, isNearTheBoundOnStreams) {
  std::mt19937 engine(5);
  double sum = 0;
  int rounds = 12;
  for (int round = 0; round < rounds; ++round) {
    std::vector<Group> groups = makeRandomStream(engine, 32 + 16 * (round % 4), 3 + 3 * (round % 3));
    Placement placement = placeGroups(groups, 4, kRounds / 4);
    expectLegal(groups, placement, 4);
    double gap = 100.0 * (placement.bytes - placement.bound) / placement.bound;
    EXPECT_LE(gap, 10) << "round " << round;
    sum += gap;
  }
  EXPECT_LE(sum / rounds, 3);
}

TEST(Placement, isDeterministic) {
  std::mt19937 engine(3);
  std::vector<Group> groups = makeRandomRigid(engine, 50, 30);
  EXPECT_EQ(placeGroups(groups, 4, kRounds).offsets, placeGroups(groups, 4, kRounds).offsets);
}

} // namespace
