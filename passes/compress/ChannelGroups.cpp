#include "passes/compress/ChannelGroups.h"

#include "llvm/ADT/IntEqClasses.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace tinyc::compress {

static RankedTensorType getTensor(Value value) { return cast<RankedTensorType>(value.getType()); }
static bool isConstant(Value value) { return value.getDefiningOp<nn::ConstantOp>() != nullptr; }

/// A reshape seen along the channel axis: result index f of `axis` holds channel f / divisor % channels.
namespace {
struct ReshapedAxis {
  int64_t axis, divisor;
};
} // namespace

static std::optional<ReshapedAxis> followReshape(RankedTensorType input, int64_t inputAxis, RankedTensorType result) {
  int64_t channels = input.getDimSize(inputAxis), stride = 1, resultStride = 1;
  for (int64_t size : input.getShape().drop_front(inputAxis + 1))
    stride *= size;
  // Linear index L belongs to channel L / stride % channels and to the result's index L / resultStride % size.
  for (int64_t axis = result.getRank() - 1; axis >= 0; --axis) {
    int64_t size = result.getDimSize(axis);
    if (size >= channels && stride % resultStride == 0 && resultStride * size % (stride * channels) == 0)
      return ReshapedAxis{axis, stride / resultStride};
    resultStride *= size;
  }
  return std::nullopt;
}

/// Walks the function once and joins channels.
class ChannelCoupling {
public:
  ChannelGroups run(func::FuncOp function) {
    Block &block = function.getBody().front();
    for (BlockArgument argument : block.getArguments())
      fix(addLast(argument));
    for (Operation &op : block)
      visit(&op);
    return finish();
  }

private:
  using Channels = ChannelGroups::Channels;

  void visit(Operation *op) {
    llvm::TypeSwitch<Operation *>(op)
        .Case([](nn::ConstantOp) {})
        .Case([&](nn::Conv2DOp conv) { visitConv(conv); })
        .Case([&](nn::FullyConnectedOp) {
          addLast(op->getResult(0));
          if (!hasConstants(op)) {
            fix(op->getOperand(0));
            fix(op->getResult(0));
          } else if (getAxis(op->getOperand(0)) != 1) {
            fix(op->getOperand(0));
          }
        })
        .Case<nn::AddOp, nn::SubOp, nn::MulOp>([&](Operation *) { visitBinary(op); })
        .Case<nn::AvgPoolOp, nn::MaxPoolOp, nn::ResizeOp>(
            [&](Operation *) { visitAlong(op, [](int64_t axis) { return axis == 3; }); })
        .Case<nn::SoftmaxOp, nn::LogSoftmaxOp>([&](Operation *) {
          int64_t last = getTensor(op->getResult(0)).getRank() - 1;
          visitAlong(op, [last](int64_t axis) { return axis != last; });
        })
        .Case<nn::ClampOp, nn::LeakyReluOp, nn::SigmoidOp, nn::HardSigmoidOp, nn::HardSwishOp, nn::RequantizeOp>(
            [&](Operation *) { visitAlong(op, [](int64_t) { return true; }); })
        .Case<quant::QuantizeCastOp, quant::DequantizeCastOp>([&](Operation *) {
          bool perAxis = isa<quant::UniformQuantizedPerAxisType>(getTensor(op->getOperand(0)).getElementType()) ||
                         isa<quant::UniformQuantizedPerAxisType>(getTensor(op->getResult(0)).getElementType());
          visitAlong(op, [perAxis](int64_t) { return !perAxis; });
        })
        .Case([&](nn::TransposeOp transpose) { visitTranspose(transpose); })
        .Case([&](nn::ReshapeOp reshape) { visitReshape(reshape); })
        .Case([&](nn::ConcatOp concat) { visitConcat(concat); })
        .Case([&](nn::PadOp pad) { visitPad(pad); })
        .Default([&](Operation *) { fixAll(op); });
  }

  /// True if weight and bias can be cut to size.
  static bool hasConstants(Operation *layer) { return llvm::all_of(layer->getOperands().drop_front(), isConstant); }

  void visitConv(nn::Conv2DOp conv) {
    Value input = conv.getInput(), output = conv.getOutput();
    addLast(output);
    if (!hasConstants(conv)) {
      fix(input);
      fix(output);
    } else if (getAxis(input) != 3) {
      fix(input);
      if (conv.getGroups() != 1)
        fix(output);
    } else if (conv.isDepthwise()) {
      int64_t multiplier = getTensor(output).getDimSize(3) / getTensor(input).getDimSize(3);
      couple(output, [&](int64_t channel) { return std::pair(input, channel / multiplier); });
    } else if (conv.getGroups() != 1) {
      fix(input);
      fix(output);
    }
  }

  void visitBinary(Operation *op) {
    Value result = op->getResult(0), lhs = op->getOperand(0), rhs = op->getOperand(1);
    // The operand that is not broadcast along its channels says which axis they are.
    std::optional<int64_t> axis;
    for (Value operand : {lhs, rhs})
      if (std::optional<int64_t> own = getAxis(operand);
          own && !axis && getTensor(operand).getDimSize(*own) == getTensor(result).getDimSize(*own))
        axis = own;
    if (!axis)
      return fixAll(op);
    add(result, *axis);
    for (Value operand : {lhs, rhs}) {
      if (isConstant(operand))
        continue;
      if (getAxis(operand) != axis) {
        fix(operand);
        // Along the result's channels it may be as wide as the result, whose channels then have to stay.
        if (getTensor(operand).getDimSize(*axis) != 1)
          fix(result);
      } else if (getTensor(operand).getDimSize(*axis) == getTensor(result).getDimSize(*axis)) {
        couple(result, [operand](int64_t channel) { return std::pair(operand, channel); });
      } else {
        fix(operand);
      }
    }
  }

