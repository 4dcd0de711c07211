// Offsets for things of known lifetimes: the two-dimensional packing problem of static memory planning.
#ifndef TINYC_PASSES_LOWER_PLACEMENT_H
#define TINYC_PASSES_LOWER_PLACEMENT_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"

#include <cstdint>
#include <vector>

namespace tinyc::lower {

/// Bytes [begin, end) of a group, needed at the positions first .. last.
struct Piece {
  int64_t begin, end;
  int64_t first, last;
};

/// One rigid thing to place: its pieces keep their relative addresses, each with its own lifetime. Pieces of one group
/// may overlap: they share.
struct Group {
  int64_t bytes; ///< no piece ends behind it
  llvm::SmallVector<Piece, 1> pieces;
};

struct Placement {
  std::vector<int64_t> offsets; ///< of each group
  int64_t bytes = 0;            ///< end of the last group
  int64_t bound = 0;            ///< no placement needs less: proved
};

/// The most bytes live at one position: no placement needs less.
int64_t getLiveBytes(llvm::ArrayRef<Group> groups);

/// Places groups at multiples of `alignment` so that pieces of different groups overlap in bytes only where they do not
/// in time. `rounds` limits the search after the constructive heuristics, which ends when the bound is reached.
/// Deterministic.
Placement placeGroups(llvm::ArrayRef<Group> groups, int64_t alignment, int64_t rounds);

} // namespace tinyc::lower

#endif // TINYC_PASSES_LOWER_PLACEMENT_H
