// If, Loop and Scan: the subgraphs' nodes are imported in place, as often as they run. A branch that data chooses is computed with
// the other one, and the results are selected.
#include "compiler/onnx/Functions.h"
#include "compiler/onnx/LoopOps.h"
#include "compiler/onnx/Parts.h"

using namespace mlir;

namespace tinyc::onnx {

/// Nodes of subgraphs that a model may become, loops unrolled.
static constexpr size_t kMostInnerNodes = 100'000;

using Names = std::vector<std::string>;

/// Imports the nodes of a subgraph whose inputs stand for the values `arguments`. Gives the values of its outputs; `what` is a part of
/// the nodes' names.
static FailureOr<Names> importSubgraph(NodeImporter &node, const Subgraph &graph, llvm::ArrayRef<std::string> arguments,
                                       const std::string &what) {
  ImportState &state = node.getState();
  if (arguments.size() != graph.inputs.size())
    return node.emitError() << "its " << what << " has " << graph.inputs.size() << " inputs, expects " << arguments.size();
  llvm::StringMap<std::string> names; // of the subgraph's own values
  for (auto [name, argument] : llvm::zip_equal(graph.inputs, arguments))
    names[name] = argument;
  for (const auto &[name, constant] : graph.initializers)
    if (!names.contains(name))
      names[name] = node.addOperand(Operand(constant));
  for (const Node &inner : graph.nodes)
    for (const std::string &output : inner.outputs) {
      if (output.empty())
        continue;
      auto [entry, isNew] = names.try_emplace(output);
      if (!isNew)
        return node.emitError() << "its " << what << " has several values of the name '" << output << "'";
      entry->second = node.addOperand({});
      state.operands.erase(entry->second);
      state.useCounts[entry->second] = 0;
    }
  auto rename = [&](std::string &name) {
    if (auto known = names.find(name); known != names.end())
      name = known->second;
  };
  std::vector<Node> nodes = graph.nodes;
  Names outputs = graph.outputs;
  llvm::for_each(outputs, rename);
  for (Node &inner : nodes) {
    inner.name = node.getLabel() + "/" + what + "/" + inner.getLabel();
    renameValues(inner, rename);
    for (const std::string &value : llvm::concat<const std::string>(inner.inputs, inner.captures))
      ++state.useCounts[value];
  }
  for (const std::string &output : outputs)
    ++state.useCounts[output];
  state.innerNodes += nodes.size();
  if (state.innerNodes > kMostInnerNodes)
    return node.emitError() << "its subgraphs, loops unrolled, make more than " << kMostInnerNodes << " nodes";
  auto isKnown = [&](const std::string &name) { return name.empty() || state.operands.contains(name); };
  bool ok = true;
  for (const Node &inner : nodes) {
    for (const std::string &value : llvm::concat<const std::string>(inner.inputs, inner.captures))
      if (!isKnown(value))
        return node.emitError() << "in its " << what << ", " << inner.type << " '" << inner.name << "' reads '" << value
                                << "', which nothing before it produces";
    ok &= succeeded(state.importNode(inner));
  }
  for (const std::string &output : outputs)
    if (!isKnown(output))
      return node.emitError() << "its " << what << " has the output '" << output << "', which nothing produces";
  if (!ok || llvm::any_of(outputs, [&](const std::string &name) { return !state.operands.lookup(name).isValid(); }))
    return failure();
  return outputs;
}

/// The element of a constant of one boolean; nullopt: known at run time only.
static FailureOr<std::optional<bool>> readCondition(NodeImporter &node, const Operand &operand, llvm::StringRef what) {
  if (operand.type != DataType::Bool || countElements(operand.getShape()).value_or(0) != 1)
    return node.emitError() << what << " is " << getName(operand.type) << " of shape " << toString(operand.getShape())
                            << ", expects one boolean";
  if (!operand.isConstant())
    return std::optional<bool>();
  return std::optional<bool>(operand.constant->getIntegers().front() != 0);
}

static FailureOr<const Subgraph *> getGraph(NodeImporter &node, llvm::StringRef name) {
  const Attribute *attribute = node.findAttribute(name);
  if (!attribute || !attribute->graph)
    return node.emitError() << "attribute '" << name << "' is required";
  return attribute->graph.get();
}

static LogicalResult setOutputs(NodeImporter &node, llvm::ArrayRef<std::string> names) {
  for (auto [index, name] : llvm::enumerate(names))
    if (node.isOutputUsed(index))
      node.setOutput(index, node.getOperand(name));
  return success();
}

LogicalResult buildIf(NodeImporter &node) {
  FailureOr<const Subgraph *> branches[] = {getGraph(node, "then_branch"), getGraph(node, "else_branch")};
  FailureOr<std::optional<bool>> condition = readCondition(node, node.getInput(0), node.describeInput(0));
  if (failed(branches[0]) || failed(branches[1]) || failed(condition))
    return failure();
  for (const FailureOr<const Subgraph *> &branch : branches)
    if ((*branch)->outputs.size() < node.getOutputCount())
      return node.emitError() << "its branches have " << (*branch)->outputs.size() << " outputs, expects "
                              << node.getOutputCount();
  auto importBranch = [&](bool taken) {
    return importSubgraph(node, **branches[taken ? 0 : 1], {}, taken ? "then_branch" : "else_branch");
  };
  if (*condition) {
    FailureOr<Names> names = importBranch(**condition);
    return failed(names) ? failure() : setOutputs(node, *names);
  }
  // Nodes have no effects, so computing both is as good as computing one.
  mlir::emitRemark(node.loc) << node.describe() << ": the condition is known at run time only: both branches are computed; "
                             << "--input-value fixes an input that decides it";
  FailureOr<Names> whenTrue = importBranch(true), whenFalse = importBranch(false);
  if (failed(whenTrue) || failed(whenFalse))
    return failure();
  for (unsigned index = 0; index < node.getOutputCount(); ++index) {
    if (!node.isOutputUsed(index))
      continue;
    const Operand &lhs = node.getOperand((*whenTrue)[index]), &rhs = node.getOperand((*whenFalse)[index]);
    if (lhs.getShape() != rhs.getShape() || lhs.type != rhs.type)
      return node.emitError() << "the condition is known at run time only, and for output " << index << " the branches give "
                              << getName(lhs.type) << " of shape " << toString(lhs.getShape()) << " and " << getName(rhs.type)
                              << " of shape " << toString(rhs.getShape());
    const Operand flat = reshapeOperand(node, node.getInput(0), {});
    FailureOr<std::string> selected =
        node.buildPart("Where", {node.addOperand(flat), (*whenTrue)[index], (*whenFalse)[index]});
    if (failed(selected))
      return failure();
    node.setOutput(index, node.getOperand(*selected));
  }
  return success();
}

static std::string addIntegers(NodeImporter &node, llvm::ArrayRef<int64_t> values) {
  return node.addOperand(Operand(Constant::fromIntegers(DataType::Int64, {static_cast<int64_t>(values.size())}, values)));
}

/// The values of all iterations, joined along a new dimension `axis`.
static FailureOr<std::string> stack(NodeImporter &node, llvm::ArrayRef<std::string> values, int64_t axis) {
  Names parts;
  for (const std::string &value : values) {
    FailureOr<std::string> part = node.buildPart("Unsqueeze", {value, addIntegers(node, {axis})});
    if (failed(part))
      return failure();
    parts.push_back(*part);
  }
  return node.buildPart("Concat", parts, {{"axis", makeAttribute(axis)}});
}

LogicalResult buildLoop(NodeImporter &node) {
  FailureOr<const Subgraph *> body = getGraph(node, "body");
  if (failed(body))
    return failure();
  const size_t carried = node.getInputCount() > 2 ? node.getInputCount() - 2 : 0;
  if ((*body)->outputs.size() < 1 + carried || node.getOutputCount() > (*body)->outputs.size() - 1)
    return node.emitError() << "its body has " << (*body)->outputs.size() << " outputs, expects " << 1 + carried
                            << " or more, and " << 1 + node.getOutputCount() << " at least";
  int64_t trips = std::numeric_limits<int64_t>::max();
  if (node.hasInput(0)) {
    const Operand &count = node.getInput(0);
    if (!count.isConstant())
      return node.emitError() << node.describeInput(0) << ", the trip count, must be known at compile time";
    if (count.type != DataType::Int64 || count.constant->getNumElements() != 1)
      return node.emitError() << node.describeInput(0) << " is " << getName(count.type) << " of shape "
                              << toString(count.getShape()) << ", expects one int64";
    trips = count.constant->getIntegers().front();
  }
  std::string condition =
      node.hasInput(1) ? node.getInputName(1) : node.addOperand(Operand(Constant::fromIntegers(DataType::Bool, {}, {1})));
  Names state;
  for (size_t index = 0; index < carried; ++index) {
    state.push_back(node.getInputName(2 + index));
    if (state.back().empty())
      return node.emitError() << "input " << 2 + index << " is required";
  }
  std::vector<Names> scans((*body)->outputs.size() - 1 - carried);
  for (int64_t trip = 0; trip < trips; ++trip) {
    FailureOr<std::optional<bool>> runs = readCondition(node, node.getOperand(condition), "the condition");
    if (failed(runs))
      return failure();
    if (!*runs)
      return node.emitError() << "the condition of iteration " << trip << " must be known at compile time";
    if (!**runs)
      break;
    Names arguments = {node.addOperand(Operand(Constant::fromIntegers(DataType::Int64, {}, {trip}))), condition};
    arguments.insert(arguments.end(), state.begin(), state.end());
    FailureOr<Names> results = importSubgraph(node, **body, arguments, "body" + std::to_string(trip));
    if (failed(results))
      return failure();
    condition = results->front();
    state.assign(results->begin() + 1, results->begin() + 1 + carried);
    for (auto [index, scan] : llvm::enumerate(scans))
      scan.push_back((*results)[1 + carried + index]);
  }
  for (auto [index, scan] : llvm::enumerate(scans)) {
    state.emplace_back();
    if (!node.isOutputUsed(carried + index))
      continue;
    if (scan.empty())
      return node.emitError() << "output " << carried + index << " has no elements: the loop does not run";
    FailureOr<std::string> whole = stack(node, scan, 0);
    if (failed(whole))
      return failure();
    state.back() = *whole;
  }
  state.resize(node.getOutputCount());
  return setOutputs(node, state);
}

/// Entry `index` of an attribute of integers, 0 where it is absent.
static int64_t getEntry(NodeImporter &node, llvm::StringRef name, size_t index) {
  std::optional<Shape> values = node.getInts(name);
  return values && index < values->size() ? (*values)[index] : 0;
}

LogicalResult buildScan(NodeImporter &node) {
  FailureOr<const Subgraph *> body = getGraph(node, "body");
  if (failed(body))
    return failure();
  const int64_t scanned = node.getInt("num_scan_inputs", 0);
  if (scanned < 1 || scanned > static_cast<int64_t>(node.getInputCount()))
    return node.emitError() << "attribute 'num_scan_inputs' is " << scanned << ", expects 1 to " << node.getInputCount();
  const size_t carried = node.getInputCount() - scanned;
  if ((*body)->outputs.size() < carried || node.getOutputCount() > (*body)->outputs.size())
    return node.emitError() << "its body has " << (*body)->outputs.size() << " outputs, expects " << carried << " or more, and "
                            << node.getOutputCount() << " at least";
  SmallVector<int64_t> axes;
  int64_t trips = 0;
  for (int64_t index = 0; index < scanned; ++index) {
    llvm::ArrayRef<int64_t> shape = node.getShape(carried + index);
    FailureOr<int64_t> axis = node.normalizeAxis(getEntry(node, "scan_input_axes", index), shape.size());
    if (failed(axis))
      return failure();
    axes.push_back(*axis);
    if (index > 0 && shape[*axis] != trips)
      return node.emitError() << node.describeInput(carried + index) << " has " << shape[*axis] << " elements to scan, the first one "
                              << trips;
    trips = shape[*axis];
  }
  Names state;
  for (size_t index = 0; index < carried; ++index)
    state.push_back(node.getInputName(index));
  std::vector<Names> scans((*body)->outputs.size() - carried);
  for (int64_t trip = 0; trip < trips; ++trip) {
    Names arguments = state;
    for (int64_t index = 0; index < scanned; ++index) {
      const int64_t place = getEntry(node, "scan_input_directions", index) ? trips - 1 - trip : trip;
      const std::string at = node.addOperand(Operand(Constant::fromIntegers(DataType::Int64, {}, {place})));
      FailureOr<std::string> element =
          node.buildPart("Gather", {node.getInputName(carried + index), at}, {{"axis", makeAttribute(axes[index])}});
      if (failed(element))
        return failure();
      arguments.push_back(*element);
    }
    FailureOr<Names> results = importSubgraph(node, **body, arguments, "body" + std::to_string(trip));
    if (failed(results))
      return failure();
    state.assign(results->begin(), results->begin() + carried);
    for (auto [index, scan] : llvm::enumerate(scans))
      scan.push_back((*results)[carried + index]);
  }
  for (auto [index, scan] : llvm::enumerate(scans)) {
    state.emplace_back();
    if (!node.isOutputUsed(carried + index))
      continue;
    if (getEntry(node, "scan_output_directions", index))
      std::reverse(scan.begin(), scan.end());
    const int64_t rank = node.getOperand(scan.front()).getRank() + 1;
    FailureOr<int64_t> axis = node.normalizeAxis(getEntry(node, "scan_output_axes", index), rank);
    FailureOr<std::string> whole = failed(axis) ? FailureOr<std::string>() : stack(node, scan, *axis);
    if (failed(whole))
      return failure();
    state.back() = *whole;
  }
  state.resize(node.getOutputCount());
  return setOutputs(node, state);
}

} // namespace tinyc::onnx
