// The transformation of ColumnSplit.h: ops of stripes in the place of ops of whole images.
#include "passes/lower/ColumnSplit.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/TypeSwitch.h"

#include <algorithm>
#include <functional>

using namespace mlir;

namespace tinyc::lower {

using kernel::KernelOpInterface;
using namespace columns;

std::vector<ChainStep> orderStripes(ArrayRef<std::vector<Columns>> stripes, ArrayRef<std::vector<Columns>> inputs) {
  std::vector<ChainStep> steps;
  std::vector<size_t> done(stripes.size(), 0); // of each interval
  std::function<void(size_t)> runNext = [&](size_t interval) {
    size_t stripe = done[interval];
    if (interval > 0)
      while (
          done[interval - 1] < stripes[interval - 1].size() &&
          (done[interval - 1] == 0 || stripes[interval - 1][done[interval - 1] - 1].end < inputs[interval][stripe].end))
        runNext(interval - 1);
    steps.push_back({interval, stripe});
    done[interval] = stripe + 1;
  };
  for (size_t interval = stripes.size(); interval-- > 0;) // columns that none needs come last
    while (done[interval] < stripes[interval].size())
      runNext(interval);
  return steps;
}

namespace {

// A buffer with some columns of an image.
struct ImagePart {
  Value buffer;
  Columns columns;
};

// The ops of one stripe.
class StripeBuilder {
public:
  // `before` is the image computed by the interval before, in parts, or null.
  StripeBuilder(const ColumnInterval &interval, OpBuilder &builder, Columns stripe, Value before,
                ArrayRef<ImagePart> parts)
      : interval(interval), builder(builder), stripe(stripe), needs(interval.getColumns(stripe)), before(before),
        parts(parts) {}

  // The result's columns.
  Value build() {
    for (KernelOpInterface op : interval.getOps())
      if (needs.contains(op.getOutputBuffer()))
        buildOp(op);
    ImagePart part = pieces.lookup(interval.getResult());
    return part.columns == stripe ? part.buffer : slice(part, stripe, interval.getResult().getLoc());
  }

private:
  Value allocate(Value image, Columns columns) {
    SmallVector<int64_t> shape(getType(image).getShape());
    shape[2] = columns.size();
    return memref::AllocOp::create(builder, image.getLoc(), MemRefType::get(shape, getType(image).getElementType()));
  }

  // Copies `columns` from one buffer, which has them, to another one, which begins with column `begin`.
  void copy(ImagePart from, Columns columns, Value to, int64_t begin, Location location) {
    MemRefType type = getType(from.buffer);
    uint32_t channels = type.getDimSize(3), length = columns.size() * channels;
    kernel::CopyOp::create(builder, location, from.buffer, to, /*scratch=*/Value(), type.getDimSize(1), length,
                           /*inputPitch=*/type.getDimSize(2) * channels,
                           /*outputPitch=*/getType(to).getDimSize(2) * channels,
                           /*outputOffset=*/static_cast<uint32_t>((columns.begin - begin) * channels),
                           static_cast<uint32_t>((columns.begin - from.columns.begin) * channels), FlatSymbolRefAttr());
  }

  Value slice(ImagePart from, Columns columns, Location location) {
    Value to = allocate(from.buffer, columns);
    copy(from, columns, to, columns.begin, location);
    return to;
  }

  // The columns `need` of the image before, one buffer of it if it has all of them.
  ImagePart gather(Columns need, bool hasWindow, Location location) {
    for (const ImagePart &part : parts)
      if (part.columns == need || (hasWindow && part.columns.begin == need.begin && part.columns.end >= need.end))
        return part;
    ImagePart &gathered = slices[{before, {need.begin, need.end}}];
    if (gathered.buffer)
      return gathered;
    gathered = {allocate(before, need), need};
    for (const ImagePart &part : parts) {
      Columns common = {std::max(part.columns.begin, need.begin), std::min(part.columns.end, need.end)};
      if (common.begin < common.end)
        copy(part, common, gathered.buffer, need.begin, location);
    }
    return gathered;
  }

