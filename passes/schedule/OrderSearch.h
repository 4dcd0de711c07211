// The order of a graph's ops with the least peak of live activations.
#ifndef TINYC_PASSES_SCHEDULE_ORDERSEARCH_H
#define TINYC_PASSES_SCHEDULE_ORDERSEARCH_H

#include "passes/schedule/ActivationGraph.h"

namespace tinyc::schedule {

struct OrderResult {
  llvm::SmallVector<size_t> order;
  int64_t peak;  ///< of the order
  int64_t bound; ///< no order has a lower one: proved; equal to `peak` unless the limit was reached
};

/// Bytes that are live at least while some op runs, in any order: for each op, the least over all sets of executed ops
/// that it may run after (a minimum cut).
int64_t getPeakBound(const ActivationGraph &graph);

/// Of the sets of executed ops between `begin` and `end` the one after which the fewest bytes are live.
llvm::BitVector getLeastLive(const ActivationGraph &graph, const llvm::BitVector &begin, const llvm::BitVector &end);

/// Visits at most `limit` sets of executed ops for each peak that is tried. Of the orders of least peak the
/// lexicographically first one is returned if it is found within the limit as well.
OrderResult findLeastPeakOrder(const ActivationGraph &graph, int64_t limit);

} // namespace tinyc::schedule

#endif // TINYC_PASSES_SCHEDULE_ORDERSEARCH_H
