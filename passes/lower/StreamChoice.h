// Which ops run row by row together, how many rows at a time, and by which kernels: the choice behind
// lower-stream-rows.
#ifndef TINYC_PASSES_LOWER_STREAMCHOICE_H
#define TINYC_PASSES_LOWER_STREAMCHOICE_H

#include "passes/lower/BufferGraph.h"
#include "targets/Target.h"

#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

namespace tinyc::lower {

/// What an op costs by one kernel.
struct KernelCost {
  const targets::Kernel *kernel = nullptr;
  double cycles = 0;        ///< all of its calls
  int64_t scratchBytes = 0; ///< during each call
  bool overwrites = false;  ///< tinyc_packing::overwrites
};

/// The ways to run each op: costs[op][k], k = 0 whole, k > 0 in a stream with kRowsPerStep[k] rows at a time, by any of
/// the kernels listed.
using OpCosts = std::vector<std::vector<llvm::SmallVector<KernelCost, 2>>>;
inline constexpr int32_t kRowsPerStep[] = {0, 1, 2, 4, 8, 16};

/// The ops [firstOp, lastOp) as one stream, or one op that runs whole.
struct Segment {
  /// One of its ops. The bytes are the most that are live at one of its steps, but for its scratch.
  struct Op {
    int32_t rowsPerStep; ///< 0: whole
    int64_t liveBytes = 0;
    int64_t overwritingBytes = 0; ///< the same where its kernel may write over rows that die with it
  };
  size_t firstOp, lastOp;
  std::vector<Op> ops;
  double stepCycles = 0; ///< of the loop over the steps
  int64_t visits = 0;    ///< rows and steps that foreseeing it took

  bool isStream() const { return ops.front().rowsPerStep > 0; }
};

/// A segment with a kernel for each of its ops.
struct ChosenSegment {
  Segment segment;
  std::vector<const KernelCost *> kernels;
  int64_t peakBytes = 0; ///< most bytes live at one of its steps, scratch included
  double cycles = 0;
};

/// A partition of the program into segments.
struct Choice {
  std::vector<ChosenSegment> segments;
  int64_t peakBytes = 0;
  double cycles = 0;
};

/// Ops from the first to the last, inclusive, that access the rows of a streamed input or output.
struct TransferSpan {
  size_t transfer, first, last; ///< transfer: the kernel.receive or kernel.send
};
std::vector<TransferSpan> findTransferSpans(const BufferGraph &graph);

/// Finds partitions of the program's ops, in their order, into streams and whole ops. The peak of a partition is the
/// greatest of its segments', its cycles their sum, so that dynamic programming over the cut points finds, for any
/// bound of bytes, the fastest partition within it; segments have one number of rows per step until refine(). Each
/// transfer span is in one stream, so that its tensor is nowhere whole; all of its ops have to have rows.
class StreamChooser {
public:
  /// Streams have at most `mostRows` rows per step.
  StreamChooser(const BufferGraph &graph, const OpCosts &costs, int32_t mostRows = std::end(kRowsPerStep)[-1]);

  /// The least peak of any partition; the most there is if there is no partition.
  int64_t getLeastPeak() const { return getLeastPeak(0, graph.ops.size()); }
  /// The same for the ops [firstOp, lastOp) alone, none of whose streams reaches over the ends.
  int64_t getLeastPeak(size_t firstOp, size_t lastOp) const;
  /// The fastest partition whose peak is at most `bytes`, or nullopt. Of segments whose own peak is above `preferred`
  /// those nearest to it are taken, whatever their cycles: the fewer steps near the peak, the nearer to it the offsets
  /// get.
  std::optional<Choice> findFastest(int64_t bytes = std::numeric_limits<int64_t>::max(),
                                    int64_t preferred = std::numeric_limits<int64_t>::max()) const;
  /// Partitions of the least peak, which keep the more of their steps below it the more cycles they take.
  std::vector<Choice> findLeast() const;
  /// Partitions whose cycles are at most `cycles`, which have to be at least those of the fastest: the one of the least
  /// peak that is found, first, and others of about that peak.
  std::vector<Choice> findSmall(double cycles) const;

private:
  /// The ops from `firstOp` on, with these rows per step.
  Segment makeSegment(size_t firstOp, llvm::ArrayRef<int32_t> rowsPerStep) const;
  void addSegments(int32_t mostRows);
  bool cutsTransfer(size_t firstOp, size_t lastOp, bool isStream) const;
  bool readsAverage(size_t firstOp, size_t op) const;
  const KernelCost *findKernel(size_t op, const Segment::Op &way, int64_t bytes) const;
  Choice findSmallest(double cycles) const;
  std::optional<double> getCycles(const Segment &segment, int64_t bytes) const;
  int64_t getLeastPeak(const Segment &segment) const;
  /// The fastest kernels that keep what is live at the steps of each op within its `bytes`.
  std::optional<ChosenSegment> choose(Segment segment, llvm::ArrayRef<int64_t> bytes) const;
  void refine(ChosenSegment &chosen, int64_t bytes) const;

  const BufferGraph &graph;
  const OpCosts &costs;
  std::vector<TransferSpan> spans;
  std::vector<std::vector<Segment>> segments; // by last op
};

} // namespace tinyc::lower

#endif // TINYC_PASSES_LOWER_STREAMCHOICE_H
