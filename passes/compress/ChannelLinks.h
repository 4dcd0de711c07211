// Layers whose results only other layers read, channel by channel: where a channel's factor can move from one to the other.
#ifndef TINYC_PASSES_COMPRESS_CHANNELLINKS_H
#define TINYC_PASSES_COMPRESS_CHANNELLINKS_H

#include "passes/compress/Layer.h"

namespace tinyc::compress {

/// A layer and the layers that read its result, each through ops that keep a channel's factor: pooling, reshapes that keep
/// channels, zero padding, clamps at 0. All have weights and biases of their own. Numbers are those among the layers.
struct ChannelLink {
  size_t producer;
  llvm::SmallVector<size_t> consumers;
  std::optional<float> lower, upper;  ///< the tightest clamp on the way
  bool padded = false, direct = true; ///< zeros stand beside the values; no op but reshapes lies between
};

/// The links among a function's layers, in order.
llvm::SmallVector<ChannelLink, 0> findChannelLinks(llvm::ArrayRef<Layer> layers);

} // namespace tinyc::compress

#endif // TINYC_PASSES_COMPRESS_CHANNELLINKS_H
