// Which ops are executed in stripes of columns: the choice behind lower-split-columns.
#ifndef TINYC_PASSES_LOWER_COLUMNSEARCH_H
#define TINYC_PASSES_LOWER_COLUMNSEARCH_H

#include "passes/lower/ColumnSplit.h"
#include "targets/Target.h"

#include "mlir/IR/SymbolTable.h"

#include <cstdint>
#include <limits>
#include <vector>

namespace tinyc::lower {

/// The ops [firstOp, lastOp) of a function (getKernelOps()), split in stripes of these widths.
struct ColumnSplit {
  size_t firstOp, lastOp;
  llvm::SmallVector<int64_t> widths;

  bool overlaps(size_t first, size_t last) const { return firstOp < last && first < lastOp; }
};

/// Splits `function`. The splits are disjoint, in order. Returns how many ops each of them makes, or nullopt if one
/// does not fit the function.
std::optional<llvm::SmallVector<size_t>> applySplits(mlir::func::FuncOp function, llvm::ArrayRef<ColumnSplit> splits);

/// Searches for splits with a small peak: from the one that has the greatest effect on, step by step, as long as the
/// peak falls. The peak of each candidate is that of the best streams of the function split so (StreamChooser), so that this
/// does what lower-stream-rows will do.
class ColumnSearch {
public:
  ColumnSearch(mlir::func::FuncOp function, const targets::Target &target, mlir::SymbolTable &symbols);

  /// The splits with the least peak found, and of the least operations for it, that execute at most `maxMacs`; the
  /// first that have a peak of at most `bytes` if there are such.
  std::vector<ColumnSplit> find(int64_t maxMacs, int64_t bytes);

private:
  struct Result {
    std::vector<ColumnSplit> splits;
    int64_t peakBytes = std::numeric_limits<int64_t>::max();
    int64_t macs = 0;
    size_t firstOp = 0, lastOp = 0; // ops with the peak, before splitting

    bool isBetterThan(const Result &other, int64_t bytes) const;
  };

  void findCuts();
  void findIntervals();
  std::optional<Result> evaluate(std::vector<ColumnSplit> splits) const;
  int64_t getMacs(llvm::ArrayRef<ColumnSplit> splits) const;
  std::vector<Result> makeCandidates(const Result &from, int64_t maxMacs) const;

  mlir::func::FuncOp function;
  const targets::Target &target;
  mlir::SymbolTable &symbols;
  std::vector<kernel::KernelOpInterface> ops;
  int64_t wholeMacs;
  std::vector<size_t> cuts; // where one buffer alone is live, smaller than at the cuts beside it
  std::vector<ColumnInterval> intervals;
};

} // namespace tinyc::lower

#endif // TINYC_PASSES_LOWER_COLUMNSEARCH_H
