#include "compiler/onnx/Summary.h"

#include "compiler/onnx/Model.h"
#include "compiler/onnx/Operators.h"

#include <tuple>

namespace tinyc {

static TensorSummary summarize(const onnx::TensorInfo &info) {
  TensorSummary summary{info.name, info.isTensor ? onnx::getName(info.type) : "no tensor", {}};
  for (const onnx::Dimension &dimension : info.shape)
    summary.dimensions.push_back(dimension.size > 0         ? std::to_string(dimension.size)
                                 : dimension.symbol.empty() ? "?"
                                                            : dimension.symbol);
  return summary;
}

using OperatorCounts = std::map<std::tuple<std::string, std::string, int64_t>, int64_t>;

/// Nodes of branches and loop bodies too, each once.
static void countOperators(const std::vector<onnx::Node> &nodes, OperatorCounts &counts) {
  for (const onnx::Node &node : nodes) {
    ++counts[{node.domain, node.type, node.opset}];
    for (const auto &[name, attribute] : node.attributes)
      if (attribute.graph)
        countOperators(attribute.graph->nodes, counts);
  }
}

std::optional<ModelSummary> summarizeOnnx(llvm::StringRef path,
                                          llvm::function_ref<void(llvm::StringRef, const std::string &)> handleError) {
  std::optional<onnx::Model> model = onnx::readModelFile(path, handleError);
  if (!model)
    return std::nullopt;
  ModelSummary summary;
  summary.opsets = model->opsets;
  for (const onnx::TensorInfo &input : model->inputs)
    if (!model->initializers.contains(input.name))
      summary.inputs.push_back(summarize(input));
  for (const onnx::TensorInfo &output : model->outputs)
    summary.outputs.push_back(summarize(output));
  OperatorCounts counts;
  countOperators(model->nodes, counts);
  for (const auto &[key, count] : counts) {
    const auto &[domain, name, opset] = key;
    bool isSupported = opset > 0 && onnx::findOperator(domain, name, opset);
    summary.operators.push_back({domain, name, opset, count, isSupported});
  }
  llvm::stable_sort(summary.operators,
                    [](const OperatorSummary &a, const OperatorSummary &b) { return a.count > b.count; });
  for (const auto &[name, constant] : model->initializers) {
    summary.initializerElements += constant->getNumElements();
    summary.initializerBytes += constant->getNumElements() * onnx::getByteWidth(constant->type);
  }
  return summary;
}

} // namespace tinyc
