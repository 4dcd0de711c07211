// Values whose channels can take a common factor: between the layers that make them and the layers that read them.
#ifndef TINYC_PASSES_COMPRESS_CHANNELSTREAMS_H
#define TINYC_PASSES_COMPRESS_CHANNELSTREAMS_H

#include "passes/compress/Layer.h"

namespace tinyc::compress {

/// Values that layers make and only layers read, connected by ops that keep a channel's factor: additions, pooling,
/// reshapes that keep channels, zero padding, clamps at 0. Dividing channel c of all of them by s[c] takes only s[c] in
/// the weights and biases of the layers that make them and 1 / s[c] in the weights of those that read them; all have
/// parameters of their own. A pair of layers is a stream, and so is all that the residual additions of a stage of a
/// network connect.
struct ChannelStream {
  struct Reader {
    size_t layer; ///< its number
    mlir::Value value;
  };
  int64_t channels = 0;
  llvm::SmallVector<mlir::Value> values; ///< in program order; channel = last index % channels
  llvm::SmallVector<size_t> producers;   ///< numbers of the layers whose results are among the values
  llvm::SmallVector<Reader> readers;     ///< the layers that read the values
  bool direct = true;                    ///< no op but reshapes between producers and readers
  bool padded = false;                   ///< zeros stand beside the values
  bool linear = true;                    ///< no op but reshapes and unclamped additions; producers are not clamped
};

/// The streams among a function's layers, in the order of their first producers.
llvm::SmallVector<ChannelStream, 0> findChannelStreams(llvm::ArrayRef<Layer> layers);

} // namespace tinyc::compress

#endif // TINYC_PASSES_COMPRESS_CHANNELSTREAMS_H
