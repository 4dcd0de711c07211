#include "passes/compress/ChannelLinks.h"

using namespace mlir;

namespace tinyc::compress {

static std::optional<float> getTighter(std::optional<float> mine, std::optional<float> other) {
  return mine && other ? std::optional(std::min(*mine, *other)) : mine ? mine : other;
}

namespace {
class LinkFinder {
public:
  explicit LinkFinder(ArrayRef<Layer> layers) : layers(layers) {
    for (auto [number, layer] : llvm::enumerate(layers))
      numbers[layer.op] = number;
  }

  std::optional<ChannelLink> findLink(size_t number) {
    const Layer &layer = layers[number];
    auto fused = cast<nn::FusedActivationOpInterface>(layer.op);
    ChannelLink link;
    link.producer = number;
    link.lower = fused.getLowerBound();
    link.upper = fused.getUpperBound();
    if (!hasOwnParameters(layer) || link.lower.value_or(0.0f) != 0.0f || link.upper.value_or(1.0f) <= 0.0f ||
        !follow(layer.op->getResult(0), layer.getChannels(), link) || link.consumers.empty())
      return std::nullopt;
    return link;
  }

private:
  static bool hasOwnParameters(const Layer &layer) {
    return llvm::all_of(llvm::drop_begin(layer.op->getOperands()), [](Value value) { return value.hasOneUse(); });
  }

  /// Adds the layers behind `value`, or fails where a factor of a channel would be lost or seen.
  bool follow(Value value, int64_t channels, ChannelLink &link) {
    if (value.use_empty())
      return false;
    for (Operation *user : value.getUsers()) {
      if (auto found = numbers.find(user); found != numbers.end()) {
        const Layer &layer = layers[found->second];
        if (layer.getInput() != value || layer.getInputChannels() % channels != 0 || !hasOwnParameters(layer) ||
            llvm::is_contained(link.consumers, found->second))
          return false;
        auto conv = dyn_cast<nn::Conv2DOp>(user);
        link.padded |= conv && llvm::any_of(conv.getPads(), [](int64_t pad) { return pad != 0; });
        link.consumers.push_back(found->second);
        continue;
      }
      if (!passes(user, channels, link) || !follow(user->getResult(0), channels, link))
        return false;
    }
    return true;
  }

  /// True if the op gives each channel's factor on.
  bool passes(Operation *op, int64_t channels, ChannelLink &link) {
    int64_t size = op->getNumResults() == 1 ? cast<RankedTensorType>(op->getResult(0).getType()).getShape().back() : 0;
    if (isa<nn::ReshapeOp>(op))
      return size % channels == 0; // channel = last index % channels still
    link.direct = false;
    if (size != channels)
      return false;
    if (auto pad = dyn_cast<nn::PadOp>(op)) {
      link.padded = true;
      return pad.getValue().isZero() && pad.getAfter().back() == 0 && pad.getBefore().back() == 0;
    }
    if (auto clamp = dyn_cast<nn::ClampOp>(op)) {
      std::optional<APFloat> min = clamp.getMin(), max = clamp.getMax();
      if (max)
        link.upper = getTighter(link.upper, max->convertToFloat());
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
};
} // namespace

SmallVector<ChannelLink, 0> findChannelLinks(ArrayRef<Layer> layers) {
  LinkFinder finder(layers);
  SmallVector<ChannelLink, 0> links;
  for (size_t number = 0; number < layers.size(); ++number)
    if (std::optional<ChannelLink> link = finder.findLink(number))
      links.push_back(std::move(*link));
  return links;
}

} // namespace tinyc::compress
