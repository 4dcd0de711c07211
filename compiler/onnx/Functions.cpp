#include "compiler/onnx/Functions.h"

#include "llvm/ADT/STLExtras.h"

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
      if (!add(std::move(node), 0))
        return false;
    return true;
  }

private:
  bool fail(const Node &node, const std::string &message) {
    handleError(node.getLabel(),
                node.type + " (domain " + (node.domain.empty() ? "ai.onnx" : node.domain) + "): " + message);
    return false;
  }

  bool add(Node node, unsigned depth) {
    auto function = model.functions.find(node.domain + "." + node.type);
    if (function == model.functions.end()) {
      if (model.nodes.size() == kMostNodes)
        return fail(node, "the model has more than " + std::to_string(kMostNodes) + " nodes, its functions in place");
      model.nodes.push_back(std::move(node));
      return true;
    }
    if (depth == kMostCalls)
      return fail(node, "functions call each other more than " + std::to_string(kMostCalls) + " deep");
    return addBody(node, function->second, depth + 1);
  }

  /// A name that nothing in the model has.
  std::string makeUnique(const std::string &wanted) {
    std::string name = wanted;
    for (unsigned number = 1; !names.insert(name).second; ++number)
      name = wanted + "_" + std::to_string(number);
    return name;
  }

  bool addBody(const Node &call, const Function &function, unsigned depth) {
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
      llvm::for_each(node.inputs, rename);
      llvm::for_each(node.outputs, rename);
      if (!bindAttributes(node, call, function) || !add(std::move(node), depth))
        return false;
    }
    for (const auto &[from, to] : copies) {
      if (from.empty())
        return fail(call, "output '" + to + "' is an input that the call leaves out");
      model.nodes.push_back({prefix + to, "Identity", "", {from}, {to}, {}, 13});
    }
    return true;
  }

  bool bindAttributes(Node &node, const Node &call, const Function &function) {
    for (auto it = node.attributes.begin(); it != node.attributes.end();) {
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
    return true;
  }

  Model &model;
  ErrorHandler handleError;
  llvm::StringSet<> names;
};

} // namespace

bool inlineFunctions(Model &model, ErrorHandler handleError) {
  return model.functions.empty() || Inliner(model, handleError).run();
}

} // namespace tinyc::onnx
