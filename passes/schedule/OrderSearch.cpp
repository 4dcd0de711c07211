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
// ordered by these steps, all of which keep some order of that peak if there is one. Live bytes are a submodular function
// of the executed ops; an order may therefore run first the part of its ops that lies in
//   - the set after which the fewest bytes are live (a minimum cut): it parts the problem in two;
//   - a valley: a set after which no more bytes are live than at the start, and no more than after any part of it. The
//     first set with no more live bytes that a search meets by ascending (most bytes live on the way, ops) is one: every
//     part of it with fewer bytes would have been met before. Likewise from the end.
// After each step the search starts anew with nothing to remember, so the cells of a network are solved one by one.
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
    int64_t live, most; // most bytes live on the way to it
    size_t count, parent, node;
    bool isDone;
  };
  enum class Outcome { Valley, None, Limit };

  // What is left to be ordered: the nodes of `end` that are not in `begin`, after `head` and before the reverse of `tail`.
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
      guess(segment);
    }
    llvm::append_range(order, segment.head);
    llvm::append_range(order, llvm::reverse(segment.tail));
    return Result::Found;
  }

  // Runs the only op that may be the first, or the last, one. False if that exceeds the peak.
  bool runForced(Segment &segment) {
    for (bool isForward : {true, false})
      while (segment.begin != segment.end) {
        states.clear();
        states.push_back({isForward ? segment.begin : segment.end, 0, 0, 0, 0, 0, true});
        states[0].live = graph.getLiveBytes(states[0].executed);
        SmallVector<size_t> nodes;
        for (size_t node = 0; node < graph.size() && nodes.size() < 2; ++node)
          if (mayFollow(segment, states[0].executed, node, isForward))
            nodes.push_back(node);
        if (nodes.size() != 1)
          break;
        index.clear();
        leastRefused = std::numeric_limits<int64_t>::max();
        if (!extend(0, nodes.front(), isForward))
          return false;
        goTo(segment, 1, isForward);
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

  // Looks for a valley among the given nodes, and goes there.
  Outcome explore(Segment &segment, const llvm::BitVector &among, bool isForward, int64_t mostSets) {
    states.clear();
    index.clear();
    leastRefused = std::numeric_limits<int64_t>::max();
    const llvm::BitVector &from = isForward ? segment.begin : segment.end, &to = isForward ? segment.end : segment.begin;
    int64_t live = graph.getLiveBytes(from);
    states.push_back({from, live, 0, 0, 0, 0, false});
    using Key = std::tuple<int64_t, size_t, size_t>; // most, count, state
    std::priority_queue<Key, std::vector<Key>, std::greater<>> queue;
    queue.push({0, 0, 0});
    int64_t visited = 0;
    while (!queue.empty()) {
      size_t current = std::get<2>(queue.top());
      queue.pop();
      if (states[current].isDone)
        continue;
      states[current].isDone = true;
      if (current != 0 && (states[current].live <= live || states[current].executed == to)) {
        goTo(segment, current, isForward);
        return Outcome::Valley;
      }
      if (++visited > mostSets || static_cast<int64_t>(states.size()) > kWaiting * mostSets)
        return Outcome::Limit;
      for (size_t node : among.set_bits())
        if (mayFollow(segment, states[current].executed, node, isForward))
          if (std::optional<size_t> next = extend(current, node, isForward))
            queue.push({states[*next].most, states[*next].count, *next});
    }
    return Outcome::None;
  }

  // The state with `node` executed (or, backward, not yet), if it is new or reached in a better way.
  std::optional<size_t> extend(size_t current, size_t node, bool isForward) {
    llvm::BitVector executed = states[current].executed;
    int64_t live = states[current].live;
    if (!isForward) {
      executed.reset(node);
      live -= graph.run(node, executed, 0).after;
    }
    ActivationGraph::Step step = graph.run(node, executed, live);
    if (step.during > peak) {
      leastRefused = std::min(leastRefused, step.during);
      return std::nullopt;
    }
    if (isForward) {
      executed.set(node);
      live = step.after;
    }
    int64_t most = std::max(states[current].most, live);
    auto [entry, isNew] = index.try_emplace(executed, states.size());
    if (isNew) {
      states.push_back({std::move(executed), live, most, states[current].count + 1, current, node, false});
    } else {
      State &state = states[entry->second];
      if (state.isDone || most >= state.most)
        return std::nullopt;
      state.most = most;
      state.parent = current;
      state.node = node;
    }
    return entry->second;
  }

  void goTo(Segment &segment, size_t state, bool isForward) {
    (isForward ? segment.begin : segment.end) = states[state].executed;
    Order nodes;
    for (; state != 0; state = states[state].parent)
      nodes.push_back(states[state].node);
    llvm::append_range(isForward ? segment.head : segment.tail, llvm::reverse(nodes));
  }

  // From the start to the set with the least live bytes, of those the largest.
  void guess(Segment &segment) {
    if (explore(segment, llvm::BitVector(graph.size(), true), /*isForward=*/true, limit) == Outcome::Valley)
      return;
    size_t best = 0;
    auto key = [&](size_t i) { return std::make_pair(states[i].live, -static_cast<int64_t>(states[i].count)); };
    for (size_t i = 1; i < states.size(); ++i)
      if (states[i].isDone && (best == 0 || key(i) < key(best)))
        best = i;
    goTo(segment, best, /*isForward=*/true);
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
    if (result == PeakSearch::Result::Found) {
      take(search.getOrder());
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
