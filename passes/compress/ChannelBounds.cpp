#include "passes/compress/ChannelBounds.h"

#include "dialects/nn/QuantizedArithmetic.h"
#include "tinyc/arithmetic.h"
#include "llvm/ADT/TypeSwitch.h"

#include <cmath>
#include <limits>

using namespace mlir;

namespace tinyc::compress {

using Bounds = SmallVector<ChannelBound>;

static RankedTensorType getTensor(Value value) { return cast<RankedTensorType>(value.getType()); }

/// All that an element of the type can be.
static ChannelBound getTypeBound(RankedTensorType type) {
  if (quant::QuantizedType element = nn::getQuantizedElement(type))
    return {static_cast<double>(element.getStorageTypeMin()), static_cast<double>(element.getStorageTypeMax())};
  double infinity = std::numeric_limits<double>::infinity();
  return {-infinity, infinity};
}

/// Calls f(element by reference) for each element of a host tensor, whatever its storage.
template <typename F> static void forEachElement(nn::HostTensor &tensor, F f) {
  auto visit = [&](auto zero) {
    for (auto [index, element] : llvm::enumerate(tensor.get<decltype(zero)>()))
      f(static_cast<int64_t>(index), element);
  };
  if (!nn::getQuantizedElement(tensor.getType()))
    return visit(float());
  switch (tensor.getElementBytes()) {
  case 1:
    return visit(int8_t());
  case 2:
    return visit(int16_t());
  default:
    return visit(int32_t());
  }
}

class BoundAnalysis {
public:
  explicit BoundAnalysis(const ChannelGroups &groups) : groups(groups) {}

  FailureOr<ChannelBounds> run(func::FuncOp function) {
    Block &block = function.getBody().front();
    for (BlockArgument argument : block.getArguments())
      if (groups.getAxis(argument))
        result.bounds[argument] = makeTypeBounds(argument);
    for (Operation &op : block) {
      if (op.getNumResults() != 1 || !groups.getAxis(op.getResult(0)))
        continue;
      FailureOr<Bounds> bounds = visit(&op);
      if (failed(bounds))
        return failure();
      result.bounds[op.getResult(0)] = std::move(*bounds);
    }
    return std::move(result);
  }

private:
  Bounds makeTypeBounds(Value value) const {
    return Bounds(groups.getGroups(value).size(), getTypeBound(getTensor(value)));
  }

  FailureOr<Bounds> visit(Operation *op) {
    using Operands = SmallVector<bool>; // of each operand: its greatest values, else its least
    return llvm::TypeSwitch<Operation *, FailureOr<Bounds>>(op)
        .Case<nn::Conv2DOp, nn::FullyConnectedOp>([&](Operation *) -> FailureOr<Bounds> { return visitLayer(op); })
        .Case<nn::AddOp>([&](Operation *) {
          return evaluateAt(op, {Operands{false, false}, {true, true}});
        })
        .Case<nn::SubOp>([&](Operation *) {
          return evaluateAt(op, {Operands{false, true}, {true, false}});
        })
        .Case<nn::MulOp>([&](Operation *) {
          return evaluateAt(op, {Operands{false, false}, {false, true}, {true, false}, {true, true}});
        })
        .Case<nn::LeakyReluOp, nn::SigmoidOp, nn::HardSigmoidOp, nn::HardSwishOp, nn::ClampOp>(
            [&](Operation *) { return visitUnary(op); })
        .Case<nn::AvgPoolOp, nn::MaxPoolOp, nn::ReshapeOp, nn::TransposeOp, nn::ConcatOp, nn::PadOp, nn::RequantizeOp,
              quant::QuantizeCastOp, quant::DequantizeCastOp>([&](Operation *) {
          return evaluateAt(op, {Operands(op->getNumOperands(), false), Operands(op->getNumOperands(), true)});
        })
        .Case([&](nn::ResizeOp resize) -> FailureOr<Bounds> {
          auto isNegative = [](float weight) { return weight < 0; };
          if (resize.getRowWeights() && (llvm::any_of(*resize.getRowWeights(), isNegative) ||
                                         llvm::any_of(*resize.getColumnWeights(), isNegative)))
            return makeTypeBounds(op->getResult(0));
          return evaluateAt(op, {Operands{false}, Operands{true}});
        })
        .Default([&](Operation *) -> FailureOr<Bounds> { return makeTypeBounds(op->getResult(0)); });
  }

