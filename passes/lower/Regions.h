// Which memory each part of the arena lies in, where a board has several RAMs.
#ifndef TINYC_PASSES_LOWER_REGIONS_H
#define TINYC_PASSES_LOWER_REGIONS_H

#include "passes/lower/Placement.h"
#include "llvm/ADT/StringRef.h"

#include <optional>
#include <string>

namespace tinyc::lower {

/// A memory: so many bytes, and the cycles of reading and writing a 32-bit word.
struct Region {
  std::string name;
  int64_t bytes = 0;
  double read = 1, write = 1;

  /// "name:bytes:read:write", as options of passes hold it; nullopt if malformed.
  static std::optional<Region> parse(llvm::StringRef text);
  std::string toString() const;
};

/// Groups that have to lie in one region (the bands of one tensor), and what an inference accesses of them.
struct Resident {
  llvm::SmallVector<size_t, 1> groups;
  double readBytes = 0, writtenBytes = 0;

  double getCycles(const Region &region) const {
    return (readBytes * region.read + writtenBytes * region.write) / 4;
  }
};

struct RegionPlan {
  std::vector<size_t> regions;  ///< of each resident
  std::vector<int64_t> offsets; ///< of each group, in its region
  std::vector<int64_t> bytes;   ///< used of each region
  int64_t bound = 0;            ///< no assignment uses less of all regions together
  double cycles = 0;            ///< of all accesses
  bool fits = false;            ///< no region holds more than it has
  bool isOptimal = false;       ///< no assignment whose regions placeGroups() can fill takes fewer cycles
};

/// Assigns residents to regions for the fewest cycles of access, and places the groups of each region. Everything goes to
/// the best region if it holds everything; otherwise greedy assignments are improved by moving and exchanging residents,
/// and for few residents all assignments are enumerated, with bounds. Every group belongs to one resident. Deterministic.
RegionPlan assignRegions(llvm::ArrayRef<Group> groups, llvm::ArrayRef<Resident> residents,
                         llvm::ArrayRef<Region> regions, int64_t alignment, int64_t rounds);

/// Where constants go: the one read most for each of its bytes into the region that reads fastest, while it has room.
/// Returns the region of each; a constant that fits nowhere gets the last region.
std::vector<size_t> assignConstants(llvm::ArrayRef<int64_t> bytes, llvm::ArrayRef<double> readBytes,
                                    llvm::ArrayRef<Region> regions);

} // namespace tinyc::lower

#endif // TINYC_PASSES_LOWER_REGIONS_H
