#include "targets/Target.h"
#include "targets/cortex-m/Cores.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

#include <vector>

using namespace llvm;

namespace tinyc::targets {

static Target makeHost() {
#if defined(__x86_64__)
  static const StringRef isas[] = {"x86_64", "generic"};
#else
  static const StringRef isas[] = {"generic"};
#endif
  return {"host", isas, "", "", "", {}, "", 0, 0, 16, "kernels-host.bc"};
}

ArrayRef<Target> getTargets() {
  static const std::vector<Target> targets = [] {
    std::vector<Target> all(getCortexMCores());
    all.push_back(makeHost());
    return all;
  }();
  return targets;
}

const Target *findTarget(StringRef name) {
  const Target *found = find_if(getTargets(), [&](const Target &target) { return target.name == name; });
  return found == getTargets().end() ? nullptr : found;
}

std::string listTargets() {
  return join(map_range(getTargets(), [](const Target &target) { return target.name.str(); }), ", ");
}

} // namespace tinyc::targets
