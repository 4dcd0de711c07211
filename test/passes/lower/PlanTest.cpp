// A memory plan survives its attribute.
#include "passes/lower/Plan.h"

#include "dialects/kernel/Kernel.h"
#include "mlir/IR/Builders.h"

#include <gtest/gtest.h>

using namespace mlir;
using namespace tinyc::lower;

TEST(MemoryPlan, KeepsEverythingInItsAttribute) {
  MemoryPlan plan;
  plan.bytes = 110;
  plan.alignment = 4;
  plan.bound = plan.peakBytes = 100;
  plan.peakPosition = 3;
  plan.peakOp = "conv2d";
  plan.peakNode = "conv";
  plan.buffers = {{"x", "input", 0, 40, 0, 3}, {"conv", "activation", 8, 60, 1, 5, {{8, 30, 1, 3}, {38, 30, 2, 5}}}};
  plan.ops = {{"conv2d", "conv", 1, 5, 100, 2, 0}, {"softmax", "end", 6, 6, 60, 0, -1}};
  plan.peakLive = {{"conv", "activation", 60, 2, 5}, {"x", "input", 40, 0, 0}};
  plan.savings = {{"row streams", 1000}};

  MLIRContext context;
  context.loadDialect<func::FuncDialect>();
  Builder builder(&context);
  OwningOpRef<func::FuncOp> function =
      func::FuncOp::create(builder.getUnknownLoc(), "model_run", builder.getFunctionType({}, {}));
  EXPECT_FALSE(MemoryPlan::get(*function));
  function.get()->setAttr(tinyc::kernel::kPlanAttr, plan.toAttribute(&context));
  std::optional<MemoryPlan> read = MemoryPlan::get(*function);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->toAttribute(&context), plan.toAttribute(&context));
  ASSERT_EQ(read->buffers.size(), 2u);
  EXPECT_TRUE(read->buffers[0].pieces.empty());
  ASSERT_EQ(read->buffers[1].pieces.size(), 2u);
  EXPECT_EQ(read->buffers[1].pieces[1].offset, 38);
  EXPECT_EQ(read->buffers[1].pieces[1].last, 5);
  ASSERT_EQ(read->ops.size(), 2u);
  EXPECT_EQ(read->ops[0].rowsPerStep, 2);
  EXPECT_EQ(read->ops[1].stream, -1);
  ASSERT_EQ(read->peakLive.size(), 2u);
  EXPECT_EQ(read->peakLive[0].heldRows, 2);
  ASSERT_EQ(read->savings.size(), 1u);
  EXPECT_EQ(read->savings[0].technique, "row streams");
  EXPECT_DOUBLE_EQ(read->getGap(), 10.0); // 110 is 10 % above 100
}
