// Programs in stripes of columns and slices of channels against the same programs undivided.
#include "RandomChain.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Parser/Parser.h"
#include "passes/lower/SplitSearch.h"

#include <gtest/gtest.h>

using namespace mlir;
using namespace tinyc;

namespace {

class SplitLayersTest : public testing::Test {
protected:
  SplitLayersTest() : context(MLIRContext::Threading::DISABLED) {
    context.loadDialect<kernel::KernelDialect, func::FuncDialect, memref::MemRefDialect, arith::ArithDialect>();
  }

  OwningOpRef<ModuleOp> parse(unsigned seed, int64_t leastWidth = 6) {
    return parseSourceString<ModuleOp>(lower::RandomChain(seed, leastWidth).build(3 + seed % 6), &context);
  }

  static func::FuncOp getFunction(ModuleOp module) { return *module.getOps<func::FuncOp>().begin(); }

  // Plans the program, with the independent check of the plan.
  LogicalResult plan(ModuleOp module) {
    PassManager manager(&context);
    manager.addPass(lower::createSelectKernelsPass({.target = "host"}));
    lower::StreamRowsPassOptions stream;
    stream.target = "host";
    stream.optimize = "ram";
    manager.addPass(lower::createStreamRowsPass(stream));
    manager.addPass(lower::createPackWeightsPass());
    lower::PlanMemoryPassOptions plan;
    plan.rounds = 50;
    manager.addPass(lower::createPlanMemoryPass(plan));
    manager.addPass(lower::createVerifyPlanPass());
    return manager.run(module);
  }

  // Parts of random sizes.
  static SmallVector<int64_t> divide(int64_t size, std::mt19937 &engine) {
    SmallVector<int64_t> parts;
    while (size > 0) {
      parts.push_back(1 + engine() % size);
      size -= parts.back();
    }
    return parts;
  }

  // Random disjoint splits; neighbours are frequent, so that there are chains.
  static std::vector<lower::LayerSplit> makeSplits(func::FuncOp function, const SymbolTable &symbols,
                                                   std::mt19937 &engine) {
    std::vector<kernel::KernelOpInterface> ops = lower::getKernelOps(function);
    std::vector<lower::LayerSplit> splits;
    for (size_t first = 0; first < ops.size();) {
      size_t last = first + 1 + engine() % std::min<size_t>(ops.size() - first, 3);
      using Kind = lower::LayerSplit::Kind;
      if (engine() % 4 == 0) {
        if (std::optional<lower::ChannelInterval> interval = lower::ChannelInterval::find(ops, first, last, symbols))
          splits.push_back({Kind::Channels, first, last, divide(interval->getChannels(), engine)});
      } else if (std::optional<lower::ColumnInterval> interval = lower::ColumnInterval::find(ops, first, last)) {
        splits.push_back({Kind::Columns, first, last, divide(interval->getWidth(), engine)});
      }
      first = splits.empty() || splits.back().lastOp != last ? first + 1 : last;
    }
    return splits;
  }

  MLIRContext context;
};

TEST_F(SplitLayersTest, partsComputeTheSameBits) {
  int columns = 0, channels = 0, chains = 0;
  for (unsigned seed = 0; seed < 60; ++seed) {
    OwningOpRef<ModuleOp> whole = parse(seed), split = parse(seed);
    ASSERT_TRUE(whole && split) << "seed " << seed;
    std::mt19937 engine(seed);
    SymbolTable symbols(*split);
    std::vector<lower::LayerSplit> splits = makeSplits(getFunction(*split), symbols, engine);
    for (size_t i = 0; i < splits.size(); ++i) {
      bool isColumns = splits[i].kind == lower::LayerSplit::Kind::Columns;
      ++(isColumns ? columns : channels);
      chains += i > 0 && isColumns && splits[i - 1].kind == splits[i].kind && splits[i - 1].lastOp == splits[i].firstOp;
    }
    ASSERT_TRUE(succeeded(lower::applySplits(getFunction(*split), splits, symbols))) << "seed " << seed;
    ASSERT_TRUE(succeeded(plan(*whole)) && succeeded(plan(*split))) << "seed " << seed;
    std::string expected = lower::execute(*whole, 0x5a);
    ASSERT_FALSE(expected.empty()) << "seed " << seed;
    EXPECT_EQ(expected, lower::execute(*split, 0xc3)) << "seed " << seed;
  }
  // All of them occur.
  EXPECT_GT(columns, 50);
  EXPECT_GT(channels, 10);
  EXPECT_GT(chains, 10);
}

// What the search chooses keeps its limit of operations, and the bits.
TEST_F(SplitLayersTest, searchKeepsItsLimits) {
  int found = 0;
  const targets::Target *target = targets::findTarget("host");
  for (unsigned seed = 0; seed < 30; ++seed) {
    OwningOpRef<ModuleOp> whole = parse(seed, /*leastWidth=*/48), split = parse(seed, 48);
    ASSERT_TRUE(whole && split) << "seed " << seed;
    SymbolTable symbols(*split);
    func::FuncOp function = getFunction(*split);
    int64_t macs = lower::countMacs(function), most = macs * 3 / 2;
    std::vector<lower::LayerSplit> splits = lower::SplitSearch(function, *target, symbols).find(most, /*bytes=*/0);
    found += !splits.empty();
    ASSERT_TRUE(succeeded(lower::applySplits(function, splits, symbols))) << "seed " << seed;
    EXPECT_LE(lower::countMacs(function), most) << "seed " << seed;
    ASSERT_TRUE(succeeded(plan(*whole)) && succeeded(plan(*split))) << "seed " << seed;
    EXPECT_EQ(lower::execute(*whole, 0x5a), lower::execute(*split, 0xc3)) << "seed " << seed;
  }
  EXPECT_GT(found, 0);
}

} // namespace