  // A buffer with the columns `need` of an image. A window can do with more to the right, which cost memory in each of
  // its rows: of a wide image they are left out by a copy where that holds fewer bytes than the window.
  ImagePart getInput(KernelOpInterface op, Value image, Columns need) {
    kernel::WindowAttr window = getWindow(op);
    if (image == before)
      return gather(need, window != nullptr, op->getLoc());
    auto found = pieces.find(image);
    ImagePart piece = found == pieces.end() ? ImagePart{image, {0, getType(image).getDimSize(2)}} : found->second;
    bool fits = piece.columns == need;
    if (!fits && window && piece.columns.begin == need.begin) {
      int64_t rows = (window.getKernelHeight() - 1) * window.getDilationHeight() + 1;
      fits = found == pieces.end() || rows * need.size() + piece.columns.size() >= rows * piece.columns.size();
    }
    if (fits)
      return piece;
    ImagePart &other = slices[{image, {need.begin, need.end}}];
    if (!other.buffer)
      other = {slice(piece, need, op->getLoc()), need};
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
      ImagePart part = getInput(op, image, getNeed(op, image, columns));
      mapping.map(image, part.buffer);
      if (window)
        window = kernel::WindowAttr::get(
            op->getContext(), window.getKernelHeight(), window.getKernelWidth(), window.getStrideHeight(),
            window.getStrideWidth(), window.getDilationHeight(), window.getDilationWidth(), window.getPadTop(),
            part.columns.begin - (columns.begin * window.getStrideWidth() - window.getPadLeft()));
    }
    ImagePart &to = pieces[output];
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
  Columns stripe;
  DenseMap<Value, Columns> needs;
  Value before;
  ArrayRef<ImagePart> parts;
  DenseMap<Value, ImagePart> pieces; // of the buffers that the stripe has computed
  llvm::MapVector<std::pair<Value, std::pair<int64_t, int64_t>>, ImagePart> slices;
};

void markStripe(Operation *before) {
  Operation *first = before->getNextNode();
  while (!isa<KernelOpInterface>(first))
    first = first->getNextNode();
  first->setAttr(kernel::kStripeAttr, UnitAttr::get(first->getContext()));
}

} // namespace

void splitChain(ArrayRef<StripedInterval> chain) {
  std::vector<std::vector<Columns>> stripes, inputs;
  for (auto [number, striped] : llvm::enumerate(chain)) {
    stripes.push_back(makeStripes(striped.widths));
    inputs.emplace_back();
    if (number > 0)
      for (Columns stripe : stripes.back())
        inputs.back().push_back(striped.interval.getColumns(stripe).lookup(chain[number - 1].interval.getResult()));
  }
  Operation *last = chain.back().interval.getOps().back();
  OpBuilder builder(last->getContext());
  builder.setInsertionPointAfter(last);
  std::vector<SmallVector<ImagePart>> parts(chain.size());
  bool isFirst = true;
  for (ChainStep step : orderStripes(stripes, inputs)) {
    const ColumnInterval &interval = chain[step.interval].interval;
    Columns stripe = stripes[step.interval][step.stripe];
    Value before = step.interval > 0 ? chain[step.interval - 1].interval.getResult() : Value();
    Operation *position = &*std::prev(builder.getInsertionPoint());
    StripeBuilder stripeBuilder(interval, builder, stripe, before,
                                before ? ArrayRef<ImagePart>(parts[step.interval - 1]) : ArrayRef<ImagePart>());
    parts[step.interval].push_back({stripeBuilder.build(), stripe});
    if (!isFirst)
      markStripe(position);
    isFirst = false;
  }
  // The result as a whole, row by row.
  Value result = chain.back().interval.getResult();
  MemRefType type = getType(result);
  int64_t channels = type.getDimSize(3), offset = 0;
  for (const ImagePart &part : parts.back()) {
    uint32_t length = part.columns.size() * channels;
    kernel::CopyOp::create(builder, result.getLoc(), part.buffer, result, /*scratch=*/Value(), type.getDimSize(1),
                           length,
                           /*inputPitch=*/length, /*outputPitch=*/type.getDimSize(2) * channels,
                           static_cast<uint32_t>(offset), /*inputOffset=*/0u, FlatSymbolRefAttr());
    offset += length;
  }
  llvm::SmallSetVector<Operation *, 16> buffers;
  for (const StripedInterval &striped : chain)
    for (KernelOpInterface op : striped.interval.getOps()) {
      if (op.getOutputBuffer() != result)
        buffers.insert(op.getOutputBuffer().getDefiningOp());
      op->erase();
    }
  for (Operation *buffer : buffers)
    if (buffer->use_empty())
      buffer->erase();
}

} // namespace tinyc::lower
