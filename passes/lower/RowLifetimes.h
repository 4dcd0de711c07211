// When each row of each buffer is needed, and how the planner groups rows into things to place.
#ifndef TINYC_PASSES_LOWER_ROWLIFETIMES_H
#define TINYC_PASSES_LOWER_ROWLIFETIMES_H

#include "passes/lower/BufferGraph.h"
#include "passes/lower/Placement.h"

#include "llvm/ADT/ArrayRef.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace tinyc::lower {

/// Positions (steps) first .. last at which a row is needed; never if last < first.
struct RowLifetime {
  int64_t first, last;
};

/// Output rows of a step written over input rows that die with it (GraphOp::overwrites).
struct Overlay {
  size_t output;
  int32_t band; ///< of the output, all of it
  size_t input;
  int32_t row;      ///< of the input: the output's band begins where this row does
  int64_t position; ///< of the step
  int64_t bytes;    ///< of the output's band
};

/// How many rows each op computes in a step; 0: it runs whole, outside of streams. One entry for each op.
using RowsPerStep = llvm::ArrayRef<int32_t>;

/// The lifetimes of all rows in a part of the program: the steps of the ops [firstOp, lastOp). What ops before and
/// after access is live from the part's first, and until its last position.
class RowLifetimes {
public:
  RowLifetimes(const BufferGraph &graph, llvm::ArrayRef<Step> steps, RowsPerStep rowsPerStep, size_t firstOp,
               size_t lastOp, bool inPlace = true);
  /// Of the whole program. Without `inPlace` nothing is written over an operand.
  RowLifetimes(const BufferGraph &graph, llvm::ArrayRef<Step> steps, RowsPerStep rowsPerStep, bool inPlace = true)
      : RowLifetimes(graph, steps, rowsPerStep, 0, graph.ops.size(), inPlace) {}

  RowLifetime get(size_t buffer, int32_t row) const { return lifetimes[graph.buffers[buffer].firstRow + row]; }

  /// The buffer that `buffer` is written over, element by element, or itself (KernelOpInterface::getInPlaceOperands).
  size_t getPlace(size_t buffer) const;

  /// Where an output may be written over rows of another size or number, by position.
  llvm::ArrayRef<Overlay> getOverlays() const { return overlays; }

  /// Bytes of the rows live at each position; a row that is written over another element by element counts once, an
  /// overlay twice. Scratch does not count.
  std::vector<int64_t> getLiveBytes() const;

  /// True if the rows of the buffer may lie anywhere, not one after the other.
  bool isScattered(size_t buffer) const { return scattered[buffer] > 0; }
  /// Rows that have to lie one after the other: those of a band if it is scattered, else all.
  int32_t getBandRows(size_t buffer) const {
    return scattered[buffer] > 0 ? scattered[buffer] : graph.buffers[buffer].rows;
  }

private:
  void computeScattered();
  void computeLifetimes();
  void computePlaces(bool inPlace);
  void computeOverlays();
  std::optional<Overlay> findOverlay(const GraphOp &op, const Step &step, int64_t position) const;
  bool canShare(const GraphOp &op, const GraphAccess &output, const GraphAccess &operand,
                llvm::ArrayRef<size_t> positions) const;

  const BufferGraph &graph;
  llvm::ArrayRef<Step> steps;
  RowsPerStep rowsPerStep;
  size_t firstOp, lastOp;
  std::vector<RowLifetime> lifetimes; // of all rows
  std::vector<int32_t> scattered;     // rows per band; 0: contiguous
  std::vector<Overlay> overlays;
  std::vector<size_t> places; // of each buffer: the one it is written over, or itself
};

/// The things to place: bands of scattered buffers, whole contiguous buffers.
struct RowGroups {
  /// Where a band lies: bytes into a group.
  struct Band {
    size_t group;
    int64_t offset;
  };
  std::vector<Group> groups;
  std::vector<std::vector<Band>> bands; ///< of each buffer, in order
};
/// `overlays` are some or all of those of `lifetimes`, by position.
RowGroups makeGroups(const BufferGraph &graph, llvm::ArrayRef<Step> steps, const RowLifetimes &lifetimes,
                     llvm::ArrayRef<Overlay> overlays);

} // namespace tinyc::lower

#endif // TINYC_PASSES_LOWER_ROWLIFETIMES_H
