#include "passes/lower/ColumnSplit.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/TypeSwitch.h"

#include <algorithm>

using namespace mlir;

namespace tinyc::lower {

using kernel::KernelOpInterface;
using namespace columns;

std::vector<KernelOpInterface> getKernelOps(func::FuncOp function) {
  std::vector<KernelOpInterface> ops;
  for (auto op : function.front().getOps<KernelOpInterface>())
    ops.push_back(op);
  return ops;
}

int64_t countMacs(func::FuncOp function) {
  int64_t macs = 0;
  function.walk([&](KernelOpInterface op) { macs += op.getMacs(); });
  return macs;
}

std::vector<Columns> makeStripes(ArrayRef<int64_t> widths) {
  std::vector<Columns> stripes;
  int64_t begin = 0;
  for (int64_t width : widths) {
    stripes.push_back({begin, begin + width});
    begin += width;
  }
  return stripes;
}

SmallVector<int64_t> getWidths(int64_t width, int64_t most) {
  SmallVector<int64_t> widths;
  for (int64_t begin = 0; begin < width; begin += most)
    widths.push_back(std::min(most, width - begin));
  return widths;
}

MemRefType columns::getType(Value value) { return cast<MemRefType>(value.getType()); }

static bool isImage(MemRefType type) { return type.getRank() == 4 && type.getDimSize(0) == 1; }

static Value getSource(Value value) {
  while (auto view = value.getDefiningOp<memref::ReinterpretCastOp>())
    value = view.getSource();
  return value;
}

static bool isConstant(Value value) { return getSource(value).getDefiningOp<memref::GetGlobalOp>() != nullptr; }

kernel::WindowAttr columns::getWindow(Operation *op) {
  return TypeSwitch<Operation *, kernel::WindowAttr>(op)
      .Case<kernel::Conv2DOp, kernel::DepthwiseConv2DOp, kernel::AvgPoolOp, kernel::MaxPoolOp>(
          [](auto windowed) { return windowed.getWindow(); })
      .Default(kernel::WindowAttr());
}

SmallVector<OpOperand *> columns::getInputs(KernelOpInterface op) {
  SmallVector<OpOperand *> inputs;
  for (OpOperand &operand : op->getOpOperands())
    if (operand.get() != op.getOutputBuffer() && operand.get() != op.getScratchBuffer() && !isConstant(operand.get()))
      inputs.push_back(&operand);
  return inputs;
}

bool columns::isBroadcast(KernelOpInterface op, Value input) {
  return getType(input).getDimSize(2) == 1 && getType(op.getOutputBuffer()).getDimSize(2) > 1;
}

// A window's first column may lie before the image. Without a window the columns read are those written.
Columns columns::getNeed(KernelOpInterface op, Value input, Columns stripe) {
  int64_t width = getType(input).getDimSize(2);
  kernel::WindowAttr window = getWindow(op);
  if (!window)
    return stripe;
  int64_t extent = (window.getKernelWidth() - 1) * window.getDilationWidth() + 1;
  int64_t begin = stripe.begin * window.getStrideWidth() - window.getPadLeft();
  int64_t end = (stripe.end - 1) * window.getStrideWidth() - window.getPadLeft() + extent;
  begin = std::clamp<int64_t>(begin, 0, width - 1);
  return {begin, std::clamp(end, begin + 1, width)};
}

std::optional<ColumnInterval> ColumnInterval::find(ArrayRef<KernelOpInterface> ops, size_t firstOp, size_t lastOp) {
  ColumnInterval interval;
  interval.ops.assign(ops.begin() + firstOp, ops.begin() + lastOp);
  interval.firstOp = firstOp;
  interval.lastOp = lastOp;
  if (!interval.check())
    return std::nullopt;
  return interval;
}

bool ColumnInterval::check() {
  return llvm::all_of(ops, [&](KernelOpInterface op) { return checkOp(op); }) && findResult();
}

// A concatenation of channels: whole pixels, each of them a part of a pixel of the output.
static bool copiesPixels(kernel::CopyOp copy) {
  MemRefType input = copy.getInput().getType(), output = copy.getOutput().getType();
  int64_t channels = input.getDimSize(3);
  return copy.getBlocks() == input.getDimSize(1) * input.getDimSize(2) && copy.getLength() == channels &&
         copy.getInputPitch() == channels && copy.getOutputPitch() == output.getDimSize(3) &&
         copy.getInputOffset() == 0 && copy.getOutputOffset() + channels <= output.getDimSize(3);
}

bool ColumnInterval::checkOp(KernelOpInterface op) const {
  bool isReceive = isa<kernel::ReceiveOp>(op);
  bool isElementwise =
      isa<kernel::SoftmaxOp, kernel::LogSoftmaxOp, kernel::AddOp, kernel::SubOp, kernel::MulOp, kernel::ClampOp,
          kernel::LeakyReluOp, kernel::SigmoidOp, kernel::HardSigmoidOp, kernel::HardSwishOp, kernel::LookupOp,
          kernel::RequantizeOp, kernel::QuantizeOp, kernel::DequantizeOp>(op);
  auto copy = dyn_cast<kernel::CopyOp>(op.getOperation());
  if (!isReceive && !isElementwise && !copy && !getWindow(op))
    return false;
  Value output = op.getOutputBuffer();
  if (!output.getDefiningOp<memref::AllocOp>() || !isImage(getType(output)) || op.getScratchBuffer())
    return false;
  // There is no copy of stripes of 4 bits.
  if (llvm::any_of(op->getOperands(), [](Value operand) { return !isConstant(operand) && getType(operand).getElementType().isInteger(4); }))
    return false;
  MemRefType to = getType(output);
  // A window beyond the image has no columns.
  kernel::WindowAttr window = getWindow(op);
  if (window && (to.getDimSize(2) - 1) * window.getStrideWidth() - window.getPadLeft() >=
                    getType(op->getOperand(0)).getDimSize(2))
    return false;
  for (OpOperand &operand : op->getOpOperands()) {
    MemRefType type = getType(operand.get());
    if (operand.get() == output)
      continue;
    if (isConstant(operand.get())) {
      // Of a constant image other columns would be other elements.
      if (isElementwise && type.getRank() > 1 && type.getDimSize(type.getRank() - 2) != 1)
        return false;
      continue;
    }
    if (operand.get().getDefiningOp<memref::ReinterpretCastOp>() || !isImage(type))
      return false;
    bool isSame = type.getDimSize(1) == to.getDimSize(1) && type.getDimSize(2) == to.getDimSize(2);
    bool isVector = type.getDimSize(1) == 1 && type.getDimSize(2) == 1;
    if ((isElementwise && !isSame && !isVector) || (copy && !isSame))
      return false;
  }
  return !copy || copiesPixels(copy);
}

bool ColumnInterval::findResult() {
  llvm::SmallDenseSet<Operation *> inside;
  for (KernelOpInterface op : ops)
    inside.insert(op);
  for (KernelOpInterface op : ops) {
    Value output = op.getOutputBuffer();
    for (Operation *user : output.getUsers()) {
      if (inside.contains(user))
        continue;
      // What others write as well, or see under another shape before, is not this interval's alone.
      auto other = dyn_cast<KernelOpInterface>(user);
      if (user->isBeforeInBlock(ops.back()) || (other && other.getOutputBuffer() == output))
        return false;
      if (result && result != output)
        return false;
      result = output;
    }
    // An image that arrives in rows is taken once for each stripe.
    for (OpOperand *input : getInputs(op))
      for (Operation *user : input->get().getUsers())
        if (isa<kernel::ReceiveOp>(user) && !inside.contains(user))
          return false;
  }
  return result && getType(result).getDimSize(2) > 1 && !isa<kernel::ReceiveOp>(ops.back());
}

int64_t ColumnInterval::getWidth() const { return getType(result).getDimSize(2); }
int64_t ColumnInterval::getResultBytes() const { return kernel::getByteSize(getType(result)); }

DenseMap<Value, Columns> ColumnInterval::getColumns(Columns stripe) const {
  DenseMap<Value, Columns> needs;
  auto add = [&](Value value, Columns columns) {
    auto [entry, isNew] = needs.try_emplace(value, columns);
    if (!isNew)
      entry->second = {std::min(entry->second.begin, columns.begin), std::max(entry->second.end, columns.end)};
  };
  add(result, stripe);
  for (KernelOpInterface op : llvm::reverse(ops)) {
    Value output = op.getOutputBuffer();
    if (isa<kernel::ReceiveOp>(op)) {
      needs[output] = {0, getType(output).getDimSize(2)};
      continue;
    }
    auto own = needs.find(output);
    if (own == needs.end())
      continue;
    Columns columns = own->second;
    for (OpOperand *input : getInputs(op))
      if (!isBroadcast(op, input->get()))
        add(input->get(), getNeed(op, input->get(), columns));
  }
  return needs;
}

namespace {
// The rows of its input that a row y of an op's output reads: y * stride - pad and those behind it, `extent` in all.
struct RowWindow {
  int64_t stride = 1, pad = 0, extent = 1;

