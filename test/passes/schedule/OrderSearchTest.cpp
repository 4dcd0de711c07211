// Orders and offsets of random networks: the least possible where brute force can tell, near the bound elsewhere.
#include "passes/schedule/OrderSearch.h"
#include "RandomNetwork.h"
#include "passes/lower/Placement.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

using namespace tinyc;
using namespace tinyc::schedule;

namespace {

constexpr int64_t kLimit = 5000, kRounds = 500;
constexpr NetworkKind kKinds[] = {NetworkKind::Random, NetworkKind::SeriesParallel, NetworkKind::Inception,
                                  NetworkKind::NasNet};

// How many times as many cases the tests run: TINYC_SWEEP=20 for a sweep of some minutes.
int getSweep() {
  const char *value = std::getenv("TINYC_SWEEP");
  return value ? std::max(std::atoi(value), 1) : 1;
}

void expectOrder(const Network &network, llvm::ArrayRef<size_t> order) {
  ASSERT_EQ(order.size(), network.ops.size());
  std::vector<bool> exists(network.bytes.size());
  exists[0] = true;
  for (size_t op : order) {
    for (size_t tensor : network.ops[op].reads)
      EXPECT_TRUE(exists[tensor]);
    EXPECT_FALSE(exists[op + 1]);
    exists[op + 1] = true;
  }
}

TEST(OrderSearch, ofNothing) {
  Network network;
  network.bytes.push_back(16);
  OrderResult result = findLeastPeakOrder(network.toGraph(), kLimit);
  EXPECT_TRUE(result.order.empty());
  EXPECT_EQ(result.peak, 16);
  EXPECT_EQ(result.bound, 16);
}

TEST(OrderSearch, isLeastOnSmallNetworks) {
  std::mt19937 engine(1);
  for (int round = 0, rounds = 400 * getSweep(); round < rounds; ++round) {
    Network network = makeRandomNetwork(engine, kKinds[round % 4], 5 + engine() % 10, engine() % 2);
    OrderResult result = findLeastPeakOrder(network.toGraph(), kLimit);
    expectOrder(network, result.order);
    int64_t least = network.getLeastPeak();
    EXPECT_EQ(result.peak, least) << "round " << round;
    EXPECT_EQ(result.bound, least) << "round " << round;
    EXPECT_LE(getPeakBound(network.toGraph()), least);
  }
}

// Beyond the limit: still orders, and bounds that hold.
TEST(OrderSearch, isHonestBeyondTheLimit) {
  std::mt19937 engine(2);
  for (int round = 0; round < 400; ++round) {
    Network network = makeRandomNetwork(engine, kKinds[round % 4], 5 + engine() % 10, engine() % 2);
    OrderResult result = findLeastPeakOrder(network.toGraph(), 1 + engine() % 4);
    expectOrder(network, result.order);
    int64_t least = network.getLeastPeak();
    EXPECT_GE(result.peak, least) << "round " << round;
    EXPECT_LE(result.bound, least) << "round " << round;
  }
}

// Order and offsets together: no order and no placement needs less.
TEST(OrderSearch, offsetsReachTheLeastPeakOfSmallNetworks) {
  std::mt19937 engine(3);
  for (int round = 0, rounds = 200 * getSweep(); round < rounds; ++round) {
    Network network = makeRandomNetwork(engine, kKinds[round % 4], 5 + engine() % 10, false);
    OrderResult result = findLeastPeakOrder(network.toGraph(), kLimit);
    std::vector<lower::Group> groups = network.toGroups(result.order);
    EXPECT_EQ(lower::getLiveBytes(groups), result.peak) << "round " << round;
    lower::Placement placement = lower::placeGroups(groups, 16, kRounds);
    EXPECT_EQ(placement.bytes, network.getLeastPeak()) << "round " << round;
  }
}

TEST(OrderSearch, isNearTheBoundOnLargeNetworks) {
  std::mt19937 engine(4);
  double sum = 0;
  int rounds = 30 * getSweep();
  for (int round = 0; round < rounds; ++round) {
    size_t ops = 10 + engine() % 191;
    Network network = makeRandomNetwork(engine, kKinds[1 + round % 3], ops, false);
    OrderResult result = findLeastPeakOrder(network.toGraph(), kLimit);
    expectOrder(network, result.order);
    lower::Placement placement = lower::placeGroups(network.toGroups(result.order), 16, kRounds);
    ASSERT_GE(placement.bytes, result.bound);
    sum += 100.0 * (placement.bytes - result.bound) / result.bound;
  }
  EXPECT_LE(sum / rounds, 1);
}

} // namespace
