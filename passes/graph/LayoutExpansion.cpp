// Minimization of a LayoutGraph's cost: one label carried through the graph, a minimum cut decides who takes it.
#include "passes/graph/LayoutGraph.h"
#include "passes/graph/MinimumCut.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace tinyc::graph {

/// One try: which of the nodes that can follow a label should.
class LayoutGraph::Expansion {
public:
  explicit Expansion(LayoutGraph &graph) : graph(graph) {}
  /// Proposes a label for a node; false if the node cannot take it or has it.
  bool propose(unsigned node, std::optional<Layout> label);
  /// Carries the proposals on, and applies them where that lowers the cost.
  bool run();

private:
  /// Layouts that one use wants and its definition stores, with old and new labels: [old, new].
  struct Ends {
    std::optional<Layout> stored[2], wanted[2];
    bool differ(int producer, int consumer) const { return stored[producer] != wanted[consumer]; }
  };
  Ends getEnds(const Edge &edge) const;
  bool isOpen(unsigned node) const { return labels.count(node); }
  unsigned getIndex(unsigned node) const { return indices.lookup(node); }

  void carry();
  void addCosts(unsigned producer, MinimumCut &cut) const;
  void addPairCost(const Edge &edge, const Ends &ends, MinimumCut &cut) const;

  LayoutGraph &graph;
  llvm::MapVector<unsigned, Layout> labels;     // proposals
  llvm::DenseMap<unsigned, unsigned> indices; // of a proposal's node in the cut
};

bool LayoutGraph::Expansion::propose(unsigned node, std::optional<Layout> label) {
  const Node &target = graph.nodes[node];
  if (!label || *label == target.label || !graph.accepts(target, *label))
    return false;
  if (labels.insert({node, *label}).second)
    indices[node] = labels.size() - 1;
  return true;
}

void LayoutGraph::Expansion::carry() {
  for (size_t next = 0; next < labels.size(); ++next) {
    auto [current, label] = *(labels.begin() + next);
    const Node &node = graph.nodes[current];
    for (unsigned number : node.edges) {
      const Edge &edge = graph.edges[number];
      bool down = edge.producer == current;
      unsigned other = down ? edge.consumer : edge.producer;
      std::optional<Layout> layout = down ? graph.atResult(node, label) : graph.atOperand(node, *edge.use, label);
      if (layout)
        propose(other, down ? graph.fromOperand(graph.nodes[other], *edge.use, *layout)
                            : graph.fromResult(graph.nodes[other], *layout));
    }
  }
}

LayoutGraph::Expansion::Ends LayoutGraph::Expansion::getEnds(const Edge &edge) const {
  const Node &producer = graph.nodes[edge.producer], &consumer = graph.nodes[edge.consumer];
  auto newProducer = labels.find(edge.producer), newConsumer = labels.find(edge.consumer);
  Ends ends;
  ends.stored[0] = ends.stored[1] = graph.atResult(producer, producer.label);
  ends.wanted[0] = ends.wanted[1] = graph.atOperand(consumer, *edge.use, consumer.label);
  if (newProducer != labels.end())
    ends.stored[1] = graph.atResult(producer, newProducer->second);
  if (newConsumer != labels.end())
    ends.wanted[1] = graph.atOperand(consumer, *edge.use, newConsumer->second);
  return ends;
}

/// E(p, c) for p, c = 1 where the new label is taken: A + (C - A) p + (D - C) c + (B + C - A - D) (1 - p) c. A negative
/// last coefficient (ways to carry the label that do not agree) is left out: then the cut is a guess.
void LayoutGraph::Expansion::addPairCost(const Edge &edge, const Ends &ends, MinimumCut &cut) const {
  auto cost = [&](int producer, int consumer) { return ends.differ(producer, consumer) ? edge.bytes : 0; };
  int64_t a = cost(0, 0), b = cost(0, 1), c = cost(1, 0), d = cost(1, 1);
  if (isOpen(edge.producer) && isOpen(edge.consumer)) {
    cut.addCost(getIndex(edge.producer), c - a);
    cut.addCost(getIndex(edge.consumer), d - c);
    cut.addArc(getIndex(edge.consumer), getIndex(edge.producer), std::max<int64_t>(0, b + c - a - d));
  } else if (isOpen(edge.producer)) {
    cut.addCost(getIndex(edge.producer), c - a);
  } else if (isOpen(edge.consumer)) {
    cut.addCost(getIndex(edge.consumer), b - a);
  }
}