  explicit RowWindow(KernelOpInterface op) {
    if (kernel::WindowAttr window = getWindow(op)) {
      stride = window.getStrideHeight();
      pad = window.getPadTop();
      extent = (window.getKernelHeight() - 1) * window.getDilationHeight() + 1;
    }
  }
};
} // namespace

// Of each buffer the rows from the oldest that an op still reads to the newest that one has read. All of these rows but
// the newest are there all the time; the newest ones of an op's input and output while it runs. A depthwise convolution
// writes over the oldest row it reads.
int64_t ColumnInterval::getLineBytes(const DenseMap<Value, Columns> &needs, Value before) const {
  DenseMap<Value, int64_t> newest; // rows computed when row 0 of the result is, or is not yet if negative
  DenseMap<Value, int64_t> oldest;
  newest[result] = 0;
  for (KernelOpInterface op : llvm::reverse(ops)) {
    RowWindow window(op);
    int64_t own = newest.lookup(op.getOutputBuffer());
    for (OpOperand *input : getInputs(op)) {
      int64_t first = own * window.stride - window.pad, last = first + window.extent - 1;
      auto [entry, isNew] = newest.insert({input->get(), last});
      entry->second = std::max(entry->second, last);
      auto [old, isFirst] = oldest.insert({input->get(), first});
      old->second = std::min(old->second, first);
    }
  }
  llvm::SmallDenseSet<Value, 8> received; // as a whole, of which the columns needed are kept
  for (KernelOpInterface op : ops)
    if (isa<kernel::ReceiveOp>(op))
      received.insert(op.getOutputBuffer());
  auto getRowBytes = [&](Value buffer) {
    auto need = needs.find(buffer);
    if (need == needs.end())
      return int64_t(0);
    MemRefType type = getType(buffer);
    return need->second.size() * type.getDimSize(3) * type.getElementTypeBitWidth() / 8;
  };
  int64_t kept = 0, most = 0;
  for (auto [buffer, first] : oldest) {
    bool isInside = buffer != result && llvm::any_of(ops, [&, image = buffer](KernelOpInterface op) {
                      return op.getOutputBuffer() == image && !received.contains(image);
                    });
    if (isInside || (before && buffer == before))
      kept += (newest.lookup(buffer) - first) * getRowBytes(buffer);
  }
  for (KernelOpInterface op : ops) {
    Value output = op.getOutputBuffer();
    bool overwrites = isa<kernel::DepthwiseConv2DOp>(op);
    int64_t bytes = output == result || overwrites ? 0 : getRowBytes(output);
    for (OpOperand *input : getInputs(op))
      bytes += getRowBytes(input->get());
    most = std::max(most, bytes);
  }
  return kept + most;
}

StripeNeeds ColumnInterval::getNeeds(Columns stripe, Value before) const {
  DenseMap<Value, Columns> columns = getColumns(stripe);
  StripeNeeds needs;
  if (before)
    needs.input = columns.lookup(before);
  needs.lineBytes = getLineBytes(columns, before);
  for (KernelOpInterface op : ops) {
    Value output = op.getOutputBuffer();
    if (auto own = columns.find(output); own != columns.end())
      needs.macs += op.getMacs() / getType(output).getDimSize(2) * own->second.size();
  }
  return needs;
}

bool ColumnInterval::isReadOnlyBy(const ColumnInterval &next) const {
  return llvm::all_of(result.getUsers(), [&](Operation *user) {
    return llvm::is_contained(ops, user) || llvm::is_contained(next.ops, user);
  });
}

} // namespace tinyc::lower
