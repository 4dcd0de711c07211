// In which order the channels of each stage of a network leave it, and what is left when they do.
#ifndef TINYC_PASSES_COMPRESS_CHANNELREMOVAL_H
#define TINYC_PASSES_COMPRESS_CHANNELREMOVAL_H

#include "passes/compress/ChannelCosts.h"
#include "passes/compress/InputRemoval.h"
#include "passes/compress/Passes.h"

namespace tinyc::compress {

/// What the loss of a group of channels is.
enum class ChannelImportance {
  Weight,      ///< the squared norms of its filters over their layers' means
  Activation,  ///< the error of the layers that read it, relative to the variance of their results
  SecondOrder, ///< the same with their other weights moved to make up for it (InputRemoval)
};

/// "weight", "activation" or "second-order"; nothing for others.
std::optional<ChannelImportance> parseChannelImportance(llvm::StringRef text);

/// A stage holds the groups of channels that share values: a layer reads the channels of one stage. Stages are pruned
/// independently of each other; within a stage, the group with the least loss for the MACs it saves goes first, given
/// those that went before.
struct ChannelStage {
  llvm::SmallVector<mlir::Operation *> makers, readers; ///< layers, in order
  int64_t groups = 0;                                   ///< of channels, fixed ones and the last included
  llvm::SmallVector<unsigned> order;                    ///< that can go, the first to go first
  std::vector<double> losses;                           ///< of the first 1, 2, ... groups of `order` together
};

/// Of a float function, which must outlive it and stay as it is.
class ChannelRemoval {
public:
  /// Fails, with a diagnostic at the op, for ops without reference semantics and inputs that are not finite.
  static mlir::FailureOr<ChannelRemoval> create(mlir::func::FuncOp function, const ChannelGroups &groups,
                                                ChannelImportance importance, const CalibrationData &data);

  /// Only those from which a group can go.
  llvm::ArrayRef<ChannelStage> getStages() const { return stages; }

  /// The groups that stay if the first removed[i] of the order of each stage i go.
  llvm::BitVector getKept(llvm::ArrayRef<int64_t> removed) const;
  /// Gives the layers of a copy of the function the weights that make up for these removals, with zeros for channels
  /// that went.
  void compensate(mlir::func::FuncOp copy, llvm::ArrayRef<int64_t> removed) const;

private:
  ChannelRemoval(mlir::func::FuncOp function, const ChannelGroups &groups, ChannelImportance importance)
      : function(function), groups(&groups), importance(importance) {}
  /// Columns of a layer's weight that a group's channels are multiplied with.
  struct Columns {
    unsigned layer; // number in `layers`
    llvm::SmallVector<int64_t> columns;
  };
  struct Reader {
    mlir::Operation *op;
    InputRemoval removal;
  };

  mlir::LogicalResult observe(const CalibrationData &data);
  mlir::LogicalResult addReader(mlir::Operation *op, llvm::ArrayRef<nn::HostTensor> input);
  void addNorms(mlir::Operation *op);
  void findStages();
  void orderStage(ChannelStage &stage, ChannelCosts costs);
  double getLoss(unsigned group, llvm::ArrayRef<Reader> states) const;
  void remove(unsigned group, std::vector<Reader> &states) const;

  mlir::func::FuncOp function;
  const ChannelGroups *groups;
  ChannelImportance importance;
  std::vector<Reader> layers;
  std::vector<llvm::SmallVector<Columns, 2>> readers; // of each group
  std::vector<double> norms;                          // of each group, for ChannelImportance::Weight
  std::vector<ChannelStage> stages;
};

} // namespace tinyc::compress

#endif // TINYC_PASSES_COMPRESS_CHANNELREMOVAL_H