  /// The least and greatest results over the given corners of the operands' bounds, by the reference interpreter. Right
  /// for every op whose extremes lie at these corners.
  FailureOr<Bounds> evaluateAt(Operation *op, ArrayRef<SmallVector<bool>> corners) {
    Value value = op->getResult(0);
    double infinity = std::numeric_limits<double>::infinity();
    Bounds bounds(groups.getGroups(value).size(), ChannelBound{infinity, -infinity});
    int64_t inner = getInner(value);
    for (const SmallVector<bool> &corner : corners) {
      std::vector<nn::HostTensor> tensors;
      for (auto [operand, greatest] : llvm::zip_equal(op->getOperands(), corner))
        tensors.push_back(makeTensor(operand, greatest));
      SmallVector<const nn::HostTensor *> pointers;
      for (const nn::HostTensor &tensor : tensors)
        pointers.push_back(&tensor);
      FailureOr<nn::HostTensor> evaluated = nn::evaluate(op, pointers);
      if (failed(evaluated))
        return failure();
      forEachElement(*evaluated, [&](int64_t index, auto element) {
        ChannelBound &bound = bounds[index / inner % bounds.size()];
        bound.low = std::min<double>(bound.low, element);
        bound.high = std::max<double>(bound.high, element);
        if (element != element)
          bound = getTypeBound(getTensor(value));
      });
    }
    return bounds;
  }

  /// In integer form the results are a table; in float form only what is constant is followed.
  FailureOr<Bounds> visitUnary(Operation *op) {
    Value input = op->getOperand(0), value = op->getResult(0);
    ArrayRef<ChannelBound> inputs = result.get(input);
    quant::UniformQuantizedType from = nn::getPerTensor(input.getType()), to = nn::getPerTensor(value.getType());
    Bounds bounds = makeTypeBounds(value);
    if (from && to && from.getStorageTypeIntegralWidth() == 8 && to.getStorageTypeIntegralWidth() == 8) {
      SmallVector<int8_t, 256> table = nn::computeTable(op);
      for (auto [bound, in] : llvm::zip_equal(bounds, inputs)) {
        bound = {127, -128};
        for (int q = static_cast<int>(in.low); q <= static_cast<int>(in.high); ++q) {
          double image = table[static_cast<uint8_t>(q)];
          bound = {std::min(bound.low, image), std::max(bound.high, image)};
        }
      }
      return bounds;
    }
    FailureOr<Bounds> images = evaluateAt(op, {SmallVector<bool>{false}});
    if (failed(images))
      return failure();
    for (auto [bound, in, image] : llvm::zip_equal(bounds, inputs, *images))
      if (in.isConstant())
        bound = image;
    return bounds;
  }

  Bounds visitLayer(Operation *op) {
    if (auto weight = op->getOperand(1).getDefiningOp<nn::ConstantOp>()) {
      if (isa<DenseElementsAttr>(weight.getValue()) &&
          (op->getNumOperands() < 3 || op->getOperand(2).getDefiningOp<nn::ConstantOp>()))
        return nn::getQuantizedElement(op->getResult(0).getType()) ? visitIntegerLayer(op) : visitFloatLayer(op);
    }
    return makeTypeBounds(op->getResult(0));
  }

  /// The channels of a layer's input, as its weights see them.
  Bounds getInputs(Operation *op) const {
    Value input = op->getOperand(0);
    int64_t rank = getTensor(input).getRank();
    if (groups.getAxis(input) == rank - 1)
      return Bounds(result.get(input));
    return Bounds(getTensor(input).getShape().back(), getTypeBound(getTensor(input)));
  }

  /// Calls f(output channel, input channel, index of the weight) for all weights of conv2d or fully_connected.
  template <typename F> static void forEachWeight(Operation *op, F f) {
    RankedTensorType type = getTensor(op->getOperand(1));
    int64_t outputs = type.getDimSize(0), taps = type.getNumElements() / outputs, depth = type.getShape().back();
    auto conv = dyn_cast<nn::Conv2DOp>(op);
    int64_t perGroup = outputs / (conv ? conv.getGroups() : 1);
    for (int64_t output = 0; output < outputs; ++output)
      for (int64_t tap = 0; tap < taps; ++tap)
        f(output, output / perGroup * depth + tap % depth, output * taps + tap);
  }

