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

/// Sorted by core, then by symbol.
struct CodeBytes {
  StringRef core, symbol;
  int64_t bytes;
};

const CodeBytes *findCodeBytes(StringRef core, StringRef symbol) {
  static const CodeBytes rows[] = {
#define TINYC_CODE_BYTES(core, symbol, gcc, llvm) {core, symbol, std::max(gcc, llvm)},
#include "targets/cortex-m/CodeBytes.inc"
#undef TINYC_CODE_BYTES
  };
  const CodeBytes *found = partition_point(rows, [&](const CodeBytes &row) {
    return row.core != core ? row.core < core : row.symbol < symbol;
  });
  return found != std::end(rows) && found->core == core && found->symbol == symbol ? found : nullptr;
}

} // namespace

int64_t getCodeBytes(const Target &target, const Kernel &kernel) {
  const CodeBytes *found = findCodeBytes(target.name, kernel.symbol);
  if (!found)
    found = findCodeBytes(target.isHost() ? "cortex-m7" : "cortex-m4", kernel.symbol);
  return found ? found->bytes : 0;
}

EnergyCosts getEnergyCosts(const Target &target) {
  // Per cycle: typical current running CoreMark times the supply, over the clock.
  // * M0+: TI CC2340R2 data sheet (SWRS282), 2.6 mA at 48 MHz, 3 V, DC/DC.
  // * M3: TI CC1350 data sheet, 2.5 mA at 48 MHz, 3 V, DC/DC.
  // * M4: Nordic nRF52840 product specification, 3.3 mA at 64 MHz, 3 V, DC/DC.
  // * M7: STMicroelectronics on the STM32F7 series, 5 CoreMark/MHz and 7 CoreMark/mW.
  // * M33: a Nordic application core, 2.1 mA at 64 MHz from RAM, 3 V; from flash 2.7 mA, so that 28 pJ a cycle are for some
  //   four bytes of instructions: 7 pJ a byte of flash. The M55 stands in with the same.
  // An 8-bit product, its 32-bit sum and a byte out of 8 KB of SRAM: Horowitz, "Computing's Energy Problem (and what we can do about
  // it)", ISSCC 2014, figure 1.1.9: 0.2 pJ, 0.1 pJ and an eighth of 10 pJ, at 45 nm.
  constexpr double mac = 0.3, flashByte = 7, sramByte = 1.25;
  static const std::pair<StringRef, double> cycles[] = {{"cortex-m0plus", 162}, {"cortex-m3", 156}, {"cortex-m4", 155},
                                                        {"cortex-m7", 714},     {"cortex-m33", 98}, {"cortex-m55", 98}};
  StringRef name = target.isHost() ? "cortex-m7" : target.name;
  const auto *found = llvm::find_if(cycles, [&](const auto &row) { return row.first == name; });
  return {found != std::end(cycles) ? found->second : 155, mac, flashByte, sramByte};
}

// Of a kernel that unpacks rows of 4 bits for another one (tinyc/kernels_s4.h): the calls of that, and the rows.
static CallCost estimateUnpacked(const Target &target, const Kernel &kernel, ArrayRef<uint32_t> params, int32_t rowBegin,
                                 int32_t rowEnd) {
  const Kernel &inner = *findKernel(kernel.inner);
  RowsWork work = countRowsS4({kernel.params.data(), kernel.params.size()}, params.data(), rowBegin, rowEnd);
  CallCost cost;
  if (work.calls == 0)
    return cost;
  auto estimate = [&](int32_t call) {
    int32_t begin = work.isWindow ? rowBegin + call * work.rows : 0;
    return estimateCall(target, inner, params, begin, work.isWindow ? std::min(begin + work.rows, rowEnd) : 1);
  };
  cost = estimate(0);
  if (work.calls > 1)
    cost += estimate(work.calls - 1);
  if (work.calls > 2) {
    CallCost middle = estimate(work.calls / 2);
    cost += {middle.cycles * (work.calls - 2), middle.constantBytes * (work.calls - 2)};
  }
  const Costs *costs = findCosts(target.name, kernel.isa == "generic" ? "rows_s4" : "rows_s4_armv7e_m");
  if (!costs)
    costs = findCosts(target.isHost() ? "cortex-m7" : "cortex-m4", "rows_s4_armv7e_m");
  const double counts[] = {1, static_cast<double>(work.calls), work.unpackedRows, work.unpacked, work.packedRows, work.packed};
  for (size_t unit = 0; costs && unit < std::size(counts); unit++)
    cost.cycles += counts[unit] * costs->cycles[unit];
  return cost;
}

CallCost estimateCall(const Target &target, const Kernel &kernel, ArrayRef<uint32_t> params, int32_t rowBegin,
                      int32_t rowEnd) {
  if (!kernel.inner.empty())
    return estimateUnpacked(target, kernel, params, rowBegin, rowEnd);
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

CallCost estimateSteps(const Target &target, const Kernel &kernel, ArrayRef<uint32_t> params, int32_t rows,
                       int32_t rowsPerStep, int32_t scale) {
  int32_t steps = (rows + rowsPerStep - 1) / rowsPerStep;
  auto estimateStep = [&](int32_t step) {
    int32_t begin = step * rowsPerStep, end = std::min(begin + rowsPerStep, rows);
    return scale > 0 ? estimateCall(target, kernel, params, 0, (end - begin) * scale)
                     : estimateCall(target, kernel, params, begin, end);
  };
  // The first and the last may have fewer rows, or windows over the padding; those between are alike.
  CallCost sum = estimateStep(0);
  if (steps > 1)
    sum += estimateStep(steps - 1);
  if (steps > 2) {
    CallCost middle = estimateStep(steps / 2);
    sum += {middle.cycles * (steps - 2), middle.constantBytes * (steps - 2)};
  }
  return sum;
}

} // namespace tinyc::targets
