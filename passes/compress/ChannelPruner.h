// Structured pruning of a float function without training: what is removed from where, and what is left.
#ifndef TINYC_PASSES_COMPRESS_CHANNELPRUNER_H
#define TINYC_PASSES_COMPRESS_CHANNELPRUNER_H

#include "passes/compress/ChannelRemoval.h"
#include "passes/compress/NetworkScores.h"

namespace tinyc::compress {

/// Looks at a float function once, and then prunes copies of it to any extent.
///
/// Which stage loses a group of channels next is decided by the error of the network's results for the cost saved. This
/// error is measured with one stage pruned at a time, after each eighth of its groups, on samples that the order of
/// removal was not chosen on, and interpolated. (With ChannelImportance::Weight the norms decide.)
class ChannelPruner {
public:
  /// How many groups of each stage go.
  using Removal = llvm::SmallVector<int64_t>;

  /// The function must outlive the pruner and stay as it is. Fails, with a diagnostic at the op, where a value is not
  /// float, for ops without reference semantics, and for inputs that are not finite.
  static mlir::FailureOr<std::unique_ptr<ChannelPruner>>
  create(mlir::func::FuncOp function, ChannelImportance importance, const CalibrationData &data, int64_t samples);

  llvm::ArrayRef<ChannelStage> getStages() const { return removal->getStages(); }
  int64_t getSampleCount() const { return samples.count; }
  /// The error of the network's results, relative to their variance, with the first `count` groups of a stage gone and
  /// all others there, layers compensated.
  double getLoss(size_t stage, int64_t count) const { return count > 0 ? losses[stage][count - 1] : 0.0; }
  /// The cost with these channels gone.
  double getCost(ChannelCost measure, llvm::ArrayRef<int64_t> removed) const;

  /// Of a value's channels, those that stay; nothing if it has no channel axis.
  std::optional<int64_t> countKept(mlir::Value value, llvm::ArrayRef<int64_t> removed) const;

  /// The removal that leaves at most `share` of the cost, or as little as can be.
  Removal select(ChannelCost measure, double share) const;
  /// Moves all layers of a pruned copy together towards the original's results (TuneNetwork); it stays as it is where
  /// an op cannot be differentiated.
  mlir::LogicalResult tune(mlir::func::FuncOp pruned, int64_t epochs) const;
  /// Prunes a copy of the function, of equal ops. With `refit` layers are fitted (FitNetwork); without, they are
  /// compensated in one step.
  mlir::LogicalResult prune(mlir::func::FuncOp copy, llvm::ArrayRef<int64_t> removed, bool refit) const;

  /// The share of the held-out samples to which the pruned network, fitted without them, gives another class.
  mlir::FailureOr<double> measureDrop(llvm::ArrayRef<int64_t> removed) const;

private:
  explicit ChannelPruner(mlir::func::FuncOp function) : function(function), groups(ChannelGroups::create(function)) {}
  mlir::LogicalResult measureLosses();

  mlir::func::FuncOp function;
  ChannelGroups groups;
  CalibrationData given;                // all there are
  CalibrationData samples, shown, held; // those that fit in memory; of these, those to choose and those to judge by
  std::optional<ChannelRemoval> removal;
  std::vector<std::vector<double>> losses; // of each stage, with 1, 2, ... groups gone
};

} // namespace tinyc::compress

#endif // TINYC_PASSES_COMPRESS_CHANNELPRUNER_H
