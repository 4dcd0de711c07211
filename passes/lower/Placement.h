// Offsets for buffers of known lifetimes: the two-dimensional packing problem of static memory planning.
#ifndef TINYC_PASSES_LOWER_PLACEMENT_H
#define TINYC_PASSES_LOWER_PLACEMENT_H

#include "llvm/ADT/ArrayRef.h"

#include <cstdint>
#include <vector>

namespace tinyc::lower {

/// A buffer of `bytes`, needed at the positions first .. last.
struct Lifetime {
  int64_t bytes;
  int64_t first, last;

  bool overlaps(const Lifetime &other) const { return first <= other.last && other.first <= last; }
};

struct Placement {
  std::vector<int64_t> offsets; // of each buffer
  int64_t bytes = 0;            // end of the last one
};

/// The most bytes live at one position: no placement needs less.
int64_t getLiveBytes(llvm::ArrayRef<Lifetime> buffers);

/// Places buffers so that those of overlapping lifetimes do not overlap. Each goes into the smallest gap that holds it
/// (best fit), in several orders: by size, by lifetime, by their product, by first position; a local search of `rounds`
/// rounds then exchanges buffers in the best order. Stops at the lower bound. Deterministic.
Placement placeBuffers(llvm::ArrayRef<Lifetime> buffers, int64_t rounds);

} // namespace tinyc::lower

#endif // TINYC_PASSES_LOWER_PLACEMENT_H