/// The costs of the values of one definition. All uses that want one layout share one transpose, so they pay together:
/// an auxiliary node of the cut pays once for all of them.
void LayoutGraph::Expansion::addCosts(unsigned producer, MinimumCut &cut) const {
  constexpr int64_t never = int64_t(1) << 60;
  struct Group {
    Value value;
    Layout wanted; // with the old label
    bool matched;  // the old label wants what is stored
    int64_t bytes;
    bool closed = false; // some use cannot change
    SmallVector<unsigned> uses;
  };
  SmallVector<Group> groups;
  bool open = isOpen(producer);
  for (unsigned number : graph.nodes[producer].edges) {
    const Edge &edge = graph.edges[number];
    if (edge.producer != producer || edge.bytes == 0)
      continue;
    Ends ends = getEnds(edge);
    bool use = isOpen(edge.consumer);
    // With both labels new the ends agree, with one new they do not: else the use pays for itself.
    bool agrees = open ? ends.differ(1, 0) && (!use || (ends.differ(0, 1) && !ends.differ(1, 1)))
                       : use && ends.differ(0, 0) != ends.differ(0, 1);
    if (!agrees && (open || use)) {
      addPairCost(edge, ends, cut);
      continue;
    }
    auto found = llvm::find_if(groups, [&](const Group &group) {
      return group.value == edge.use->get() && group.wanted == *ends.wanted[0];
    });
    if (found == groups.end()) {
      groups.push_back({edge.use->get(), *ends.wanted[0], !ends.differ(0, 0), edge.bytes, false, {}});
      found = std::prev(groups.end());
    }
    if (use)
      found->uses.push_back(getIndex(edge.consumer));
    else
      found->closed = true;
  }
  for (const Group &group : groups) {
    if (group.matched) {
      // Pays if a use changes and the definition does not,
      if (!group.uses.empty()) {
        unsigned any = cut.addNode();
        for (unsigned use : group.uses)
          cut.addArc(use, any, never);
        open ? cut.addArc(any, getIndex(producer), group.bytes) : cut.addCost(any, group.bytes);
      }
      // or if the definition changes and a use does not.
      if (open && group.closed) {
        cut.addCost(getIndex(producer), group.bytes);
      } else if (open) {
        unsigned all = cut.addNode();
        cut.addArc(getIndex(producer), all, group.bytes);
        for (unsigned use : group.uses)
          cut.addArc(all, use, never);
      }
    } else if (!group.closed) {
      // Pays unless all change.
      unsigned all = cut.addNode();
      cut.addCost(all, -group.bytes);
      if (open)
        cut.addArc(all, getIndex(producer), never);
      for (unsigned use : group.uses)
        cut.addArc(all, use, never);
    }
  }
}

bool LayoutGraph::Expansion::run() {
  carry();
  MinimumCut cut(labels.size());
  llvm::SmallSetVector<unsigned, 16> producers;
  for (auto &[node, unused] : labels) {
    producers.insert(node);
    for (unsigned number : graph.nodes[node].edges)
      producers.insert(graph.edges[number].producer);
  }
  for (unsigned producer : producers)
    addCosts(producer, cut);

  // The cut may be a guess: what decides is the true cost of the values concerned.
  SmallVector<Edge> part;
  for (unsigned producer : producers)
    for (unsigned number : graph.nodes[producer].edges)
      if (graph.edges[number].producer == producer)
        part.push_back(graph.edges[number]);
  llvm::BitVector chosen = cut.solve();
  auto exchange = [&] {
    for (auto &[node, label] : labels)
      if (chosen[getIndex(node)])
        std::swap(graph.nodes[node].label, label);
  };
  int64_t before = graph.getCost(part);
  exchange();
  if (graph.getCost(part) < before)
    return true;
  exchange();
  return false;
}

void LayoutGraph::minimize() {
  for (bool changed = true; changed;) {
    changed = false;
    for (const Edge &edge : edges) {
      Layout stored = getStored(edge.use->get()), wanted = getWanted(*edge.use);
      if (edge.bytes == 0 || stored == wanted)
        continue;
      // All uses that share the transpose take what is stored; or the definition stores what they want.
      Expansion down(*this), up(*this);
      bool proposed = false;
      for (unsigned number : nodes[edge.producer].edges) {
        const Edge &other = edges[number];
        if (other.producer == edge.producer && other.use->get() == edge.use->get() && getWanted(*other.use) == wanted)
          proposed |= down.propose(other.consumer, fromOperand(nodes[other.consumer], *other.use, stored));
      }
      if (proposed && down.run()) {
        changed = true;
        continue;
      }
      if (up.propose(edge.producer, fromResult(nodes[edge.producer], wanted)))
        changed |= up.run();
    }
  }
}

} // namespace tinyc::graph
