// What a function costs with some of its channels, without building it.
#ifndef TINYC_PASSES_COMPRESS_CHANNELCOSTS_H
#define TINYC_PASSES_COMPRESS_CHANNELCOSTS_H

#include "passes/compress/ChannelGroups.h"

namespace tinyc::compress {

/// What removing channels is to spare.
enum class ChannelCost {
  Macs,       ///< multiply-accumulates of layers (nn::CostOpInterface)
  Weights,    ///< bytes of layers' weights in int8, with bias and multiplier
  Activations ///< bytes live at the peak in int8, ops in the function's order, as the 8-norm over the ops: a second
              ///< peak of nearly the same height counts as well
};

/// Costs of a function as its channels are removed, group by group.
class ChannelCosts {
public:
  ChannelCosts(mlir::func::FuncOp function, const ChannelGroups &groups, ChannelCost measure = ChannelCost::Macs);

  /// With the channels that are left.
  double getCost() const;
  /// What removing a group would spare.
  double getSavings(unsigned group) const;
  void remove(unsigned group) { change(group, -1); }
  /// Takes a removal back.
  void restore(unsigned group) { change(group, 1); }
  /// True if a value would be left without channels.
  bool isLast(unsigned group) const;

private:
  /// A layer costs `pair` for each pair of an input and an output channel or, if it is depthwise, for each output
  /// channel; and `single` for each output channel.
  struct Layer {
    double pair, single;
    int64_t inputs, outputs;
    bool mixes;

    double getCost() const { return static_cast<double>(outputs) * (pair * (mixes ? inputs : 1) + single); }
  };
  /// Channels of a group that a layer reads or makes.
  struct Share {
    unsigned layer;
    int64_t inputs = 0, outputs = 0;
  };
  /// A value: its channels that are left, and bytes for each of them.
  struct Size {
    int64_t channels, bytes;
  };
  /// Channels of a group that a value has.
  struct Part {
    unsigned value;
    int64_t channels;
  };

  void addLayer(mlir::Operation *op, const ChannelGroups &groups);
  void findLives(mlir::func::FuncOp function, const ChannelGroups &groups);
  void change(unsigned group, int64_t sign);
  double getPeak() const;

  ChannelCost measure;
  double fixedCost = 0; ///< of ops whose channels all stay
  std::vector<Layer> layers;
  std::vector<Size> sizes;
  llvm::DenseMap<mlir::Value, unsigned> numbers;     ///< of values, in `sizes`
  std::vector<llvm::SmallVector<unsigned, 4>> lives; ///< values live at each op
  std::vector<double> fixedLives;                    ///< bytes live at each op whose channels all stay
  std::vector<llvm::SmallVector<Share, 2>> shares;
  std::vector<llvm::SmallVector<Part, 4>> parts;
};

} // namespace tinyc::compress

#endif // TINYC_PASSES_COMPRESS_CHANNELCOSTS_H
