#include "passes/compress/SliceChannels.h"

#include "passes/compress/SparsityPattern.h"

#include "mlir/IR/PatternMatch.h"
#include "passes/graph/Constants.h"

using namespace mlir;

namespace tinyc::compress {

namespace {

/// Rewrites one function, op by op.
class ChannelSlicer {
public:
  ChannelSlicer(func::FuncOp function, const ChannelGroups &groups, const BitVector &kept)
      : function(function), groups(groups), kept(kept), rewriter(function.getContext()) {}

  void run() {
    for (Operation &op : llvm::make_early_inc_range(function.getBody().front())) {
      if (op.getNumResults() != 1 || !groups.getAxis(op.getResult(0)))
        continue;
      if (isa<nn::Conv2DOp, nn::FullyConnectedOp>(op))
        sliceLayer(&op);
      else
        sliceConstants(&op);
      sliceResult(op.getResult(0));
    }
    for (Operation &op : llvm::make_early_inc_range(llvm::reverse(function.getBody().front())))
      if (op.use_empty() && isa<nn::ConstantOp>(op))
        rewriter.eraseOp(&op);
  }

private:
  /// The kept channels of a value, or of any if it lost none: null.
  std::optional<SmallVector<int64_t>> getCut(Value value) const {
    if (!groups.getAxis(value))
      return std::nullopt;
    SmallVector<int64_t> channels = getKeptChannels(groups, kept, value);
    if (channels.size() == groups.getGroups(value).size())
      return std::nullopt;
    return channels;
  }

  /// Weight and bias by the channels of input and output; the input may be narrow already.
  void sliceLayer(Operation *op) {
    std::optional<SmallVector<int64_t>> inputs = getCut(op->getOperand(0)), outputs = getCut(op->getResult(0));
    auto conv = dyn_cast<nn::Conv2DOp>(op);
    // Channels of a grouped convolution that is not depthwise are fixed.
    bool isGrouped = conv && conv.getGroups() != 1;
    if (outputs) {
      sliceOperand(op->getOpOperand(1), 0, *outputs);
      if (op->getNumOperands() > 2)
        sliceOperand(op->getOpOperand(2), 0, *outputs);
      if (auto scales = op->getAttrOfType<DenseF32ArrayAttr>("nn.weight_scales")) {
        SmallVector<float> some;
        for (int64_t channel : *outputs)
          some.push_back(scales[channel]);
        op->setAttr("nn.weight_scales", rewriter.getDenseF32ArrayAttr(some));
      }
    }
    if (!inputs)
      return;
    op->removeAttr(kSparsityAttr); // other channels are neighbours now
    if (isGrouped)
      conv.setGroups(inputs->size());
    else
      sliceOperand(op->getOpOperand(1), conv ? 3 : 1, *inputs);
  }

  /// Constants that an elementwise op combines with its result's channels.
  void sliceConstants(Operation *op) {
    std::optional<SmallVector<int64_t>> channels = getCut(op->getResult(0));
    if (!channels || !isa<nn::AddOp, nn::SubOp, nn::MulOp>(op))
      return;
    int64_t axis = *groups.getAxis(op->getResult(0));
    for (OpOperand &operand : op->getOpOperands())
      if (operand.get().getDefiningOp<nn::ConstantOp>() &&
          cast<RankedTensorType>(operand.get().getType()).getDimSize(axis) != 1)
        sliceOperand(operand, axis, *channels);
  }

  /// Gives an op a constant with the elements at `channels` along `axis`.
  void sliceOperand(OpOperand &operand, int64_t axis, ArrayRef<int64_t> channels) {
    auto constant = operand.get().getDefiningOp<nn::ConstantOp>();
    auto type = cast<RankedTensorType>(constant.getOutput().getType());
    SmallVector<int64_t> shape(type.getShape());
    shape[axis] = channels.size();
    int64_t inner = 1, outer = 1;
    for (int64_t size : type.getShape().drop_front(axis + 1))
      inner *= size;
    for (int64_t size : type.getShape().take_front(axis))
      outer *= size;
    std::vector<int64_t> sources;
    sources.reserve(outer * channels.size() * inner);
    for (int64_t slice = 0; slice < outer; ++slice)
      for (int64_t channel : channels)
        for (int64_t element = 0; element < inner; ++element)
          sources.push_back((slice * type.getDimSize(axis) + channel) * inner + element);
    auto sliced = RankedTensorType::get(shape, graph::gatherAxis(type.getElementType(), axis, channels));
    rewriter.setInsertionPoint(operand.getOwner());
    operand.set(graph::createGathered(rewriter, constant.getLoc(), sliced, cast<DenseElementsAttr>(constant.getValue()),
                                      sources));
  }

  void sliceResult(Value result) {
    auto type = cast<RankedTensorType>(result.getType());
    SmallVector<int64_t> shape(type.getShape());
    shape[*groups.getAxis(result)] = getKeptChannels(groups, kept, result).size();
    result.setType(RankedTensorType::get(shape, type.getElementType()));
  }

  func::FuncOp function;
  const ChannelGroups &groups;
  const BitVector &kept;
  IRRewriter rewriter;
};
} // namespace

SmallVector<int64_t> getKeptChannels(const ChannelGroups &groups, const BitVector &kept, Value value) {
  SmallVector<int64_t> channels;
  for (auto [channel, group] : llvm::enumerate(groups.getGroups(value)))
    if (kept.test(group))
      channels.push_back(channel);
  return channels;
}

void sliceChannels(func::FuncOp function, const ChannelGroups &groups, const BitVector &kept) {
  ChannelSlicer(function, groups, kept).run();
}

} // namespace tinyc::compress
