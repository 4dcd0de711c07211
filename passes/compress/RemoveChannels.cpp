#include "dialects/nn/QuantizedArithmetic.h"
#include "passes/compress/ChannelBounds.h"
#include "passes/compress/Parameters.h"
#include "passes/compress/Passes.h"
#include "passes/compress/SliceChannels.h"

#include <cmath>

using namespace mlir;

namespace tinyc::compress {

#define GEN_PASS_DEF_REMOVECHANNELSPASS
#include "passes/compress/Passes.h.inc"

namespace {

/// Finds the groups of channels that no result depends on, and removes them.
class ChannelRemoval {
public:
  ChannelRemoval(func::FuncOp function, const ChannelGroups &groups, const ChannelBounds &bounds)
      : function(function), groups(groups), bounds(bounds), needed(groups.getCount()) {}

  /// The number of channels of layers that were removed.
  int64_t run() {
    for (unsigned group = 0; group < groups.getCount(); ++group)
      if (groups.isFixed(group))
        needed.set(group);
    do
      propagate();
    while (keepShifts() || keepOne() || keepEven());
    if (needed.all())
      return 0;
    int64_t removed = 0;
    function.walk([&](Operation *op) {
      if (!isLayer(op))
        return;
      Value result = op->getResult(0);
      removed += groups.getGroups(result).size() - getKeptChannels(groups, needed, result).size();
      foldConstants(op);
    });
    sliceChannels(function, groups, needed);
    return removed;
  }

private:
  static bool isLayer(Operation *op) { return isa<nn::Conv2DOp, nn::FullyConnectedOp>(op); }

  /// A layer that sums over all channels of its input, and whose weights are at hand.
  static bool isMixing(Operation *op) {
    auto conv = dyn_cast<nn::Conv2DOp>(op);
    return isLayer(op) && (!conv || conv.getGroups() == 1);
  }

  /// What an element of zero is stored as.
  static double getZero(Value value) {
    quant::UniformQuantizedType type = nn::getPerTensor(value.getType());
    return type ? static_cast<double>(type.getZeroPoint()) : 0.0;
  }

  /// True if an input channel gives an output of the layer the same at every position.
  bool isFoldable(Operation *op, const ChannelBound &input) const {
    if (!input.isConstant())
      return false;
    if (input.low == getZero(op->getOperand(0)))
      return true;
    // In float a constant that moves to the bias is rounded in another place.
    quant::UniformQuantizedType type = nn::getPerTensor(op->getOperand(0).getType());
    if (!type || type.getStorageTypeIntegralWidth() != 8 || !nn::getPerTensor(op->getResult(0).getType()) ||
        !canHoldBias(op))
      return false;
    auto conv = dyn_cast<nn::Conv2DOp>(op);
    return !conv || llvm::all_of(conv.getPads(), [](int64_t pad) { return pad == 0; });
  }

  /// Marks, from results to arguments, the groups that needed outputs of layers read.
  void propagate() {
    for (bool changed = true; changed;) {
      changed = false;
      for (Operation &op : llvm::reverse(function.getBody().front()))
        if (isMixing(&op))
          changed |= markInputs(&op);
    }
  }

  bool markInputs(Operation *op) {
    Value input = op->getOperand(0), output = op->getResult(0);
    int64_t last = cast<RankedTensorType>(input.getType()).getRank() - 1;
    auto weight = op->getOperand(1).getDefiningOp<nn::ConstantOp>();
    if (groups.getAxis(input) != last || !weight)
      return false; // fixed
    ArrayRef<unsigned> inputs = groups.getGroups(input);
    SmallVector<bool> isRead(inputs.size(), false);
    forEachElement(weight, [&](int64_t row, int64_t index, double value) {
      isRead[index % inputs.size()] |= value != 0.0 && needed.test(groups.getGroup(output, row));
    });
    bool changed = false;
    for (auto [channel, group] : llvm::enumerate(inputs))
      if (isRead[channel] && !needed.test(group) && !isFoldable(op, bounds.get(input)[channel])) {
        needed.set(group);
        changed = true;
      }
    return changed;
  }

  /// Calls f(index along the first dimension, index, stored value).
  template <typename F> static void forEachElement(nn::ConstantOp constant, F f) {
    auto type = cast<RankedTensorType>(constant.getOutput().getType());
    auto elements = cast<DenseElementsAttr>(constant.getValue());
    int64_t row = type.getNumElements() / type.getDimSize(0), index = 0;
    if (nn::getQuantizedElement(type)) {
      for (const APInt &value : elements.getValues<APInt>()) {
        f(index / row, index, static_cast<double>(value.getSExtValue()));
        ++index;
      }
      return;
    }
    for (float value : elements.getValues<float>()) {
      f(index / row, index, value);
      ++index;
    }
  }

  /// The multipliers of a layer share one shift: it has to stay what it was, or the other channels' last bits change.
  bool keepShifts() {
    bool changed = false;
    function.walk([&](Operation *op) {
      quant::QuantizedType weight = isLayer(op) ? nn::getQuantizedElement(op->getOperand(1).getType()) : nullptr;
      quant::UniformQuantizedType in = weight ? nn::getPerTensor(op->getOperand(0).getType()) : nullptr;
      quant::UniformQuantizedType out = weight ? nn::getPerTensor(op->getResult(0).getType()) : nullptr;
      if (!in || !out || !isa<quant::UniformQuantizedPerAxisType>(weight))
        return;
      auto getScale = [&](int64_t channel) { return in.getScale() * nn::getScale(weight, channel) / out.getScale(); };
      SmallVector<double> all, some;
      int64_t greatest = 0;
      for (auto [channel, group] : llvm::enumerate(groups.getGroups(op->getResult(0)))) {
        all.push_back(getScale(channel));
        if (needed.test(group))
          some.push_back(all.back());
        if (all.back() > all[greatest])
          greatest = channel;
      }
      unsigned bits = out.getStorageTypeIntegralWidth();
      if (some.empty() || nn::computeRequantization(some, bits).shift == nn::computeRequantization(all, bits).shift)
        return;
      needed.set(groups.getGroup(op->getResult(0), greatest));
      changed = true;
    });
    return changed;
  }

