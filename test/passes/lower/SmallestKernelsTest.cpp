#include "passes/lower/SmallestKernels.h"

#include "gtest/gtest.h"

#include <limits>
#include <random>
#include <set>

using namespace tinyc;
using namespace tinyc::lower;

namespace {

struct Cost {
  int64_t bytes = std::numeric_limits<int64_t>::max();
  double cycles = 0;
};

struct Problem {
  std::vector<targets::Kernel> kernels;
  std::vector<int64_t> codeBytes;
  std::vector<llvm::SmallVector<KernelUse>> ops;

  int64_t getCodeBytes(const targets::Kernel &kernel) const { return codeBytes[&kernel - kernels.data()]; }

  Cost getCost(llvm::ArrayRef<size_t> uses) const {
    Cost cost = {0, 0};
    std::set<const targets::Kernel *> used;
    for (auto [own, use] : llvm::zip_equal(ops, uses)) {
      cost.bytes += own[use].constantBytes;
      cost.cycles += own[use].cycles;
      if (used.insert(own[use].kernel).second)
        cost.bytes += getCodeBytes(*own[use].kernel);
    }
    return cost;
  }

  /// Tries everything.
  Cost findLeast(double maxCycles) const {
    Cost least;
    std::vector<size_t> uses(ops.size(), 0);
    while (true) {
      Cost cost = getCost(uses);
      if (cost.cycles <= maxCycles && std::pair(cost.bytes, cost.cycles) < std::pair(least.bytes, least.cycles))
        least = cost;
      size_t op = 0;
      while (op < ops.size() && ++uses[op] == ops[op].size())
        uses[op++] = 0;
      if (op == ops.size())
        return least;
    }
  }
};

/// Two operations of three kernels each, up to eight ops. All uses of an op take the same constants, so that the
/// answer is exact.
Problem makeProblem(std::mt19937 &engine) {
  auto pick = [&](int least, int most) { return std::uniform_int_distribution<int>(least, most)(engine); };
  Problem problem;
  for (llvm::StringRef op : {"conv2d", "add"})
    for (int number = 0; number < 3; ++number) {
      targets::Kernel kernel = {};
      kernel.op = op;
      kernel.input = "s8";
      kernel.weight = "none";
      problem.kernels.push_back(kernel);
      problem.codeBytes.push_back(pick(1, 60) * 10);
    }
  for (int count = pick(1, 8); count > 0; --count) {
    llvm::SmallVector<KernelUse> uses;
    int first = 3 * pick(0, 1), constants = pick(0, 1000);
    for (int number = 0; number < 3; ++number)
      if (pick(0, 3) > 0 || (number == 2 && uses.empty()))
        uses.push_back({&problem.kernels[first + number], double(pick(10, 100)), constants});
    problem.ops.push_back(uses);
  }
  return problem;
}

} // namespace

TEST(SmallestKernels, FindsWhatTryingEverythingFinds) {
  std::mt19937 engine(1);
  for (int round = 0; round < 300; ++round) {
    Problem problem = makeProblem(engine);
    double fastest = 0;
    for (const auto &uses : problem.ops)
      fastest += llvm::min_element(uses, [](auto &one, auto &other) { return one.cycles < other.cycles; })->cycles;
    double maxCycles = fastest * (1 + (round % 4) * 0.25);
    std::vector<size_t> uses = chooseSmallestKernels(
        problem.ops, [&](const targets::Kernel &kernel) { return problem.getCodeBytes(kernel); }, maxCycles);
    Cost found = problem.getCost(uses), least = problem.findLeast(maxCycles);
    EXPECT_EQ(found.bytes, least.bytes) << "round " << round;
    EXPECT_DOUBLE_EQ(found.cycles, least.cycles) << "round " << round;
  }
}

TEST(SmallestKernels, SharesAKernelRatherThanAddingASmallerOne) {
  // 100 B that three ops share, or 80 B for two and 90 B for the third.
  std::vector<targets::Kernel> kernels(3);
  for (targets::Kernel &kernel : kernels)
    kernel.op = "conv2d";
  const int64_t bytes[] = {100, 80, 90};
  std::vector<llvm::SmallVector<KernelUse>> ops = {{{&kernels[0], 9, 0}, {&kernels[1], 5, 0}},
                                                   {{&kernels[0], 9, 0}, {&kernels[1], 5, 0}},
                                                   {{&kernels[0], 9, 0}, {&kernels[2], 5, 0}}};
  auto getBytes = [&](const targets::Kernel &kernel) { return bytes[&kernel - kernels.data()]; };
  EXPECT_EQ(chooseSmallestKernels(ops, getBytes, 27), (std::vector<size_t>{0, 0, 0}));
  // 27 cycles are too many: the faster ones take 15.
  EXPECT_EQ(chooseSmallestKernels(ops, getBytes, 20), (std::vector<size_t>{1, 1, 1}));
  // A bound that nothing meets: the fastest.
  EXPECT_EQ(chooseSmallestKernels(ops, getBytes, 1), (std::vector<size_t>{1, 1, 1}));
}
