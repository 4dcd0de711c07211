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

SmallVector<int64_t> getEvenWidths(int64_t width, int64_t count) {
  SmallVector<int64_t> widths;
  for (int64_t stripe = 0; stripe < count; ++stripe)
    widths.push_back(width / count + (stripe < width % count));
  return widths;
}

static MemRefType getType(Value value) { return cast<MemRefType>(value.getType()); }

static bool isImage(MemRefType type) { return type.getRank() == 4 && type.getDimSize(0) == 1; }

static Value getSource(Value value) {
  while (auto view = value.getDefiningOp<memref::ReinterpretCastOp>())
    value = view.getSource();
  return value;
}

static bool isConstant(Value value) { return getSource(value).getDefiningOp<memref::GetGlobalOp>() != nullptr; }

static kernel::WindowAttr getWindow(Operation *op) {
  return TypeSwitch<Operation *, kernel::WindowAttr>(op)
      .Case<kernel::Conv2DOp, kernel::DepthwiseConv2DOp, kernel::AvgPoolOp, kernel::MaxPoolOp>(
          [](auto windowed) { return windowed.getWindow(); })
      .Default(kernel::WindowAttr());
}

// The buffers that an op reads, without constants.
static SmallVector<OpOperand *> getInputs(KernelOpInterface op) {
  SmallVector<OpOperand *> inputs;
  for (OpOperand &operand : op->getOpOperands())
    if (operand.get() != op.getOutputBuffer() && operand.get() != op.getScratchBuffer() && !isConstant(operand.get()))
      inputs.push_back(&operand);
  return inputs;
}

// The columns that an op without a window reads are those it writes; an input of one column is broadcast.
static bool isBroadcast(KernelOpInterface op, Value input) {
  return getType(input).getDimSize(2) == 1 && getType(op.getOutputBuffer()).getDimSize(2) > 1;
}

