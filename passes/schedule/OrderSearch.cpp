#include "passes/schedule/OrderSearch.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/STLExtras.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <optional>
#include <queue>

using namespace llvm;

namespace tinyc::schedule {

namespace {

using Order = SmallVector<size_t>;

// Is there an order whose peak is at most `peak`? The ops between two sets of executed ops, at first none and all, are
// ordered by steps that keep some order of that peak if there is one. Live bytes are a submodular function of the
// executed ops; an order may therefore run first the part of its ops that lies in
//   - the set after which the fewest bytes are live (a minimum cut): it parts the problem in two;
//   - a valley: a set that can be reached, after which no more bytes are live than at the start, and no more than after
//     any part of it. Likewise from the end.
// The search for a valley goes through sets of executed ops, from each at once to a valley that a chain of ops reaches.
// After each step it starts anew with nothing to remember, so the cells of a network are solved one by one.
class PeakSearch {
public:
  PeakSearch(const ActivationGraph &graph, int64_t peak, int64_t limit) : graph(graph), peak(peak), limit(limit) {}

  enum class Result { Found, None, Unknown };
  Result run() { return solve(llvm::BitVector(graph.size()), llvm::BitVector(graph.size(), true)); }

  // Of Result::Found.
  const Order &getOrder() const { return order; }
  // Of Result::None: no order has a lower peak.
  int64_t getLeastRefused() const { return leastRefused; }

private:
  static constexpr int64_t kFirstSets = 500, kGuessSets = 200;
  static constexpr int64_t kWaiting = 20; // sets that may wait for each that may be visited

  struct State {
    llvm::BitVector executed;
    int64_t live = 0;
    size_t parent = 0;
    Order nodes; // from the parent to here
  };
  enum class Outcome { Valley, None, Limit };

  // What is left to be ordered: the nodes of `end` that are not in `begin`, after `head` and before the reverse of
  // `tail`.
  struct Segment {
    llvm::BitVector begin, end;
    Order head, tail;
  };

  // Appends the nodes of `end` that are not in `begin` to the order.
  Result solve(llvm::BitVector begin, llvm::BitVector end) {
    Segment segment = {std::move(begin), std::move(end), {}, {}};
    int64_t most = std::min(kFirstSets, limit); // sets to visit before another way is tried
    while (segment.begin != segment.end) {
      if (!runForced(segment))
        return isExact ? Result::None : Result::Unknown;
      if (segment.begin == segment.end)
        break;
      llvm::BitVector middle = getLeastLive(graph, segment.begin, segment.end);
      if (middle != segment.begin && middle != segment.end) {
        llvm::append_range(order, segment.head);
        Result result = solve(segment.begin, middle);
        if (result == Result::Found)
          result = solve(middle, segment.end);
        llvm::append_range(order, llvm::reverse(segment.tail));
        return result;
      }
      Outcome outcome = findValley(segment, most);
      if (outcome == Outcome::None)
        return isExact ? Result::None : Result::Unknown;
      if (outcome == Outcome::Valley)
        continue;
      if (most < limit) {
        most = std::min(2 * most, limit);
        continue;
      }
      // Go on from the best set seen: an order that is found is an order, but none proves nothing.
      isExact = false;
      most = limit = std::min(limit, kGuessSets);
      if (!guess(segment))
        return Result::Unknown;
    }
    llvm::append_range(order, segment.head);
    llvm::append_range(order, llvm::reverse(segment.tail));
    return Result::Found;
  }

  // Runs the only op that may be the first, or the last, one. False if that exceeds the peak.
  bool runForced(Segment &segment) {
    for (bool isForward : {true, false})
      while (segment.begin != segment.end) {
        llvm::BitVector &executed = isForward ? segment.begin : segment.end;
        SmallVector<size_t> nodes;
        for (size_t node = 0; node < graph.size() && nodes.size() < 2; ++node)
          if (mayFollow(segment, executed, node, isForward))
            nodes.push_back(node);
        if (nodes.size() != 1)
          break;
        leastRefused = std::numeric_limits<int64_t>::max();
        int64_t live = graph.getLiveBytes(executed);
        if (!step(executed, live, nodes.front(), isForward))
          return false;
        (isForward ? segment.head : segment.tail).push_back(nodes.front());
      }
    return true;
  }

  // Searches among the ops of one component, connected by operands, then of all.
  Outcome findValley(Segment &segment, int64_t most) {
    SmallVector<llvm::BitVector> components = getComponents(segment);
    for (bool isForward : {true, false})
      for (const llvm::BitVector &component : components)
        if (components.size() > 1 && explore(segment, component, isForward, most) == Outcome::Valley)
          return Outcome::Valley;
    llvm::BitVector all(graph.size(), true);
    Outcome outcome = explore(segment, all, /*isForward=*/true, most);
    return outcome == Outcome::Limit ? explore(segment, all, /*isForward=*/false, most) : outcome;
  }

