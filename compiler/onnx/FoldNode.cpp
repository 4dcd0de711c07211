// Nodes whose inputs are all constants: what was built for them is evaluated at import, so that shapes and trip counts
// may depend on any operator.
#include "compiler/onnx/FoldNode.h"

#include "compiler/onnx/Loops.h"
#include "dialects/nn/Interpreter.h"
#include "llvm/ADT/DenseMap.h"

using namespace mlir;

namespace tinyc::onnx {

/// What is larger, or costs more, is left to the graph passes.
static constexpr int64_t kMostElements = 1 << 16, kMostMacs = 1 << 22;

static bool isCheap(Operation &op) {
  if (!isa_and_nonnull<nn::NNDialect>(op.getDialect()) || op.getNumResults() != 1)
    return false;
  auto type = dyn_cast<RankedTensorType>(op.getResult(0).getType());
  auto cost = dyn_cast<nn::CostOpInterface>(op);
  return type && !nn::getQuantizedElement(type) && type.getNumElements() <= kMostElements &&
         (!cost || cost.getMacs() <= kMostMacs);
}

LogicalResult foldNode(NodeImporter &node, ArrayRef<std::string> outputs, Operation *before) {
  if (node.getInputCount() == 0 || !node.hasOnlyConstants())
    return success();
  Block &block = *node.builder.getInsertionBlock();
  auto built =
      llvm::make_range(before ? std::next(before->getIterator()) : block.begin(), node.builder.getInsertionPoint());
  if (built.empty() || !llvm::all_of(built, isCheap))
    return success();
  ImportState &state = node.getState();
  llvm::DenseMap<Value, nn::HostTensor> tensors;
  for (Operation &op : built) {
    auto type = cast<RankedTensorType>(op.getResult(0).getType());
    if (auto constant = dyn_cast<nn::ConstantOp>(op)) {
      tensors[constant] = nn::HostTensor::fromElements(type, constant.getValue());
      continue;
    }
    SmallVector<const nn::HostTensor *> operands;
    for (Value operand : op.getOperands()) {
      auto found = tensors.find(operand);
      if (found == tensors.end()) // not of this node
        return success();
      operands.push_back(&found->second);
    }
    FailureOr<nn::HostTensor> result = nn::evaluate(&op, operands);
    if (failed(result))
      return failure();
    tensors[op.getResult(0)] = std::move(*result);
  }
  for (const std::string &name : outputs) {
    auto found = state.operands.find(name);
    if (found == state.operands.end() || !found->second.value)
      continue;
    Operand &operand = found->second;
    auto constant = std::make_shared<Constant>(operand.type, operand.getShape());
    ArrayRef<char> bytes = tensors[operand.value].getBytes();
    if (bytes.size() != constant->bytes.size())
      return success();
    llvm::copy(bytes, constant->bytes.begin());
    operand = Operand(constant);
  }
  SmallVector<Operation *> ops = llvm::to_vector(llvm::make_pointer_range(built));
  for (Operation *op : llvm::reverse(ops))
    if (op->use_empty())
      op->erase();
  return success();
}

} // namespace tinyc::onnx