  /// Every value keeps a channel.
  bool keepOne() {
    bool changed = false;
    function.walk([&](Operation *op) {
      for (Value value : op->getResults())
        if (groups.getAxis(value) && getKeptChannels(groups, needed, value).empty()) {
          needed.set(groups.getGroup(value, 0));
          changed = true;
        }
    });
    return changed;
  }

  /// Values of 4 bits keep an even number of channels: two elements share a byte.
  bool keepEven() {
    bool changed = false;
    function.walk([&](Operation *op) {
      for (Value value : op->getResults()) {
        auto type = dyn_cast<RankedTensorType>(value.getType());
        quant::UniformQuantizedType element = type ? nn::getPerTensor(type) : nullptr;
        if (!element || element.getStorageTypeIntegralWidth() != 4 || groups.getAxis(value) != type.getRank() - 1 ||
            getKeptChannels(groups, needed, value).size() % 2 == 0)
          continue;
        for (unsigned group : groups.getGroups(value))
          if (!needed.test(group)) {
            needed.set(group);
            changed = true;
            break;
          }
      }
    });
    return changed;
  }

  /// Adds to a layer's bias what the input channels give that it loses. |input| is at most 128 from 0, so that the sum
  /// of bias and products stays where it was: within int32.
  void foldConstants(Operation *op) {
    Value input = op->getOperand(0);
    if (!isMixing(op) || !nn::getPerTensor(input.getType()) || !nn::getPerTensor(op->getResult(0).getType()))
      return;
    int64_t last = cast<RankedTensorType>(input.getType()).getRank() - 1;
    auto weight = op->getOperand(1).getDefiningOp<nn::ConstantOp>();
    if (groups.getAxis(input) != last || !weight)
      return;
    ArrayRef<unsigned> inputs = groups.getGroups(input);
    SmallVector<int64_t> sums(cast<RankedTensorType>(weight.getOutput().getType()).getDimSize(0), 0);
    double zero = getZero(input);
    forEachElement(weight, [&](int64_t row, int64_t index, double value) {
      const ChannelBound &bound = bounds.get(input)[index % inputs.size()];
      if (!needed.test(inputs[index % inputs.size()]) && bound.isConstant())
        sums[row] += static_cast<int64_t>(value * (bound.low - zero));
    });
    for (auto [row, sum] : llvm::enumerate(sums))
      if (!needed.test(groups.getGroup(op->getResult(0), row)))
        sum = 0; // is cut off
    if (llvm::all_of(sums, [](int64_t sum) { return sum == 0; }))
      return;
    OpBuilder builder(op);
    bool hasBias = op->getNumOperands() > 2;
    Value bias = hasBias ? op->getOperand(2) : createZeroBias(builder, op);
    nn::HostTensor stored = getStored(bias);
    for (auto [value, sum] : llvm::zip_equal(stored.get<int32_t>(), sums))
      value = static_cast<int32_t>(value + sum);
    Value folded = nn::ConstantOp::create(builder, bias.getLoc(), stored.getType(), stored.toElements());
    op->insertOperands(2, folded);
    if (hasBias)
      op->eraseOperand(3);
    else
      bias.getDefiningOp()->erase();
  }

  static nn::HostTensor getStored(Value constant) {
    return nn::HostTensor::fromElements(cast<RankedTensorType>(constant.getType()),
                                        constant.getDefiningOp<nn::ConstantOp>().getValue());
  }

  /// True if the layer has a bias, or a bias on its scales can be made.
  static bool canHoldBias(Operation *op) {
    if (op->getNumOperands() > 2)
      return true;
    double scale = nn::getPerTensor(op->getOperand(0).getType()).getScale();
    auto type = cast<RankedTensorType>(op->getOperand(1).getType());
    return llvm::all_of(llvm::seq<int64_t>(0, type.getDimSize(0)), [&](int64_t channel) {
      return std::isnormal(static_cast<float>(scale * nn::getScale(nn::getQuantizedElement(type), channel)));
    });
  }

  /// A bias of zeros for a layer that has none and can hold one.
  static Value createZeroBias(OpBuilder &builder, Operation *op) {
    auto weight = cast<RankedTensorType>(op->getOperand(1).getType());
    SmallVector<double> zeros(weight.getDimSize(0), 0.0);
    int64_t channel = 0;
    return *createBias(builder, op->getLoc(), zeros, nn::getPerTensor(op->getOperand(0).getType()).getScale(),
                       nn::getQuantizedElement(weight), channel);
  }

  func::FuncOp function;
  const ChannelGroups &groups;
  const ChannelBounds &bounds;
  BitVector needed; // groups
};

struct RemoveChannelsPass : impl::RemoveChannelsPassBase<RemoveChannelsPass> {
  using RemoveChannelsPassBase::RemoveChannelsPassBase;

  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (function.isExternal())
      return;
    ChannelGroups groups = ChannelGroups::create(function);
    FailureOr<ChannelBounds> bounds = ChannelBounds::create(function, groups);
    if (failed(bounds))
      return signalPassFailure();
    removedChannels += ChannelRemoval(function, groups, *bounds).run();
  }
};
} // namespace

} // namespace tinyc::compress
