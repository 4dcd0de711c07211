// When each row of each buffer is needed, and how the planner groups rows into things to place.
#ifndef TINYC_PASSES_LOWER_ROWLIFETIMES_H
#define TINYC_PASSES_LOWER_ROWLIFETIMES_H

#include "passes/lower/BufferGraph.h"
#include "passes/lower/Placement.h"

#include "llvm/ADT/ArrayRef.h"

#include <cstdint>
#include <vector>

namespace tinyc::lower {

/// Positions (steps) first .. last at which a row is needed; never if last < first.
struct RowLifetime {
  int64_t first, last;
};

/// How many rows each op computes in a step; 0: it runs whole, outside of streams. One entry for each op.
using RowsPerStep = llvm::ArrayRef<int32_t>;

/// The lifetimes of all rows in a part of the program: the steps of the ops [firstOp, lastOp). What ops before and after
/// access is live from the part's first, and until its last position.
class RowLifetimes {
public:
  RowLifetimes(const BufferGraph &graph, llvm::ArrayRef<Step> steps, RowsPerStep rowsPerStep, size_t firstOp,
               size_t lastOp);
  /// Of the whole program.
  RowLifetimes(const BufferGraph &graph, llvm::ArrayRef<Step> steps, RowsPerStep rowsPerStep)
      : RowLifetimes(graph, steps, rowsPerStep, 0, graph.ops.size()) {}

  RowLifetime get(size_t buffer, int32_t row) const { return lifetimes[graph.buffers[buffer].firstRow + row]; }
  int64_t getPositions() const { return steps.size(); }

  /// The buffer that `buffer` is written over, element by element, or itself (KernelOpInterface::getInPlaceOperands).
  size_t getPlace(size_t buffer) const;

  /// Bytes of the rows live at each position; a row that is written over another counts once. `scratchBytes` of each op
  /// count at its steps, in the place of its scratch buffer.
  std::vector<int64_t> getLiveBytes(llvm::ArrayRef<int64_t> scratchBytes) const;

  /// True if the rows of the buffer may lie anywhere, not one after the other.
  bool isScattered(size_t buffer) const { return scattered[buffer] > 0; }
  /// Rows that have to lie one after the other: those of a band if it is scattered, else all.
  int32_t getBandRows(size_t buffer) const {
    return scattered[buffer] > 0 ? scattered[buffer] : graph.buffers[buffer].rows;
  }

private:
  void computeScattered();
  void computeLifetimes();
  void computePlaces();
  bool canShare(const GraphOp &op, const GraphAccess &output, const GraphAccess &operand,
                llvm::ArrayRef<size_t> positions) const;

  const BufferGraph &graph;
  llvm::ArrayRef<Step> steps;
  RowsPerStep rowsPerStep;
  size_t firstOp, lastOp;
  std::vector<RowLifetime> lifetimes; // of all rows
  std::vector<int32_t> scattered;     // rows per band; 0: contiguous
  std::vector<size_t> places;         // of each buffer: the one it is written over, or itself
};

/// The things to place: bands of scattered buffers, whole contiguous buffers.
struct RowGroups {
  std::vector<Group> groups;
  /// Of each buffer: its groups, one for each band in order. Buffers of one place share them.
  std::vector<std::vector<size_t>> bands;
};
RowGroups makeGroups(const BufferGraph &graph, llvm::ArrayRef<Step> steps, const RowLifetimes &lifetimes);

} // namespace tinyc::lower

#endif // TINYC_PASSES_LOWER_ROWLIFETIMES_H
