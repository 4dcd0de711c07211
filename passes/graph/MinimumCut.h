// Minimum s-t cut of a small graph.
#ifndef TINYC_PASSES_GRAPH_MINIMUMCUT_H
#define TINYC_PASSES_GRAPH_MINIMUMCUT_H

#include "llvm/ADT/BitVector.h"
#include "llvm/ADT/SmallVector.h"
#include <cstdint>

namespace tinyc::graph {

/// Chooses for each of n nodes the source's or the sink's side at least cost.
class MinimumCut {
public:
  explicit MinimumCut(unsigned nodeCount);

  /// A further node.
  unsigned addNode();
  /// `node` on the source's side costs `cost` (which may be negative).
  void addCost(unsigned node, int64_t cost);
  /// `from` on the source's side with `to` on the sink's side costs `capacity` >= 0.
  void addArc(unsigned from, unsigned to, int64_t capacity);

  /// The nodes on the source's side; the smallest such set if several cost the same. Call once.
  llvm::BitVector solve();

private:
  struct Arc {
    unsigned to;
    int64_t capacity;
  };
  void connect(unsigned from, unsigned to, int64_t capacity);
  bool findLevels();
  int64_t push(unsigned node, int64_t limit);

  llvm::SmallVector<Arc> arcs; // arc i ^ 1 is the reverse of arc i
  llvm::SmallVector<llvm::SmallVector<unsigned>> outgoing;
  llvm::SmallVector<int> levels;
  llvm::SmallVector<unsigned> next;
  static constexpr unsigned source = 0, sink = 1; // node i is vertex i + 2
};

} // namespace tinyc::graph

#endif // TINYC_PASSES_GRAPH_MINIMUMCUT_H
