// Budgets of a search as users write them.
#ifndef TINYC_COMPILER_BUDGET_H
#define TINYC_COMPILER_BUDGET_H

#include "compiler/search/Environment.h"
#include "llvm/Support/Error.h"

namespace tinyc {

/// A limit of a cost: cycles, bytes, microjoules; or a share of what the int8 program costs.
struct Budget {
  search::Cost cost;
  double value;
  bool isRelative;

  double getLimit(const search::Costs &int8) const { return isRelative ? value * int8[cost] : value; }
};

/// "latency:0.6x", "latency:2.1M" (cycles, k and M are 10^3 and 10^6), "flash:120K", "sram:24576" and "weights:60K" (K
/// and M are 2^10 and 2^20), "energy:850uJ", "energy:1.2mJ". The error says what was expected.
llvm::Expected<Budget> parseBudget(llvm::StringRef text);

/// A limit of what pruning leaves: of MACs or of a cost; or, with --max-drop, what is to be made small.
struct PruneBudget {
  std::optional<search::Cost> cost; ///< nothing: MACs
  std::optional<double> limit;      ///< nothing: as little as --max-drop allows
  bool isRelative = false;          ///< the limit is a share of what the program costs without pruning
};

/// "macs:0.75x", "macs:9M" (10^6), "macs", the budgets of parseBudget and the names of their costs.
llvm::Expected<PruneBudget> parsePruneBudget(llvm::StringRef text);

/// "latency", "flash", "sram", "energy" or "weights"; nothing for others.
std::optional<search::Cost> parseCost(llvm::StringRef text);

/// "0.5%" or "0.5" as 0.005; nothing unless from 0 to 100.
std::optional<double> parsePercentage(llvm::StringRef text);

} // namespace tinyc

#endif // TINYC_COMPILER_BUDGET_H
