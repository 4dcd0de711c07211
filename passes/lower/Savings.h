// What each technique of the planner spares.
#ifndef TINYC_PASSES_LOWER_SAVINGS_H
#define TINYC_PASSES_LOWER_SAVINGS_H

#include "passes/lower/BufferGraph.h"
#include "passes/lower/Plan.h"
#include "passes/lower/RowLifetimes.h"

namespace tinyc::lower {

/// For each technique that the plan of `arenaBytes` uses: by how many bytes any plan for the same steps without it is
/// larger, at least; the bound is the most bytes live. Without row streams every op runs whole.
std::vector<Saving> findSavings(const BufferGraph &graph, llvm::ArrayRef<Step> steps, RowsPerStep rowsPerStep,
                                int64_t arenaBytes);

} // namespace tinyc::lower

#endif // TINYC_PASSES_LOWER_SAVINGS_H
