#include "passes/graph/MinimumCut.h"

#include <algorithm>
#include <limits>

namespace tinyc::graph {

MinimumCut::MinimumCut(unsigned nodeCount) : outgoing(nodeCount + 2) {}

unsigned MinimumCut::addNode() {
  outgoing.emplace_back();
  return outgoing.size() - 3;
}

void MinimumCut::addArc(unsigned from, unsigned to, int64_t capacity) { connect(from + 2, to + 2, capacity); }

void MinimumCut::connect(unsigned from, unsigned to, int64_t capacity) {
  if (capacity == 0)
    return;
  outgoing[from].push_back(arcs.size());
  arcs.push_back({to, capacity});
  outgoing[to].push_back(arcs.size());
  arcs.push_back({from, 0});
}

void MinimumCut::addCost(unsigned node, int64_t cost) {
  if (cost > 0)
    connect(node + 2, sink, cost);
  else
    connect(source, node + 2, -cost);
}

// Dinic's algorithm: levels by breadth-first search, then blocking flows along them.
bool MinimumCut::findLevels() {
  levels.assign(outgoing.size(), -1);
  levels[source] = 0;
  llvm::SmallVector<unsigned> queue = {source};
  for (size_t head = 0; head < queue.size(); ++head)
    for (unsigned index : outgoing[queue[head]]) {
      const Arc &arc = arcs[index];
      if (arc.capacity == 0 || levels[arc.to] >= 0)
        continue;
      levels[arc.to] = levels[queue[head]] + 1;
      queue.push_back(arc.to);
    }
  return levels[sink] >= 0;
}

int64_t MinimumCut::push(unsigned node, int64_t limit) {
  if (node == sink)
    return limit;
  for (unsigned &position = next[node]; position < outgoing[node].size(); ++position) {
    unsigned index = outgoing[node][position];
    if (arcs[index].capacity == 0 || levels[arcs[index].to] != levels[node] + 1)
      continue;
    if (int64_t pushed = push(arcs[index].to, std::min(limit, arcs[index].capacity))) {
      arcs[index].capacity -= pushed;
      arcs[index ^ 1].capacity += pushed;
      return pushed;
    }
  }
  return 0;
}

llvm::BitVector MinimumCut::solve() {
  while (findLevels()) {
    next.assign(outgoing.size(), 0);
    while (push(source, std::numeric_limits<int64_t>::max()))
      ;
  }
  llvm::BitVector result(outgoing.size() - 2);
  for (unsigned node = 0; node < result.size(); ++node)
    result[node] = levels[node + 2] >= 0;
  return result;
}

} // namespace tinyc::graph
