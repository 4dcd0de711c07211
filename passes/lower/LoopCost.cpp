#include "passes/lower/LoopCost.h"

#include "llvm/ADT/StringSwitch.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace tinyc::lower {

namespace {

/// Cycles of an operation by the core's floating-point unit: for float and double, for float, or none.
struct Cycles {
  double both, single, none;
};

// Of one call, measured on Cortex-M7, M4 and M3 (tinyc-run --profile, 1,000 elements).
struct FunctionCost {
  llvm::StringLiteral name;
  Cycles cycles;
};
constexpr FunctionCost kFunctions[] = {
    {"ceil", {26, 34, 270}},        {"floor", {27, 34, 268}},       {"round", {20, 31, 261}},
    {"fmod", {50, 65, 63}},         {"exp", {79, 74, 1317}},        {"log", {98, 89, 1409}},
    {"erf", {117, 128, 1834}},      {"sqrt", {211, 329, 458}},      {"tanh", {121, 122, 1877}},
    {"log1p", {118, 125, 1900}},    {"sin", {270, 6744, 7069}},     {"cos", {257, 6714, 6999}},
    {"tan", {461, 13286, 13560}},   {"sinh", {401, 9425, 9737}},    {"cosh", {383, 9341, 9664}},
    {"atanh", {368, 10016, 10387}}, {"acosh", {440, 12561, 12818}}, {"asinh", {454, 12532, 12843}},
    {"asin", {608, 17509, 17967}},  {"acos", {604, 17693, 18119}},  {"atan", {498, 13841, 14194}},
    {"pow", {749, 17885, 19067}}};

double choose(const Cycles &cycles, const targets::Target &target) {
  if (target.gccFlags.empty() || llvm::is_contained(target.gccFlags, "-mfpu=fpv5-d16"))
    return cycles.both;
  return llvm::is_contained(target.gccFlags, "-mfloat-abi=soft") ? cycles.none : cycles.single;
}

double estimateOp(Operation &op, const targets::Target &target) {
  const bool isFloat = llvm::any_of(op.getOperandTypes(), [](Type type) { return type.isF32(); });
  double wide = op.getNumResults() == 1 && op.getResult(0).getType().isInteger(64) ? 3 : 1;
  return llvm::TypeSwitch<Operation *, double>(&op)
      .Case<arith::ConstantOp, arith::SelectOp, loop::IndexOp, loop::YieldOp>(
          [](Operation *each) { return isa<arith::SelectOp>(each) ? 1.0 : 0.0; })
      .Case<arith::DivFOp>([&](auto) {
        return choose({14, 14, 170}, target);
      })
      .Case<arith::DivSIOp, arith::DivUIOp, arith::RemSIOp, arith::RemUIOp>([&](auto) { return 12.0 * wide; })
      .Case([](loop::LoadOp load) { return 2.0 + 5.0 * static_cast<double>(load.getIndices().size()); })
      .Case([&](loop::CallOp call) {
        const auto *function =
            llvm::find_if(kFunctions, [&](const FunctionCost &each) { return each.name == call.getFunction(); });
        return choose(function == std::end(kFunctions) ? Cycles{500, 15000, 15000} : function->cycles, target);
      })
      .Default([&](Operation *) {
        return isFloat ? choose({1, 1, 50}, target) : wide;
      });
}
} // namespace

double estimateLoopCycles(kernel::LoopNestOp op, const targets::Target &target) {
  loop::Nest nest = op.getNest();
  double iteration = 4;
  for (size_t number = 0; number < nest.getInputCount(); ++number)
    iteration += nest.isMapped(number) ? 2 : 0;
  for (Operation &each : *nest.body)
    iteration += estimateOp(each, target);
  return iteration * static_cast<double>(nest.countIterations());
}

} // namespace tinyc::lower
