#include "passes/graph/MinimumCut.h"
#include "passes/schedule/OrderSearch.h"

#include "llvm/ADT/STLExtras.h"

#include <functional>
#include <limits>
#include <optional>

using namespace llvm;

namespace tinyc::schedule {

namespace {

constexpr int64_t kNever = int64_t{1} << 50;

// Minimum cut whose source side is a set of executed ops and whose capacity is the bytes live after it.
class LiveCut {
public:
  LiveCut(const ActivationGraph &graph, std::optional<size_t> node, std::optional<ActivationGraph::Overlap> overlap)
      : graph(graph), cut(graph.size()) {
    for (size_t i = 0; i < graph.size(); ++i)
      for (size_t predecessor : graph.getNode(i).predecessors)
        cut.addArc(i, predecessor, kNever);
    for (auto [i, buffer] : enumerate(graph.getBuffers())) {
      if (buffer.readers.empty() && !buffer.isResult)
        continue;
      int64_t saved = overlap && overlap->buffer == i && !buffer.isResult ? std::min(overlap->bytes, buffer.bytes) : 0;
      addBuffer(buffer, buffer.bytes - saved, std::nullopt);
      if (saved)
        addBuffer(buffer, saved, node);
    }
  }

  void include(size_t node) { cut.addCost(node, -kNever); }
  void exclude(size_t node) { cut.addCost(node, kNever); }
  llvm::BitVector solve() {
    llvm::BitVector executed = cut.solve();
    executed.resize(graph.size());
    return executed;
  }

private:
  // A vertex on the source's side if all readers are: then the bytes are free.
  void addBuffer(const ActivationGraph::Buffer &buffer, int64_t bytes, std::optional<size_t> exceptReader) {
    unsigned freed = cut.addNode();
    if (buffer.creator)
      cut.addArc(*buffer.creator, freed, bytes);
    else
      cut.addCost(freed, -bytes);
    if (buffer.isResult)
      cut.addCost(freed, kNever);
    for (size_t reader : buffer.readers)
      if (reader != exceptReader)
        cut.addArc(freed, reader, kNever);
  }

  const ActivationGraph &graph;
  graph::MinimumCut cut;
};

llvm::BitVector reach(const ActivationGraph &graph, size_t node, SmallVector<size_t> ActivationGraph::Node::*edges) {
  llvm::BitVector reached(graph.size());
  SmallVector<size_t> waiting = {node};
  while (!waiting.empty())
    for (size_t next : graph.getNode(waiting.pop_back_val()).*edges) {
      if (reached.test(next))
        continue;
      reached.set(next);
      waiting.push_back(next);
    }
  return reached;
}

// The least bytes live while `node` runs. With an overlap, its bytes do not count once all other readers of its buffer
// ran.
int64_t getStepBound(const ActivationGraph &graph, size_t node) {
  llvm::BitVector before = reach(graph, node, &ActivationGraph::Node::predecessors);
  llvm::BitVector after = reach(graph, node, &ActivationGraph::Node::successors);
  SmallVector<std::optional<ActivationGraph::Overlap>> overlaps = {std::nullopt};
  llvm::append_range(overlaps, graph.getNode(node).overlaps);
  int64_t least = std::numeric_limits<int64_t>::max();
  for (std::optional<ActivationGraph::Overlap> overlap : overlaps) {
    LiveCut cut(graph, node, overlap);
    for (size_t i : before.set_bits())
      cut.include(i);
    for (size_t i : after.set_bits())
      cut.exclude(i);
    cut.exclude(node);
    llvm::BitVector executed = cut.solve();
    least = std::min(least, graph.run(node, executed, graph.getLiveBytes(executed)).during);
  }
  return least;
}

} // namespace

llvm::BitVector getLeastLive(const ActivationGraph &graph, const llvm::BitVector &begin, const llvm::BitVector &end) {
  LiveCut cut(graph, std::nullopt, std::nullopt);
  for (size_t node = 0; node < graph.size(); ++node) {
    if (begin.test(node))
      cut.include(node);
    else if (!end.test(node))
      cut.exclude(node);
  }
  return cut.solve();
}

int64_t getPeakBound(const ActivationGraph &graph) {
  // What an op needs in some order is no less than its least: ops that need little there are not looked at.
  llvm::BitVector executed(graph.size());
  int64_t live = graph.getLiveBytes(executed), bound = live;
  SmallVector<std::pair<int64_t, size_t>> needs;
  for (size_t node = 0; node < graph.size(); ++node) {
    ActivationGraph::Step step = graph.run(node, executed, live);
    needs.push_back({step.during, node});
    live = step.after;
    executed.set(node);
  }
  llvm::sort(needs, std::greater<>());
  for (auto [during, node] : needs)
    if (during > bound)
      bound = std::max(bound, getStepBound(graph, node));
  return bound;
}

} // namespace tinyc::schedule
