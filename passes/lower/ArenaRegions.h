// The regions of a planned function's arena: which bytes of it lie in which memory of the board. The plan counts the bytes
// of all regions as those of one arena, one region after the other; only the emitted program has a pointer for each.
#ifndef TINYC_PASSES_LOWER_ARENAREGIONS_H
#define TINYC_PASSES_LOWER_ARENAREGIONS_H

#include "passes/lower/Regions.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace tinyc::lower {

/// Bytes [begin, begin + bytes) of the arena.
struct ArenaRegion {
  std::string name; ///< of the board's memory
  int64_t begin = 0, bytes = 0;
};

/// Attribute kernel.regions of a planned function, in order of their begin; empty if it was planned without a board.
llvm::SmallVector<ArenaRegion> getArenaRegions(mlir::func::FuncOp function);
void setArenaRegions(mlir::func::FuncOp function, llvm::ArrayRef<ArenaRegion> regions);

/// The number of the region that holds the byte; regions.size() if none does.
size_t findRegion(llvm::ArrayRef<ArenaRegion> regions, int64_t offset);

/// Checks that the regions are the arena, without gaps or overlaps, that each has room in the memory of its name, and that no
/// buffer, input or output crosses the border of one. Emits an error if not.
mlir::LogicalResult verifyArenaRegions(mlir::func::FuncOp function, llvm::ArrayRef<Region> memories);

} // namespace tinyc::lower

#endif // TINYC_PASSES_LOWER_ARENAREGIONS_H
