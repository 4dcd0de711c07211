// What loop nests cost.
#ifndef TINYC_PASSES_LOWER_LOOPCOST_H
#define TINYC_PASSES_LOWER_LOOPCOST_H

#include "dialects/kernel/Kernel.h"

namespace tinyc::lower {

/// Cycles of a loop nest on a Cortex-M with an FPU, to the order of magnitude: its ops are counted, not measured.
double estimateLoopCycles(kernel::LoopNestOp op);

} // namespace tinyc::lower

#endif // TINYC_PASSES_LOWER_LOOPCOST_H
