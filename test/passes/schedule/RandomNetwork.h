// Random networks as orderings see them, with a cost model of their own.
#ifndef TINYC_TEST_PASSES_SCHEDULE_RANDOMNETWORK_H
#define TINYC_TEST_PASSES_SCHEDULE_RANDOMNETWORK_H

#include "passes/lower/Placement.h"
#include "passes/schedule/ActivationGraph.h"

#include <random>
#include <vector>

namespace tinyc::schedule {

struct Network {
  // Tensor 0 is the input, tensor i + 1 the result of op i.
  struct Op {
    std::vector<size_t> reads;  // tensors
    bool isElementwise = false; // the result may take the place of an operand of its size
    int64_t saved = 0;          // bytes of the first operand that the result may lie over, if not elementwise
  };
  std::vector<int64_t> bytes; // of each tensor
  std::vector<Op> ops;

  /// An op and its tensor; returns the tensor.
  size_t add(std::vector<size_t> reads, int64_t resultBytes, bool isElementwise = false);

  bool isResult(size_t tensor) const;
  ActivationGraph toGraph() const;
  /// The groups to place for an order: a result in the place of an operand shares its group.
  std::vector<lower::Group> toGroups(llvm::ArrayRef<size_t> order) const;

  /// Bytes live while `op` runs after the ops of the bit set `executed`; of 63 ops at most.
  int64_t getLiveDuring(size_t op, uint64_t executed) const;
  /// The least peak of all orders, by dynamic programming over all sets of ops; of 20 ops at most.
  int64_t getLeastPeak() const;
};

enum class NetworkKind { Random, SeriesParallel, Inception, NasNet };
/// About `ops` ops, never more.
Network makeRandomNetwork(std::mt19937 &engine, NetworkKind kind, size_t ops, bool withOverlap);

} // namespace tinyc::schedule

#endif // TINYC_TEST_PASSES_SCHEDULE_RANDOMNETWORK_H
