#include "passes/schedule/ActivationGraph.h"
#include "passes/schedule/Passes.h"

#include "mlir/IR/Builders.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/STLExtras.h"

#include <limits>
#include <numeric>
#include <optional>
#include <queue>

using namespace mlir;

namespace tinyc::schedule {

#define GEN_PASS_DEF_ORDEROPERATORSPASS
#include "passes/schedule/Passes.h.inc"

namespace {

using Order = SmallVector<size_t>;

class Search {
public:
  Search(const ActivationGraph &graph, int64_t limit) : graph(graph), limit(limit) {}

  /// The least peak of any order, or nullopt if more than `limit` sets had to be visited, or too many wait to be:
  /// hundreds of ops that are ready at once. Dijkstra's algorithm with the maximum in the place of the sum: sets leave
  /// the queue by ascending peak.
  std::optional<int64_t> findLeastPeak() const {
    struct State {
      int64_t peak, live;
      size_t count; // executed ops; the larger first, to reach the end early
      llvm::BitVector executed;
    };
    auto later = [](const State &a, const State &b) { return a.peak != b.peak ? a.peak > b.peak : a.count < b.count; };
    std::priority_queue<State, std::vector<State>, decltype(later)> queue(later);
    llvm::DenseSet<llvm::BitVector> done;
    int64_t inputs = graph.getInitialBytes();
    queue.push({inputs, inputs, 0, llvm::BitVector(graph.size())});
    while (!queue.empty()) {
      State state = queue.top();
      queue.pop();
      if (state.count == graph.size())
        return state.peak;
      if (!done.insert(state.executed).second)
        continue;
      if (static_cast<int64_t>(done.size()) > limit || static_cast<int64_t>(queue.size()) > kWaiting * limit)
        return std::nullopt;
      for (size_t node = 0; node < graph.size(); ++node) {
        if (state.executed.test(node) || !graph.isReady(node, state.executed))
          continue;
        ActivationGraph::Step step = graph.run(node, state.executed, state.live);
        llvm::BitVector executed = state.executed;
        executed.set(node);
        if (!done.contains(executed))
          queue.push({std::max(state.peak, step.during), step.after, state.count + 1, std::move(executed)});
      }
    }
    return std::nullopt;
  }

  /// The lexicographically first order whose peak is at most `peak`; nullopt beyond the limit.
  std::optional<Order> findFirstOrder(int64_t peak) const {
    struct Frame {
      size_t next; // node to try next
      int64_t live;
    };
    llvm::DenseSet<llvm::BitVector> failed;
    llvm::BitVector executed(graph.size());
    Order order;
    std::vector<Frame> frames = {{0, graph.getInitialBytes()}};
    while (order.size() < graph.size()) {
      Frame &frame = frames.back();
      size_t node = frame.next++;
      if (node == graph.size()) {
        failed.insert(executed);
        if (order.empty() || static_cast<int64_t>(failed.size()) > limit)
          return std::nullopt;
        frames.pop_back();
        executed.reset(order.pop_back_val());
        continue;
      }
      if (executed.test(node) || !graph.isReady(node, executed))
        continue;
      ActivationGraph::Step step = graph.run(node, executed, frame.live);
      if (step.during > peak)
        continue;
      executed.set(node);
      if (failed.contains(executed)) {
        executed.reset(node);
        continue;
      }
      order.push_back(node);
      frames.push_back({0, step.after});
    }
    return order;
  }

  /// Always the ready op that leaves the fewest bytes, of those with the least bytes while running.
  Order findGreedyOrder() const {
    llvm::BitVector executed(graph.size());
    Order order;
    int64_t live = graph.getInitialBytes(), peak = live;
    while (order.size() < graph.size()) {
      std::optional<size_t> best;
      ActivationGraph::Step bestStep = {0, 0};
      auto cost = [&](ActivationGraph::Step step) { return std::make_pair(std::max(step.during, peak), step.after); };
      for (size_t node = 0; node < graph.size(); ++node) {
        if (executed.test(node) || !graph.isReady(node, executed))
          continue;
        ActivationGraph::Step step = graph.run(node, executed, live);
        if (!best || cost(step) < cost(bestStep)) {
          best = node;
          bestStep = step;
        }
      }
      order.push_back(*best);
      executed.set(*best);
      live = bestStep.after;
      peak = std::max(peak, bestStep.during);
    }
    return order;
  }

private:
  static constexpr int64_t kWaiting = 20; // sets that may wait for each that may be visited

  const ActivationGraph &graph;
  int64_t limit;
};

class OrderOperatorsPass : public impl::OrderOperatorsPassBase<OrderOperatorsPass> {
public:
  using OrderOperatorsPassBase::OrderOperatorsPassBase;

  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (!function.getBody().hasOneBlock())
      return;
    ActivationGraph graph(function);
    Order original(graph.size());
    std::iota(original.begin(), original.end(), size_t{0});
    int64_t originalPeak = graph.getPeak(original);
    Search search(graph, limit);
    std::optional<Order> order;
    if (std::optional<int64_t> peak = search.findLeastPeak()) {
      if (*peak == originalPeak)
        return;
      order = search.findFirstOrder(*peak);
    }
    if (!order)
      order = search.findGreedyOrder();
    if (graph.getPeak(*order) >= originalPeak)
      return;
    Operation *terminator = function.front().getTerminator();
    for (size_t node : *order)
      graph.getOperation(node)->moveBefore(terminator);
  }
};

} // namespace

} // namespace tinyc::schedule
