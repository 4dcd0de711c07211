// Placement of buffers: legal always, and as small as the least possible on small cases.
#include "passes/lower/Placement.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>

using namespace tinyc::lower;

namespace {

constexpr int64_t kRounds = 2000;

std::vector<Lifetime> makeRandom(std::mt19937 &engine, int count, int positions) {
  auto random = [&](int low, int high) { return std::uniform_int_distribution<int>(low, high)(engine); };
  std::vector<Lifetime> buffers;
  for (int i = 0; i < count; ++i) {
    int first = random(0, positions - 1);
    buffers.push_back({random(1, 9) * 16, first, std::min(positions - 1, first + random(0, 3))});
  }
  return buffers;
}

void expectLegal(const std::vector<Lifetime> &buffers, const Placement &placement) {
  ASSERT_EQ(placement.offsets.size(), buffers.size());
  for (size_t i = 0; i < buffers.size(); ++i) {
    EXPECT_GE(placement.offsets[i], 0);
    EXPECT_LE(placement.offsets[i] + buffers[i].bytes, placement.bytes);
    for (size_t j = 0; j < i; ++j)
      if (buffers[i].overlaps(buffers[j])) {
        EXPECT_TRUE(placement.offsets[i] + buffers[i].bytes <= placement.offsets[j] ||
                    placement.offsets[j] + buffers[j].bytes <= placement.offsets[i]);
      }
  }
}

// The least bytes of any placement: some order in which each buffer goes to the lowest free offset reaches it.
int64_t findLeastBytes(const std::vector<Lifetime> &buffers) {
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
          if (offsets[j] >= 0 && buffers[i].overlaps(buffers[j]) && offset < offsets[j] + buffers[j].bytes &&
              offsets[j] < offset + buffers[i].bytes) {
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
  Placement placement = placeBuffers({}, kRounds);
  EXPECT_EQ(placement.bytes, 0);
  EXPECT_TRUE(placement.offsets.empty());
}

TEST(Placement, ofDisjointLifetimesShares) {
  Placement placement = placeBuffers({{100, 0, 1}, {40, 2, 3}, {100, 4, 4}}, kRounds);
  EXPECT_EQ(placement.bytes, 100);
}

TEST(Placement, liveBytesCountInclusiveEnds) { EXPECT_EQ(getLiveBytes({{100, 0, 1}, {40, 1, 3}, {7, 3, 3}}), 140); }

TEST(Placement, isLeastOnSmallCases) {
  std::mt19937 engine(1);
  for (int round = 0; round < 200; ++round) {
    std::vector<Lifetime> buffers = makeRandom(engine, 2 + round % 6, 8);
    Placement placement = placeBuffers(buffers, kRounds);
    expectLegal(buffers, placement);
    EXPECT_EQ(placement.bytes, findLeastBytes(buffers)) << "round " << round;
  }
}

TEST(Placement, isNearTheBoundOnLargeCases) {
  std::mt19937 engine(2);
  for (int round = 0; round < 20; ++round) {
    std::vector<Lifetime> buffers = makeRandom(engine, 100, 60);
    Placement placement = placeBuffers(buffers, kRounds);
    expectLegal(buffers, placement);
    EXPECT_LE(placement.bytes * 100, getLiveBytes(buffers) * 110);
  }
}

TEST(Placement, isDeterministic) {
  std::mt19937 engine(3);
  std::vector<Lifetime> buffers = makeRandom(engine, 50, 30);
  EXPECT_EQ(placeBuffers(buffers, kRounds).offsets, placeBuffers(buffers, kRounds).offsets);
}

} // namespace
