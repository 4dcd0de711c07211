#include "passes/lower/ChannelSplit.h"

#include "passes/lower/Constants.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/TypeSwitch.h"

#include <algorithm>

using namespace mlir;

namespace tinyc::lower {

using kernel::KernelOpInterface;

static MemRefType getType(Value value) { return cast<MemRefType>(value.getType()); }

SmallVector<int64_t> makeSlices(int64_t channels, int64_t count) {
  SmallVector<int64_t> slices;
  for (int64_t begin = 0; begin < channels; begin += slices.back()) {
    int64_t rest = count - static_cast<int64_t>(slices.size());
    int64_t size = rest > 1 ? (channels - begin + rest - 1) / rest : channels - begin;
    slices.push_back(std::min((size + 3) / 4 * 4, channels - begin));
  }
  return slices;
}

// The constants of an op that have one entry for each output channel, in their first dimension.
static SmallVector<OpOperand *> getChannelConstants(KernelOpInterface op) {
  SmallVector<OpOperand *> constants;
  TypeSwitch<Operation *>(op).Case<kernel::Conv2DOp, kernel::DepthwiseConv2DOp>([&](auto convolution) {
    for (OpOperand &operand : convolution->getOpOperands()) {
      Value value = operand.get();
      bool isOne = value == convolution.getMultipliers() && getType(value).getDimSize(0) == 1;
      if ((value == convolution.getWeights() || value == convolution.getBias() ||
           value == convolution.getMultipliers()) &&
          !isOne)
        constants.push_back(&operand);
    }
  });
  return constants;
}

std::optional<ChannelInterval> ChannelInterval::find(ArrayRef<KernelOpInterface> ops, size_t firstOp, size_t lastOp,
                                                     const SymbolTable &symbols) {
  ChannelInterval interval;
  interval.ops.assign(ops.begin() + firstOp, ops.begin() + lastOp);
  interval.firstOp = firstOp;
  interval.lastOp = lastOp;
  if (!interval.check(symbols))
    return std::nullopt;
  return interval;
}

int64_t ChannelInterval::getChannels() const {
  KernelOpInterface op = ops.front();
  return getType(op.getOutputBuffer()).getDimSize(3);
}
int64_t ChannelInterval::getWidestBytes() const {
  KernelOpInterface op = ops.front();
  return kernel::getByteSize(getType(op.getOutputBuffer()));
}
int64_t ChannelInterval::getResultBytes() const {
  KernelOpInterface op = ops.back();
  return kernel::getByteSize(getType(op.getOutputBuffer()));
}

bool ChannelInterval::check(const SymbolTable &symbols) const {
  Operation *first = KernelOpInterface(ops.front());
  auto convolution = dyn_cast<kernel::Conv2DOp>(first);
  if (!convolution || convolution.getGroups() != 1)
    return false;
  for (size_t number = 0; number < ops.size(); ++number)
    if (!checkOp(number, symbols))
      return false;
  return true;
}

bool ChannelInterval::checkOp(size_t number, const SymbolTable &symbols) const {
  KernelOpInterface op = ops[number];
  Value output = op.getOutputBuffer();
  if (!output.getDefiningOp<memref::AllocOp>() || op.getScratchBuffer() || getType(output).getRank() != 4 ||
      getType(output).getDimSize(0) != 1 || getType(output).getDimSize(3) != getChannels() ||
      getType(output).getElementType().isInteger(4)) // nor are slices of 4 bits put together
    return false;
  for (OpOperand *constant : getChannelConstants(op)) {
    auto read = constant->get().getDefiningOp<memref::GetGlobalOp>();
    auto global = read ? symbols.lookup<memref::GlobalOp>(read.getName()) : memref::GlobalOp();
    if (!global || !getValues(global) || global.getType().getDimSize(0) != getChannels())
      return false;
  }
  if (number > 0) {
    bool keepsChannels =
        isa<kernel::DepthwiseConv2DOp, kernel::AvgPoolOp, kernel::MaxPoolOp, kernel::LookupOp, kernel::RequantizeOp,
            kernel::ClampOp, kernel::LeakyReluOp, kernel::SigmoidOp, kernel::HardSigmoidOp, kernel::HardSwishOp>(op);
    KernelOpInterface before = ops[number - 1];
    if (!keepsChannels || op->getOperand(0) != before.getOutputBuffer())
      return false;
  }
  if (number + 1 == ops.size())
    return true;
  // What the next op alone reads is nowhere whole.
  Operation *next = KernelOpInterface(ops[number + 1]);
  return llvm::all_of(output.getUsers(), [&](Operation *user) { return user == op || user == next; });
}

// Elements [begin, begin + count) of the first dimension of a constant.
static Value sliceConstant(Value constant, int64_t begin, int64_t count, OpBuilder &builder, SymbolTable &symbols) {
  auto read = constant.getDefiningOp<memref::GetGlobalOp>();
  auto global = symbols.lookup<memref::GlobalOp>(read.getName());
  SmallVector<int64_t> shape(global.getType().getShape());
  int64_t channels = shape[0];
  shape[0] = count;
  std::string name = (global.getSymName() + "_channels_" + Twine(begin) + "_" + Twine(begin + count)).str();
  auto sliced = symbols.lookup<memref::GlobalOp>(name);
  if (!sliced) {
    DenseElementsAttr values = getValues(global);
    auto type = RankedTensorType::get(shape, values.getElementType());
    DenseElementsAttr value;
    if (values.isSplat()) {
      value = values.resizeSplat(type);
    } else {
      ArrayRef<char> raw = values.getRawData();
      int64_t bytes = raw.size() / channels;
      value = DenseElementsAttr::getFromRawBuffer(type, raw.slice(begin * bytes, count * bytes));
    }
    OpBuilder atGlobal(global);
    sliced = memref::GlobalOp::create(atGlobal, global.getLoc(), name, global.getSymVisibilityAttr(),
                                      MemRefType::get(shape, values.getElementType()), value, global.getConstant(),
                                      global.getAlignmentAttr());
    sliced->setAttr(kSliceAttr, builder.getUnitAttr());
    symbols.insert(sliced, Block::iterator(global));
  }
  return memref::GetGlobalOp::create(builder, constant.getLoc(), sliced.getType(), sliced.getSymName());
}

// Channels [begin, begin + count) of a vector [1, 1, 1, C].
static Value slicePart(Value vector, int64_t begin, int64_t count, OpBuilder &builder) {
  SmallVector<int64_t> shape = {1, 1, 1, count}, strides = {count, count, count, 1};
  MemRefLayoutAttrInterface layout;
  if (begin != 0)
    layout = StridedLayoutAttr::get(builder.getContext(), begin, strides);
  auto type = MemRefType::get(shape, getType(vector).getElementType(), layout);
  return memref::ReinterpretCastOp::create(builder, vector.getLoc(), type, vector, begin, shape, strides);
}

void ChannelInterval::split(ArrayRef<int64_t> channels, SymbolTable &symbols) const {
  KernelOpInterface lastOfAll = ops.back();
  Value result = lastOfAll.getOutputBuffer();
  MemRefType type = getType(result);
  int64_t pixels = type.getDimSize(1) * type.getDimSize(2), all = getChannels(), begin = 0;
  OpBuilder builder(lastOfAll->getContext());
  builder.setInsertionPointAfter(lastOfAll);
  for (int64_t count : channels) {
    IRMapping mapping;
    for (KernelOpInterface op : ops) {
      Value output = op.getOutputBuffer();
      SmallVector<int64_t> shape(getType(output).getShape());
      shape[3] = count;
      bool isPart = op == lastOfAll && pixels == 1;
      mapping.map(output, isPart ? slicePart(output, begin, count, builder)
                                 : memref::AllocOp::create(builder, output.getLoc(),
                                                           MemRefType::get(shape, getType(output).getElementType()))
                                       .getResult());
      for (OpOperand *constant : getChannelConstants(op))
        mapping.map(constant->get(), sliceConstant(constant->get(), begin, count, builder, symbols));
      Operation *clone = builder.clone(*op.getOperation(), mapping);
      if (auto depthwise = dyn_cast<kernel::DepthwiseConv2DOp>(clone))
        depthwise.setGroups(count);
      if (op == ops.front() && begin > 0)
        clone->setAttr(kernel::kStripeAttr, builder.getUnitAttr());
    }
    if (pixels > 1)
      kernel::CopyOp::create(builder, result.getLoc(), mapping.lookup(result), result, /*scratch=*/Value(), pixels,
                             count,
                             /*inputPitch=*/count, /*outputPitch=*/all, /*outputOffset=*/static_cast<uint32_t>(begin),
                             /*inputOffset=*/0u, FlatSymbolRefAttr());
    begin += count;
  }
  llvm::SmallSetVector<Operation *, 8> buffers, constants;
  for (KernelOpInterface op : ops) {
    if (op.getOutputBuffer() != result)
      buffers.insert(op.getOutputBuffer().getDefiningOp());
    for (OpOperand *constant : getChannelConstants(op))
      constants.insert(constant->get().getDefiningOp());
  }
  for (KernelOpInterface op : llvm::reverse(ops))
    op->erase();
  for (Operation *unused : llvm::concat<Operation *const>(buffers, constants))
    if (unused->use_empty())
      unused->erase();
}

} // namespace tinyc::lower