  SmallVector<llvm::BitVector> getComponents(const Segment &segment) const {
    auto isLeft = [&](size_t node) { return segment.end.test(node) && !segment.begin.test(node); };
    llvm::BitVector seen(graph.size());
    SmallVector<llvm::BitVector> components;
    for (size_t start = 0; start < graph.size(); ++start) {
      if (!isLeft(start) || seen.test(start))
        continue;
      llvm::BitVector component(graph.size());
      SmallVector<size_t> waiting = {start};
      component.set(start);
      while (!waiting.empty()) {
        const ActivationGraph::Node &node = graph.getNode(waiting.pop_back_val());
        for (ArrayRef<size_t> nodes : {ArrayRef<size_t>(node.predecessors), ArrayRef<size_t>(node.successors)})
          for (size_t next : nodes)
            if (isLeft(next) && !component.test(next)) {
              component.set(next);
              waiting.push_back(next);
            }
      }
      seen |= component;
      components.push_back(std::move(component));
    }
    return components;
  }

  // Whether `node` may run next or, backward, may be the last one that ran.
  bool mayFollow(const Segment &segment, const llvm::BitVector &executed, size_t node, bool isForward) const {
    if (isForward)
      return segment.end.test(node) && !executed.test(node) && graph.isReady(node, executed);
    return executed.test(node) && !segment.begin.test(node) &&
           llvm::none_of(graph.getNode(node).successors, [&](size_t successor) { return executed.test(successor); });
  }

  // Runs `node`, or takes it back. False, with nothing changed, if that exceeds the peak.
  bool step(llvm::BitVector &executed, int64_t &live, size_t node, bool isForward) {
    int64_t before = live;
    if (!isForward) {
      executed.reset(node);
      before -= graph.run(node, executed, 0).after;
    }
    ActivationGraph::Step taken = graph.run(node, executed, before);
    if (taken.during > peak) {
      leastRefused = std::min(leastRefused, taken.during);
      if (!isForward)
        executed.set(node);
      return false;
    }
    if (isForward)
      executed.set(node);
    live = isForward ? taken.after : before;
    return true;
  }

  // Runs chains of ops, each an operand of the next, as long as there is one after which no more bytes are live than
  // now.
  void runChains(const Segment &segment, State &state, const llvm::BitVector &among, bool isForward) {
    Order chain;
    for (bool changed = true; changed;) {
      changed = false;
      for (size_t start : among.set_bits()) {
        chain.clear();
        int64_t live = state.live;
        for (std::optional<size_t> node = start; node && (chain.empty() || live > state.live);) {
          if (!mayFollow(segment, state.executed, *node, isForward) || !step(state.executed, live, *node, isForward))
            break;
          chain.push_back(*node);
          const ActivationGraph::Node &last = graph.getNode(*node);
          ArrayRef<size_t> nodes = isForward ? last.successors : last.predecessors;
          auto next = llvm::find_if(nodes, [&](size_t candidate) {
            return among.test(candidate) && mayFollow(segment, state.executed, candidate, isForward);
          });
          node = next == nodes.end() ? std::nullopt : std::optional<size_t>(*next);
        }
        if (chain.empty())
          continue;
        if (live <= state.live) {
          state.live = live;
          llvm::append_range(state.nodes, chain);
          changed = true;
          continue;
        }
        for (size_t node : chain)
          state.executed.flip(node);
      }
    }
  }

  // Looks for a valley among the given nodes, and goes there.
  Outcome explore(Segment &segment, llvm::BitVector among, bool isForward, int64_t mostSets) {
    among &= segment.end;
    among.reset(segment.begin);
    states.clear();
    index.clear();
    leastRefused = std::numeric_limits<int64_t>::max();
    const llvm::BitVector &to = isForward ? segment.end : segment.begin;
    states.push_back({isForward ? segment.begin : segment.end, 0, 0, {}});
    states[0].live = graph.getLiveBytes(states[0].executed);
    runChains(segment, states[0], among, isForward);
    if (!states[0].nodes.empty()) {
      goTo(segment, 0, states[0].executed, isForward);
      return Outcome::Valley;
    }
    // In turn the state with the fewest live bytes and the one that has come furthest.
    using Key = std::tuple<int64_t, int64_t, size_t>;
    std::priority_queue<Key, std::vector<Key>, std::greater<>> lowest, furthest;
    auto push = [&](size_t state) {
      int64_t left = states[state].executed.count();
      left = isForward ? -left : left;
      lowest.push({states[state].live, left, state});
      furthest.push({left, states[state].live, state});
    };
    push(0);
    llvm::BitVector isDone;
    for (int64_t visited = 0; !lowest.empty() && !furthest.empty();) {
      auto &queue = visited % 2 ? furthest : lowest;
      size_t current = std::get<2>(queue.top());
      queue.pop();
      isDone.resize(states.size());
      if (isDone.test(current))
        continue;
      isDone.set(current);
      if (++visited > mostSets || static_cast<int64_t>(states.size()) > kWaiting * mostSets)
        return Outcome::Limit;
      for (size_t node : among.set_bits()) {
        State next = {states[current].executed, states[current].live, current, {}};
        if (!mayFollow(segment, next.executed, node, isForward) || !step(next.executed, next.live, node, isForward))
          continue;
        next.nodes.push_back(node);
        runChains(segment, next, among, isForward);
        if (!index.try_emplace(next.executed, states.size()).second)
          continue;
        states.push_back(std::move(next));
        const State &added = states.back();
        if (added.executed == to || added.live <= states[0].live) {
          goTo(segment, states.size() - 1, findValleyWithin(added, isForward), isForward);
          return Outcome::Valley;
        }
        push(states.size() - 1);
      }
    }
    return Outcome::None;
  }

