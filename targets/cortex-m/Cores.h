// The table of Cortex-M cores, one row each.
#ifndef TINYC_TARGETS_CORTEX_M_CORES_H
#define TINYC_TARGETS_CORTEX_M_CORES_H

#include "targets/Target.h"

namespace tinyc::targets {

llvm::ArrayRef<Target> getCortexMCores();

} // namespace tinyc::targets

#endif // TINYC_TARGETS_CORTEX_M_CORES_H
