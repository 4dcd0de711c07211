// What is known of the values that a channel takes, whatever the model's input.
#ifndef TINYC_PASSES_COMPRESS_CHANNELBOUNDS_H
#define TINYC_PASSES_COMPRESS_CHANNELBOUNDS_H

#include "dialects/nn/Interpreter.h"
#include "passes/compress/ChannelGroups.h"

namespace tinyc::compress {

/// Bounds of a channel's elements: stored integers of a quantized value, real numbers of a float one.
struct ChannelBound {
  double low, high;

  bool isConstant() const { return low == high; }
};

/// Interval analysis of a whole function (Moore, Interval Analysis, 1966): every op maps the bounds of its operands to
/// bounds of its result by the integer arithmetic that the program runs, so an integer channel with equal bounds has
/// that value at every position for every input. Of float layers only a channel that depends on no input is bounded.
class ChannelBounds {
public:
  /// Fails, with a diagnostic, where the reference interpreter refuses an op.
  static mlir::FailureOr<ChannelBounds> create(mlir::func::FuncOp function, const ChannelGroups &groups);

  /// For each channel of an activation that has a channel axis.
  llvm::ArrayRef<ChannelBound> get(mlir::Value value) const { return bounds.find(value)->second; }

private:
  friend class BoundAnalysis;
  llvm::DenseMap<mlir::Value, llvm::SmallVector<ChannelBound>> bounds;
};

} // namespace tinyc::compress

#endif // TINYC_PASSES_COMPRESS_CHANNELBOUNDS_H