  // The set with the fewest live bytes on this side of `state`: it is reached by the same order without the other ops.
  llvm::BitVector findValleyWithin(const State &state, bool isForward) {
    const llvm::BitVector &from = states[0].executed;
    llvm::BitVector least =
        isForward ? getLeastLive(graph, from, state.executed) : getLeastLive(graph, state.executed, from);
    bool isLower = least != from && graph.getLiveBytes(least) < state.live;
    return isLower ? least : state.executed;
  }

  // Goes to `executed`, by the ops on the way to `state` that lead there.
  void goTo(Segment &segment, size_t state, const llvm::BitVector &executed, bool isForward) {
    Order nodes;
    for (;; state = states[state].parent) {
      llvm::append_range(nodes, llvm::reverse(states[state].nodes));
      if (state == 0)
        break;
    }
    for (size_t node : llvm::reverse(nodes))
      if (executed.test(node) == isForward)
        (isForward ? segment.head : segment.tail).push_back(node);
    (isForward ? segment.begin : segment.end) = executed;
  }

  // From the start to the set with the least live bytes, of those the largest.
  bool guess(Segment &segment) {
    if (explore(segment, llvm::BitVector(graph.size(), true), /*isForward=*/true, limit) == Outcome::Valley)
      return true;
    if (states.size() == 1)
      return false;
    size_t best = 1;
    auto key = [&](size_t i) {
      return std::make_pair(states[i].live, -static_cast<int64_t>(states[i].executed.count()));
    };
    for (size_t i = 1; i < states.size(); ++i)
      if (key(i) < key(best))
        best = i;
    goTo(segment, best, states[best].executed, /*isForward=*/true);
    return true;
  }

  const ActivationGraph &graph;
  int64_t peak, limit;
  Order order;
  bool isExact = true;
  int64_t leastRefused = 0;
  std::vector<State> states;
  llvm::DenseMap<llvm::BitVector, size_t> index;
};

// Always the ready op that leaves the fewest bytes, of those with the least bytes while running.
Order findGreedyOrder(const ActivationGraph &graph) {
  llvm::BitVector executed(graph.size());
  Order order;
  int64_t live = graph.getLiveBytes(executed), peak = live;
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

// The lexicographically first order whose peak is at most `peak`; nullopt beyond the limit.
std::optional<Order> findFirstOrder(const ActivationGraph &graph, int64_t peak, int64_t limit) {
  struct Frame {
    size_t next; // node to try next
    int64_t live;
  };
  llvm::DenseSet<llvm::BitVector> failed;
  llvm::BitVector executed(graph.size());
  Order order;
  std::vector<Frame> frames = {{0, graph.getLiveBytes(executed)}};
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

} // namespace

OrderResult findLeastPeakOrder(const ActivationGraph &graph, int64_t limit) {
  constexpr int64_t kHardLimit = 1000; // once a peak was too hard, the others are as well
  OrderResult best;
  best.order.resize(graph.size());
  std::iota(best.order.begin(), best.order.end(), size_t{0});
  best.peak = graph.getPeak(best.order);
  best.bound = getPeakBound(graph);
  auto take = [&](Order order) {
    int64_t peak = graph.getPeak(order);
    if (peak >= best.peak)
      return false;
    best.peak = peak;
    best.order = std::move(order);
    return true;
  };
  bool isOriginal = true;
  if (best.peak > best.bound && take(findGreedyOrder(graph)))
    isOriginal = false;
  // Peaks below `low` are refuted or were too hard. The lowest that is left is tried first: it mostly is the least.
  int64_t low = best.bound;
  for (bool isLowest = true; low < best.peak; isLowest = !isLowest && best.bound == low) {
    int64_t peak = isLowest ? low : low + (best.peak - low) / 2;
    PeakSearch search(graph, peak, best.bound == low ? limit : std::min(limit, kHardLimit));
    PeakSearch::Result result = search.run();
    if (result == PeakSearch::Result::Found && take(search.getOrder())) {
      isOriginal = false;
      continue;
    }
    low = peak + 1;
    if (result == PeakSearch::Result::None)
      best.bound = low = std::min(std::max(search.getLeastRefused(), low), best.peak);
  }
  if (!isOriginal)
    if (std::optional<Order> first = findFirstOrder(graph, best.peak, limit))
      best.order = *first;
  return best;
}

} // namespace tinyc::schedule
