// How many bytes of its operands a kernel reads and writes: what decides which memory they lie in.
#ifndef TINYC_PASSES_LOWER_TRAFFIC_H
#define TINYC_PASSES_LOWER_TRAFFIC_H

#include "passes/lower/ArenaRegions.h"
#include "passes/lower/RowLifetimes.h"

namespace tinyc::lower {

struct Traffic {
  double readBytes = 0, writtenBytes = 0;
};

/// Of one execution of the whole op, all steps of a stream together. An estimate from shapes and MACs: a window reads an
/// input once for each position it stands at, two positions share a read of the weights (as in runtime/kernels/armv7e-m),
/// and what is gathered in scratch serves four channels at a time.
Traffic estimateTraffic(kernel::KernelOpInterface op, unsigned operand);

/// The buffers of a program, with the traffic of one inference: one resident for the buffers that share groups.
std::vector<Resident> makeResidents(const BufferGraph &graph, const RowGroups &groups);

/// A placement in memories of a board. Offsets count the regions as one arena, one after the other.
struct RegionPlacement {
  Placement placement;
  llvm::SmallVector<ArenaRegion> regions;
  double cycles = 0; ///< of all accesses
  bool fits = false; ///< every memory has room for its region
  bool isOptimal = false; ///< no placement takes fewer cycles

  bool isBetter(const RegionPlacement &other) const {
    return fits != other.fits ? fits : fits && cycles < other.cycles;
  }
};

/// Divides the buffers of a program among the memories.
RegionPlacement placeInMemories(const BufferGraph &graph, const RowGroups &groups, llvm::ArrayRef<Region> memories,
                                int64_t alignment, int64_t rounds);

/// Puts a placement into the memory with the fewest cycles that has room for it; if none has, into the largest.
RegionPlacement placeInOneMemory(const BufferGraph &graph, const RowGroups &groups, Placement placement,
                                 llvm::ArrayRef<Region> memories);

/// Parses the memories of a pass option. Emits an error at `op` for a malformed one.
mlir::FailureOr<llvm::SmallVector<Region>> parseMemories(mlir::Operation *op, llvm::ArrayRef<std::string> texts);

} // namespace tinyc::lower

#endif // TINYC_PASSES_LOWER_TRAFFIC_H
