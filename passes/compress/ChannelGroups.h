// Which channels of a function stand or fall together: the coupling that every removal of channels has to respect.
#ifndef TINYC_PASSES_COMPRESS_CHANNELGROUPS_H
#define TINYC_PASSES_COMPRESS_CHANNELGROUPS_H

#include "dialects/nn/NN.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/MapVector.h"

namespace tinyc::compress {

/// A channel is an index of a value along its channel axis: the last dimension of what a convolution or a
/// fully_connected makes, followed through elementwise ops, pools, pads, transposes, reshapes and concats. Channels
/// that an op combines index by index (both operands and the result of an addition, input and output of a depthwise
/// convolution, a channel and its features behind a flatten) form a group: they can only be removed together. A group
/// is fixed if the function's interface, or an op that needs its size, holds one of its channels.
class ChannelGroups {
public:
  /// Of a function on nn ops, in one block.
  static ChannelGroups create(mlir::func::FuncOp function);

  /// The channel axis of an activation; nullopt for constants, scalars, and what is no tensor.
  std::optional<int64_t> getAxis(mlir::Value value) const;
  /// Groups are numbered from 0 in the order of their first channel.
  unsigned getCount() const { return fixed.size(); }
  unsigned getGroup(mlir::Value value, int64_t channel) const { return getGroups(value)[channel]; }
  /// The groups of all channels of a value that has an axis.
  llvm::ArrayRef<unsigned> getGroups(mlir::Value value) const;
  bool isFixed(unsigned group) const { return fixed[group]; }

private:
  friend class ChannelCoupling;
  struct Channels {
    int64_t axis;
    unsigned first, count; // of the list of all channels
  };

  llvm::MapVector<mlir::Value, Channels> axes;
  llvm::SmallVector<unsigned> groups; // of each channel
  llvm::SmallVector<bool> fixed;      // of each group
};

} // namespace tinyc::compress

#endif // TINYC_PASSES_COMPRESS_CHANNELGROUPS_H
