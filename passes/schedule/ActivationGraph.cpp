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
  return llvm::divideCeil(
      tensor.getNumElements() * nn::getStorageType(tensor.getElementType()).getIntOrFloatBitWidth(), 8);
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

// Bytes that the result of a convolution or pooling saves if its row y is written over rows of the input that no row
// from y on reads, once row y is complete: the result lies just so far below the input that they never meet.
static int64_t getRowOverlap(Operation *op) {
  ArrayRef<int64_t> strides, pads;
  if (auto convolution = dyn_cast<nn::Conv2DOp>(op))
    strides = convolution.getStrides(), pads = convolution.getPads();
  else if (auto average = dyn_cast<nn::AvgPoolOp>(op))
    strides = average.getStrides(), pads = average.getPads();
  else if (auto maximum = dyn_cast<nn::MaxPoolOp>(op))
    strides = maximum.getStrides(), pads = maximum.getPads();
  else
    return 0;
  auto input = cast<RankedTensorType>(op->getOperand(0).getType());
  auto output = cast<RankedTensorType>(op->getResult(0).getType());
  if (input.getRank() != 4 || output.getRank() != 4 || input.getDimSize(0) != 1)
    return 0;
  int64_t height = input.getDimSize(1), rows = output.getDimSize(1);
  if (height <= 0 || rows <= 0)
    return 0;
  int64_t inputRow = getBytes(input) / height, outputRow = getBytes(output) / rows, most = 0;
  for (int64_t row = 0; row < rows; ++row) {
    int64_t needed = std::clamp<int64_t>(row * strides[0] - pads[0], 0, height);
    most = std::max(most, (row + 1) * outputRow + (height - needed) * inputRow);
  }
  return std::max<int64_t>(getBytes(input) + getBytes(output) - most, 0);
}

ActivationGraph::ActivationGraph(func::FuncOp function, bool withOverlap) {
  llvm::DenseMap<Value, size_t> bufferOf;
  for (BlockArgument argument : function.getArguments())
    bufferOf[argument] = addInput(getBytes(argument.getType()));

  llvm::DenseMap<Operation *, size_t> nodeOf;
  for (Operation &op : function.front().without_terminator()) {
    if (op.hasTrait<OpTrait::ConstantLike>())
      continue;
    SmallVector<size_t> reads;
    for (Value operand : op.getOperands())
      if (auto buffer = bufferOf.find(operand); buffer != bufferOf.end())
        reads.push_back(buffer->second);
    size_t node = addNode(reads);
    nodeOf[&op] = node;
    operations.push_back(&op);
    for (Value operand : op.getOperands())
      if (auto producer = nodeOf.find(operand.getDefiningOp()); producer != nodeOf.end())
        addPredecessor(node, producer->second);
    if (isView(&op) && !reads.empty()) {
      bufferOf[op.getResult(0)] = reads.front();
      continue;
    }
    for (Value result : op.getResults())
      bufferOf[result] = addResult(node, getBytes(result.getType()));
    if (op.getNumResults() != 1)
      continue;
    for (auto [i, operand] : llvm::enumerate(op.getOperands())) {
      auto buffer = bufferOf.find(operand);
      if (buffer == bufferOf.end() || getBytes(operand.getType()) != buffers[buffer->second].bytes)
        continue;
      int64_t bytes = getBytes(operand.getType());
      if (isElementwise(&op) && bytes == getBytes(op.getResult(0).getType()))
        addOverlap(node, buffer->second, bytes);
      else if (withOverlap && i == 0)
        addOverlap(node, buffer->second, getRowOverlap(&op));
    }
  }
  for (Value result : function.front().getTerminator()->getOperands())
    if (auto buffer = bufferOf.find(result); buffer != bufferOf.end())
      keepUntilEnd(buffer->second);
}

size_t ActivationGraph::addInput(int64_t bytes) {
  buffers.push_back({bytes, std::nullopt, {}});
  return buffers.size() - 1;
}

size_t ActivationGraph::addNode(ArrayRef<size_t> reads) {
  size_t node = nodes.size();
  nodes.emplace_back();
  for (size_t buffer : reads) {
    if (llvm::is_contained(nodes[node].reads, buffer))
      continue;
    nodes[node].reads.push_back(buffer);
    buffers[buffer].readers.push_back(node);
    if (buffers[buffer].creator)
      addPredecessor(node, *buffers[buffer].creator);
  }
  return node;
}

size_t ActivationGraph::addResult(size_t node, int64_t bytes) {
  buffers.push_back({bytes, node, {}});
  nodes[node].creates.push_back(buffers.size() - 1);
  return buffers.size() - 1;
}

void ActivationGraph::addPredecessor(size_t node, size_t predecessor) {
  if (llvm::is_contained(nodes[node].predecessors, predecessor))
    return;
  nodes[node].predecessors.push_back(predecessor);
  nodes[predecessor].successors.push_back(node);
}

void ActivationGraph::addOverlap(size_t node, size_t buffer, int64_t bytes) {
  if (bytes > 0)
    nodes[node].overlaps.push_back({buffer, bytes});
}

bool ActivationGraph::isReady(size_t node, const llvm::BitVector &executed) const {
  return llvm::all_of(nodes[node].predecessors, [&](size_t predecessor) { return executed.test(predecessor); });
}

int64_t ActivationGraph::getLiveBytes(const llvm::BitVector &executed) const {
  int64_t live = 0;
  for (const Buffer &buffer : buffers) {
    bool isCreated = !buffer.creator || executed.test(*buffer.creator);
    // An input that nothing reads stays.
    bool isNeeded = buffer.isResult || (buffer.readers.empty() && !buffer.creator) ||
                    llvm::any_of(buffer.readers, [&](size_t reader) { return !executed.test(reader); });
    if (isCreated && isNeeded)
      live += buffer.bytes;
  }
  return live;
}

bool ActivationGraph::dies(size_t buffer, size_t node, const llvm::BitVector &executed) const {
  return !buffers[buffer].isResult &&
         llvm::all_of(buffers[buffer].readers, [&](size_t reader) { return reader == node || executed.test(reader); });
}

ActivationGraph::Step ActivationGraph::run(size_t node, const llvm::BitVector &executed, int64_t live) const {
  const Node &now = nodes[node];
  int64_t created = 0, freed = 0, saved = 0;
  for (size_t buffer : now.creates)
    created += buffers[buffer].bytes;
  for (size_t buffer : now.reads)
    if (dies(buffer, node, executed))
      freed += buffers[buffer].bytes;
  for (Overlap overlap : now.overlaps)
    if (overlap.bytes > saved && dies(overlap.buffer, node, executed))
      saved = overlap.bytes;
  int64_t after = live + created - freed;
  for (size_t buffer : now.creates)
    if (buffers[buffer].readers.empty() && !buffers[buffer].isResult)
      after -= buffers[buffer].bytes;
  return {live + created - saved, after};
}

int64_t ActivationGraph::getPeak(ArrayRef<size_t> order) const {
  llvm::BitVector executed(nodes.size());
  int64_t live = getLiveBytes(executed), peak = live;
  for (size_t node : order) {
    Step step = run(node, executed, live);
    peak = std::max(peak, step.during);
    live = step.after;
    executed.set(node);
  }
  return peak;
}

} // namespace tinyc::schedule
