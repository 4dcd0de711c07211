// Plans with a fault against their execution: what lower-verify-plan accepts computes the right bits, whatever the
// arena held before.
#include "RandomChain.h"
#include "dialects/nn/NN.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "passes/lower/Passes.h"

#include <gtest/gtest.h>
#include <random>

using namespace mlir;
using namespace tinyc;

namespace {

class VerifyPlanTest : public testing::Test {
protected:
  VerifyPlanTest() : context(MLIRContext::Threading::DISABLED) {
    context.loadDialect<nn::NNDialect, kernel::KernelDialect, func::FuncDialect, memref::MemRefDialect,
                        arith::ArithDialect>();
  }

  static std::string print(ModuleOp module) {
    std::string text;
    llvm::raw_string_ostream(text) << module;
    return text;
  }

  LogicalResult apply(ModuleOp module, llvm::function_ref<void(OpPassManager &)> build) {
    PassManager manager(&context);
    build(manager);
    return manager.run(module);
  }

  OwningOpRef<ModuleOp> plan(unsigned seed, StringRef optimize) {
    OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(lower::RandomChain(seed).build(3 + seed % 6), &context);
    if (!module || failed(apply(*module, [&](OpPassManager &manager) {
          manager.addPass(lower::createSelectKernelsPass({.target = "host"}));
          lower::StreamRowsPassOptions stream;
          stream.target = "host";
          stream.optimize = optimize.str();
          manager.addPass(lower::createStreamRowsPass(stream));
          manager.addPass(lower::createPackWeightsPass());
          lower::PlanMemoryPassOptions plan;
          plan.rounds = 50;
          manager.addPass(lower::createPlanMemoryPass(plan));
        })))
      return nullptr;
    return module;
  }

  /// The verdict of lower-verify-plan, and of the verifier of the IR.
  bool isAccepted(ModuleOp module, std::string &reason) {
    ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
      if (diagnostic.getSeverity() == DiagnosticSeverity::Error)
        reason = diagnostic.str();
      return success();
    });
    return succeeded(verify(module)) &&
           succeeded(apply(module, [](OpPassManager &manager) { manager.addPass(lower::createVerifyPlanPass()); }));
  }

  LogicalResult verifyQuietly(ModuleOp module) {
    ScopedDiagnosticHandler handler(&context, [](Diagnostic &) { return success(); });
    return verify(module);
  }

  /// Makes one fault, if it can: another place for a row or a buffer, or another order of steps.
  bool corrupt(ModuleOp module, std::mt19937 &engine) {
    SmallVector<kernel::RowsOp> rows;
    SmallVector<kernel::StreamOp> streams;
    SmallVector<memref::ViewOp> views;
    module.walk([&](Operation *op) {
      if (auto found = dyn_cast<kernel::RowsOp>(op))
        rows.push_back(found);
      else if (auto stream = dyn_cast<kernel::StreamOp>(op))
        streams.push_back(stream);
      else if (auto view = dyn_cast<memref::ViewOp>(op))
        views.push_back(view);
    });
    auto pick = [&](size_t count) { return static_cast<size_t>(engine() % count); };
    switch (pick(4)) {
    case 0: { // the place of one row
      if (rows.empty())
        return false;
      kernel::RowsOp op = rows[pick(rows.size())];
      SmallVector<int64_t> offsets(op.getOffsets());
      int64_t places = (op.getArena().getType().getDimSize(0) - op.getRowBytes()) / 4 + 1;
      offsets[pick(offsets.size())] = 4 * pick(places);
      op.setOffsets(offsets);
      return true;
    }
    case 1: { // two rows in each other's places
      if (rows.empty())
        return false;
      kernel::RowsOp op = rows[pick(rows.size())];
      SmallVector<int64_t> offsets(op.getOffsets());
      std::swap(offsets[pick(offsets.size())], offsets[pick(offsets.size())]);
      op.setOffsets(offsets);
      return true;
    }
    case 2: { // a step earlier or later
      if (streams.empty())
        return false;
      kernel::StreamOp op = streams[pick(streams.size())];
      SmallVector<int32_t> steps(op.getSteps());
      size_t from = pick(steps.size()), to = pick(steps.size());
      int32_t step = steps[from];
      steps.erase(steps.begin() + from);
      steps.insert(steps.begin() + to, step);
      op.setSteps(steps);
      return true;
    }
    default: { // the place of a contiguous buffer
      memref::ViewOp op = views[pick(views.size())];
      int64_t room = cast<MemRefType>(op.getSource().getType()).getDimSize(0) - kernel::getByteSize(op.getType());
      OpBuilder builder(op);
      op.getByteShiftMutable().assign(arith::ConstantIndexOp::create(builder, op.getLoc(), 4 * pick(room / 4 + 1)));
      return true;
    }
    }
  }

  MLIRContext context;
};

TEST_F(VerifyPlanTest, acceptedPlansComputeTheSameBits) {
  std::mt19937 engine(7);
  int accepted = 0, rejected = 0, wrong = 0;
  for (unsigned seed = 0; seed < 30; ++seed) {
    OwningOpRef<ModuleOp> module = plan(seed, seed % 4 == 3 ? "speed" : "ram");
    ASSERT_TRUE(module) << "seed " << seed;
    std::string reason;
    ASSERT_TRUE(isAccepted(*module, reason)) << "seed " << seed << ": " << reason << "\n" << print(*module);
    std::string expected = lower::execute(*module, 0x5a);
    ASSERT_FALSE(expected.empty());
    ASSERT_EQ(expected, lower::execute(*module, 0xc3)) << "seed " << seed;
    for (int fault = 0; fault < 12; ++fault) {
      OwningOpRef<ModuleOp> corrupted = module->clone();
      if (!corrupt(*corrupted, engine))
        continue;
      bool isSound = isAccepted(*corrupted, reason);
      if (!isSound && failed(verifyQuietly(*corrupted)))
        continue; // no IR that could be executed
      bool isRight = lower::execute(*corrupted, 0x5a) == expected && lower::execute(*corrupted, 0xc3) == expected;
      ASSERT_TRUE(isRight || !isSound) << "seed " << seed << " fault " << fault << "\n"
                                       << print(*module) << print(*corrupted);
      ++(isSound ? accepted : rejected);
      wrong += !isRight;
    }
  }
  // Both verdicts occur. A rejected plan may be right by luck: the wrong bytes are equal, or a clamp hides them.
  EXPECT_GT(accepted, 20);
  EXPECT_GT(wrong, rejected / 2);
}

} // namespace
