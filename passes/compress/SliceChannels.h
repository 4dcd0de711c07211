// Taking channels out of a function.
#ifndef TINYC_PASSES_COMPRESS_SLICECHANNELS_H
#define TINYC_PASSES_COMPRESS_SLICECHANNELS_H

#include "passes/compress/ChannelGroups.h"

namespace tinyc::compress {

/// The channels of `value` whose groups are in `kept`, in order.
llvm::SmallVector<int64_t> getKeptChannels(const ChannelGroups &groups, const llvm::BitVector &kept, mlir::Value value);

/// Makes every value of the function as narrow as the kept groups are, and cuts weights, biases and other constants to
/// size: each op computes what it computed on the channels that stay. `kept` holds every fixed group, and of every
/// value at least one. The inputs that a convolution loses must not matter to it, or be in its bias already.
void sliceChannels(mlir::func::FuncOp function, const ChannelGroups &groups, const llvm::BitVector &kept);

} // namespace tinyc::compress

#endif // TINYC_PASSES_COMPRESS_SLICECHANNELS_H
