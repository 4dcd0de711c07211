// Which ops are executed in stripes of columns, and which in slices of channels: the choice behind lower-split-layers.
#ifndef TINYC_PASSES_LOWER_SPLITSEARCH_H
#define TINYC_PASSES_LOWER_SPLITSEARCH_H

#include "passes/lower/ChainEstimate.h"
#include "passes/lower/ChannelSplit.h"
#include "passes/lower/ColumnSplit.h"
#include "passes/lower/StreamChoice.h"
#include "targets/Target.h"

#include "mlir/IR/SymbolTable.h"

#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <vector>

namespace tinyc::lower {

/// The ops [firstOp, lastOp) of a function (getKernelOps()), in parts of these numbers of columns or channels.
struct LayerSplit {
  enum class Kind { Columns, Channels };

  Kind kind;
  size_t firstOp, lastOp;
  llvm::SmallVector<int64_t> parts;
};

/// Splits `function`. The splits are disjoint, in order. Neighbouring ones by columns, where the second alone reads the
/// result of the first, become one chain (splitChain()). Fails, and leaves the function as it is, if one does not fit
/// it.
mlir::LogicalResult applySplits(mlir::func::FuncOp function, llvm::ArrayRef<LayerSplit> splits,
                                mlir::SymbolTable &symbols);

/// Searches for splits with a small peak. The function is divided where one small buffer alone is live. Estimates say
/// which neighbouring parts to compute in stripes, how wide, together or one after the other, so that any peak is met
/// with few operations; the splits that promise the least are foreseen by the streams that lower-stream-rows would
/// choose.
class SplitSearch {
public:
  SplitSearch(mlir::func::FuncOp function, const targets::Target &target, mlir::SymbolTable &symbols);
  ~SplitSearch();

  /// The splits with the least peak found that execute at most `maxMacs`; if there are splits with a peak of at most
  /// `bytes`, those of them with the fewest operations. No columns are computed twice if `maxMacs` are those of the
  /// function.
  std::vector<LayerSplit> find(int64_t maxMacs, int64_t bytes);

private:
  // Neighbouring atoms, executed in one way.
  struct Part {
    enum class Way { Whole, Columns, Channels };

    size_t firstAtom, lastAtom;
    Way way = Way::Whole;
    int64_t size = 0; // columns of a stripe, or slices of the channels
  };
  struct Plan {
    std::vector<Part> parts;
    int64_t excess = 0; // bytes above the limit, summed over parts
    int64_t macs = 0, pieces = 0;

    int64_t getCost() const;
    bool isBetterThan(const Plan &other) const;
  };
  // The part of an atom that can be executed in slices of channels.
  struct Slices {
    ChannelInterval interval;
    std::map<int64_t, int64_t> peaks; // of the atom, by the number of slices
  };
  // The function after splitting, as it will run.
  struct Foresight;

  void findAtoms();
  void findIntervals();
  void findSlices();
  std::unique_ptr<Foresight> foresee(llvm::ArrayRef<LayerSplit> splits) const;

  const ColumnInterval *getInterval(size_t firstAtom, size_t lastAtom) const;
  int64_t getWholePeak(size_t firstAtom, size_t lastAtom);
  void evaluate(Plan &plan, int64_t limit);
  Slices *getSlices(size_t atom);
  int64_t getSlicedPeak(size_t atom, int64_t count);
  Plan makeFinest(int64_t limit, bool columns);
  std::vector<Plan> makeMoves(const Plan &plan) const;
  Plan findPlan(int64_t limit, bool columns);
  std::vector<LayerSplit> getSplits(const Plan &plan) const;

  mlir::func::FuncOp function;
  const targets::Target &target;
  mlir::SymbolTable &symbols;
  std::vector<kernel::KernelOpInterface> ops;
  int64_t wholeMacs;
  std::vector<size_t> cuts;      // first op of each atom, and the end
  std::vector<int64_t> cutBytes; // live at each cut
  std::unique_ptr<Foresight> whole;
  std::map<std::pair<size_t, size_t>, ColumnInterval> intervals; // by first and last atom
  std::map<std::pair<size_t, size_t>, int64_t> wholePeaks;
  std::map<size_t, Slices> slices; // by atom
  ChainEstimator estimator;
};

} // namespace tinyc::lower

#endif // TINYC_PASSES_LOWER_SPLITSEARCH_H
