#include "passes/compress/ChannelStreams.h"

using namespace mlir;

namespace tinyc::compress {

namespace {
class StreamFinder {
public:
  explicit StreamFinder(ArrayRef<Layer> layers) : layers(layers) {
    for (auto [number, layer] : llvm::enumerate(layers))
      numbers[layer.op] = number;
  }

  std::optional<ChannelStream> findStream(size_t number) {
    Value first = layers[number].op->getResult(0);
    if (seen.contains(first))
      return std::nullopt;
    ChannelStream stream;
    stream.channels = layers[number].getChannels();
    llvm::SetVector<Value> values;
    values.insert(first);
    bool isStream = true;
    for (size_t next = 0; next < values.size(); ++next) { // also where it is none, so that no part is taken for one
      isStream &= visitProducer(values[next], values, stream);
      isStream &= visitUsers(values[next], values, stream);
    }
    seen.insert(values.begin(), values.end());
    if (!isStream || stream.readers.empty())
      return std::nullopt;
    stream.values = values.takeVector();
    llvm::sort(stream.values, [](Value a, Value b) { return a.getDefiningOp()->isBeforeInBlock(b.getDefiningOp()); });
    llvm::sort(stream.producers);
    return stream;
  }

private:
  bool hasOwnParameters(const Layer &layer) const {
    return llvm::all_of(llvm::drop_begin(layer.op->getOperands()), [](Value value) { return value.hasOneUse(); });
  }

  bool visitProducer(Value value, llvm::SetVector<Value> &values, ChannelStream &stream) {
    Operation *op = value.getDefiningOp();
    if (!op)
      return false;
    auto found = numbers.find(op);
    if (found == numbers.end())
      return passes(op, values, stream);
    const Layer &layer = layers[found->second];
    auto fused = cast<nn::FusedActivationOpInterface>(op);
    std::optional<float> lower = fused.getLowerBound(), upper = fused.getUpperBound();
    stream.linear &= !lower && !upper;
    stream.producers.push_back(found->second);
    return layer.getChannels() == stream.channels && hasOwnParameters(layer) && lower.value_or(0.0f) == 0.0f &&
           upper.value_or(1.0f) > 0.0f;
  }

  bool visitUsers(Value value, llvm::SetVector<Value> &values, ChannelStream &stream) {
    if (value.use_empty())
      return false;
    llvm::SmallSetVector<Operation *, 4> users(value.user_begin(), value.user_end());
    bool all = true;
    for (Operation *user : users) {
      auto found = numbers.find(user);
      if (found == numbers.end()) {
        all &= passes(user, values, stream);
        continue;
      }
      const Layer &layer = layers[found->second];
      if (layer.getInput() != value || layer.getInputChannels() % stream.channels != 0 || !hasOwnParameters(layer)) {
        all = false;
        continue;
      }
      auto conv = dyn_cast<nn::Conv2DOp>(user);
      stream.padded |= conv && llvm::any_of(conv.getPads(), [](int64_t pad) { return pad != 0; });
      stream.readers.push_back({found->second, value});
    }
    return all;
  }

  /// True if the op gives each channel's factor on; its operands and result are of the stream then.
  bool passes(Operation *op, llvm::SetVector<Value> &values, ChannelStream &stream) {
    if (op->getNumResults() != 1 || !isFloat(op->getResult(0)))
      return false;
    auto size = cast<RankedTensorType>(op->getResult(0).getType()).getShape();
    bool isReshape = isa<nn::ReshapeOp>(op), isAdd = isa<nn::AddOp>(op);
    if (size.empty() || (isReshape ? size.back() % stream.channels != 0 : size.back() != stream.channels))
      return false;
    bool keepsFactors = isReshape || (isAdd ? addsAlike(op) : keepsChannels(op, stream));
    values.insert(op->getResult(0)); // as far as it is none, what lies behind it is none either
    if (!keepsFactors)
      return false;
    stream.direct &= isReshape;
    auto fused = dyn_cast<nn::FusedActivationOpInterface>(op);
    stream.linear &= isReshape || (isAdd && !fused.getLowerBound() && !fused.getUpperBound());
    values.insert(op->getOperand(0));
    if (isAdd)
      values.insert(op->getOperand(1));
    return true;
  }

  static bool addsAlike(Operation *op) {
    Type type = op->getResult(0).getType();
    auto fused = cast<nn::FusedActivationOpInterface>(op);
    return fused.getLowerBound().value_or(0.0f) == 0.0f && fused.getUpperBound().value_or(1.0f) > 0.0f &&
           llvm::all_of(op->getOperands(), [&](Value operand) { return operand.getType() == type; });
  }

  static bool keepsChannels(Operation *op, ChannelStream &stream) {
    if (auto pad = dyn_cast<nn::PadOp>(op)) {
      stream.padded = true;
      return pad.getValue().isZero() && pad.getAfter().back() == 0 && pad.getBefore().back() == 0;
    }
    if (auto clamp = dyn_cast<nn::ClampOp>(op)) {
      std::optional<APFloat> min = clamp.getMin(), max = clamp.getMax();
      return (!min || min->isZero()) && !max;
    }
    if (isa<nn::MaxPoolOp, nn::AvgPoolOp>(op)) {
      auto fused = cast<nn::FusedActivationOpInterface>(op);
      return !fused.getUpperBound() && fused.getLowerBound().value_or(0.0f) == 0.0f;
    }
    return isa<nn::LeakyReluOp, nn::ResizeOp>(op);
  }

  ArrayRef<Layer> layers;
  DenseMap<Operation *, size_t> numbers;
  llvm::DenseSet<Value> seen;
};
} // namespace

SmallVector<ChannelStream, 0> findChannelStreams(ArrayRef<Layer> layers) {
  StreamFinder finder(layers);
  SmallVector<ChannelStream, 0> streams;
  for (size_t number = 0; number < layers.size(); ++number)
    if (std::optional<ChannelStream> stream = finder.findStream(number))
      streams.push_back(std::move(*stream));
  return streams;
}

} // namespace tinyc::compress