// The columns of its input that the columns `stripe` of an op's output need, as far as the image has them; the window's
// first column before that.
static Columns getNeed(KernelOpInterface op, Value input, Columns stripe) {
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
  bool isElementwise = isa<kernel::SoftmaxOp, kernel::LogSoftmaxOp, kernel::AddOp, kernel::SubOp, kernel::MulOp,
                           kernel::ClampOp, kernel::LeakyReluOp, kernel::SigmoidOp, kernel::HardSigmoidOp,
                           kernel::HardSwishOp, kernel::LookupOp, kernel::RequantizeOp, kernel::QuantizeOp,
                           kernel::DequantizeOp>(op);
  auto copy = dyn_cast<kernel::CopyOp>(op.getOperation());
  if (!isReceive && !isElementwise && !copy && !getWindow(op))
    return false;
  Value output = op.getOutputBuffer();
  if (!output.getDefiningOp<memref::AllocOp>() || !isImage(getType(output)) || op.getScratchBuffer())
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

// The columns of each buffer that the columns `stripe` of the result need.
DenseMap<Value, Columns> ColumnInterval::getNeeds(Columns stripe) const {
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

int64_t ColumnInterval::getMacs(Columns stripe) const {
  DenseMap<Value, Columns> needs = getNeeds(stripe);
  int64_t macs = 0;
  for (KernelOpInterface op : ops) {
    Value output = op.getOutputBuffer();
    if (auto own = needs.find(output); own != needs.end())
      macs += op.getMacs() / getType(output).getDimSize(2) * own->second.size();
  }
  return macs;
}

int64_t ColumnInterval::getMacs(ArrayRef<int64_t> widths) const {
  int64_t macs = 0, begin = 0;
  for (int64_t width : widths) {
    macs += getMacs(Columns{begin, begin + width});
    begin += width;
  }
  return macs;
}

struct ColumnInterval::StripeBuilder {
  struct Piece {
    Value buffer;
    Columns columns; // of the whole image
  };

  StripeBuilder(const ColumnInterval &interval, OpBuilder &builder, Columns stripe)
      : interval(interval), builder(builder), needs(interval.getNeeds(stripe)) {}

  // The result's columns.
  Value build(Columns stripe) {
    for (KernelOpInterface op : interval.ops)
      if (needs.contains(op.getOutputBuffer()))
        buildOp(op);
    Piece piece = pieces.lookup(interval.result);
    return piece.columns == stripe ? piece.buffer : slice(piece, stripe, interval.result.getLoc());
  }

  Value allocate(Value image, Columns columns) {
    SmallVector<int64_t> shape(getType(image).getShape());
    shape[2] = columns.size();
    return memref::AllocOp::create(builder, image.getLoc(), MemRefType::get(shape, getType(image).getElementType()));
  }

  Value slice(Piece from, Columns columns, Location location) {
    MemRefType type = getType(from.buffer);
    uint32_t channels = type.getDimSize(3), length = columns.size() * channels;
    Value to = allocate(from.buffer, columns);
    kernel::CopyOp::create(builder, location, from.buffer, to, /*scratch=*/Value(), type.getDimSize(1), length,
                           /*inputPitch=*/type.getDimSize(2) * channels, /*outputPitch=*/length, /*outputOffset=*/0u,
                           static_cast<uint32_t>((columns.begin - from.columns.begin) * channels), FlatSymbolRefAttr());
    return to;
  }

  // A buffer with the columns `need` of an image, for an op that can do with more to the right if it has a window.
  Piece getInput(Value image, Columns need, bool hasWindow, Location location) {
    auto found = pieces.find(image);
    Piece piece = found == pieces.end() ? Piece{image, {0, getType(image).getDimSize(2)}} : found->second;
    if (piece.columns == need || (hasWindow && piece.columns.begin == need.begin))
      return piece;
    Piece &other = slices[{image, {need.begin, need.end}}];
    if (!other.buffer)
      other = {slice(piece, need, location), need};
    return other;
  }

  void buildOp(KernelOpInterface op) {
    Value output = op.getOutputBuffer();
    Columns columns = needs.lookup(output);
    IRMapping mapping;
    kernel::WindowAttr window = getWindow(op);
    for (OpOperand *input : getInputs(op)) {
      Value image = input->get();
      if (isBroadcast(op, image))
        continue;
      Piece piece = getInput(image, getNeed(op, image, columns), window != nullptr, op->getLoc());
      mapping.map(image, piece.buffer);
      if (window)
        window = kernel::WindowAttr::get(
            op->getContext(), window.getKernelHeight(), window.getKernelWidth(), window.getStrideHeight(),
            window.getStrideWidth(), window.getDilationHeight(), window.getDilationWidth(), window.getPadTop(),
            piece.columns.begin - (columns.begin * window.getStrideWidth() - window.getPadLeft()));
    }
    Piece &to = pieces[output];
    if (!to.buffer)
      to = {allocate(output, columns), columns};
    mapping.map(output, to.buffer);
    Operation *clone = builder.clone(*op.getOperation(), mapping);
    TypeSwitch<Operation *>(clone)
        .Case<kernel::Conv2DOp, kernel::DepthwiseConv2DOp, kernel::AvgPoolOp, kernel::MaxPoolOp>(
            [&](auto windowed) { windowed.setWindowAttr(window); })
        .Case([&](kernel::CopyOp copy) { copy.setBlocks(getType(to.buffer).getDimSize(1) * columns.size()); });
  }

  const ColumnInterval &interval;
  OpBuilder &builder;
  DenseMap<Value, Columns> needs;
  DenseMap<Value, Piece> pieces; // of the buffers that the stripe has computed
  llvm::MapVector<std::pair<Value, std::pair<int64_t, int64_t>>, Piece> slices;
};

size_t ColumnInterval::split(ArrayRef<int64_t> widths) {
  Operation *last = ops.back(), *behind = last->getNextNode();
  OpBuilder builder(last->getContext());
  builder.setInsertionPointAfter(last);
  SmallVector<Value> parts;
  int64_t begin = 0;
  for (int64_t width : widths) {
    Operation *before = &*std::prev(builder.getInsertionPoint());
    Columns stripe = {begin, begin + width};
    parts.push_back(StripeBuilder(*this, builder, stripe).build(stripe));
    if (begin > 0) {
      Operation *first = before->getNextNode();
      while (!isa<KernelOpInterface>(first))
        first = first->getNextNode();
      first->setAttr(kernel::kStripeAttr, builder.getUnitAttr());
    }
    begin += width;
  }
  // The result as a whole, row by row.
  MemRefType type = getType(result);
  int64_t channels = type.getDimSize(3), offset = 0;
  for (Value part : parts) {
    uint32_t length = getType(part).getDimSize(2) * channels;
    kernel::CopyOp::create(builder, result.getLoc(), part, result, /*scratch=*/Value(), type.getDimSize(1), length,
                           /*inputPitch=*/length, /*outputPitch=*/type.getDimSize(2) * channels,
                           static_cast<uint32_t>(offset), /*inputOffset=*/0u, FlatSymbolRefAttr());
    offset += length;
  }
  size_t count = 0;
  for (Operation *op = last->getNextNode(); op != behind; op = op->getNextNode())
    count += isa<KernelOpInterface>(op);
  llvm::SmallSetVector<Operation *, 16> buffers;
  for (KernelOpInterface op : ops) {
    if (op.getOutputBuffer() != result)
      buffers.insert(op.getOutputBuffer().getDefiningOp());
    op->erase();
  }
  for (Operation *buffer : buffers)
    if (buffer->use_empty())
      buffer->erase();
  return count;
}

} // namespace tinyc::lower
