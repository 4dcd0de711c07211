#include "passes/lower/BufferGraph.h"

#include "targets/Target.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

#include <algorithm>

using namespace mlir;

namespace tinyc::lower {

using kernel::RowAccess;

bool averagesWholeImage(kernel::AvgPoolOp op) {
  MemRefType input = op.getInput().getType(), output = op.getOutput().getType();
  kernel::WindowAttr window = op.getWindow();
  // Averages have 8 bits at least.
  return !output.getElementType().isInteger(4) && output.getDimSize(1) == 1 && output.getDimSize(2) == 1 && window.getPadTop() == 0 &&
         window.getPadLeft() == 0 && window.getDilationHeight() == 1 && window.getDilationWidth() == 1 &&
         window.getKernelHeight() == input.getDimSize(1) && window.getKernelWidth() == input.getDimSize(2);
}

int64_t BufferGraph::getBuffer(Value value) const {
  auto root = roots.find(value);
  return root == roots.end() ? -1 : static_cast<int64_t>(root->second);
}

LogicalResult BufferGraph::addBuffer(Value value) {
  auto type = dyn_cast<MemRefType>(value.getType());
  if (!type || !kernel::isContiguous(type))
    return emitError(value.getLoc()) << "expects a contiguous buffer of static shape, got " << value.getType();
  bool hasRows = type.getRank() == 4 && type.getDimSize(0) == 1 && type.getDimSize(1) > 0;
  int32_t count = hasRows ? type.getDimSize(1) : 1;
  roots[value] = buffers.size();
  buffers.push_back({value, kernel::getByteSize(type), count, rows});
  rows += count;
  return success();
}

LogicalResult BufferGraph::addOp(kernel::KernelOpInterface op, int64_t stream) {
  GraphOp node;
  node.op = op;
  node.stream = stream;
  node.rows = op.getRowCount();
  if (const targets::Kernel *kernel = targets::findKernel(op.getSymbol()))
    node.overwrites = targets::overwritesInput(*kernel, op.getParams().getWords());
  auto pool = dyn_cast<kernel::AvgPoolOp>(op.getOperation());
  if (pool && stream < 0 && averagesWholeImage(pool)) {
    node.sums = true;
    node.rows = pool.getInput().getType().getDimSize(1);
  }
  for (OpOperand &operand : op->getOpOperands()) {
    int64_t number = getBuffer(operand.get());
    if (number < 0)
      continue;
    GraphBuffer &buffer = buffers[number];
    // kernel.send has no output but what it reads.
    bool isDirect = operand.get() == buffer.value;
    bool isWrite = operand.get() == op.getOutputBuffer() && !isa<kernel::SendOp>(op);
    if (operand.get() == op.getScratchBuffer())
      buffer.isScratch = isWrite = true;
    RowAccess rows;
    if (node.sums && !isWrite && number == getBuffer(pool.getInput()))
      rows.kind = RowAccess::Kind::Same;
    else if (!node.sums && node.rows > 0 && !buffer.isScratch)
      rows = op.getRowAccess(operand.getOperandNumber());
    if (!isDirect) {
      buffer.isViewed = true;
      // A view under another shape has other rows.
      if (rows.kind != RowAccess::Kind::Whole)
        node.rows = 0;
    }
    auto type = cast<MemRefType>(operand.get().getType());
    int64_t offset = type.getStridesAndOffset().second * type.getElementTypeBitWidth() / 8;
    node.accesses.push_back({static_cast<size_t>(number), operand.getOperandNumber(), rows, isWrite, isDirect, offset,
                             kernel::getByteSize(type)});
  }
  if (node.rows == 0)
    for (GraphAccess &access : node.accesses)
      access.rows = RowAccess();
  if (stream >= 0 && node.rows == 0)
    return op->emitOpError("cannot run row by row in a stream");
  for (const GraphAccess &access : node.accesses) {
    GraphBuffer &buffer = buffers[access.buffer];
    buffer.firstOp = std::min(buffer.firstOp, ops.size());
    buffer.lastOp = ops.size();
  }
  ops.push_back(std::move(node));
  return success();
}

FailureOr<BufferGraph> BufferGraph::read(func::FuncOp function) {
  BufferGraph graph;
  for (BlockArgument argument : function.getArguments()) {
    if (failed(graph.addBuffer(argument)))
      return failure();
    GraphBuffer &buffer = graph.buffers.back();
    buffer.isOutput = function.getArgAttr(argument.getArgNumber(), kernel::kOutputAttr) != nullptr;
    buffer.isInput = !buffer.isOutput;
  }
  for (Operation &op : function.front().without_terminator()) {
    if (auto alloc = dyn_cast<memref::AllocOp>(op)) {
      if (failed(graph.addBuffer(alloc.getResult())))
        return failure();
    } else if (auto view = dyn_cast<memref::ReinterpretCastOp>(op)) {
      if (!kernel::isContiguous(view.getType()))
        return op.emitOpError("expects a contiguous view");
      if (int64_t source = graph.getBuffer(view.getSource()); source >= 0)
        graph.roots[view.getResult()] = source;
    } else if (auto stream = dyn_cast<kernel::StreamOp>(op)) {
      for (Operation &inner : stream.getBody().front())
        if (failed(graph.addOp(cast<kernel::KernelOpInterface>(inner), graph.streams.size())))
          return failure();
      graph.streams.push_back(stream);
    } else if (auto kernelOp = dyn_cast<kernel::KernelOpInterface>(op)) {
      if (failed(graph.addOp(kernelOp, -1)))
        return failure();
    } else if (!isa<memref::GetGlobalOp>(op)) {
      return op.emitOpError("is not expected among kernel ops");
    }
  }
  return graph;
}

std::vector<Step> BufferGraph::getSteps() const {
  std::vector<Step> steps;
  for (size_t number = 0; number < ops.size();) {
    if (ops[number].stream < 0) {
      steps.push_back({number++, 0, 1});
      continue;
    }
    kernel::StreamOp stream = streams[ops[number].stream];
    size_t first = number;
    while (number < ops.size() && ops[number].stream == ops[first].stream)
      ++number;
    llvm::SmallVector<int32_t> next(number - first, 0);
    for (int32_t inner : stream.getSteps()) {
      const GraphOp &op = ops[first + inner];
      int32_t begin = next[inner];
      next[inner] = std::min(begin + kernel::KernelOpInterface(op.op).getRowsPerStep(), op.rows);
      steps.push_back({first + inner, begin, next[inner]});
    }
  }
  return steps;
}

BufferGraph BufferGraph::getPart(size_t firstOp, size_t lastOp, int64_t &bytesThrough) const {
  BufferGraph part;
  llvm::SmallDenseMap<size_t, size_t, 32> numbers;
  for (size_t number = firstOp; number < lastOp; ++number) {
    part.ops.push_back(ops[number]);
    for (GraphAccess &access : part.ops.back().accesses) {
      auto [entry, isNew] = numbers.insert({access.buffer, part.buffers.size()});
      if (isNew) {
        GraphBuffer buffer = buffers[access.buffer];
        buffer.firstRow = part.rows;
        buffer.isInput |= buffer.firstOp < firstOp;
        buffer.isOutput |= buffer.lastOp >= lastOp;
        part.rows += buffer.rows;
        part.buffers.push_back(buffer);
      }
      access.buffer = entry->second;
    }
  }
  bytesThrough = 0;
  for (auto [number, buffer] : llvm::enumerate(buffers)) {
    bool isUsed = buffer.firstOp <= buffer.lastOp;
    bool isBorn = buffer.isInput || (isUsed && buffer.firstOp < firstOp);
    bool stays = buffer.isOutput || (isUsed && buffer.lastOp >= lastOp);
    if (isBorn && stays && !numbers.contains(number))
      bytesThrough += buffer.bytes;
  }
  return part;
}

} // namespace tinyc::lower
