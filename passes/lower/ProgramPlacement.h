// Offsets for all buffers of a program in one memory.
#ifndef TINYC_PASSES_LOWER_PROGRAMPLACEMENT_H
#define TINYC_PASSES_LOWER_PROGRAMPLACEMENT_H

#include "passes/lower/RowLifetimes.h"

namespace tinyc::lower {

struct ProgramPlacement {
  RowGroups groups;
  Placement placement;
};

/// Places all buffers of a program at multiples of `alignment`; `rounds` as placeGroups().
ProgramPlacement placeProgram(const BufferGraph &graph, llvm::ArrayRef<Step> steps, const RowLifetimes &lifetimes,
                              int64_t alignment, int64_t rounds);

/// Bytes live at each position, scratch included.
std::vector<int64_t> getLiveWithScratch(const BufferGraph &graph, llvm::ArrayRef<Step> steps,
                                        const RowLifetimes &lifetimes);

/// The rows per step of each op, 0 for those outside of streams.
std::vector<int32_t> getRowsPerStep(const BufferGraph &graph);

} // namespace tinyc::lower

#endif // TINYC_PASSES_LOWER_PROGRAMPLACEMENT_H
