// A convolution and what follows it, executed once for each of several slices of its output channels: one of the
// transformations of lower-split-layers.
#ifndef TINYC_PASSES_LOWER_CHANNELSPLIT_H
#define TINYC_PASSES_LOWER_CHANNELSPLIT_H

#include "dialects/kernel/Kernel.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/SymbolTable.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace tinyc::lower {

/// Attribute of a constant that is a slice of another one, while slices are tried.
inline constexpr llvm::StringLiteral kSliceAttr = "kernel.slice";

/// A convolution and the ops behind it, one after the other, that compute each channel of their output from the same
/// channel of their input: depthwise convolutions, pools, elementwise ops. Slices of channels are computed apart from
/// each other, nothing is computed twice (Liberis and Lane, Pex, 2022, section 3).
class ChannelInterval {
public:
  /// The ops [firstOp, lastOp) of `ops`, or nullopt if they are no such interval. `symbols` holds the constants.
  static std::optional<ChannelInterval> find(llvm::ArrayRef<kernel::KernelOpInterface> ops, size_t firstOp,
                                             size_t lastOp, const mlir::SymbolTable &symbols);

  /// Output channels.
  int64_t getChannels() const;
  size_t getFirstOp() const { return firstOp; }
  size_t getLastOp() const { return lastOp; }
  /// Bytes of the convolution's output, and of the last op's.
  int64_t getWidestBytes() const;
  int64_t getResultBytes() const;

  /// Replaces the ops by those of slices of these numbers of channels, one slice after the other. The result is written
  /// in parts if it is a vector of channels, else copied together. Slices of constants become constants of the module.
  /// The first op of each slice but the first gets the attribute kernel::kStripeAttr.
  void split(llvm::ArrayRef<int64_t> channels, mlir::SymbolTable &symbols) const;

private:
  bool check(const mlir::SymbolTable &symbols) const;
  bool checkOp(size_t number, const mlir::SymbolTable &symbols) const;

  std::vector<kernel::KernelOpInterface> ops;
  size_t firstOp = 0, lastOp = 0;
};

/// Numbers of channels of `count` slices, multiples of 4 but for the last, as even as they can be.
llvm::SmallVector<int64_t> makeSlices(int64_t channels, int64_t count);

} // namespace tinyc::lower

#endif // TINYC_PASSES_LOWER_CHANNELSPLIT_H