  /// An op with one activation, its first operand, whose result's channels are the operand's if `isFree(axis)`.
  void visitAlong(Operation *op, llvm::function_ref<bool(int64_t)> isFree) {
    Value input = op->getOperand(0), result = op->getResult(0);
    std::optional<int64_t> axis = getAxis(input);
    if (!axis || !isFree(*axis))
      return fixAll(op);
    add(result, *axis);
    couple(result, [input](int64_t channel) { return std::pair(input, channel); });
  }

  void visitTranspose(nn::TransposeOp op) {
    Value input = op.getInput();
    std::optional<int64_t> axis = getAxis(input);
    if (!axis)
      return fixAll(op);
    add(op.getOutput(), llvm::find(op.getPermutation(), *axis) - op.getPermutation().begin());
    couple(op.getOutput(), [input](int64_t channel) { return std::pair(input, channel); });
  }

  void visitReshape(nn::ReshapeOp op) {
    Value input = op.getInput(), result = op.getOutput();
    std::optional<int64_t> axis = getAxis(input);
    std::optional<ReshapedAxis> reshaped;
    if (axis)
      reshaped = followReshape(getTensor(input), *axis, getTensor(result));
    if (!reshaped)
      return fixAll(op);
    add(result, reshaped->axis);
    int64_t channels = getTensor(input).getDimSize(*axis);
    couple(result, [&](int64_t index) { return std::pair(input, index / reshaped->divisor % channels); });
  }

  void visitConcat(nn::ConcatOp op) {
    std::optional<int64_t> axis;
    for (Value input : op.getInputs())
      if (!axis)
        axis = getAxis(input);
    if (!axis)
      return fixAll(op);
    Value result = op.getOutput();
    unsigned first = add(result, *axis);
    int64_t offset = 0;
    for (Value input : op.getInputs()) {
      int64_t size = getTensor(input).getDimSize(*axis);
      bool along = *axis == static_cast<int64_t>(op.getAxis());
      for (int64_t channel = 0; channel < size; ++channel) {
        unsigned here = first + (along ? offset : 0) + channel;
        if (getAxis(input) == axis)
          classes.join(here, getFirst(input) + channel);
        else // a constant, or a value whose channels lie elsewhere
          held.push_back(here);
      }
      if (getAxis(input) != axis)
        fix(input);
      offset += size;
    }
  }

  void visitPad(nn::PadOp op) {
    Value input = op.getInput();
    std::optional<int64_t> axis = getAxis(input);
    if (!axis)
      return fixAll(op);
    unsigned first = add(op.getOutput(), *axis);
    int64_t before = op.getBefore()[*axis], size = getTensor(input).getDimSize(*axis);
    for (int64_t channel = 0; channel < getTensor(op.getOutput()).getDimSize(*axis); ++channel) {
      if (channel >= before && channel < before + size)
        classes.join(first + channel, getFirst(input) + channel - before);
      else
        held.push_back(first + channel);
    }
  }

  std::optional<int64_t> getAxis(Value value) const {
    auto found = result.axes.find(value);
    if (found == result.axes.end())
      return std::nullopt;
    return found->second.axis;
  }

  unsigned getFirst(Value value) const { return result.axes.find(value)->second.first; }

  /// New channels for a value; returns the first one.
  unsigned add(Value value, int64_t axis) {
    unsigned first = count, size = getTensor(value).getDimSize(axis);
    result.axes.insert({value, Channels{axis, first, size}});
    count += size;
    classes.grow(count);
    return first;
  }

  /// New channels along the last dimension.
  Value addLast(Value value) {
    if (auto type = dyn_cast<RankedTensorType>(value.getType()); type && type.getRank() > 0)
      add(value, type.getRank() - 1);
    return value;
  }

  void fix(Value value) {
    auto found = result.axes.find(value);
    if (found != result.axes.end())
      for (unsigned channel = 0; channel < found->second.count; ++channel)
        held.push_back(found->second.first + channel);
  }

  /// Nothing is known of the op: all it touches keeps its channels.
  void fixAll(Operation *op) {
    for (Value operand : op->getOperands())
      fix(operand);
    for (Value value : op->getResults())
      fix(addLast(value));
  }

  /// Joins each channel of `value` with the one that `getOther` names.
  void couple(Value value, llvm::function_ref<std::pair<Value, int64_t>(int64_t)> getOther) {
    Channels channels = result.axes.find(value)->second;
    for (unsigned channel = 0; channel < channels.count; ++channel) {
      auto [other, index] = getOther(channel);
      classes.join(channels.first + channel, getFirst(other) + index);
    }
  }

  ChannelGroups finish() {
    classes.compress();
    for (unsigned channel = 0; channel < count; ++channel)
      result.groups.push_back(classes[channel]);
    result.fixed.assign(classes.getNumClasses(), false);
    for (unsigned channel : held)
      result.fixed[classes[channel]] = true;
    return std::move(result);
  }

  ChannelGroups result;
  llvm::IntEqClasses classes;
  unsigned count = 0;
  SmallVector<unsigned> held; // channels that have to stay
};

ChannelGroups ChannelGroups::create(func::FuncOp function) { return ChannelCoupling().run(function); }

std::optional<int64_t> ChannelGroups::getAxis(Value value) const {
  auto found = axes.find(value);
  if (found == axes.end())
    return std::nullopt;
  return found->second.axis;
}

ArrayRef<unsigned> ChannelGroups::getGroups(Value value) const {
  auto found = axes.find(value);
  return ArrayRef(groups).slice(found->second.first, found->second.count);
}

} // namespace tinyc::compress
