// What loop nests cost.
#ifndef TINYC_PASSES_LOWER_LOOPCOST_H
#define TINYC_PASSES_LOWER_LOOPCOST_H

#include "dialects/kernel/Kernel.h"
#include "targets/Target.h"

namespace tinyc::lower {

/// Cycles of a loop nest on a core, to the order of magnitude: its ops are counted, its functions measured.
double estimateLoopCycles(kernel::LoopNestOp op, const targets::Target &target);

} // namespace tinyc::lower

#endif // TINYC_PASSES_LOWER_LOOPCOST_H
