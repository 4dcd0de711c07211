#include "targets/CostModel.h"
#include "targets/cortex-m/KernelWork.h"

#include "llvm/ADT/STLExtras.h"

using namespace llvm;

namespace tinyc::targets {

namespace {

/// Cycles per unit of KernelWork. Sorted by core, then by variant.
struct Costs {
  StringRef core, variant;
  double cycles[KernelWork::maxUnits];
};

ArrayRef<Costs> getCosts() {
  static const Costs costs[] = {
#define TINYC_COSTS(core, variant, ...) {core, variant, {__VA_ARGS__}},
#include "targets/cortex-m/Costs.inc"
#undef TINYC_COSTS
  };
  return costs;
}

const Costs *findCosts(StringRef core, StringRef variant) {
  ArrayRef<Costs> costs = getCosts();
  const Costs *found = partition_point(costs, [&](const Costs &row) {
    return row.core != core ? row.core < core : row.variant < variant;
  });
  return found != costs.end() && found->core == core && found->variant == variant ? found : nullptr;
}

} // namespace

CallCost estimateCall(const Target &target, const Kernel &kernel, ArrayRef<uint32_t> params, int32_t rowBegin,
                      int32_t rowEnd) {
  std::string_view symbol(kernel.symbol.data(), kernel.symbol.size());
  KernelWork work = countWork(symbol, params.data(), rowBegin, rowEnd);
  CallCost cost;
  cost.constantBytes = work.constantBytes;
  const Costs *costs = findCosts(target.name, work.variant);
  if (!costs)
    costs = findCosts(target.isHost() ? "cortex-m7" : "cortex-m4", work.variant);
  for (int unit = 0; costs && unit < work.units; unit++)
    cost.cycles += work.counts[unit] * costs->cycles[unit];
  return cost;
}

} // namespace tinyc::targets
