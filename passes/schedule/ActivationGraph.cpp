#include "passes/schedule/ActivationGraph.h"

#include "dialects/nn/NN.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace tinyc::schedule {

static int64_t getBytes(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor || !tensor.hasStaticShape())
    return 0;
  return tensor.getNumElements() *
         llvm::divideCeil(nn::getStorageType(tensor.getElementType()).getIntOrFloatBitWidth(), 8);
}

bool isView(Operation *op) {
  if (isa<nn::ReshapeOp>(op))
    return true;
  auto transpose = dyn_cast<nn::TransposeOp>(op);
  if (!transpose)
    return false;
  int64_t previous = -1;
  for (int64_t dimension : transpose.getPermutation()) {
    if (cast<RankedTensorType>(transpose.getInput().getType()).getDimSize(dimension) == 1)
      continue;
    if (dimension < previous)
      return false;
    previous = dimension;
  }
  return true;
}

Value getViewedTensor(Value tensor) {
  while (Operation *op = tensor.getDefiningOp()) {
    if (!isView(op))
      break;
    tensor = op->getOperand(0);
  }
  return tensor;
}

// The result may be written over an operand of the same type.
static bool isElementwise(Operation *op) {
  return isa<nn::AddOp, nn::SubOp, nn::MulOp, nn::ClampOp, nn::LeakyReluOp, nn::SigmoidOp, nn::HardSigmoidOp,
             nn::HardSwishOp, nn::SoftmaxOp, nn::LogSoftmaxOp, nn::RequantizeOp>(op);
}

ActivationGraph::ActivationGraph(func::FuncOp function) {
  llvm::DenseMap<Value, size_t> bufferOf;
  auto addBuffer = [&](Value value) {
    bufferOf[value] = buffers.size();
    buffers.push_back({getBytes(value.getType()), {}});
  };
  for (BlockArgument argument : function.getArguments())
    addBuffer(argument);
  inputs = buffers.size();

  llvm::DenseMap<Operation *, size_t> nodeOf;
  for (Operation &op : function.front().without_terminator()) {
    if (op.hasTrait<OpTrait::ConstantLike>())
      continue;
    Node node{&op, {}, {}, {}, {}};
    for (Value operand : op.getOperands()) {
      auto buffer = bufferOf.find(operand);
      if (buffer == bufferOf.end())
        continue;
      if (!llvm::is_contained(node.reads, buffer->second)) {
        node.reads.push_back(buffer->second);
        buffers[buffer->second].readers.push_back(nodes.size());
      }
      if (Operation *producer = operand.getDefiningOp())
        if (!llvm::is_contained(node.predecessors, nodeOf[producer]))
          node.predecessors.push_back(nodeOf[producer]);
      bool fits = op.getNumResults() == 1 && getBytes(operand.getType()) == getBytes(op.getResult(0).getType());
      if (isElementwise(&op) && fits && getBytes(operand.getType()) == buffers[buffer->second].bytes)
        node.inPlace.push_back(buffer->second);
    }
    if (isView(&op) && !node.reads.empty()) {
      bufferOf[op.getResult(0)] = node.reads.front();
    } else {
      for (Value result : op.getResults()) {
        node.creates.push_back(buffers.size());
        addBuffer(result);
      }
    }
    nodeOf[&op] = nodes.size();
    nodes.push_back(std::move(node));
  }
  for (Value result : function.front().getTerminator()->getOperands())
    if (auto buffer = bufferOf.find(result); buffer != bufferOf.end())
      buffers[buffer->second].isResult = true;
}

bool ActivationGraph::isReady(size_t node, const llvm::BitVector &executed) const {
  return llvm::all_of(nodes[node].predecessors, [&](size_t predecessor) { return executed.test(predecessor); });
}

int64_t ActivationGraph::getInitialBytes() const {
  int64_t bytes = 0;
  for (size_t i = 0; i < inputs; ++i)
    bytes += buffers[i].bytes;
  return bytes;
}

bool ActivationGraph::dies(size_t buffer, size_t node, const llvm::BitVector &executed) const {
  return !buffers[buffer].isResult &&
         llvm::all_of(buffers[buffer].readers, [&](size_t reader) { return reader == node || executed.test(reader); });
}

ActivationGraph::Step ActivationGraph::run(size_t node, const llvm::BitVector &executed, int64_t live) const {
  const Node &now = nodes[node];
  int64_t created = 0, freed = 0;
  for (size_t buffer : now.creates)
    created += buffers[buffer].bytes;
  for (size_t buffer : now.reads)
    if (dies(buffer, node, executed))
      freed += buffers[buffer].bytes;
  bool inPlace = llvm::any_of(now.inPlace, [&](size_t buffer) { return dies(buffer, node, executed); });
  int64_t after = live + created - freed;
  for (size_t buffer : now.creates)
    if (buffers[buffer].readers.empty() && !buffers[buffer].isResult)
      after -= buffers[buffer].bytes;
  return {live + (inPlace ? 0 : created), after};
}

int64_t ActivationGraph::getPeak(ArrayRef<size_t> order) const {
  llvm::BitVector executed(nodes.size());
  int64_t live = getInitialBytes(), peak = live;
  for (size_t node : order) {
    Step step = run(node, executed, live);
    peak = std::max(peak, step.during);
    live = step.after;
    executed.set(node);
  }
  return peak;
}

} // namespace tinyc::schedule
