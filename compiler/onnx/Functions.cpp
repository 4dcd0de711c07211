#include "compiler/onnx/Functions.h"

#include "llvm/ADT/STLExtras.h"

#include <set>

namespace tinyc::onnx {

namespace {

/// Nodes of a model with all calls replaced. Calls inside calls may make many of few.
constexpr size_t kMostNodes = 1'000'000;
constexpr unsigned kMostCalls = 64; // inside each other

class Inliner {
public:
  Inliner(Model &model, ErrorHandler handleError) : model(model), handleError(handleError) {}

  bool run() {
    for (const TensorInfo &info : model.inputs)
      names.insert(info.name);
    for (const auto &[name, constant] : model.initializers)
      names.insert(name);
    for (const Node &node : model.nodes)
      for (const std::string &output : node.outputs)
        names.insert(output);
    std::vector<Node> original = std::move(model.nodes);
    model.nodes.clear();
    for (Node &node : original)
      if (!add(std::move(node), 0, model.nodes))
        return false;
    return true;
  }

private:
  bool fail(const Node &node, const std::string &message) {
    handleError(node.getLabel(),
                node.type + " (domain " + (node.domain.empty() ? "ai.onnx" : node.domain) + "): " + message);
    return false;
  }

  bool add(Node node, unsigned depth, std::vector<Node> &nodes) {
    auto function = model.functions.find(node.domain + "." + node.type);
    if (function == model.functions.end()) {
      if (nodes.size() == kMostNodes)
        return fail(node, "the model has more than " + std::to_string(kMostNodes) + " nodes, its functions in place");
      if (!inlineInSubgraphs(node, depth))
        return false;
      nodes.push_back(std::move(node));
      return true;
    }
    if (depth == kMostCalls)
      return fail(node, "functions call each other more than " + std::to_string(kMostCalls) + " deep");
    return addBody(node, function->second, depth + 1, nodes);
  }

  /// Replaces the calls in the node's subgraphs.
  bool inlineInSubgraphs(Node &node, unsigned depth) {
    for (auto &[name, attribute] : node.attributes) {
      if (!attribute.graph)
        continue;
      auto graph = std::make_shared<Subgraph>(*attribute.graph);
      std::vector<Node> original = std::move(graph->nodes);
      graph->nodes.clear();
      for (Node &inner : original)
        if (!add(std::move(inner), depth, graph->nodes))
          return false;
      attribute.graph = std::move(graph);
    }
    return true;
  }

  /// A name that nothing in the model has.
  std::string makeUnique(const std::string &wanted) {
    std::string name = wanted;
    for (unsigned number = 1; !names.insert(name).second; ++number)
      name = wanted + "_" + std::to_string(number);
    return name;
  }

  bool addBody(const Node &call, const Function &function, unsigned depth, std::vector<Node> &nodes) {
    if (call.inputs.size() > function.inputs.size() || call.outputs.size() > function.outputs.size())
      return fail(call, "expects at most " + std::to_string(function.inputs.size()) + " inputs and " +
                            std::to_string(function.outputs.size()) + " outputs, got " +
                            std::to_string(call.inputs.size()) + " and " + std::to_string(call.outputs.size()));
    const std::string prefix = call.getLabel() + "/";
    llvm::StringMap<std::string> actual; // of the body's value names
    for (auto [index, name] : llvm::enumerate(function.inputs))
      actual[name] = index < call.inputs.size() ? call.inputs[index] : "";
    std::vector<std::pair<std::string, std::string>> copies; // outputs that are inputs
    for (auto [index, name] : llvm::enumerate(function.outputs)) {
      const std::string outer = index < call.outputs.size() ? call.outputs[index] : "";
      auto [entry, inserted] = actual.try_emplace(name, outer);
      if (!inserted && !outer.empty())
        copies.push_back({entry->second, outer});
      else if (inserted && outer.empty())
        entry->second = makeUnique(prefix + name);
    }
    auto rename = [&](std::string &name) {
      if (name.empty())
        return;
      auto [entry, inserted] = actual.try_emplace(name);
      if (inserted)
        entry->second = makeUnique(prefix + name);
      name = entry->second;
    };
    for (Node node : function.nodes) {
      node.name = prefix + node.getLabel();
      renameValues(node, rename);
      bindAttributes(node, call, function);
      if (!add(std::move(node), depth, nodes))
        return false;
    }
    for (const auto &[from, to] : copies) {
      if (from.empty())
        return fail(call, "output '" + to + "' is an input that the call leaves out");
      nodes.push_back({prefix + to, "Identity", "", {from}, {to}, {}, 13});
    }
    return true;
  }

  void bindAttributes(Node &node, const Node &call, const Function &function) {
    for (auto it = node.attributes.begin(); it != node.attributes.end();) {
      if (it->second.graph) {
        auto graph = std::make_shared<Subgraph>(*it->second.graph);
        for (Node &inner : graph->nodes)
          bindAttributes(inner, call, function);
        it->second.graph = std::move(graph);
      }
      const std::string &reference = it->second.reference;
      if (reference.empty()) {
        ++it;
        continue;
      }
      auto given = call.attributes.find(reference), otherwise = function.defaults.find(reference);
      if (given != call.attributes.end()) {
        it->second = Attribute(given->second);
      } else if (otherwise != function.defaults.end()) {
        it->second = Attribute(otherwise->second);
      } else { // absent in the call: absent in the body
        it = node.attributes.erase(it);
        continue;
      }
      ++it;
    }
  }

  Model &model;
  ErrorHandler handleError;
  llvm::StringSet<> names;
};

} // namespace

void renameValues(Node &node, llvm::function_ref<void(std::string &)> rename) {
  llvm::for_each(node.inputs, rename);
  llvm::for_each(node.outputs, rename);
  for (auto &[name, attribute] : node.attributes) {
    if (!attribute.graph)
      continue;
    auto graph = std::make_shared<Subgraph>(*attribute.graph);
    llvm::for_each(graph->inputs, rename);
    llvm::for_each(graph->outputs, rename);
    std::map<std::string, ConstantRef> initializers;
    for (auto &[initializer, constant] : graph->initializers) {
      std::string renamed = initializer;
      rename(renamed);
      initializers[renamed] = constant;
    }
    graph->initializers = std::move(initializers);
    for (Node &inner : graph->nodes)
      renameValues(inner, rename);
    attribute.graph = std::move(graph);
  }
  node.captures = findCaptures(node.attributes);
}

std::vector<std::string> findCaptures(const std::map<std::string, Attribute> &attributes) {
  std::set<std::string> captures;
  for (const auto &[name, attribute] : attributes) {
    if (!attribute.graph)
      continue;
    std::set<std::string> own(attribute.graph->inputs.begin(), attribute.graph->inputs.end());
    for (const auto &[initializer, constant] : attribute.graph->initializers)
      own.insert(initializer);
    for (const Node &node : attribute.graph->nodes)
      own.insert(node.outputs.begin(), node.outputs.end());
    auto read = [&](const std::vector<std::string> &values) {
      for (const std::string &value : values)
        if (!value.empty() && !own.count(value))
          captures.insert(value);
    };
    for (const Node &node : attribute.graph->nodes) {
      read(node.inputs);
      read(node.captures);
    }
    read(attribute.graph->outputs);
  }
  return {captures.begin(), captures.end()};
}

bool inlineFunctions(Model &model, ErrorHandler handleError) {
  return model.functions.empty() || Inliner(model, handleError).run();
}

} // namespace tinyc::onnx
