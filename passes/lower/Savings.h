// What each technique of the planner spares.
#ifndef TINYC_PASSES_LOWER_SAVINGS_H
#define TINYC_PASSES_LOWER_SAVINGS_H

#include "passes/lower/BufferGraph.h"
#include "passes/lower/Plan.h"
#include "passes/lower/RowLifetimes.h"

namespace tinyc::lower {

/// For each technique that a plan uses whose most bytes live are `peakBytes`: how many more are live without it. Without row
/// streams every op runs whole, else the steps are the same.
std::vector<Saving> findSavings(const BufferGraph &graph, llvm::ArrayRef<Step> steps, RowsPerStep rowsPerStep,
                                int64_t peakBytes);

} // namespace tinyc::lower

#endif // TINYC_PASSES_LOWER_SAVINGS_H
