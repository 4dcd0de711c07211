#include "passes/lower/LoopCost.h"

#include "llvm/ADT/StringSwitch.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace tinyc::lower {

// Instructions of a core with an FPU; functions in double are calls of the compiler's support library on most.
static double estimateOp(Operation &op) {
  double wide = op.getNumResults() == 1 && op.getResult(0).getType().isInteger(64) ? 3 : 1;
  return llvm::TypeSwitch<Operation *, double>(&op)
      .Case<arith::ConstantOp, loop::IndexOp, loop::YieldOp>([](auto) { return 0.0; })
      .Case<arith::DivFOp>([](auto) { return 14.0; })
      .Case<arith::DivSIOp, arith::DivUIOp, arith::RemSIOp, arith::RemUIOp>([&](auto) { return 12.0 * wide; })
      .Case([](loop::LoadOp load) { return 2.0 + 5.0 * static_cast<double>(load.getIndices().size()); })
      .Case([](loop::CallOp call) {
        return llvm::StringSwitch<double>(call.getFunction())
            .Cases({"ceil", "floor", "round"}, 12)
            .Cases({"erf", "exp", "log"}, 60)
            .Cases({"fmod", "sqrt"}, 200)
            .Default(1000);
      })
      .Default([&](Operation *) { return wide; });
}

double estimateLoopCycles(kernel::LoopNestOp op) {
  loop::Nest nest = op.getNest();
  double iteration = 4;
  for (size_t number = 0; number < nest.getInputCount(); ++number)
    iteration += nest.isMapped(number) ? 2 : 0;
  for (Operation &each : *nest.body)
    iteration += estimateOp(each);
  return iteration * static_cast<double>(nest.countIterations());
}

} // namespace tinyc::lower
