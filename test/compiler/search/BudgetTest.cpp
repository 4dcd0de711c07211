#include "compiler/Budget.h"

#include "gtest/gtest.h"

using namespace tinyc;
using search::Cost;

static double getLimit(llvm::StringRef text, Cost cost) {
  search::Costs int8;
  int8[Cost::Latency] = 1000;
  int8[Cost::Weights] = 60;
  llvm::Expected<Budget> budget = parseBudget(text);
  if (!budget || budget->cost != cost) {
    ADD_FAILURE() << text.str() << ": " << (budget ? "another cost" : llvm::toString(budget.takeError()));
    return 0;
  }
  return budget->getLimit(int8);
}

TEST(Budget, KnowsUnits) {
  EXPECT_EQ(getLimit("latency:2.5M", Cost::Latency), 2.5e6);
  EXPECT_EQ(getLimit("latency:800k", Cost::Latency), 8e5);
  EXPECT_EQ(getLimit("latency:0.6x", Cost::Latency), 600);
  EXPECT_EQ(getLimit("flash:120K", Cost::Flash), 120 * 1024);
  EXPECT_EQ(getLimit("flash:1M", Cost::Flash), 1024 * 1024);
  EXPECT_EQ(getLimit("sram:24576", Cost::Sram), 24576);
  EXPECT_EQ(getLimit("energy:850uJ", Cost::Energy), 850);
  EXPECT_EQ(getLimit("energy:1.5mJ", Cost::Energy), 1500);
  EXPECT_EQ(getLimit("weights:0.55x", Cost::Weights), 33);
}

TEST(Budget, RefusesWhatIsNone) {
  for (llvm::StringRef text : {"", "latency", "latency:", "latency:x", "latency:-1", "latency:0x", "latency:1e999", "latency:nan",
                               "flash:1G", "energy:5J", "cycles:5", "weights:0.5x2"})
    EXPECT_TRUE(llvm::errorToBool(parseBudget(text).takeError())) << text.str();
}

TEST(Budget, KnowsPercentages) {
  EXPECT_EQ(parsePercentage("0.5%"), 0.005);
  EXPECT_EQ(parsePercentage("100"), 1.0);
  EXPECT_EQ(parsePercentage("0"), 0.0);
  for (llvm::StringRef text : {"", "%", "-1%", "101%", "much", "0.5%%"})
    EXPECT_FALSE(parsePercentage(text)) << text.str();
}
