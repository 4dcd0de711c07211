// Which ops run row by row together, and how many rows at a time: the choice behind lower-stream-rows.
#ifndef TINYC_PASSES_LOWER_STREAMCHOICE_H
#define TINYC_PASSES_LOWER_STREAMCHOICE_H

#include "passes/lower/BufferGraph.h"

#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

namespace tinyc::lower {

/// What one op costs in one way of running it.
struct OpCost {
  double cycles = 0;         ///< all of its calls
  int64_t scratchBytes = 0;  ///< during each call
};

/// The ways to run each op: costs[op][k], k = 0 whole, k > 0 in a stream with kRowsPerStep[k] rows at a time.
using OpCosts = std::vector<std::vector<OpCost>>;
inline constexpr int32_t kRowsPerStep[] = {0, 1, 2, 4, 8, 16};

/// The ops [firstOp, lastOp) as one stream, or one op that runs whole.
struct Segment {
  size_t firstOp, lastOp;
  std::vector<int32_t> rowsPerStep; ///< of each of its ops; 0: whole
  int64_t peakBytes = 0;            ///< most bytes live at one of its steps
  double cycles = 0;

  bool isStream() const { return rowsPerStep.front() > 0; }
};

/// A partition of the program into segments.
struct Choice {
  std::vector<Segment> segments;
  int64_t peakBytes = 0;
  double cycles = 0;
};

/// Finds partitions of the program's ops, in their order, into streams and whole ops. The peak of a partition is the
/// greatest of its segments', its cycles their sum, so that dynamic programming over the cut points finds, for any bound
/// of bytes, the fastest partition within it; segments have one number of rows per step until refine().
class StreamChooser {
public:
  StreamChooser(const BufferGraph &graph, const OpCosts &costs);

  /// The least peak of any partition.
  int64_t getLeastPeak() const;
  /// The fastest partition whose peak is at most `bytes`, or nullopt.
  std::optional<Choice> findFastest(int64_t bytes = std::numeric_limits<int64_t>::max()) const;
  /// The smallest partition whose cycles are at most `cycles`, which has to be at least those of the fastest.
  Choice findSmallest(double cycles) const;
  /// Raises rows per step, op by op, where that saves cycles and keeps the peak within `bytes`.
  void refine(Choice &choice, int64_t bytes) const;

private:
  Segment makeSegment(size_t firstOp, size_t lastOp, std::vector<int32_t> rowsPerStep) const;
  void addSegments();

  const BufferGraph &graph;
  const OpCosts &costs;
  std::vector<std::vector<Segment>> segments; // by last op
};

} // namespace tinyc::lower

#endif // TINYC_PASSES_LOWER_STREAMCHOICE_H
