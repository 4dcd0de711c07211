#include "compiler/search/Environment.h"

#include "llvm/Support/ErrorHandling.h"

namespace tinyc::search {

llvm::StringRef getName(Cost cost) {
  switch (cost) {
  case Cost::Latency:
    return "latency";
  case Cost::Flash:
    return "flash";
  case Cost::Sram:
    return "sram";
  case Cost::Energy:
    return "energy";
  case Cost::Weights:
    return "weights";
  }
  llvm_unreachable("unknown Cost");
}

bool isWithin(const Costs &costs, const Limits &limits) {
  for (size_t cost = 0; cost < kCosts; ++cost)
    if (limits[cost] && costs.values[cost] > *limits[cost])
      return false;
  return true;
}

} // namespace tinyc::search