  Bounds visitIntegerLayer(Operation *op) {
    Value value = op->getResult(0);
    Bounds bounds = makeTypeBounds(value), inputs = getInputs(op);
    quant::UniformQuantizedType in = nn::getPerTensor(op->getOperand(0).getType()),
                                out = nn::getPerTensor(value.getType());
    auto isKnown = [](quant::UniformQuantizedType type) {
      return type && (type.getStorageTypeIntegralWidth() == 8 || nn::isInt16Activation(type));
    };
    if (!isKnown(in) || !isKnown(out))
      return bounds;
    auto conv = dyn_cast<nn::Conv2DOp>(op);
    bool isPadded = conv && llvm::any_of(conv.getPads(), [](int64_t pad) { return pad != 0; });
    std::vector<std::pair<int64_t, int64_t>> sums(bounds.size());
    if (op->getNumOperands() > 2) {
      nn::HostTensor bias = getConstant(op->getOperand(2));
      forEachElement(bias, [&](int64_t channel, auto element) {
        sums[channel] = {static_cast<int64_t>(element), static_cast<int64_t>(element)};
      });
    }
    SmallVector<int64_t> weights;
    nn::HostTensor weight = getConstant(op->getOperand(1));
    forEachElement(weight, [&](int64_t, auto element) { weights.push_back(static_cast<int64_t>(element)); });
    forEachWeight(op, [&](int64_t output, int64_t input, int64_t index) {
      int64_t low = static_cast<int64_t>(inputs[input].low) - in.getZeroPoint();
      int64_t high = static_cast<int64_t>(inputs[input].high) - in.getZeroPoint();
      if (isPadded) { // the tap may lie outside, where the input is zero
        low = std::min<int64_t>(low, 0);
        high = std::max<int64_t>(high, 0);
      }
      int64_t w = weights[index];
      sums[output].first += w * (w > 0 ? low : high);
      sums[output].second += w * (w > 0 ? high : low);
    });
    quant::QuantizedType weightType = nn::getQuantizedElement(op->getOperand(1).getType());
    nn::Requantization requantization = nn::computeConvolutionRequantization(in, weightType, out, bounds.size());
    tinyc_output_s8 stage = {};
    stage.shift = requantization.shift;
    stage.zero_point = static_cast<int32_t>(out.getZeroPoint());
    auto fused = cast<nn::FusedActivationOpInterface>(op);
    std::tie(stage.clamp_min, stage.clamp_max) = nn::computeClamp(out, fused.getLowerBound(), fused.getUpperBound());
    auto requantize = [&](int64_t sum, int64_t channel) -> double {
      int64_t limited =
          std::clamp<int64_t>(sum, std::numeric_limits<int32_t>::min(), std::numeric_limits<int32_t>::max());
      return tinyc_output_stage(static_cast<int32_t>(limited), requantization.multipliers[channel], &stage);
    };
    for (auto [channel, bound] : llvm::enumerate(bounds))
      bound = {requantize(sums[channel].first, channel), requantize(sums[channel].second, channel)};
    return bounds;
  }

  /// A channel whose products are all zero is the bias, clamped.
  Bounds visitFloatLayer(Operation *op) {
    Value value = op->getResult(0);
    Bounds bounds = makeTypeBounds(value), inputs = getInputs(op);
    nn::HostTensor weight = getConstant(op->getOperand(1));
    SmallVector<bool> depends(bounds.size(), false);
    forEachWeight(op, [&](int64_t output, int64_t input, int64_t index) {
      bool isZero = inputs[input].isConstant() && inputs[input].low == 0.0;
      depends[output] |= weight.get<float>()[index] != 0.0f && !isZero;
    });
    auto fused = cast<nn::FusedActivationOpInterface>(op);
    float infinity = std::numeric_limits<float>::infinity();
    std::optional<nn::HostTensor> bias;
    if (op->getNumOperands() > 2)
      bias = getConstant(op->getOperand(2));
    for (auto [channel, bound] : llvm::enumerate(bounds)) {
      if (depends[channel])
        continue;
      float sum = bias ? bias->get<float>()[channel] : 0.0f;
      float limited =
          tinyc_limit_f32(sum, fused.getLowerBound().value_or(-infinity), fused.getUpperBound().value_or(infinity));
      bound = {limited, limited};
    }
    return bounds;
  }

  static nn::HostTensor getConstant(Value value) {
    auto constant = value.getDefiningOp<nn::ConstantOp>();
    return nn::HostTensor::fromElements(getTensor(value), constant.getValue());
  }

  int64_t getInner(Value value) const {
    int64_t inner = 1;
    for (int64_t size : getTensor(value).getShape().drop_front(*groups.getAxis(value) + 1))
      inner *= size;
    return inner;
  }

  /// An operand at its least or its greatest values.
  nn::HostTensor makeTensor(Value value, bool greatest) const {
    if (value.getDefiningOp<nn::ConstantOp>())
      return getConstant(value);
    nn::HostTensor tensor(getTensor(value));
    ArrayRef<ChannelBound> bounds;
    ChannelBound typeBound = getTypeBound(getTensor(value));
    int64_t inner = 1;
    if (groups.getAxis(value)) {
      bounds = result.get(value);
      inner = getInner(value);
    } else {
      bounds = typeBound;
    }
    forEachElement(tensor, [&](int64_t index, auto &element) {
      const ChannelBound &bound = bounds[index / inner % bounds.size()];
      element = static_cast<std::remove_reference_t<decltype(element)>>(greatest ? bound.high : bound.low);
    });
    return tensor;
  }

  const ChannelGroups &groups;
  ChannelBounds result;
};

FailureOr<ChannelBounds> ChannelBounds::create(func::FuncOp function, const ChannelGroups &groups) {
  return BoundAnalysis(groups).run(function);
}

} // namespace tinyc::compress
