#include "compiler/onnx/Graph.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

#include <queue>

namespace tinyc::onnx {

namespace {

class Structure {
public:
  Structure(const Model &model, ErrorHandler handleError) : model(model), handleError(handleError) {}

  std::optional<std::vector<const Node *>> order() {
    collectProducers();
    checkReads();
    if (failed)
      return std::nullopt;
    return sort();
  }

private:
  static constexpr int64_t kNoNode = -1;
  /// Nodes named in the message about a cycle.
  static constexpr size_t kMaxLabels = 8;

  void error(llvm::StringRef name, const std::string &message) {
    handleError(name, message);
    failed = true;
  }

  void collectProducers();
  void checkReads();
  std::optional<std::vector<const Node *>> sort();
  void reportCycle(llvm::ArrayRef<unsigned> pending);

  const Model &model;
  ErrorHandler handleError;
  /// The node that produces a value; kNoNode for graph inputs and initializers.
  llvm::StringMap<int64_t> producers;
  bool failed = false;
};

void Structure::collectProducers() {
  for (const TensorInfo &input : model.inputs)
    if (input.name.empty())
      error("", "a graph input has no name");
    else if (!producers.try_emplace(input.name, kNoNode).second)
      error(input.name, "graph input '" + input.name + "' is given twice");
  for (const auto &[name, constant] : model.initializers)
    producers.try_emplace(name, kNoNode);
  for (auto [index, node] : llvm::enumerate(model.nodes))
    for (const std::string &output : node.outputs)
      if (!output.empty() && !producers.try_emplace(output, index).second)
        error(node.getLabel(), node.type + ": its output '" + output +
                                   "' is already the name of an input, an initializer or another node's output");
}

void Structure::checkReads() {
  if (model.outputs.empty())
    error("", "the graph has no output");
  llvm::StringSet<> outputs;
  for (const TensorInfo &output : model.outputs) {
    if (!producers.contains(output.name))
      error(output.name, "graph output '" + output.name + "' is produced by no node");
    if (!outputs.insert(output.name).second)
      error(output.name, "graph output '" + output.name + "' is given twice");
  }
  for (const Node &node : model.nodes)
    for (auto [index, input] : llvm::enumerate(node.inputs))
      if (!input.empty() && !producers.contains(input))
        error(node.getLabel(), node.type + ": input " + std::to_string(index) + " ('" + input +
                                   "') is produced by no node, graph input or initializer");
  for (const Node &node : model.nodes)
    for (const std::string &capture : node.captures)
      if (!producers.contains(capture))
        error(node.getLabel(), node.type + ": its subgraphs read '" + capture +
                                   "', which no node, graph input or initializer produces");
}

std::optional<std::vector<const Node *>> Structure::sort() {
  std::vector<unsigned> pending(model.nodes.size(), 0); // inputs whose producers have not been ordered yet
  std::vector<llvm::SmallVector<unsigned>> readers(model.nodes.size());
  for (auto [index, node] : llvm::enumerate(model.nodes))
    for (const std::string &input : llvm::concat<const std::string>(node.inputs, node.captures))
      if (int64_t producer = input.empty() ? kNoNode : producers.lookup(input); producer != kNoNode) {
        readers[producer].push_back(index);
        ++pending[index];
      }
  std::priority_queue<unsigned, std::vector<unsigned>, std::greater<>> ready;
  for (auto [index, count] : llvm::enumerate(pending))
    if (count == 0)
      ready.push(index);
  std::vector<const Node *> ordered;
  while (!ready.empty()) {
    const unsigned index = ready.top();
    ready.pop();
    ordered.push_back(&model.nodes[index]);
    for (unsigned reader : readers[index])
      if (--pending[reader] == 0)
        ready.push(reader);
  }
  if (ordered.size() == model.nodes.size())
    return ordered;
  reportCycle(pending);
  return std::nullopt;
}

void Structure::reportCycle(llvm::ArrayRef<unsigned> pending) {
  // From any node left, going back to a producer that is left too must run into a cycle.
  llvm::SmallVector<int64_t> path;
  int64_t current = llvm::find_if(pending, [](unsigned count) { return count > 0; }) - pending.begin();
  while (!llvm::is_contained(path, current)) {
    path.push_back(current);
    const Node &last = model.nodes[path.back()];
    for (const std::string &input : llvm::concat<const std::string>(last.inputs, last.captures))
      if (int64_t producer = input.empty() ? kNoNode : producers.lookup(input);
          producer != kNoNode && pending[producer] > 0)
        current = producer;
  }
  llvm::SmallVector<std::string> labels;
  for (int64_t index : llvm::reverse(llvm::make_range(llvm::find(path, current), path.end())))
    labels.push_back("'" + model.nodes[index].getLabel() + "'");
  labels.push_back(labels.front());
  if (labels.size() > kMaxLabels)
    labels.erase(labels.begin() + kMaxLabels / 2, labels.end() - kMaxLabels / 2);
  const Node &first = model.nodes[path.back()];
  error(first.getLabel(), first.type + ": the graph has a cycle: " + llvm::join(labels, " -> "));
}

} // namespace

std::optional<std::vector<const Node *>> orderNodes(const Model &model, ErrorHandler handleError) {
  return Structure(model, handleError).order();
}

} // namespace tinyc::onnx
