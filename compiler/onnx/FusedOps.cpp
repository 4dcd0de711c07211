// ONNX Runtime's fused operators: a convolution or product, what is added, an activation.
#include "compiler/onnx/Operators.h"
#include "compiler/onnx/Parts.h"

using namespace mlir;

namespace tinyc::onnx {

/// The activation that the attribute 'activation' names, with its parameters.
static std::string addActivation(NodeImporter &node, Parts &parts, const std::string &value,
                                 llvm::ArrayRef<float> parameters) {
  struct Row {
    llvm::StringLiteral name;
    std::vector<std::string> parameters; ///< attributes of the operator, in the order of `parameters`
  };
  const Row rows[] = {{"Clip", {"min", "max"}},
                      {"Elu", {"alpha"}},
                      {"HardSigmoid", {"alpha", "beta"}},
                      {"LeakyRelu", {"alpha"}},
                      {"Relu", {}},
                      {"Selu", {"alpha", "gamma"}},
                      {"Sigmoid", {}},
                      {"Softplus", {}},
                      {"Softsign", {}},
                      {"Tanh", {}},
                      {"ThresholdedRelu", {"alpha"}}};
  const std::string name = node.getString("activation", "");
  if (name.empty())
    return value;
  const Row *row = llvm::find_if(rows, [&](const Row &each) { return each.name == name; });
  if (row == std::end(rows)) {
    parts.fail("the activation '" + name + "' is not known");
    return "";
  }
  if (parameters.size() != row->parameters.size()) {
    parts.fail("the activation " + name + " has " + std::to_string(row->parameters.size()) + " parameters, got " +
               std::to_string(parameters.size()));
    return "";
  }
  if (name == "Clip") // its bounds are inputs
    return parts.add("Clip", {value, parts.scalar(parameters[0]), parts.scalar(parameters[1])});
  Attributes attributes;
  for (auto [parameter, real] : llvm::zip_equal(row->parameters, parameters))
    attributes[parameter] = makeRealAttribute(real);
  return parts.add(name, {value}, attributes);
}

LogicalResult buildFusedConv(NodeImporter &node) {
  Parts parts(node);
  std::string value = parts.add("Conv", {node.getInputName(0), node.getInputName(1), node.getInputName(2)},
                                getAttributesWithout(node, {"activation", "activation_params"}));
  if (node.hasInput(3))
    value = parts.add("Add", {value, node.getInputName(3)});
  const Attribute *given = node.findAttribute("activation_params");
  parts.setOutput(
      0, addActivation(node, parts, value, given ? llvm::ArrayRef<float>(given->reals) : llvm::ArrayRef<float>()));
  return parts.getResult();
}

LogicalResult buildFusedGemm(NodeImporter &node) {
  Parts parts(node);
  const llvm::StringRef names[] = {"activation_alpha", "activation_beta", "activation_gamma"};
  SmallVector<float> parameters;
  for (llvm::StringRef name : names)
    if (node.hasAttribute(name))
      parameters.push_back(node.getFloatAttribute(name, 0));
  const std::string product = parts.add("Gemm", {node.getInputName(0), node.getInputName(1), node.getInputName(2)},
                                        getAttributesWithout(node, {"activation", names[0], names[1], names[2]}));
  parts.setOutput(0, addActivation(node, parts, product, parameters));
  return parts.getResult();
}

/// alpha * A B, A or B transposed: the last two dimensions, or before that the first one put behind those of the batch.
LogicalResult buildFusedMatMul(NodeImporter &node) {
  Parts parts(node);
  auto prepare = [&](unsigned index, llvm::StringRef last, llvm::StringRef batch) {
    const std::string name = node.getInputName(index);
    const int64_t rank = node.getInput(index).getRank();
    Shape permutation = llvm::to_vector(llvm::seq<int64_t>(rank));
    if (rank < 2)
      return name;
    if (node.getInt(batch, 0) != 0)
      std::rotate(permutation.begin(), permutation.begin() + 1, permutation.end() - 1);
    if (node.getInt(last, 0) != 0)
      std::swap(permutation[rank - 2], permutation[rank - 1]);
    return llvm::is_sorted(permutation) ? name : parts.transpose(name, permutation);
  };
  const std::string lhs = prepare(0, "transA", "transBatchA"), rhs = prepare(1, "transB", "transBatchB");
  std::string product = parts.add("MatMul", {lhs, rhs});
  if (const float alpha = node.getFloatAttribute("alpha", 1); alpha != 1)
    product = parts.add("Mul", {product, parts.scalar(alpha)});
  parts.setOutput(0, product);
  return parts.getResult();
}

} // namespace tinyc::onnx
